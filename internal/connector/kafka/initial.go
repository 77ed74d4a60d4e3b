package kafka

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"

	"lakehouse/internal/checkpoint"
	"lakehouse/internal/stream"
	"lakehouse/volumes"
)

// maxInitialBytes bounds the file of first offsets.
const maxInitialBytes = 64 << 20

// loadInitial reads the first offsets of a query; found says whether it has them already.
func loadInitial(ctx context.Context, at stream.SourceStart) (o offsets, found bool, err error) {
	name := path.Join(at.Dir, "0")
	data, err := volumes.ReadFileMax(ctx, at.Checkpoint, name, maxInitialBytes)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("read %s: %w", name, err)
	}
	o, err = parseInitial(name, data)
	if err != nil {
		return nil, false, fmt.Errorf("read %s: %w", name, err)
	}
	return o, true, nil
}

// parseInitial reads what saveInitial wrote, or Spark: a byte that says nothing, a version line (Spark 2.1 had none), the
// offsets.
func parseInitial(name string, data []byte) (offsets, error) {
	text := data[min(1, len(data)):]
	if len(text) == 0 || text[0] != 'v' {
		return parsePositions(text)
	}
	if _, err := checkpoint.Lines(name, text); err != nil {
		return nil, err
	}
	_, rest, _ := bytes.Cut(text, []byte("\n"))
	return parsePositions(rest)
}

// saveInitial writes them for good. Those of a run that was faster hold.
func saveInitial(ctx context.Context, at stream.SourceStart, o offsets) (offsets, error) {
	name := path.Join(at.Dir, "0")
	err := at.Checkpoint.PutIfAbsent(ctx, name, append([]byte("\x00v1\n"), o.json()...))
	if errors.Is(err, fs.ErrExist) {
		o, _, err = loadInitial(ctx, at)
		return o, err
	}
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", name, err)
	}
	return o, nil
}

// parsePositions reads offsets of a checkpoint: no limits are among them.
func parsePositions(text []byte) (offsets, error) {
	o, err := parseOffsets(string(text))
	if err != nil {
		return nil, err
	}
	for p, offset := range o {
		if offset < 0 {
			return nil, fmt.Errorf("offset %d of %s is no position", offset, p)
		}
	}
	return o, nil
}
