package delta

import (
	"context"

	"lakehouse/internal/exec"
)

// Validated gives the operator's rows as Write would store them, in the table's types, and writes nothing. What Write would refuse is
// an error here, or of the rows.
func Validated(ctx context.Context, t Table, op exec.Operator, opts WriteOptions) (exec.Operator, error) {
	w := &writing{table: t, opts: opts}
	if err := w.begin(ctx, nullable(op.Schema())); err != nil {
		return nil, err
	}
	return conform(op, w.schema, w.opts.Eval)
}
