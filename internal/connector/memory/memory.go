// Package memory is the sink that keeps a stream's rows in memory, as a table to query.
package memory

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"lakehouse/internal/batch"
	"lakehouse/internal/errclass"
	"lakehouse/internal/exec"
	"lakehouse/internal/expr"
	"lakehouse/internal/logical"
	"lakehouse/internal/types"
)

// A Sink holds the rows of its batches: in complete mode those of the last, else all of them. Its columns are those of the newest
// batch: a query may come to have more while it runs, which are null in the rows before.
type Sink struct {
	mode logical.OutputMode

	mu     sync.Mutex
	schema types.Struct
	last   int64 // the newest batch held
	rows   []arrow.RecordBatch
}

// NewSink makes an empty sink.
func NewSink(schema types.Struct, mode logical.OutputMode) *Sink {
	return &Sink{schema: schema, mode: mode, last: -1}
}

// Description is Spark's.
func (s *Sink) Description() string { return "MemorySink" }

// Write keeps the rows of a batch. In update mode changed rows are added, as Spark does.
func (s *Sink) Write(ctx context.Context, id int64, op exec.Operator) (int64, error) {
	rows, err := batch.Collect(op.Execute(ctx, 1)[0])
	if err != nil {
		return 0, err
	}
	var n int64
	for _, b := range rows {
		n += b.NumRows()
		for _, c := range b.Columns() {
			expr.SettleNulls(c) // queries will read them at once
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if id <= s.last {
		return n, nil
	}
	if s.mode == logical.Complete {
		s.rows = nil
	}
	if err := s.widen(op.Schema()); err != nil {
		return 0, err
	}
	s.last = id
	s.rows = append(s.rows, rows...)
	return n, nil
}

// widen gives the rows that are there the columns of those to come.
func (s *Sink) widen(to types.Struct) error {
	if types.EqualIgnoringNullability(to, s.schema) {
		return nil
	}
	wide := types.AsNullable(to).(types.Struct)
	rows, err := conform(s.schema, wide, s.rows)
	if err != nil {
		return err
	}
	s.schema, s.rows = wide, rows
	return nil
}

// conform gives rows the columns of another schema, by name: null where they have none.
func conform(from, to types.Struct, rows []arrow.RecordBatch) ([]arrow.RecordBatch, error) {
	at := make([]int, len(to.Fields))
	kept := 0
	for i, f := range to.Fields {
		if at[i] = from.Index(f.Name); at[i] < 0 {
			continue
		}
		kept++
		if was := from.Fields[at[i]].Type; len(rows) > 0 && !types.EqualIgnoringNullability(was, f.Type) {
			return nil, errclass.UnsupportedFeature.New("the memory table of a running query holds %s as %s; its rows now have it as %s.", f.Name, was, f.Type).
				WithHint("Start the query again: the table then has the new columns.")
		}
	}
	if kept < len(from.Fields) && len(rows) > 0 {
		return nil, errclass.UnsupportedFeature.New("the memory table of a running query holds the columns %s; its rows now have %s.", from, to).
			WithHint("Start the query again: the table then has the new columns.")
	}
	target := types.ToArrowSchema(to)
	out := make([]arrow.RecordBatch, len(rows))
	for r, b := range rows {
		columns := make([]arrow.Array, len(at))
		for i, c := range at {
			if c >= 0 {
				columns[i] = expr.Relabel(b.Column(c), target.Field(i).Type)
				continue
			}
			columns[i] = types.NullArray(target.Field(i).Type, int(b.NumRows()))
			expr.SettleNulls(columns[i])
		}
		out[r] = array.NewRecordBatch(target, columns, b.NumRows())
	}
	return out, nil
}

// Table is the content as a relation, with the columns of now: each scan sees the rows that are there when it starts.
func (s *Sink) Table() logical.Source {
	s.mu.Lock()
	defer s.mu.Unlock()
	return &table{sink: s, schema: s.schema}
}

type table struct {
	sink   *Sink
	schema types.Struct
}

// Schema is what the sink's was.
func (t *table) Schema() types.Struct { return t.schema }

func (t *table) String() string { return "MemoryPlan" }

// Scan gives all rows as one piece.
func (t *table) Scan(_ context.Context, opts logical.ScanOptions) iter.Seq2[batch.Piece, error] {
	t.sink.mu.Lock()
	rows, schema := slices.Clip(t.sink.rows), t.sink.schema
	t.sink.mu.Unlock()
	columns := opts.Columns
	if columns == nil && len(schema.Fields) > len(t.schema.Fields) {
		columns = t.schema.Names() // others have come since
	}
	return func(yield func(batch.Piece, error) bool) {
		p, err := project(schema, rows, columns)
		yield(p, err)
	}
}

type piece []arrow.RecordBatch

// Size counts rows for bytes: memory is read at no cost that matters.
func (p piece) Size() int64 {
	var n int64
	for _, b := range p {
		n += b.NumRows()
	}
	return n
}

// Read gives the rows.
func (p piece) Read(context.Context) batch.Seq { return batch.Of(p...) }

// project keeps the wanted columns, in the wanted order.
func project(schema types.Struct, rows []arrow.RecordBatch, columns []string) (piece, error) {
	if columns == nil {
		return rows, nil
	}
	fields := make([]types.Field, len(columns))
	index := make([]int, len(columns))
	for i, name := range columns {
		at := schema.Index(name)
		if at < 0 {
			return nil, fmt.Errorf("internal error: no column %q in memory", name)
		}
		fields[i], index[i] = schema.Fields[at], at
	}
	to := types.ToArrowSchema(types.Struct{Fields: fields})
	out := make(piece, len(rows))
	for i, b := range rows {
		picked := make([]arrow.Array, len(index))
		for c, at := range index {
			picked[c] = b.Column(at)
		}
		out[i] = array.NewRecordBatch(to, picked, b.NumRows())
	}
	return out, nil
}

// Rows is a relation over batches already made: a local relation.
func Rows(schema types.Struct, rows []arrow.RecordBatch) logical.Source {
	return (&Sink{schema: schema, rows: rows}).Table()
}

// Pieces is [Rows] for many workers: each batch is a piece of its own.
func Pieces(schema types.Struct, rows []arrow.RecordBatch) logical.Source {
	return &pieces{schema, rows}
}

type pieces struct {
	schema types.Struct
	rows   []arrow.RecordBatch
}

// Schema is that of the rows.
func (p *pieces) Schema() types.Struct { return p.schema }

func (p *pieces) String() string { return "LocalRelation" }

// Scan gives the batches, each as a piece.
func (p *pieces) Scan(_ context.Context, opts logical.ScanOptions) iter.Seq2[batch.Piece, error] {
	return func(yield func(batch.Piece, error) bool) {
		all, err := project(p.schema, p.rows, opts.Columns)
		if err != nil {
			yield(nil, err)
			return
		}
		for i := range all {
			if !yield(all[i:i+1], nil) {
				return
			}
		}
	}
}
