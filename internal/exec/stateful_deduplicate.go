package exec

import (
	"context"
	"encoding/binary"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/batch"
	"lakehouse/internal/logical"
	"lakehouse/internal/state"
	"lakehouse/internal/types"
)

// statefulDeduplicate gives the rows of a stream whose keys it has not seen: the first of each in the order of its input.
// With the event time among the keys it forgets a key when the watermark has passed it, since such a row would come late. Within
// the watermark it forgets a key when the watermark has passed the time of its first row by the delay. Else it
// remembers for ever.
type statefulDeduplicate struct {
	child   Operator
	columns []int
	within  bool
	delay   int64 // of the event time, in microseconds; within the watermark alone
	number  int   // among the stateful operators
	event   *watermarks
	late    lateness
	env     *Env
}

func newStatefulDeduplicate(n *logical.Deduplicate, child Operator, number int, event *watermarks, env *Env) (*statefulDeduplicate, error) {
	d := &statefulDeduplicate{child: child, columns: n.Columns, within: n.WithinWatermark, number: number, event: event, env: env}
	var err error
	if d.late, err = newLateness(n.Input, event); err != nil {
		return nil, err
	}
	if d.within {
		d.delay = logical.EventTimes(n.Input)[d.late.column].DelayMicros
	}
	return d, nil
}

func (d *statefulDeduplicate) Schema() types.Struct { return d.child.Schema() }

func (d *statefulDeduplicate) outputWatermark(input int64) (int64, bool) { return input, true }

func (d *statefulDeduplicate) wantsBatch(input int64) bool {
	return d.event != nil && input > d.event.evict
}

func (d *statefulDeduplicate) Execute(ctx context.Context, n int) []batch.Seq {
	return spread(ctx, n, d.run)
}

// spec describes the state as Spark lays it out.
func (d *statefulDeduplicate) spec() state.Spec {
	store := state.StoreSpec{Key: types.Struct{Fields: d.keyFields()}}
	name := "dedupe"
	store.Value.Fields = []types.Field{{Name: "__dummy__", Type: types.Null, Nullable: true}}
	if d.within {
		name = "dedupeWithinWatermark"
		store.Value.Fields = []types.Field{{Name: "expiresAtMicros", Type: types.Long}}
		store.Time = &state.TimeOf{InValue: true, Path: []int{0}}
	}
	for i, c := range d.columns {
		if c == d.late.column && !d.within {
			store.Time = &state.TimeOf{Path: timePath(i, d.Schema().Fields[c].Type)}
		}
	}
	return state.Spec{Operator: d.number, Name: name, Stores: []state.StoreSpec{store}}
}

func (d *statefulDeduplicate) keyFields() []types.Field {
	fields := make([]types.Field, len(d.columns))
	for i, c := range d.columns {
		fields[i] = d.Schema().Fields[c]
	}
	return fields
}

// run is one batch: round by round look its keys up, remember the new ones and give their rows; then forget the keys that are past,
// and commit.
func (d *statefulDeduplicate) run(ctx context.Context, out *outlet) error {
	spec := d.spec()
	store, err := d.env.Batch.State(ctx, spec)
	if err != nil {
		return err
	}
	var report state.Progress
	var in int64
	var updating time.Duration
	late, err := eachRound(ctx, d.child, d.env, d.late, "dropDuplicates", func(batches []arrow.RecordBatch) error {
		began := d.env.Batch.now()
		fresh, err := d.remember(ctx, store, batches)
		updating += d.env.Batch.now().Sub(began)
		if err != nil {
			return err
		}
		for i, b := range batches {
			in += b.NumRows()
			report.NumRowsUpdated += fresh[i].NumRows()
			if err := out.give(ctx, fresh[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	report.NumRowsDroppedByWatermark, report.AllUpdatesTimeMs = late, updating.Milliseconds()
	report.Custom = map[string]int64{"numDroppedDuplicateRows": in - report.NumRowsUpdated}
	began := d.env.Batch.now()
	if spec.Stores[0].Time != nil && d.event != nil {
		if report.NumRowsRemoved, err = evict(ctx, store.Partitions(), d.event.evict*1000); err != nil {
			return err
		}
	}
	report.AllRemovalsTimeMs = d.env.since(&began)
	return commitProgress(ctx, d.env.Batch, store, report)
}

// evict forgets the entries up to a time.
func evict(ctx context.Context, partitions []*state.Partition, micros int64) (removed int64, err error) {
	for _, p := range partitions {
		for key := range p.Until(micros) {
			if p.Remove(key) {
				removed++
			}
			if removed%batch.TargetRows == 0 && ctx.Err() != nil {
				break
			}
		}
	}
	return removed, context.Cause(ctx)
}

// remember notes the keys of the batches, and gives of each the rows whose keys are new.
func (d *statefulDeduplicate) remember(ctx context.Context, store *state.Operator, batches []arrow.RecordBatch) ([]arrow.RecordBatch, error) {
	keyed, marks := make([]*keyedRows, len(batches)), make([][]bool, len(batches))
	fields := d.keyFields()
	err := inParallel(ctx, d.env.workers(), len(batches), func(i int) error {
		columns := make([]arrow.Array, len(d.columns))
		for k, c := range d.columns {
			columns[k] = plusZeros(batches[i].Column(c))
		}
		keyed[i], marks[i] = newKeyedRows(batches[i], columns, fields, store.Store), make([]bool, batches[i].NumRows())
		return nil
	})
	if err != nil {
		return nil, err
	}
	partitions := store.Partitions()
	err = inParallel(ctx, d.env.workers(), len(partitions), func(p int) error {
		for i, k := range keyed {
			d.mark(partitions[p], k, k.of(p), marks[i])
		}
		return ctx.Err()
	})
	if err != nil {
		return nil, err
	}
	fresh := make([]arrow.RecordBatch, len(batches))
	err = inParallel(ctx, d.env.workers(), len(batches), func(i int) error {
		fresh[i] = batches[i]
		if rows := marked(marks[i]); len(rows) < len(marks[i]) {
			fresh[i] = takeRows(batches[i], rows)
		}
		return nil
	})
	return fresh, err
}

func marked(marks []bool) []int32 {
	var rows []int32
	for row, ok := range marks {
		if ok {
			rows = append(rows, int32(row))
		}
	}
	return rows
}

// mark marks those of the rows of a partition whose keys are new to it.
func (d *statefulDeduplicate) mark(p *state.Partition, k *keyedRows, rows []int32, marks []bool) {
	var value [16]byte // null bits, and the field
	ahead := p.Ahead()
	if !d.within {
		value[0] = 1
		for i, row := range rows {
			ahead.LoadNextOf(k.keys, rows, i)
			marks[row] = p.PutNew(k.keys.At(int(row)), value[:])
		}
		return
	}
	times, whole := eventTimes(k.Column(d.late.column))
	for i, row := range rows {
		ahead.LoadNextOf(k.keys, rows, i)
		at := int64(0) // what Spark reads of a null
		if whole.IsValid(int(row)) {
			at = int64(times[row])
		}
		binary.LittleEndian.PutUint64(value[8:], uint64(at+d.delay))
		marks[row] = p.PutNew(k.keys.At(int(row)), value[:])
	}
}
