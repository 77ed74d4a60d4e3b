package exec

import (
	"context"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/batch"
	"lakehouse/internal/logical"
	"lakehouse/internal/types"
)

// observe passes rows on and aggregates them as they go by.
type observe struct {
	child Operator
	node  *logical.Observe
	env   *Env
}

func newObserve(n *logical.Observe, child Operator, env *Env) *observe {
	return &observe{child: child, node: n, env: env}
}

func (o *observe) Schema() types.Struct { return o.child.Schema() }

// Execute tells the metrics when the last sequence has ended. What a consumer that stops early has not asked for is not in them.
func (o *observe) Execute(ctx context.Context, n int) []batch.Seq {
	if o.env.Observed == nil {
		return o.child.Execute(ctx, n)
	}
	calls := &aggregate{child: o.child, calls: o.node.Calls, schema: callSchema(o.node.Calls), env: o.env}
	seen := &observation{observe: o, calls: calls, left: n}
	return each(o.child.Execute(ctx, n), func(worker int, in batch.Seq) batch.Seq {
		return func(yield func(arrow.RecordBatch, error) bool) { seen.run(worker, in, yield) }
	})
}

func callSchema(calls []logical.AggregateCall) types.Struct {
	var s types.Struct
	for _, c := range calls {
		s.Fields = append(s.Fields, types.Field{Name: c.Function.String(), Type: c.Function.Type(), Nullable: true})
	}
	return s
}

// An observation is one execution of observe.
type observation struct {
	*observe
	calls *aggregate

	mu     sync.Mutex
	left   int // sequences that have not ended
	tables []*groupTable
	failed bool // nothing is told of rows that could not be read
}

func (o *observation) run(worker int, in batch.Seq, yield func(arrow.RecordBatch, error) bool) {
	table := newGroupTable(o.calls, newHasher(), worker)
	for b, err := range in {
		if err == nil {
			err = table.update(b)
		}
		if err == nil {
			err = table.held.hold(table.memory())
		}
		if err != nil {
			_ = o.end(table, true) // the rows' own error counts
			yield(nil, err)
			return
		}
		if !yield(b, nil) {
			_ = o.end(table, false) // nobody would hear
			return
		}
	}
	if err := o.end(table, false); err != nil {
		yield(nil, err)
	}
}

// end takes a sequence's part; that of the last tells the whole.
func (o *observation) end(table *groupTable, failed bool) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.tables = append(o.tables, table)
	o.failed = o.failed || failed
	if o.left--; o.left > 0 {
		return nil
	}
	defer func() {
		for _, t := range o.tables {
			t.held.release()
		}
	}()
	if o.failed {
		return nil
	}
	return o.tell()
}

func (o *observation) tell() error {
	whole := o.tables[0]
	if len(o.tables) > 1 {
		whole = newGroupTable(o.calls, newHasher(), 0)
		defer func() { whole.held.release() }()
		for _, t := range o.tables {
			if err := t.freeze(1); err != nil {
				return err
			}
			if err := whole.merge(t, []int32{0}); err != nil {
				return err
			}
		}
	}
	results, err := whole.result()
	if err != nil {
		return err
	}
	columns, err := evaluate(o.env.eval(0), expressions(o.node.Metrics), results)
	if err != nil {
		return err
	}
	o.env.Observed(o.node.Name, newBatch(types.ToArrowSchema(o.node.MetricSchema()), columns, 1))
	return nil
}
