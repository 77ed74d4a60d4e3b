package exec

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"lakehouse/internal/expr"
	"lakehouse/internal/state"
	"lakehouse/internal/types"
)

// rows are those of an operator, as one batch. The memory that they take stays reserved until release.
func (t *transform) rows(ctx context.Context, op Operator, schema types.Struct) (rows arrow.RecordBatch, release func(), err error) {
	held, err := Hold(ctx, op, t.env, "TransformWithState")
	if err != nil {
		return nil, nil, err
	}
	rows, err = joined(held.Rows, schema)
	if err != nil {
		held.Release()
		return nil, nil, err
	}
	return rows, held.Release, nil
}

// joined is batches of a schema as one.
func joined(all []arrow.RecordBatch, schema types.Struct) (arrow.RecordBatch, error) {
	n := 0
	for _, b := range all {
		n += int(b.NumRows())
	}
	if n == 0 {
		return array.NewRecordBuilder(memory.DefaultAllocator, types.ToArrowSchema(schema)).NewRecordBatch(), nil
	}
	columns := make([]arrow.Array, len(schema.Fields))
	for c := range columns {
		parts := make([]arrow.Array, len(all))
		for i, b := range all {
			parts[i] = b.Column(c)
		}
		var err error
		if columns[c], err = expr.Concat(parts); err != nil {
			return nil, err
		}
	}
	return newBatch(types.ToArrowSchema(schema), columns, n), nil
}

// inTime drops the rows that come too late, in the time mode of events.
func (t *transform) inTime(rows arrow.RecordBatch) (arrow.RecordBatch, int64) {
	if t.processor.TimeMode() != state.EventTimeMode {
		return rows, 0
	}
	column := rows.Column(t.column)
	if s, ok := column.(*array.Struct); ok { // a window: its end counts
		column = s.Field(1)
	}
	times, ok := column.(*array.Timestamp)
	if !ok {
		return rows, 0
	}
	keep := make([]int32, 0, rows.NumRows())
	for i := range int(rows.NumRows()) {
		if times.IsNull(i) || floorMillis(int64(times.Value(i))) > t.event.late {
			keep = append(keep, int32(i))
		}
	}
	if int64(len(keep)) == rows.NumRows() {
		return rows, 0
	}
	return takeRows(rows, keep), rows.NumRows() - int64(len(keep))
}

// groups calls a handler for the rows of each key, in the order in which the keys first come.
func (r *transformRun) groups(ctx context.Context, rows arrow.RecordBatch, keys []int, handle func(*Keyed, arrow.RecordBatch) error) error {
	n := int(rows.NumRows())
	if n == 0 {
		return nil
	}
	columns := make([]arrow.Array, len(keys))
	for i, k := range keys {
		columns[i] = rows.Column(k)
	}
	encoded := state.EncodeRows(columns, r.key.Fields, n)
	partitions := r.stores[0].store.Place(columns, n)
	numbers := map[string]int32{}
	var firsts []int32 // by group, the row that it began with
	group := make([]int32, n)
	for i := range n {
		g, ok := numbers[string(encoded.At(i))]
		if !ok {
			g = int32(len(firsts))
			numbers[string(encoded.At(i))] = g
			firsts = append(firsts, int32(i))
		}
		group[i] = g
	}
	order, ends := sortGroups(group, len(firsts))
	sorted := takeRows(rows, order)
	keyRows := newBatch(types.ToArrowSchema(r.key), takeColumns(columns, firsts), len(firsts))
	for g, first := range firsts {
		from := int64(0)
		if g > 0 {
			from = int64(ends[g-1])
		}
		k := &Keyed{run: r, encoded: encoded.At(int(first)), partition: int(partitions[first]), key: keyRows.NewSlice(int64(g), int64(g)+1)}
		if err := handle(k, sorted.NewSlice(from, int64(ends[g]))); err != nil {
			return err
		}
		if err := r.handled(ctx); err != nil {
			return err
		}
	}
	return nil
}

// sortGroups orders rows by group, and says where each group ends.
func sortGroups(group []int32, groups int) (order, ends []int32) {
	ends = make([]int32, groups)
	for _, g := range group {
		ends[g]++
	}
	at := int32(0)
	begins := make([]int32, groups)
	for g, n := range ends {
		begins[g] = at
		at += n
		ends[g] = at
	}
	order = make([]int32, len(group))
	for i, g := range group {
		order[begins[g]] = int32(i)
		begins[g]++
	}
	return order, ends
}
