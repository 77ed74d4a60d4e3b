package handover

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strconv"

	"lakehouse/autoloader"
	"lakehouse/internal/connector/delta"
	"lakehouse/internal/errclass"
	"lakehouse/volumes"
)

// sources says of which kind each source is and how far it was read.
func (i *inspection) sources(ctx context.Context) error {
	for n, end := range i.offsets.Sources {
		part := "source " + strconv.Itoa(n)
		if end == nil {
			i.report.fine(part, "nothing was read of it yet", "it begins at its start")
			continue
		}
		if err := i.source(ctx, part, n, end); err != nil {
			return err
		}
	}
	return nil
}

func (i *inspection) source(ctx context.Context, part string, n int, end json.RawMessage) error {
	if position, ok := delta.ParsePosition(end); ok {
		i.report.fine(part, fmt.Sprintf("Delta table %s: %v", position.TableID, position), "it goes on at the table of that id")
		return nil
	}
	files, err := i.hasLog(ctx, n)
	if err != nil {
		return err
	}
	if !files {
		i.other(part, end)
		return nil
	}
	tally, err := autoloader.Count(ctx, i.Store, n, end)
	switch {
	case err == nil:
		i.report.fine(part, fmt.Sprintf("files: %d in %d batches, %d more planned", tally.Files, tally.Batches, tally.Planned), "its log says which files were read")
		return nil
	case errors.Is(err, errclass.SourcesChanged): // no log of files
		i.other(part, end)
		return nil
	case errors.Is(err, errclass.MalformedLogFile), errors.Is(err, errclass.InvalidLogVersion):
		i.report.refuse(part, "files", err.Error())
		return nil
	}
	return err
}

// hasLog reports whether a source keeps a log in the checkpoint: sources of files do.
func (i *inspection) hasLog(ctx context.Context, n int) (bool, error) {
	for _, err := range i.Store.List(ctx, "sources/"+strconv.Itoa(n), volumes.ListOptions{}) {
		if errors.Is(err, fs.ErrNotExist) {
			return false, nil
		}
		return err == nil, err
	}
	return false, nil
}

// other is a source that keeps nothing in the checkpoint but its offset.
func (i *inspection) other(part string, end json.RawMessage) {
	var number int64
	var topics map[string]map[string]int64
	switch {
	case json.Unmarshal(end, &number) == nil:
		i.report.fine(part, fmt.Sprintf("a source without a log (rate, socket, memory), up to %d", number), "it goes on behind that number")
	case json.Unmarshal(end, &topics) == nil && len(topics) > 0:
		i.report.fine(part, fmt.Sprintf("Kafka: %s", end), "it goes on at these offsets")
	default:
		i.report.fine(part, string(end), "the source has to understand this offset")
	}
}
