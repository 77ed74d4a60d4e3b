package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"lakehouse/autoloader"
	"lakehouse/internal/checkpoint"
	"lakehouse/internal/connector/delta"
	"lakehouse/internal/errclass"
	"lakehouse/internal/state"
	"lakehouse/medallion"
	"lakehouse/volumes"
)

func (a *app) streamCommand() *cobra.Command {
	cmd := group("stream", "Looks at streaming queries by their checkpoints: ls, status, progress, plan, reset.")
	var last int
	progress := a.streamVerb("progress", "Lists the last batches of a query: when, over what, into what.", func(ctx context.Context, s *medallion.Session, dir string) error {
		return a.streamProgress(ctx, s, dir, last)
	})
	progress.Flags().IntVar(&last, "last", 20, "how many batches")
	cmd.AddCommand(&cobra.Command{
		Use: "ls [DIR...]", Short: "Lists the checkpoints in folders, by default below the whole root.",
		RunE: func(cmd *cobra.Command, args []string) error {
			session, err := a.existing()
			if err != nil {
				return err
			}
			defer session.Close()
			return a.streamList(cmd.Context(), session, args)
		},
	}, a.streamVerb("status", "Says whether a query runs, what it has read and written, and what its state holds.", a.streamStatus),
		progress, a.streamPlanCommand(), a.streamResetCommand())
	return cmd
}

// streamVerb is a command on one checkpoint.
func (a *app) streamVerb(name, short string, do func(context.Context, *medallion.Session, string) error) *cobra.Command {
	return &cobra.Command{
		Use: name + " DIR", Short: short, Args: cobra.ExactArgs(1),
		Long: short + "\nDIR is the query's checkpointLocation. The query may be running.",
		RunE: func(cmd *cobra.Command, args []string) error {
			session, err := a.existing()
			if err != nil {
				return err
			}
			defer session.Close()
			return do(cmd.Context(), session, strings.TrimRight(args[0], "/"))
		},
	}
}

// openCheckpoint looks at a folder that has to be a checkpoint.
func openCheckpoint(ctx context.Context, session *medallion.Session, dir string) (*checkpoint.Checkpoint, volumes.Location, error) {
	at, err := session.Space().Resolve(dir)
	if err != nil {
		return nil, at, err
	}
	store, err := at.Sub()
	if err != nil {
		return nil, at, err
	}
	cp, err := checkpoint.Read(ctx, store, at.URI)
	if err == nil && cp.ID() == "" {
		err = errclass.PathNotFound.New("%s holds no checkpoint: it has no metadata file.", dir).
			WithHint("Name the checkpointLocation of a query; medallion stream ls finds them.")
	}
	return cp, at, err
}

// streamList prints a line for each checkpoint.
func (a *app) streamList(ctx context.Context, session *medallion.Session, roots []string) error {
	if len(roots) == 0 {
		roots = volumes.SessionFolders()
	}
	var found []string
	for _, root := range roots {
		more, err := findCheckpoints(ctx, session, strings.TrimRight(root, "/"), deepest)
		if err != nil {
			return err
		}
		found = append(found, more...)
	}
	if len(found) == 0 {
		fmt.Fprintln(a.out, "no checkpoints")
		return nil
	}
	tables, err := knownTables(ctx, session)
	if err != nil {
		return err
	}
	out := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "CHECKPOINT\tQUERY\tREADS\tPLANNED\tCOMMITTED\tLAST\tWRITES\tRUNS")
	for _, dir := range found {
		line, err := a.listed(ctx, session, dir, tables)
		if err != nil {
			line = "unreadable: " + firstLine(err.Error())
		}
		fmt.Fprintf(out, "%s\t%s\n", dir, line)
	}
	return out.Flush()
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// deepest is how many folders below a root are searched.
const deepest = 12

// findCheckpoints walks folders for those that hold metadata and offsets. Tables and checkpoints are not entered.
func findCheckpoints(ctx context.Context, session *medallion.Session, dir string, depth int) (found []string, err error) {
	entries, err := session.FS().Ls(ctx, dir)
	if errors.Is(err, fs.ErrNotExist) || depth == 0 {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	has := map[string]bool{}
	for _, e := range entries {
		has[e.Name] = true
	}
	if has["metadata"] && (has["offsets"] || has["commits"] || has[".query.lock"]) {
		return []string{dir}, nil
	}
	if has["_delta_log"] {
		return nil, nil
	}
	for _, e := range entries {
		if !e.IsDir || strings.HasPrefix(e.Name, ".") || strings.HasPrefix(e.Name, "_spark_metadata") {
			continue
		}
		more, err := findCheckpoints(ctx, session, dir+"/"+e.Name, depth-1)
		if err != nil {
			return nil, err
		}
		found = append(found, more...)
	}
	return found, nil
}

// listed is what stands behind a checkpoint's name in the list.
func (a *app) listed(ctx context.Context, session *medallion.Session, dir string, tables []knownTable) (string, error) {
	cp, _, err := openCheckpoint(ctx, session, dir)
	if err != nil {
		return "", err
	}
	planned, entry, found, err := cp.Offsets.Latest(ctx)
	if err != nil {
		return "", err
	}
	_, committed, done, err := cp.Commits.Range(ctx)
	if err != nil {
		return "", err
	}
	runs, err := checkpoint.Running(ctx, cp.Store)
	if err != nil {
		return "", err
	}
	c := &account{a, session, cp, tables}
	reads, last := "-", "-"
	if found {
		var kinds []string
		for i := range entry.Sources {
			kinds = append(kinds, c.reads(ctx, i, entry))
		}
		reads, last = strings.Join(kinds, ", "), clock(time.UnixMilli(entry.TimestampMs))
	}
	sink, err := c.sinks(ctx)
	if err != nil {
		return "", err
	}
	return strings.Join([]string{cp.ID(), reads, batchNumber(planned, found), batchNumber(committed, done), last, sink, yesNo(runs)}, "\t"), nil
}

func batchNumber(n int64, found bool) string {
	if !found {
		return "-"
	}
	return fmt.Sprint(n)
}

func yesNo(runs string) string {
	if runs == "" {
		return "no"
	}
	return "yes"
}

// reads names a source in short.
func (c *account) reads(ctx context.Context, i int, entry checkpoint.Offsets) string {
	end := entry.Sources[i]
	if position, ok := delta.ParsePosition(end); ok {
		return c.tableOf(position.TableID)
	}
	if tally, err := autoloader.Count(ctx, c.cp.Store, i, end); err == nil && end != nil {
		if len(tally.Newest) > 0 {
			return count(tally.Files, "file") + " of " + path.Base(path.Dir(tally.Newest[0]))
		}
		return count(tally.Files, "file")
	}
	return "up to " + string(end)
}

// sinks names the tables of the catalog that the query has written.
func (c *account) sinks(ctx context.Context) (string, error) {
	var names []string
	for _, t := range c.tables {
		_, ok, err := t.snap.SetTransaction(ctx, c.cp.ID())
		if err != nil {
			return "", err
		}
		if ok {
			names = append(names, "table "+t.name)
		}
	}
	if len(names) == 0 {
		return "-", nil
	}
	return strings.Join(names, ", "), nil
}

// streamStatus prints what show does, whether the query runs, and its state.
func (a *app) streamStatus(ctx context.Context, session *medallion.Session, dir string) error {
	cp, _, err := openCheckpoint(ctx, session, dir)
	if err != nil {
		return err
	}
	if err := a.showCheckpoint(ctx, session, dir); err != nil {
		return err
	}
	if _, commit, done, err := cp.Commits.Latest(ctx); err == nil && done && commit.NextWatermarkMs > 0 {
		fmt.Fprintf(a.out, "watermark  %s\n", clock(time.UnixMilli(commit.NextWatermarkMs)))
	}
	operators, err := state.Describe(ctx, cp.Store, "state")
	if err != nil {
		return err
	}
	for _, d := range operators {
		fmt.Fprintf(a.out, "state      operator %d: %s, %s\n", d.Operator, d.Name, count(int64(d.Partitions), "partition"))
	}
	runs, err := checkpoint.Running(ctx, cp.Store)
	if err != nil {
		return err
	}
	if runs == "" {
		fmt.Fprintln(a.out, "runs       no")
		return nil
	}
	fmt.Fprintf(a.out, "runs       %s\n", runs)
	return nil
}
