package exec

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/apache/arrow-go/v18/arrow/array"

	"lakehouse/internal/state"
	"lakehouse/internal/types"
)

// fireTimers calls the handler of each timer that is due, partition by partition in the order of their times. A timer that a
// handler sets waits for the next batch.
func (r *transformRun) fireTimers(ctx context.Context) error {
	if r.timers == nil {
		return nil
	}
	limit := r.nowMs
	if r.processor.TimeMode() == state.EventTimeMode {
		limit = r.event.evict
	}
	for p, partition := range r.timers.store.Partitions() {
		var due [][]byte
		for key := range partition.Until(limit * 1000) {
			due = append(due, slices.Clone(key))
		}
		timers, err := r.timersOf(due, p)
		if err != nil {
			return err
		}
		for _, timer := range timers {
			if partition.Get(timer.row) == nil { // a handler before has deleted it
				continue
			}
			if err := r.processor.HandleTimer(timer.keyed, timer.ms); err != nil {
				return err
			}
			partition.Remove(timer.row)
			r.expiredTimers++
			if err := r.handled(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

type dueTimer struct {
	row   []byte
	ms    int64
	keyed *Keyed
}

// timersOf decodes timers, and orders them by time.
func (r *transformRun) timersOf(rows [][]byte, partition int) ([]dueTimer, error) {
	columns, err := state.DecodeRows(rows, r.timers.spec.Key.Fields)
	if err != nil {
		return nil, err
	}
	last := len(columns) - 1
	keys := array.NewRecordBatch(types.ToArrowSchema(r.key), columns[:last], int64(len(rows)))
	encoded := state.EncodeRows(columns[:last], r.key.Fields, len(rows))
	times := columns[last].(*array.Timestamp)
	due := make([]dueTimer, len(rows))
	for i, row := range rows {
		due[i] = dueTimer{row: row, ms: int64(times.Value(i)) / 1000, keyed: &Keyed{
			run: r, encoded: encoded.At(i), partition: partition, key: keys.NewSlice(int64(i), int64(i)+1),
		}}
	}
	slices.SortStableFunc(due, func(a, b dueTimer) int { return cmp.Compare(a.ms, b.ms) })
	return due, nil
}

// earliest is when the next timer is due.
func (r *transformRun) earliest() int64 {
	least := int64(math.MaxInt64)
	if r.timers == nil {
		return least
	}
	at := len(r.key.Fields)
	for _, p := range r.timers.store.Partitions() {
		first := int64(math.MaxInt64)
		for key := range p.Until(math.MaxInt64) {
			micros := state.TimeAt(key, at, at+1)
			if micros>>20 > first>>20 && first != math.MaxInt64 { // they come about a second at a time
				break
			}
			first = min(first, micros)
		}
		if first != math.MaxInt64 {
			least = min(least, (first+999)/1000)
		}
	}
	return least
}
