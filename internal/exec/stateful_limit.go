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

// run takes the batch's rows that still pass, and remembers how many have before it gives them.
func (l *statefulLimit) run(ctx context.Context) ([]batch.Seq, error) {
	store, err := l.env.Batch.State(ctx, state.Spec{Operator: l.number, Name: "globalLimit", Stores: []state.StoreSpec{limitStore}})
	if err != nil {
		return nil, err
	}
	began := l.env.Batch.now()
	key := array.NewRecordBatch(types.ToArrowSchema(limitStore.Key), []arrow.Array{array.NewNull(1)}, 1)
	passed, err := countPassed(store, key)
	if err != nil {
		return nil, err
	}
	held := reservation{memory: l.env.Memory, operator: "limit"}
	defer held.release()
	rows, err := l.take(ctx, l.n-passed, &held)
	if err != nil {
		return nil, err
	}
	var done state.Progress
	now := passed
	for _, b := range rows {
		now += b.NumRows()
	}
	if now > passed {
		counts := array.NewInt64Builder(memory.DefaultAllocator)
		counts.Append(now)
		value := array.NewRecordBatch(types.ToArrowSchema(limitStore.Value), []arrow.Array{counts.NewArray()}, 1)
		if err := store.Put(key, value); err != nil {
			return nil, err
		}
		done.NumRowsUpdated = 1
	}
	done.AllUpdatesTimeMs = l.env.since(&began)
	return []batch.Seq{batch.Of(rows...)}, commitProgress(ctx, l.env.Batch, store, done)
}

func countPassed(store *state.Operator, key arrow.RecordBatch) (int64, error) {
	values, found, err := store.Get(key)
	if err != nil || !found[0] {
		return 0, err
	}
	return values.Column(0).(*array.Int64).Value(0), nil
}

// take gives the first rows of the batch.
func (l *statefulLimit) take(ctx context.Context, left int64, held *reservation) ([]arrow.RecordBatch, error) {
	if left <= 0 && !l.drains {
		return nil, nil
	}
	var rows []arrow.RecordBatch
	for b, err := range InOrder(ctx, l.child, l.env.workers()) {
		if err != nil {
			return nil, err
		}
		if n := min(left, b.NumRows()); n > 0 {
			rows = append(rows, b.NewSlice(0, n))
			left -= n
			if err := held.add(batchBytes(b)); err != nil {
				return nil, err
			}
		}
		if left <= 0 && !l.drains {
			break
		}
	}
	return rows, nil
}
