package main

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"lakehouse/internal/sql"
	"lakehouse/medallion"
)

func (a *app) sqlCommand() *cobra.Command {
	var query, file, output string
	cmd := &cobra.Command{
		Use:   "sql",
		Short: "Runs SQL: a query (-e), a file (-f), standard input, or an interactive shell.",
		Example: `  medallion sql -e "SELECT count(*) FROM invoice_line_items"
  medallion sql --output arrow -e "SELECT * FROM delta.` + "`/data/t`" + `" > t.arrow
  medallion sql -f layer.sql`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			show, err := printerFor(output)
			if err != nil {
				return err
			}
			session, err := a.session()
			if err != nil {
				return err
			}
			defer session.Close()
			run := func(ctx context.Context, text string) error { return a.statement(ctx, session, text, show) }
			switch {
			case cmd.Flags().Changed("execute") && file != "":
				return errors.New("give -e or -f, not both")
			case cmd.Flags().Changed("execute"):
				return a.script(cmd.Context(), query, run)
			case file != "":
				return a.scriptFile(cmd.Context(), file, run)
			}
			if in, ok := a.in.(*os.File); ok && term.IsTerminal(int(in.Fd())) {
				a.release() // the shell outlives a Ctrl-C
				return newShell(a, in, run).loop(context.WithoutCancel(cmd.Context()))
			}
			text, err := io.ReadAll(a.in)
			if err != nil {
				return err
			}
			return a.script(cmd.Context(), string(text), run)
		},
	}
	cmd.Flags().StringVarP(&query, "execute", "e", "", "the statements to run, separated by ;")
	cmd.Flags().StringVarP(&file, "file", "f", "", "a file of statements; - is standard input")
	cmd.Flags().StringVar(&output, "output", "table", "how rows are printed: table, json, csv or arrow (an IPC stream)")
	return cmd
}

func (a *app) scriptFile(ctx context.Context, file string, run func(context.Context, string) error) error {
	var text []byte
	var err error
	if file == "-" {
		text, err = io.ReadAll(a.in)
	} else {
		text, err = os.ReadFile(file)
	}
	if err != nil {
		return err
	}
	return a.script(ctx, string(text), run)
}

// script runs statements one after the other, until one fails.
func (a *app) script(ctx context.Context, text string, run func(context.Context, string) error) error {
	statements, rest := sql.Split(text)
	for _, s := range append(statements, rest) {
		if sql.Blank(s) {
			continue
		}
		if err := run(ctx, strings.TrimSpace(s)); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) statement(ctx context.Context, session *medallion.Session, text string, show printer) error {
	frame, err := session.SQL(ctx, text)
	if err != nil {
		return err
	}
	schema, err := frame.Schema(ctx)
	if err != nil || len(schema.Fields) == 0 {
		return err // a command without an answer
	}
	rows, err := frame.Batches(ctx)
	if err != nil {
		return err
	}
	return show(a.out, schema, rows, session)
}
