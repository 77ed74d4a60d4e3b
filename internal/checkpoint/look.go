package checkpoint

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	"lakehouse/volumes"
)

// Range gives the oldest and the newest batch of the log; found says whether it holds any.
func (l *Log[T]) Range(ctx context.Context) (oldest, newest int64, found bool, err error) {
	oldest, newest, err = l.ends(ctx)
	return oldest, newest, newest >= 0, err
}

// Running says which run holds a checkpoint, in words: `"name" [id = …, runId = …] in process 7`; empty where none does. To find out,
// the lock is taken for a moment.
func Running(ctx context.Context, store volumes.Store) (string, error) {
	release, holder, err := Hold(ctx, store, "a look at it")
	if err != nil || holder != "" {
		return holder, err
	}
	return "", release()
}

// Hold keeps every query away from a checkpoint until released. Where one runs, it says which and holds nothing. purpose is what a
// query is told that wants to start in the meantime.
func Hold(ctx context.Context, store volumes.Store, purpose string) (release func() error, runs string, err error) {
	if _, err := volumes.StatFile(ctx, store, lockFile); errors.Is(err, fs.ErrNotExist) {
		return unlocked, "", nil // no query of ours ever ran
	}
	release, err = lease(ctx, store, "", holder{Name: purpose})
	if held, ok := errors.AsType[*volumes.LockedError](err); ok {
		who := "another query"
		var other holder
		if json.Unmarshal(held.Holder, &other) == nil {
			who = other.String()
		}
		return unlocked, who, nil
	}
	if err != nil {
		return unlocked, "", fmt.Errorf("look at %s: %w", lockFile, err)
	}
	return release, "", nil
}
