package autoloader

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"

	"lakehouse/internal/exactjson"
	"lakehouse/volumes"
)

// foundSuffix ends the hidden file, .<batch>.found, that stands beside a batch of the source log under the name cloudFiles: a line
// for each of its files, in its order. The log's own bytes are Spark's and have no room for it.
const foundSuffix = ".found"

// finding is how large a file was when it was found, and when that was.
type finding struct {
	Size       int64 `json:"size"`
	Discovered int64 `json:"discovered"` // milliseconds
}

var findingLines = exactjson.For[finding]()

func (l *sourceLog) foundName(batch int64) string {
	return path.Join(l.dir, "."+strconv.FormatInt(batch, 10)+foundSuffix)
}

// noteFound writes what is known of the files of a batch that is about to be planned. What a run before left under that number
// belongs to a batch that was never planned.
func (l *sourceLog) noteFound(ctx context.Context, batch int64, files []file) error {
	var text bytes.Buffer
	lines := json.NewEncoder(&text)
	for _, f := range files {
		if err := lines.Encode(finding{Size: f.size, Discovered: f.found}); err != nil {
			return err
		}
	}
	if err := l.store.Put(ctx, l.foundName(batch), text.Bytes()); err != nil {
		return fmt.Errorf("note the files of batch %d: %w", batch, err)
	}
	return nil
}

// found reads it; a batch that has none, of Spark's say, gives none.
func (l *sourceLog) found(ctx context.Context, batch int64) (all []finding, err error) {
	data, err := volumes.ReadFileMax(ctx, l.store, l.foundName(batch), maxLogBytes)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read what was found: %w", err)
	}
	for line := range bytes.Lines(data) {
		var f finding
		if err := findingLines.Unmarshal(line, &f); err != nil {
			return nil, fmt.Errorf("read what was found: %s: %w", l.foundName(batch), err)
		}
		all = append(all, f)
	}
	return all, nil
}
