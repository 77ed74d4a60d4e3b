package exec

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/expr"
)

// Held is an operator's rows, kept to be read many times.
type Held struct {
	Rows     []arrow.RecordBatch
	reserved reservation
}

// Hold reads an operator to its end. What it keeps counts against the memory's limit until Release.
func Hold(ctx context.Context, op Operator, env *Env, holder string) (*Held, error) {
	h := &Held{reserved: reservation{memory: env.Memory, operator: holder}}
	for b, err := range InOrder(ctx, op, max(1, env.Workers)) {
		if err == nil {
			err = h.reserved.add(batchBytes(b))
		}
		if err != nil {
			h.Release()
			return nil, err
		}
		for _, c := range b.Columns() {
			expr.SettleNulls(c) // several may read them at once
		}
		h.Rows = append(h.Rows, b)
	}
	return h, nil
}

// Release gives the memory back to the budget.
func (h *Held) Release() { h.reserved.release() }
