package exec

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"lakehouse/internal/batch"
	"lakehouse/internal/state"
	"lakehouse/internal/types"
)

// statefulLimit lets n rows of a stream pass, in all batches together: the state counts those that have.
type statefulLimit struct {
	child  Operator
	n      int64
	number int  // among the stateful operators
	drains bool // an operator below remembers, and must see its batch to the end
	env    *Env
}

// limitStore is Spark's layout: one entry, under a null.
var limitStore = state.StoreSpec{
	Key:   types.Struct{Fields: []types.Field{{Name: "key", Type: types.Null, Nullable: true}}},
	Value: types.Struct{Fields: []types.Field{{Name: "value", Type: types.Long, Nullable: true}}},
	Lone:  true,
}

func (l *statefulLimit) Schema() types.Struct { return l.child.Schema() }

func (l *statefulLimit) outputWatermark(input int64) (int64, bool) { return input, true }

func (l *statefulLimit) wantsBatch(int64) bool { return false }

func (l *statefulLimit) Execute(ctx context.Context, n int) []batch.Seq {
	return spread(ctx, n, l.run)
}

// run lets the batch's rows pass that still may, and remembers how many have.
func (l *statefulLimit) run(ctx context.Context, out *outlet) error {
	store, err := l.env.Batch.State(ctx, state.Spec{Operator: l.number, Name: "globalLimit", Stores: []state.StoreSpec{limitStore}})
	if err != nil {
		return err
	}
	began := l.env.Batch.now()
	key := array.NewRecordBatch(types.ToArrowSchema(limitStore.Key), []arrow.Array{array.NewNull(1)}, 1)
	before, err := countPassed(store, key)
	if err != nil {
		return err
	}
	now, err := l.pass(ctx, before, out)
	if err != nil {
		return err
	}
	var done state.Progress
	if now > before {
		counts := array.NewInt64Builder(memory.DefaultAllocator)
		counts.Append(now)
		value := array.NewRecordBatch(types.ToArrowSchema(limitStore.Value), []arrow.Array{counts.NewArray()}, 1)
		if err := store.Put(key, value); err != nil {
			return err
		}
		done.NumRowsUpdated = 1
	}
	done.AllUpdatesTimeMs = l.env.since(&began)
	return commitProgress(ctx, l.env.Batch, store, done)
}

func countPassed(store *state.Operator, key arrow.RecordBatch) (int64, error) {
	values, found, err := store.Get(key)
	if err != nil || !found[0] {
		return 0, err
	}
	return values.Column(0).(*array.Int64).Value(0), nil
}

// pass gives the first rows of the batch, where so many have passed before, and says how many have now.
func (l *statefulLimit) pass(ctx context.Context, passed int64, out *outlet) (int64, error) {
	if passed >= l.n && !l.drains {
		return passed, nil
	}
	for b, err := range InOrder(ctx, l.child, l.env.workers()) {
		if err != nil {
			return 0, err
		}
		if n := min(l.n-passed, b.NumRows()); n > 0 {
			if err := out.give(ctx, b.NewSlice(0, n)); err != nil {
				return 0, err
			}
			passed += n
		}
		if passed >= l.n && !l.drains {
			break
		}
	}
	return passed, nil
}
