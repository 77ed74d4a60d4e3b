// Package noop is the sink that takes rows and keeps none: Spark's format "noop", for measuring a query without its sink.
package noop

import (
	"context"

	"lakehouse/internal/exec"
)

// A Sink counts rows.
type Sink struct {
	Workers int
}

// Description is Spark's, without the Java object's name.
func (Sink) Description() string { return "NoopTable" }

// Write runs the query and forgets its rows.
func (s Sink) Write(ctx context.Context, _ int64, op exec.Operator) (n int64, err error) {
	for b, err := range exec.InOrder(ctx, op, s.Workers) {
		if err != nil {
			return n, err
		}
		n += b.NumRows()
	}
	return n, nil
}
