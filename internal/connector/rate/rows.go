package rate

import (
	"context"
	"iter"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"lakehouse/internal/batch"
	"lakehouse/internal/logical"
	"lakehouse/internal/types"
)

// schema is that of both sources.
var schema = types.Struct{Fields: []types.Field{
	{Name: "timestamp", Type: types.Timestamp, Nullable: true}, {Name: "value", Type: types.Long, Nullable: true},
}}

// rows are the values from one up to another, dealt out to partitions in turn.
type rows struct {
	name        string
	from, until int64
	partitions  int64
	time        func(value int64) int64 // in microseconds
}

var _ logical.Source = (*rows)(nil)

func (r *rows) Schema() types.Struct { return schema }

func (r *rows) String() string { return r.name }

// Scan gives a piece for each partition.
func (r *rows) Scan(_ context.Context, opts logical.ScanOptions) iter.Seq2[batch.Piece, error] {
	columns := opts.Columns
	if columns == nil {
		columns = schema.Names()
	}
	return func(yield func(batch.Piece, error) bool) {
		for n := int64(0); n < r.partitions && n < r.until-r.from; n++ {
			if !yield(&piece{rows: r, columns: columns, first: r.from + n}, nil) {
				return
			}
		}
	}
}

// piece is one partition: every so-many-th value.
type piece struct {
	*rows
	columns []string
	first   int64
}

func (p *piece) count() int64 { return (p.until-p.first-1)/p.partitions + 1 }

// Size is what the rows take in memory.
func (p *piece) Size() int64 { return 16 * p.count() }

// Read makes the rows.
func (p *piece) Read(context.Context) batch.Seq {
	var fields []types.Field
	for _, name := range p.columns {
		fields = append(fields, schema.Fields[schema.Index(name)])
	}
	to := types.ToArrowSchema(types.Struct{Fields: fields})
	return func(yield func(arrow.RecordBatch, error) bool) {
		count := p.count()
		for done := int64(0); done < count; done += batch.TargetRows {
			n := min(count-done, batch.TargetRows)
			if !yield(p.batch(to, p.first+done*p.partitions, int(n)), nil) {
				return
			}
		}
	}
}

func (p *piece) batch(to *arrow.Schema, first int64, n int) arrow.RecordBatch {
	columns := make([]arrow.Array, len(p.columns))
	for i, name := range p.columns {
		all := make([]int64, n)
		for row := range all {
			all[row] = first + int64(row)*p.partitions
			if name == "timestamp" {
				all[row] = p.time(all[row])
			}
		}
		data := memory.NewBufferBytes(arrow.Int64Traits.CastToBytes(all))
		columns[i] = array.MakeFromData(array.NewData(to.Field(i).Type, n, []*memory.Buffer{nil, data}, nil, 0, 0))
	}
	return array.NewRecordBatch(to, columns, int64(n))
}
