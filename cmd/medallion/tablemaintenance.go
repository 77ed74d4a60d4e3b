package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"lakehouse/deltalog"
	"lakehouse/internal/types"
)

// maintenanceVerbs are the verbs of "medallion table" that keep a table in order. Each is a statement of SQL.
func (a *app) maintenanceVerbs() []*cobra.Command {
	return []*cobra.Command{
		a.historyVerb(), a.optimizeVerb(), a.vacuumVerb(), a.restoreVerb(), a.cloneVerb(), a.convertVerb(), a.fsckVerb(),
		a.tableVerb("detail", "Shows what a table is, as DESCRIBE DETAIL does.", a.describe),
		a.tableVerb("generate", "Writes the manifests by which Presto, Trino and Athena read the table.", func(ctx context.Context, t string) error {
			return a.show(ctx, "GENERATE symlink_format_manifest FOR TABLE "+t)
		}),
		a.tableVerb("properties", "Lists a table's properties.", func(ctx context.Context, t string) error {
			return a.show(ctx, "SHOW TBLPROPERTIES "+t)
		}),
		a.tableVerb("purge", "Writes files anew that have deletion vectors, so that the rows are gone for good.", func(ctx context.Context, t string) error {
			return a.show(ctx, "REORG TABLE "+t+" APPLY (PURGE)")
		}),
	}
}

func (a *app) historyVerb() *cobra.Command {
	limit := 0
	cmd := a.tableVerb("history", "Lists a table's versions, newest first.", func(ctx context.Context, t string) error { return a.history(ctx, t, limit) })
	cmd.Flags().IntVar(&limit, "limit", 0, "at most so many versions; 0: all")
	return cmd
}

// history prints a line a version: what made it, how, and what came of it.
func (a *app) history(ctx context.Context, table string, limit int) error {
	session, err := a.existing()
	if err != nil {
		return err
	}
	defer session.Close()
	log, err := session.DeltaLog(ctx, table)
	if err != nil {
		return err
	}
	history, err := log.History(ctx, limit)
	if err != nil {
		return err
	}
	out := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "version\ttime\toperation\tparameters\tmetrics")
	for _, h := range history {
		fmt.Fprintf(out, "%d\t%s\t%s\t%s\t%s\n", h.Version, h.Timestamp.In(session.TimeZone()).Format("2006-01-02 15:04:05"), h.Operation, parametersText(h.OperationParameters), metricsText(h.OperationMetrics))
	}
	return out.Flush()
}

// parametersText leaves out what says nothing.
func parametersText(parameters deltalog.Parameters) string {
	var parts []string
	for _, p := range parameters {
		if text := fmt.Sprint(p.Value); p.Value != nil && text != "" && text != "[]" && text != "{}" {
			if n, ok := p.Value.(float64); ok {
				text = strconv.FormatFloat(n, 'f', -1, 64)
			}
			parts = append(parts, p.Name+"="+text)
		}
	}
	return strings.Join(parts, " ")
}

// toldMetrics are the metrics that a line has room for, in its order.
var toldMetrics = []string{
	"numOutputRows", "numFiles", "numAddedFiles", "numRemovedFiles", "numRestoredFiles", "numDeletedRows", "numUpdatedRows", "numCopiedRows",
	"numTargetRowsInserted", "numTargetRowsUpdated", "numTargetRowsDeleted", "numFilesToDelete", "numDeletedFiles", "numConvertedFiles", "sourceNumOfFiles",
}

func metricsText(metrics map[string]string) string {
	var parts []string
	for _, name := range toldMetrics {
		if v, ok := metrics[name]; ok {
			parts = append(parts, name+"="+v)
		}
	}
	return strings.Join(parts, " ")
}

func (a *app) optimizeVerb() *cobra.Command {
	var where, zorder string
	var full bool
	cmd := a.tableVerb("optimize", "Puts small files together, or sorts rows by several columns at once.", func(ctx context.Context, t string) error {
		text := "OPTIMIZE " + t
		if full {
			text += " FULL"
		}
		if where != "" {
			text += " WHERE " + where
		}
		if zorder != "" {
			text += " ZORDER BY (" + zorder + ")"
		}
		return a.tell(ctx, text)
	})
	cmd.Flags().StringVar(&where, "where", "", "only partitions for which this holds")
	cmd.Flags().StringVar(&zorder, "zorder", "", "columns, with commas between them")
	cmd.Flags().BoolVar(&full, "full", false, "of a clustered table: cluster everything anew")
	return cmd
}

func (a *app) vacuumVerb() *cobra.Command {
	var retain time.Duration
	var lite, dry, unchecked bool
	cmd := a.tableVerb("vacuum", "Deletes files that no version within the retention needs.", nil)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		opts := deltalog.VacuumOptions{Lite: lite, DryRun: dry, SkipRetentionCheck: unchecked}
		if cmd.Flags().Changed("retain") {
			opts.Retention = &retain
		}
		return a.vacuum(cmd.Context(), tableName(args[0]), opts)
	}
	cmd.Flags().DurationVar(&retain, "retain", 0, "keep what versions of this age need, such as 168h; by default as the table says")
	cmd.Flags().BoolVar(&lite, "lite", false, "go by the log, without listing the folder")
	cmd.Flags().BoolVar(&dry, "dry-run", false, "only name the files")
	cmd.Flags().BoolVar(&unchecked, "no-retention-check", false, "allow a retention that may delete files of writes that are going on")
	return cmd
}

func (a *app) vacuum(ctx context.Context, table string, opts deltalog.VacuumOptions) error {
	session, err := a.existing()
	if err != nil {
		return err
	}
	defer session.Close()
	open, err := session.DeltaTable(ctx, table)
	if err != nil {
		return err
	}
	if opts.DryRun {
		opts.Each = func(name string) { fmt.Fprintln(a.out, name) }
	}
	done, err := open.Vacuum(ctx, opts)
	if err != nil {
		return err
	}
	verb := "deleted"
	if opts.DryRun {
		verb = "would delete"
	}
	fmt.Fprintf(a.out, "%s %d files, %d bytes; looked through %d folders\n", verb, done.Files, done.Bytes, done.Directories)
	return nil
}

func (a *app) restoreVerb() *cobra.Command {
	version, at := int64(-1), ""
	cmd := a.tableVerb("restore", "Makes a new version that is as an older one was.", func(ctx context.Context, t string) error {
		switch {
		case version >= 0 && at == "":
			return a.tell(ctx, fmt.Sprintf("RESTORE TABLE %s TO VERSION AS OF %d", t, version))
		case version < 0 && at != "":
			return a.tell(ctx, "RESTORE TABLE "+t+" TO TIMESTAMP AS OF "+types.QuoteString(at))
		}
		return fmt.Errorf("name the version by --version or --timestamp")
	})
	cmd.Flags().Int64Var(&version, "version", -1, "the version")
	cmd.Flags().StringVar(&at, "timestamp", "", "the time whose version is meant: '2026-01-31 12:00:00'")
	return cmd
}

func (a *app) cloneVerb() *cobra.Command {
	version, replace := int64(-1), false
	cmd := &cobra.Command{
		Use: "clone SOURCE TARGET", Short: "Makes a table of another one's files, which stay where they are.", Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			text := "CREATE "
			if replace {
				text += "OR REPLACE "
			}
			text += "TABLE " + tableName(args[1]) + " SHALLOW CLONE " + tableName(args[0])
			if version >= 0 {
				text += fmt.Sprintf(" VERSION AS OF %d", version)
			}
			return a.tell(cmd.Context(), text)
		},
	}
	cmd.Flags().Int64Var(&version, "version", -1, "the source's version; by default the newest")
	cmd.Flags().BoolVar(&replace, "replace", false, "take the place of a table that is there")
	return cmd
}

func (a *app) convertVerb() *cobra.Command {
	var by string
	var bare bool
	cmd := &cobra.Command{
		Use: "convert PATH", Short: "Makes a folder of Parquet files a table, without rewriting them.", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			text := "CONVERT TO DELTA parquet.`" + args[0] + "`"
			if bare {
				text += " NO STATISTICS"
			}
			if by != "" {
				text += " PARTITIONED BY (" + by + ")"
			}
			return a.show(cmd.Context(), text)
		},
	}
	cmd.Flags().StringVar(&by, "partitioned-by", "", "the columns of the folders: 'year INT, month INT'")
	cmd.Flags().BoolVar(&bare, "no-statistics", false, "do not read the files' footers for statistics")
	return cmd
}

func (a *app) fsckVerb() *cobra.Command {
	dry := false
	cmd := a.tableVerb("fsck", "Takes files out of the table that are no longer in its folder.", func(ctx context.Context, t string) error {
		text := "FSCK REPAIR TABLE " + t
		if dry {
			text += " DRY RUN"
		}
		return a.show(ctx, text)
	})
	cmd.Flags().BoolVar(&dry, "dry-run", false, "only name the files")
	return cmd
}
