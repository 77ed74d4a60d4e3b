package exec

import (
	"context"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/batch"
	"lakehouse/internal/types"
)

// deduplicate keeps the first row of each key. With several sequences each finds its own first rows,
// and when all have, each gives those of its share of the keys.
type deduplicate struct {
	child   Operator
	columns []int
	env     *Env
}

func (d *deduplicate) Schema() types.Struct { return d.child.Schema() }

func (d *deduplicate) Execute(ctx context.Context, n int) []batch.Seq {
	run := &deduplication{
		deduplicate: d, hasher: newHasher(), tables: make([]*firstRows, n), meeting: newRendezvous(n),
	}
	return each(d.child.Execute(ctx, n), func(worker int, in batch.Seq) batch.Seq {
		if n == 1 {
			return run.stream(in)
		}
		return func(yield func(arrow.RecordBatch, error) bool) { run.share(ctx, worker, in, yield) }
	})
}

type deduplication struct {
	*deduplicate
	hasher  hasher
	tables  []*firstRows // tables[i] belongs to goroutine i until all have met
	meeting *rendezvous
}

// firstRows is the first row of each key that a sequence has seen: row i has key number i.
type firstRows struct {
	table   *keyTable
	batches []arrow.RecordBatch
	rows    arrow.RecordBatch
	shares  [][]int32
	bytes   int64
}

func (d *deduplication) newTable() *keyTable {
	schema := types.Struct{}
	for _, c := range d.columns {
		schema.Fields = append(schema.Fields, d.child.Schema().Fields[c])
	}
	return newKeyTable(d.hasher, schema)
}

// fresh is the rows of a batch whose keys the table did not have.
func (d *deduplication) fresh(table *keyTable, b arrow.RecordBatch) arrow.RecordBatch {
	columns := make([]arrow.Array, len(d.columns))
	for i, c := range d.columns {
		columns[i] = b.Column(c)
	}
	rows := int(b.NumRows())
	fresh := table.insert(d.hasher.load(columns, rows), make([]uint32, rows))
	if len(fresh) < rows {
		b = takeRows(b, fresh)
	}
	all := slices.Clone(b.Columns())
	for _, c := range d.columns {
		all[c] = plusZeros(all[c])
	}
	return newBatch(b.Schema(), all, len(fresh))
}

// stream lets first rows pass as they come.
func (d *deduplication) stream(in batch.Seq) batch.Seq {
	return func(yield func(arrow.RecordBatch, error) bool) {
		table := d.newTable()
		held := reservation{memory: d.env.Memory, operator: "distinct"}
		defer held.release()
		batch.Transform(in, func(b arrow.RecordBatch) (arrow.RecordBatch, error) {
			out := d.fresh(table, b)
			return out, held.hold(table.memory())
		})(yield)
	}
}

// share collects a sequence's first rows and gives those of the worker's share of all keys.
func (d *deduplication) share(ctx context.Context, worker int, in batch.Seq, yield func(arrow.RecordBatch, error) bool) {
	held := reservation{memory: d.env.Memory, operator: "distinct"}
	defer held.release()
	mine := &firstRows{table: d.newTable()}
	err := d.collect(mine, in, &held)
	d.tables[worker] = mine
	d.meeting.arrive(err)
	ok := err == nil
	if ok {
		ok, err = d.meeting.wait(ctx)
	}
	if err != nil {
		yield(nil, err)
		return
	}
	if !ok {
		return
	}
	table := d.newTable()
	for _, t := range d.tables {
		out := d.fresh(table, takeRows(t.rows, t.shares[worker]))
		if !give(out, yield) {
			return
		}
	}
}

func (d *deduplication) collect(into *firstRows, in batch.Seq, held *reservation) error {
	err := walk(in, func(b arrow.RecordBatch) error {
		b = d.fresh(into.table, b)
		into.batches = append(into.batches, b)
		into.bytes += batchBytes(b)
		return held.hold(into.bytes + into.table.memory())
	})
	if err != nil {
		return err
	}
	if len(into.batches) == 0 {
		schema := types.ToArrowSchema(d.Schema())
		into.batches = []arrow.RecordBatch{newBatch(schema, emptyColumns(schema), 0)}
	}
	into.rows, err = concatBatches(d.Schema(), into.batches)
	into.shares = into.table.partition(len(d.tables))
	return err
}
