package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"lakehouse/internal/sql"
	"lakehouse/layers"
	"lakehouse/medallion"
)

// errNotCompatible makes the exit status of a plan that says no.
var errNotCompatible = errors.New("the query cannot go on from the checkpoint")

type planOptions struct {
	query, file, mode, table, path string
	pipeline, layer                string
	set                            layers.Settings
}

func (a *app) streamPlanCommand() *cobra.Command {
	var opts planOptions
	cmd := &cobra.Command{
		Use:   "plan [DIR]",
		Short: "Says, before a restart, which change of a query its checkpoint takes, which not, and why.",
		Long: "Says, before a restart, which change of a query its checkpoint takes, which not, and why, by Spark's rules of recovery.\n" +
			"The query is the last statement of --query or --file, over STREAM tables:\n" +
			"  medallion stream plan /checkpoint --query 'SELECT k, count(*) FROM STREAM t GROUP BY k' --mode complete --table counts\n" +
			"or the layers of a pipeline, with their own checkpoints:\n" +
			"  medallion stream plan --pipeline invoices --layer gold-payment\n" +
			"Nothing is started and nothing changed. The exit status is 1 where a query cannot go on.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			session, err := a.existing()
			if err != nil {
				return err
			}
			defer session.Close()
			if opts.pipeline != "" {
				return a.planLayers(cmd.Context(), session, opts, args)
			}
			return a.planQuery(cmd.Context(), session, opts, args)
		},
	}
	f := cmd.Flags()
	f.StringVar(&opts.query, "query", "", "the statements; the last is the query")
	f.StringVarP(&opts.file, "file", "f", "", "a file of statements; the last is the query")
	f.StringVar(&opts.mode, "mode", "append", "the output mode: append, update or complete")
	f.StringVar(&opts.table, "table", "", "the table that the query would write")
	f.StringVar(&opts.path, "path", "", "the Delta folder that the query would write")
	f.StringVar(&opts.pipeline, "pipeline", "", "the pipeline whose layers are looked at: invoices or sales")
	f.StringVar(&opts.layer, "layer", "", "one layer of the pipeline, by its query's name or its kind; by default all")
	f.StringVar(&opts.set.Source, "source", "", "the folder where files land (default: the pipeline's)")
	f.StringVar(&opts.set.Checkpoint, "checkpoint", "", "the folder above the pipeline's checkpoints (default: the pipeline's)")
	return cmd
}

// planQuery looks at a query given as SQL.
func (a *app) planQuery(ctx context.Context, session *medallion.Session, opts planOptions, args []string) error {
	if len(args) != 1 || (opts.query == "") == (opts.file == "") {
		return errors.New("name a checkpoint, and its query by --query or --file; or a --pipeline")
	}
	text := opts.query
	if opts.file != "" {
		content, err := os.ReadFile(opts.file)
		if err != nil {
			return err
		}
		text = string(content)
	}
	frame, err := lastStatement(ctx, session, text)
	if err != nil {
		return err
	}
	writer := frame.WriteStream().OutputMode(opts.mode).Option("checkpointLocation", args[0])
	if opts.path != "" {
		writer = writer.Option("path", opts.path)
	}
	plan, err := session.CheckRestart(ctx, writer, opts.table)
	if err != nil {
		return err
	}
	fmt.Fprint(a.out, plan)
	if !plan.Compatible() {
		return errNotCompatible
	}
	return nil
}

// lastStatement runs statements and gives the frame of the last.
func lastStatement(ctx context.Context, session *medallion.Session, text string) (*medallion.DataFrame, error) {
	statements, rest := sql.Split(text)
	statements = slices.DeleteFunc(append(statements, rest), sql.Blank)
	if len(statements) == 0 {
		return nil, errors.New("there is no statement")
	}
	for _, s := range statements[:len(statements)-1] {
		if _, err := session.SQL(ctx, strings.TrimSpace(s)); err != nil {
			return nil, err
		}
	}
	return session.SQL(ctx, strings.TrimSpace(statements[len(statements)-1]))
}

// planLayers looks at the layers of a pipeline.
func (a *app) planLayers(ctx context.Context, session *medallion.Session, opts planOptions, args []string) error {
	if len(args) > 0 || opts.query != "" || opts.file != "" {
		return errors.New("the layers of a pipeline have checkpoints and queries of their own: give --pipeline alone")
	}
	pipeline, err := layers.Named(opts.pipeline)
	if err != nil {
		return err
	}
	var names []string
	failed := false
	for _, layer := range pipeline.Layers {
		names = append(names, layer.Name)
		if opts.layer != "" && opts.layer != layer.Name && opts.layer != layer.Kind {
			continue
		}
		plan, err := pipeline.CheckLayer(ctx, session, layer, opts.set)
		if err != nil {
			return err
		}
		fmt.Fprintf(a.out, "layer      %s\n%s\n", layer.Name, plan)
		failed = failed || !plan.Compatible()
		names = nil
	}
	switch {
	case failed:
		return errNotCompatible
	case len(names) == len(pipeline.Layers):
		return fmt.Errorf("the pipeline %s has no layer %q; its layers are %s", pipeline.Name, opts.layer, strings.Join(names, ", "))
	}
	return nil
}
