package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"text/tabwriter"
	"time"

	"lakehouse/autoloader"
	"lakehouse/deltalog"
	"lakehouse/internal/checkpoint"
	"lakehouse/internal/connector/delta"
	"lakehouse/internal/errclass"
	"lakehouse/medallion"
)

// streamProgress prints a line a batch. All of it is in the logs of the checkpoint and of the table: a query writes no report of
// its own, which would cost every batch.
func (a *app) streamProgress(ctx context.Context, session *medallion.Session, dir string, last int) error {
	cp, _, err := openCheckpoint(ctx, session, dir)
	if err != nil {
		return err
	}
	oldest, newest, found, err := cp.Offsets.Range(ctx)
	if err != nil {
		return err
	}
	if !found {
		fmt.Fprintln(a.out, "no batch yet")
		return nil
	}
	tables, err := knownTables(ctx, session)
	if err != nil {
		return err
	}
	c := &account{a, session, cp, tables}
	written, err := c.versions(ctx)
	if err != nil {
		return err
	}
	out := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "BATCH\tPLANNED\tTOOK\tWATERMARK\tREAD\tWROTE")
	for batch := max(oldest, newest-int64(last)+1); batch <= newest; batch++ {
		line, err := c.batchLine(ctx, batch, written[batch])
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%d\t%s\n", batch, line)
	}
	return out.Flush()
}

// versions are the versions of the catalog's tables that hold batches of the query, newest tables last.
func (c *account) versions(ctx context.Context) (map[int64]string, error) {
	written := map[int64]string{}
	for _, t := range c.tables {
		if _, ok, err := t.snap.SetTransaction(ctx, c.cp.ID()); err != nil || !ok {
			if err != nil {
				return nil, err
			}
			continue
		}
		if err := c.versionsOf(ctx, t, written); err != nil {
			return nil, err
		}
	}
	return written, nil
}

// versionsOf looks at the newest versions of a table: a query keeps as many batches in its own logs.
func (c *account) versionsOf(ctx context.Context, t knownTable, written map[int64]string) error {
	for commit, err := range t.log.Changes(ctx, max(0, t.snap.Version()-2*checkpoint.MinBatchesToRetain)) {
		if errors.Is(err, errclass.DeltaLogGap) {
			return nil
		}
		if err != nil {
			return err
		}
		for _, has := range commit.Actions.Transactions {
			if has.AppID == c.cp.ID() {
				written[has.Version] = versionText(t, commit)
			}
		}
	}
	return nil
}

func versionText(t knownTable, commit deltalog.CommitFile) string {
	return fmt.Sprintf("version %d of %s: %s", commit.Version, t.name, rowsWritten(commit))
}

func (c *account) batchLine(ctx context.Context, batch int64, wrote string) (string, error) {
	entry, err := c.cp.Offsets.Get(ctx, batch)
	if err != nil {
		return "", err
	}
	planned := time.UnixMilli(entry.TimestampMs)
	took := "not committed"
	info, err := c.cp.Store.Stat(ctx, fmt.Sprintf("commits/%d", batch))
	switch {
	case err == nil:
		took = info.ModTime.Sub(planned).Truncate(time.Millisecond).String()
	case !errors.Is(err, fs.ErrNotExist):
		return "", err
	}
	watermark := "-"
	if entry.WatermarkMs > 0 {
		watermark = clock(time.UnixMilli(entry.WatermarkMs))
	}
	var read []string
	for i, end := range entry.Sources {
		text, err := c.advance(ctx, batch, i, end)
		if err != nil {
			return "", err
		}
		read = append(read, text)
	}
	if wrote == "" {
		wrote = "-"
	}
	return strings.Join([]string{clock(planned), took, watermark, strings.Join(read, "; "), wrote}, "\t"), nil
}

// advance says how far a batch read a source on.
func (c *account) advance(ctx context.Context, batch int64, source int, end []byte) (string, error) {
	if end == nil {
		return "nothing", nil
	}
	if position, ok := delta.ParsePosition(end); ok {
		return fmt.Sprintf("%s: %v", c.tableOf(position.TableID), position), nil
	}
	now, err := autoloader.Count(ctx, c.cp.Store, source, end)
	if errors.Is(err, errclass.SourcesChanged) {
		return "up to " + string(end), nil
	}
	if err != nil {
		return "", err
	}
	before := autoloader.Tally{}
	if previous, err := c.cp.Offsets.Get(ctx, batch-1); err == nil && len(previous.Sources) > source && previous.Sources[source] != nil {
		if before, err = autoloader.Count(ctx, c.cp.Store, source, previous.Sources[source]); err != nil {
			return "", err
		}
	}
	return count(now.Files-before.Files, "file"), nil
}
