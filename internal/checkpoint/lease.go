package checkpoint

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"lakehouse/internal/errclass"
	"lakehouse/volumes"
)

// lockFile is hidden, so that Spark passes over it. The process that holds its lock runs the query.
const lockFile = ".query.lock"

// A holder is a run as it describes itself to others.
type holder struct {
	Name  string `json:"name,omitempty"`
	ID    string `json:"id,omitempty"`
	RunID string `json:"runId"`
	PID   int    `json:"pid"`
}

func (s Start) holder(id string) holder {
	if id == "" {
		id = s.NewID
	}
	return holder{Name: s.Name, ID: id, RunID: s.RunID, PID: s.PID}
}

func (h holder) String() string {
	name := ""
	if h.Name != "" {
		name = fmt.Sprintf("%q ", h.Name)
	}
	return fmt.Sprintf("%s[id = %s, runId = %s] in process %d", name, h.ID, h.RunID, h.PID)
}

// lease keeps a second run away until released. Where the store has no locks, the first conflict over
// offsets/N does.
func lease(ctx context.Context, store volumes.Store, path string, mine holder) (release func() error, err error) {
	locker, ok := store.(volumes.Locker)
	if !ok {
		return unlocked, nil
	}
	text, err := json.Marshal(mine)
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	release, err = locker.Lock(ctx, lockFile, text)
	if held, ok := errors.AsType[*volumes.LockedError](err); ok {
		return nil, inUse(path, held)
	}
	if errors.Is(err, errors.ErrUnsupported) {
		return unlocked, nil
	}
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return release, nil
}

func unlocked() error { return nil }

func inUse(path string, held *volumes.LockedError) error {
	who := "another query"
	var other holder
	if err := json.Unmarshal(held.Holder, &other); err == nil {
		who = "the query " + other.String()
	}
	err := errclass.CheckpointInUse.New("The checkpoint %s is in use by %s.", path, who).
		WithHint("Stop that query first, or give this one a checkpoint of its own.")
	err.Err = held
	return err
}

// Free tells whether no query of this engine runs on a checkpoint; else the answer is CONCURRENT_QUERY, which names it. A lock
// whose holder has died is removed.
func Free(ctx context.Context, store volumes.Store, path string) error {
	_, err := volumes.StatFile(ctx, store, lockFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look for the lock of %s: %w", path, err)
	}
	release, err := lease(ctx, store, path, holder{PID: os.Getpid()})
	if err != nil {
		return err
	}
	return release()
}
