package exec

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"golang.org/x/sync/errgroup"

	"lakehouse/internal/batch"
	"lakehouse/internal/expr"
	"lakehouse/internal/logical"
	"lakehouse/internal/state"
	"lakehouse/internal/types"
)

// inParallel does f for 0 to n-1, several at once.
func inParallel(ctx context.Context, workers, n int, f func(i int) error) error {
	group, within := errgroup.WithContext(ctx)
	group.SetLimit(workers)
	for i := range n {
		if within.Err() != nil {
			break
		}
		group.Go(func() error { return batch.Guard(func() error { return f(i) }) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return context.Cause(ctx)
}

// lateness tells which rows of a stateful operator's input come too late.
type lateness struct {
	column int // of event time; -1: none
	micros int64
}

func newLateness(input logical.Node, event *watermarks) (lateness, error) {
	if event == nil {
		return lateness{column: -1}, nil
	}
	column, err := logical.EventTimeColumn(input)
	return lateness{column: column, micros: event.late * 1000}, err
}

// inTime gives the rows that are not late. A row without a time is never late.
func (l lateness) inTime(b arrow.RecordBatch) arrow.RecordBatch {
	if l.column < 0 {
		return b
	}
	times, whole := eventTimes(b.Column(l.column))
	var rows []int32
	for i, t := range times {
		if int64(t) > l.micros || whole.IsNull(i) {
			rows = append(rows, int32(i))
		}
	}
	if len(rows) == len(times) {
		return b
	}
	return takeRows(b, rows)
}

// eventTimes reads a column of timestamps, or of windows, whose event time is their end. Where whole is null there is none.
func eventTimes(column arrow.Array) (times []arrow.Timestamp, whole arrow.Array) {
	end := column
	if s, ok := column.(*array.Struct); ok {
		end = s.Field(1)
	}
	return fixedValues[arrow.Timestamp](end), column
}

// timePath is where the event time lies in a row that has it as this field.
func timePath(field int, t types.Type) []int {
	if _, window := t.(types.Struct); window {
		return []int{field, 1}
	}
	return []int{field}
}

// keyedRows are rows with their keys, as the state holds them, sorted by the partitions where the keys live.
type keyedRows struct {
	arrow.RecordBatch
	keys  state.Rows
	order []int32 // the rows, by partition
	first []int32 // where in order each partition's rows begin, and where the last one's end
}

func newKeyedRows(b arrow.RecordBatch, columns []arrow.Array, fields []types.Field, store *state.Store) *keyedRows {
	for _, c := range b.Columns() {
		expr.SettleNulls(c) // the partitions' goroutines share them
	}
	n := int(b.NumRows())
	k := &keyedRows{RecordBatch: b, keys: state.EncodeRows(columns, fields, n)}
	k.sort(store.Place(columns, n), len(store.Partitions()))
	return k
}

// sort orders the rows by partition, by counting: rows of one partition stay in their order.
func (k *keyedRows) sort(placed []int32, partitions int) {
	k.first = make([]int32, partitions+1)
	for _, p := range placed {
		k.first[p+1]++
	}
	for p := range partitions {
		k.first[p+1] += k.first[p]
	}
	next := append([]int32(nil), k.first...)
	k.order = make([]int32, len(placed))
	for row, p := range placed {
		k.order[next[p]] = int32(row)
		next[p]++
	}
}

// of gives the rows whose keys live in a partition.
func (k *keyedRows) of(partition int) []int32 {
	return k.order[k.first[partition]:k.first[partition+1]]
}

// A round is as much of a stateful operator's input as it works on at once: enough for several workers to have something to do.
const (
	roundRows  = 16 * batch.TargetRows
	roundBytes = 32 << 20
)

// eachRound reads a stateful operator's input, in order where it has one, without the rows that come late, which it counts. What is
// held of it is one round.
func eachRound(ctx context.Context, child Operator, env *Env, late lateness, operator string, work func([]arrow.RecordBatch) error) (dropped int64, err error) {
	held := &reservation{memory: env.Memory, operator: operator}
	defer held.release()
	var round []arrow.RecordBatch
	var rows, bytes int64
	flush := func() error {
		if len(round) == 0 {
			return nil
		}
		if err := work(round); err != nil {
			return err
		}
		round, rows, bytes = nil, 0, 0
		held.release()
		return nil
	}
	err = walk(InOrder(ctx, child, env.workers()), func(b arrow.RecordBatch) error {
		kept := late.inTime(b)
		dropped += b.NumRows() - kept.NumRows()
		if kept.NumRows() == 0 {
			return nil
		}
		size := batchBytes(kept)
		round, rows, bytes = append(round, kept), rows+kept.NumRows(), bytes+size
		if err := held.add(size); err != nil || rows < roundRows && bytes < roundBytes {
			return err
		}
		return flush()
	})
	if err != nil {
		return 0, err
	}
	return dropped, flush()
}
