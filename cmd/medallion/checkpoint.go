package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"lakehouse/internal/checkpoint"
	"lakehouse/volumes"
)

func (a *app) checkpointCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "checkpoint", Short: "Looks at the checkpoint of a streaming query."}
	cmd.AddCommand(&cobra.Command{
		Use: "show DIR", Short: "Says what a query has read and written, and what it will do next.", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := a.requireRoot(); err != nil {
				return err
			}
			space, err := volumes.NewSpace(a.root)
			if err != nil {
				return err
			}
			at, err := space.Resolve(args[0])
			if err != nil {
				return err
			}
			store, err := volumes.Sub(at.Store, at.Key)
			if err != nil {
				return err
			}
			return a.showCheckpoint(cmd.Context(), store, at.URI)
		},
	})
	return cmd
}

func (a *app) showCheckpoint(ctx context.Context, store volumes.Store, uri string) error {
	cp, err := checkpoint.Read(ctx, store, uri)
	if err != nil {
		return err
	}
	if cp.ID() == "" {
		return fmt.Errorf("%s holds no checkpoint: it has no metadata file", uri)
	}
	fmt.Fprintf(a.out, "Checkpoint %s\nquery id   %s\n", uri, cp.ID())
	planned, entry, found, err := cp.Offsets.Latest(ctx)
	if err != nil {
		return err
	}
	if !found {
		fmt.Fprintln(a.out, "planned    nothing yet\nnext       batch 0, from the beginning of each source")
		return nil
	}
	committed, _, anyCommitted, err := cp.Commits.Latest(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.out, "planned    batch %d, at %s\n", planned, time.UnixMilli(entry.TimestampMs).UTC().Format(time.RFC3339Nano))
	for i, end := range entry.Sources {
		fmt.Fprintf(a.out, "           source %d up to %s\n", i, end)
	}
	switch {
	case !anyCommitted:
		fmt.Fprintln(a.out, "committed  no batch yet")
	default:
		fmt.Fprintf(a.out, "committed  batch %d: what it read is in the sink for good\n", committed)
	}
	if !anyCommitted || committed < planned {
		fmt.Fprintf(a.out, "next       batch %d again, over the same input: it was cut short; a Delta sink that holds it already skips it\n", planned)
		return nil
	}
	fmt.Fprintf(a.out, "next       batch %d, from the offsets above\n", planned+1)
	return nil
}
