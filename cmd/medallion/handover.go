package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"lakehouse/internal/handover"
)

func (a *app) takeOverCommand() *cobra.Command {
	return &cobra.Command{
		Use: "take-over DIR", Short: "Says whether a query of Spark's can go on here, and what will happen.",
		Long: "Looks at a checkpoint that Spark (3.5, 4.x) has written: its batches, sources, state and settings, and says in a\n" +
			"table what was found and what becomes of it. It changes nothing. Stop the query in Spark first; then start it here\n" +
			"on the same checkpoint, and it goes on. The status is 1 where this engine would refuse to.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.handover(cmd.Context(), args[0], handover.Inspect)
		},
	}
}

func (a *app) handOverCommand() *cobra.Command {
	var opts handover.PrepareOptions
	cmd := &cobra.Command{
		Use: "hand-over DIR", Short: "Leaves in a checkpoint what Spark needs to go on with the query.",
		Long: "Leaves in a checkpoint what Spark needs to go on with the query: compactions of the logs of file sources, no lock, and\n" +
			"no checksum file that speaks of another content. Stop the query here first. It may be run again at any time.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.handover(cmd.Context(), args[0], func(ctx context.Context, c handover.Checkpoint) (*handover.Report, error) {
				return handover.Prepare(ctx, c, opts)
			})
		},
	}
	cmd.Flags().Int64Var(&opts.CompactInterval, "compact-interval", 0,
		"spark.sql.streaming.fileSource.log.compactInterval of the Spark that goes on (default Spark's own, 10)")
	return cmd
}

// errRefused: the report has said why.
var errRefused = errors.New("the query cannot go on with this checkpoint: see what is refused above")

func (a *app) handover(ctx context.Context, dir string, do func(context.Context, handover.Checkpoint) (*handover.Report, error)) error {
	session, err := a.existing()
	if err != nil {
		return err
	}
	defer session.Close()
	at, err := session.Space().Resolve(strings.TrimRight(dir, "/"))
	if err != nil {
		return err
	}
	store, err := at.Sub()
	if err != nil {
		return err
	}
	report, err := do(ctx, handover.Checkpoint{Store: store, Path: at.URI})
	if err != nil {
		return err
	}
	printReport(a.out, report)
	if report.Refused() {
		return errRefused
	}
	return nil
}

// printReport prints a table of what was found; long texts are not cut.
func printReport(w io.Writer, report *handover.Report) {
	fmt.Fprintf(w, "checkpoint %s\n", report.Path)
	rows := [][3]string{{"part", "found", "here"}}
	for _, f := range report.Findings {
		here := f.Here
		if f.Refused {
			here = "REFUSED: " + here
		}
		rows = append(rows, [3]string{f.Part, f.Found, here})
	}
	var widths [2]int
	for _, r := range rows {
		for i := range widths {
			widths[i] = max(widths[i], len([]rune(r[i])))
		}
	}
	for _, r := range rows {
		fmt.Fprintf(w, "%-*s  %-*s  %s\n", widths[0], r[0], widths[1], r[1], r[2])
	}
	fmt.Fprintf(w, "next: %s\n", report.Next)
}
