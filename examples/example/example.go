// Package example is what the example programs share: each runs in a lake of its own, a temporary folder, and prints what it sees.
package example

import (
	"context"
	"fmt"
	"io"
	"os"

	"lakehouse/medallion"
)

// A Lake is a session and where the program prints.
type Lake struct {
	*medallion.Session
	Out io.Writer
}

// A Program is an example.
type Program func(ctx context.Context, l Lake) error

// Main runs a program and prints to standard output. An argument is the root of its lake, a new folder or a place in a bucket, which stays.
func Main(p Program) {
	run := Run
	if len(os.Args) > 1 {
		run = func(ctx context.Context, out io.Writer, p Program) error { return RunAt(ctx, out, os.Args[1], p) }
	}
	if err := run(context.Background(), os.Stdout, p); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// Run runs a program in a lake that goes when it ends. It has one worker: what the cleaning of finished files has done by a certain
// line then depends on no timing.
func Run(ctx context.Context, out io.Writer, p Program) error {
	root, err := os.MkdirTemp("", "medallion-example-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(root) }()
	return RunAt(ctx, out, root, p)
}

// RunAt runs a program in a lake that stays.
func RunAt(ctx context.Context, out io.Writer, root string, p Program) error {
	session, err := medallion.NewSession(medallion.Options{Root: root, Out: out, Conf: map[string]string{"lakehouse.workers": "1"}})
	if err != nil {
		return err
	}
	defer session.Close()
	return p(ctx, Lake{session, out})
}

// Say prints a line.
func (l Lake) Say(format string, args ...any) { fmt.Fprintf(l.Out, format+"\n", args...) }

// Show prints the answer of a query.
func (l Lake) Show(ctx context.Context, query string) error {
	frame, err := l.SQL(ctx, query)
	if err != nil {
		return err
	}
	return frame.ShowRows(ctx, l.Out, medallion.ShowOptions{Full: true})
}

// Exec runs statements.
func (l Lake) Exec(ctx context.Context, statements ...string) error {
	for _, s := range statements {
		if _, err := l.SQL(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// Settle waits until the queries, each after those it reads from, have nothing left to do.
func Settle(ctx context.Context, queries ...*medallion.StreamingQuery) error {
	for _, q := range queries {
		if err := q.ProcessAllAvailable(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Finish waits for a query that ends by itself.
func Finish(ctx context.Context, q *medallion.StreamingQuery, err error) error {
	if err != nil {
		return err
	}
	_, err = q.AwaitTermination(ctx)
	return err
}
