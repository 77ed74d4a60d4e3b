package main

import (
	"context"
	"fmt"
	"path"
	"strings"

	"github.com/spf13/cobra"

	"lakehouse/autoloader"
	"lakehouse/layers"
	"lakehouse/medallion"
)

func (a *app) filesCommand() *cobra.Command {
	cmd := group("files", "Says what became of a file that landed.")
	var opts whyOptions
	why := &cobra.Command{
		Use: "why PATH", Short: "Says when a landing file was seen, in which batch and table version it went, and where it is now.",
		Long: "Says when a landing file was seen, in which batch and table version it went, how many rows that batch wrote, where the\n" +
			"file was archived, or the rule that skipped it. Without flags the query is the invoices pipeline's bronze layer.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.why(cmd.Context(), args[0], opts) },
	}
	why.Flags().StringVar(&opts.checkpoint, "checkpoint", layers.InvoicesBase+"/chekpoint/invoices_bz", "the checkpoint of the query that reads the folder")
	why.Flags().StringVar(&opts.source, "source", layers.InvoicesBase+"/data/invoices", "the folder that it reads")
	why.Flags().StringVar(&opts.archive, "archive", layers.InvoicesBase+"/data/invoices_archive", "its sourceArchiveDir")
	why.Flags().StringVar(&opts.table, "table", "invoices_bz", "the table that it writes")
	why.Flags().BoolVar(&opts.loose, "loose-glob", false, "stars of the source stand for folders too, as in a cloudFiles path without useStrictGlobber")
	cmd.AddCommand(why)
	return cmd
}

type whyOptions struct {
	checkpoint, source, archive, table string
	loose                              bool
}

func (a *app) why(ctx context.Context, file string, opts whyOptions) error {
	session, err := a.existing()
	if err != nil {
		return err
	}
	defer session.Close()
	if !strings.ContainsAny(file, "/:") {
		file = path.Join(opts.source, file)
	}
	found, err := autoloader.Why(ctx, session.Space(), autoloader.WhyQuery{
		File: file, Checkpoint: opts.checkpoint, Source: opts.source, Archive: opts.archive, LooseGlob: opts.loose,
	})
	if err != nil {
		return err
	}
	fmt.Fprintln(a.out, found)
	if found.Batch < 0 {
		if !found.Landed && found.Archived == "" && found.Skipped == "" {
			return fmt.Errorf("nothing is known of %s", file)
		}
		return nil
	}
	return a.whyTable(ctx, session, opts.table, found)
}

// whyTable finds the version that holds the file's batch, by the query's transaction in the log.
func (a *app) whyTable(ctx context.Context, session *medallion.Session, table string, found autoloader.Fate) error {
	log, err := session.DeltaLog(ctx, table)
	if err != nil {
		return err
	}
	snap, err := log.Snapshot(ctx)
	if err != nil {
		return err
	}
	commit, ok, err := versionOf(ctx, knownTable{table, log, snap}, txn{found.QueryID, found.Batch})
	if err != nil {
		return err
	}
	if !ok {
		fmt.Fprintf(a.out, "table      %s: its log holds no version with this batch\n", table)
		return nil
	}
	fmt.Fprintf(a.out, "table      %s version %d, written at %s: %s of %s\n",
		table, commit.Version, clock(commit.Timestamp), rowsWritten(commit), batchOf(found.Fellows))
	return nil
}

// batchOf says whose rows a version's are.
func batchOf(fellows int64) string {
	if fellows == 0 {
		return "this file alone"
	}
	return "this file and " + count(fellows, "other") + " of its batch"
}
