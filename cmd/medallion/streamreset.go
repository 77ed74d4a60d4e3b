package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"lakehouse/internal/checkpoint"
	"lakehouse/internal/errclass"
	"lakehouse/medallion"
)

func (a *app) streamResetCommand() *cobra.Command {
	var yes bool
	cmd := a.streamVerb("reset", "Deletes a checkpoint: its query begins anew, from the beginning of its sources.", func(ctx context.Context, s *medallion.Session, dir string) error {
		return a.streamReset(ctx, s, dir, yes)
	})
	cmd.Long = "Deletes a checkpoint, after it has said what goes and has asked. The query that is started on it next is a new one: it reads\n" +
		"its sources from the beginning, and a table that it wrote keeps its rows and gets them again. A running query is left alone."
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return cmd
}

func (a *app) streamReset(ctx context.Context, session *medallion.Session, dir string, yes bool) (err error) {
	cp, at, err := openCheckpoint(ctx, session, dir)
	if err != nil {
		return err
	}
	release, runs, err := checkpoint.Hold(ctx, cp.Store, "a reset")
	if err != nil {
		return err
	}
	if runs != "" {
		return errclass.CheckpointInUse.New("The checkpoint %s is in use by the query %s.", at.URI, runs).WithHint("Stop it first.")
	}
	defer func() { err = errors.Join(err, release()) }()
	entries, err := session.FS().Ls(ctx, dir)
	if err != nil {
		return err
	}
	if err := a.announceReset(ctx, session, cp, dir); err != nil {
		return err
	}
	if !yes {
		fmt.Fprint(a.out, "Delete it? [y/N] ")
		answer, _ := bufio.NewReader(a.in).ReadString('\n') // no answer is no
		if answer = strings.ToLower(strings.TrimSpace(answer)); answer != "y" && answer != "yes" {
			fmt.Fprintln(a.out, "nothing was deleted")
			return nil
		}
	}
	// The metadata go first: a reset that is cut short leaves what no query starts on, rather than a query that begins
	// anew under an id whose batches its table already holds.
	if err := session.FS().Rm(ctx, dir+"/metadata"); err != nil {
		return err
	}
	for _, e := range entries {
		if err := session.FS().Rm(ctx, e.Path); err != nil {
			return err
		}
	}
	fmt.Fprintf(a.out, "deleted: the next query on %s is a new one\n", dir)
	return nil
}

// announceReset says what a reset deletes and what that means.
func (a *app) announceReset(ctx context.Context, session *medallion.Session, cp *checkpoint.Checkpoint, dir string) error {
	tables, err := knownTables(ctx, session)
	if err != nil {
		return err
	}
	c := &account{a, session, cp, tables}
	sinks, err := c.sinks(ctx)
	if err != nil {
		return err
	}
	_, newest, found, err := cp.Offsets.Range(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.out, "%s: the query of id %s, ", dir, cp.ID())
	if !found {
		fmt.Fprintln(a.out, "which has not run a batch")
		return nil
	}
	fmt.Fprintf(a.out, "which has planned batches up to %d: what it has read, and its state, will be forgotten\n", newest)
	if sinks != "-" {
		fmt.Fprintf(a.out, "%s keeps its rows; a query that begins anew writes them again\n", sinks)
	}
	return nil
}
