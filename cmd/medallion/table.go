package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"lakehouse/deltalog"
	"lakehouse/internal/expr"
)

func (a *app) tableCommand() *cobra.Command {
	cmd := group("table", "Looks at tables and keeps them in order: ls, describe, history, optimize, vacuum, add-column …")
	var schema string
	ls := &cobra.Command{
		Use: "ls", Short: "Lists the tables of a schema.", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			text := "SHOW TABLES"
			if schema != "" {
				text += " IN " + schema
			}
			return a.show(cmd.Context(), text)
		},
	}
	ls.Flags().StringVar(&schema, "schema", "", "the schema, by default spark_catalog.default")
	cmd.AddCommand(ls,
		a.tableVerb("describe", "Shows what a table is: location, size, properties, protocol.", a.describe),
		a.tableVerb("files", "Lists the data files of the newest version.", a.files),
		a.tableVerb("schema", "Prints a table's columns as a tree.", func(ctx context.Context, t string) error {
			session, err := a.existing()
			if err != nil {
				return err
			}
			defer session.Close()
			return session.Table(t).PrintSchema(ctx, a.out)
		}),
		a.changesVerb())
	cmd.AddCommand(a.maintenanceVerbs()...)
	cmd.AddCommand(a.alterVerbs()...)
	return cmd
}

// tableVerb is a command on one table: a name, or a path.
func (a *app) tableVerb(name, short string, do func(context.Context, string) error) *cobra.Command {
	return &cobra.Command{
		Use: name + " TABLE", Short: short, Args: cobra.ExactArgs(1),
		Long: short + "\nTABLE is a name of the catalog, or the path of a table's folder.",
		RunE: func(cmd *cobra.Command, args []string) error { return do(cmd.Context(), tableName(args[0])) },
	}
}

// tableName turns a path into delta.`path`.
func tableName(arg string) string {
	if strings.ContainsAny(arg, "/\\:") && !strings.Contains(arg, "`") {
		return "delta.`" + arg + "`"
	}
	return arg
}

// show prints the answer of a statement as a table.
func (a *app) show(ctx context.Context, text string) error {
	session, err := a.existing()
	if err != nil {
		return err
	}
	defer session.Close()
	return a.statement(ctx, session, text, printTable)
}

// describe prints DESCRIBE DETAIL, a line a column: it is one wide row.
func (a *app) describe(ctx context.Context, table string) error {
	session, err := a.existing()
	if err != nil {
		return err
	}
	defer session.Close()
	frame, err := session.SQL(ctx, "DESCRIBE DETAIL "+table)
	if err != nil {
		return err
	}
	rows, err := frame.Batches(ctx)
	if err != nil {
		return err
	}
	schema, err := frame.Schema(ctx)
	if err != nil {
		return err
	}
	for b, err := range rows {
		if err != nil {
			return err
		}
		for c, f := range schema.Fields {
			if !b.Column(c).IsNull(0) {
				fmt.Fprintf(a.out, "%-17s %s\n", f.Name, expr.FormatValue(b.Column(c), 0, f.Type, session.TimeZone()))
			}
		}
	}
	fmt.Fprintln(a.out)
	return session.Table(table).PrintSchema(ctx, a.out)
}

func (a *app) files(ctx context.Context, table string) error {
	session, err := a.existing()
	if err != nil {
		return err
	}
	defer session.Close()
	log, err := session.DeltaLog(ctx, table)
	if err != nil {
		return err
	}
	return a.listFiles(ctx, log)
}

func (a *app) listFiles(ctx context.Context, log *deltalog.Table) error {
	snap, err := log.Snapshot(ctx)
	if err != nil {
		return err
	}
	var files, bytes int64
	scan, err := snap.Scan(deltalog.ScanOptions{})
	if err != nil {
		return err
	}
	for f, err := range scan.Files(ctx) {
		if err != nil {
			return err
		}
		rows := "?"
		if f.NumRecords >= 0 {
			rows = fmt.Sprint(f.NumRecords)
		}
		fmt.Fprintf(a.out, "%12d bytes %10s rows  %s\n", f.Size, rows, f.Path)
		files, bytes = files+1, bytes+f.Size
	}
	fmt.Fprintf(a.out, "%d files, %d bytes at version %d\n", files, bytes, snap.Version())
	return nil
}
