package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lakehouse/autoloader"
	"lakehouse/internal/checkpoint"
	"lakehouse/internal/connector/delta"
	"lakehouse/internal/errclass"
	"lakehouse/medallion"
)

func (a *app) checkpointCommand() *cobra.Command {
	cmd := group("checkpoint", "Looks at the checkpoint of a streaming query, and moves it between Spark and here.")
	cmd.AddCommand(&cobra.Command{
		Use: "show DIR", Short: "Says what a query has read and written, and what it will do next.",
		Long: "Says what a query has read and written, and what it will do next. The query may be running.\n" +
			"The tables that it wrote are looked for in the catalog, by the query's id in their logs.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			session, err := a.existing()
			if err != nil {
				return err
			}
			defer session.Close()
			return a.showCheckpoint(cmd.Context(), session, args[0])
		},
	}, a.takeOverCommand(), a.handOverCommand())
	return cmd
}

// account is a checkpoint with what is needed to tell of it in words.
type account struct {
	*app
	session *medallion.Session
	cp      *checkpoint.Checkpoint
	tables  []knownTable
}

func (a *app) showCheckpoint(ctx context.Context, session *medallion.Session, dir string) error {
	at, err := session.Space().Resolve(strings.TrimRight(dir, "/"))
	if err != nil {
		return err
	}
	store, err := at.Sub()
	if err != nil {
		return err
	}
	cp, err := checkpoint.Read(ctx, store, at.URI)
	if err != nil {
		return err
	}
	if cp.ID() == "" {
		return errclass.PathNotFound.New("%s holds no checkpoint: it has no metadata file.", dir).
			WithHint("Name the checkpointLocation of a query.")
	}
	fmt.Fprintf(a.out, "checkpoint %s\nquery id   %s\n", at.URI, cp.ID())
	planned, entry, found, err := cp.Offsets.Latest(ctx)
	if err != nil {
		return err
	}
	if !found {
		fmt.Fprintln(a.out, "read       nothing yet\nnext       batch 0, from the beginning of each source")
		return nil
	}
	tables, err := knownTables(ctx, session)
	if err != nil {
		return err
	}
	c := &account{a, session, cp, tables}
	for i, end := range entry.Sources {
		if err := c.read(ctx, i, end); err != nil {
			return err
		}
	}
	fmt.Fprintf(a.out, "planned    batch %d, at %s\n", planned, clock(time.UnixMilli(entry.TimestampMs)))
	return c.wrote(ctx, planned)
}

// read says how far a source has been read.
func (c *account) read(ctx context.Context, source int, end json.RawMessage) error {
	said, err := c.extent(ctx, source, end)
	if err != nil {
		return err
	}
	fmt.Fprintf(c.out, "read       source %d: %s\n", source, said)
	return nil
}

func (c *account) extent(ctx context.Context, source int, end json.RawMessage) (string, error) {
	if end == nil {
		return "nothing yet", nil
	}
	if position, ok := delta.ParsePosition(end); ok {
		return fmt.Sprintf("%s: %v", c.tableOf(position.TableID), position), nil
	}
	tally, err := autoloader.Count(ctx, c.cp.Store, source, end)
	if errors.Is(err, errclass.SourcesChanged) {
		return "up to " + string(end), nil // a source of another kind, in its own words
	}
	if err != nil {
		return "", err
	}
	return tallied(tally), nil
}

// newestNamed is how many files of the newest batch are named.
const newestNamed = 3

func tallied(t autoloader.Tally) string {
	said := fmt.Sprintf("%s in %s", count(t.Files, "file"), count(t.Batches, "batch"))
	if n := len(t.Newest); n > 0 {
		names := make([]string, 0, newestNamed)
		for _, uri := range t.Newest[:min(n, newestNamed)] {
			names = append(names, path.Base(uri))
		}
		said += ", the newest " + strings.Join(names, ", ")
		if n > newestNamed {
			said += fmt.Sprintf(" and %d more", n-newestNamed)
		}
	}
	if t.Planned > 0 {
		said += fmt.Sprintf("; %s chosen for the next", count(t.Planned, "file"))
	}
	return said
}

// count is a number with its noun.
func count(n int64, noun string) string {
	switch {
	case n == 1:
		return "1 " + noun
	case strings.HasSuffix(noun, "ch"):
		return fmt.Sprintf("%d %ses", n, noun)
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// tableOf names a table by its id.
func (c *account) tableOf(id string) string {
	for _, t := range c.tables {
		if t.snap.Metadata().ID == id {
			return "table " + t.name
		}
	}
	return "the table of id " + id + " (not of this catalog)"
}

// wrote says what is in the sink, and what comes.
func (c *account) wrote(ctx context.Context, planned int64) error {
	committed, _, found, err := c.cp.Commits.Latest(ctx)
	if err != nil {
		return err
	}
	switch {
	case !found:
		fmt.Fprintln(c.out, "committed  no batch yet")
	default:
		fmt.Fprintf(c.out, "committed  batch %d: what it read is in the sink for good\n", committed)
	}
	for _, t := range c.tables {
		batch, ok, err := t.snap.SetTransaction(ctx, c.cp.ID())
		if err != nil {
			return err
		}
		if ok {
			if err := c.written(ctx, t, batch); err != nil {
				return err
			}
		}
	}
	if !found || committed < planned {
		fmt.Fprintf(c.out, "next       batch %d again, over the same input: it was cut short; a Delta sink that holds it already skips it\n", planned)
		return nil
	}
	fmt.Fprintf(c.out, "next       batch %d, of what has come since\n", planned+1)
	return nil
}

// written says which version of a table holds the newest batch.
func (c *account) written(ctx context.Context, t knownTable, batch int64) error {
	commit, found, err := versionOf(ctx, t, txn{c.cp.ID(), batch})
	if err != nil {
		return err
	}
	if !found {
		fmt.Fprintf(c.out, "wrote      table %s up to batch %d, in a version that the log no longer holds\n", t.name, batch)
		return nil
	}
	fmt.Fprintf(c.out, "wrote      table %s up to batch %d, which is version %d of %s: %s\n",
		t.name, batch, commit.Version, clock(commit.Timestamp), rowsWritten(commit))
	return nil
}

// clock prints a moment in UTC.
func clock(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05.000") }
