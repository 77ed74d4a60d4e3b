package statestore

import (
	"context"
	"iter"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"lakehouse/internal/batch"
	"lakehouse/internal/checkpoint"
	"lakehouse/internal/logical"
	"lakehouse/internal/state"
	"lakehouse/internal/types"
)

var metadataSchema = types.Struct{Fields: []types.Field{
	{Name: "operatorId", Type: types.Long, Nullable: true},
	{Name: "operatorName", Type: types.String, Nullable: true},
	{Name: "stateStoreName", Type: types.String, Nullable: true},
	{Name: "numPartitions", Type: types.Integer, Nullable: true},
	{Name: "minBatchId", Type: types.Long, Nullable: true},
	{Name: "maxBatchId", Type: types.Long, Nullable: true},
	{Name: "operatorProperties", Type: types.String, Nullable: true},
}}

// NewMetadata lists the stores of a checkpoint's stateful operators, one a row. Operators without metadata, of Spark before
// 4.0, are left out, as Spark leaves them out.
func NewMetadata(ctx context.Context, c Checkpoint, given map[string]string) (logical.Source, error) {
	values, err := MetadataOptionTable.Parse(given)
	if err != nil {
		return nil, err
	}
	p := parser{values: values}
	at := p.number(optBatch)
	if p.err != nil {
		return nil, p.err
	}
	logs, err := checkpoint.Read(ctx, c.Store, c.Path)
	if err != nil {
		return nil, err
	}
	oldest, newest, err := logs.Commits.Ends(ctx)
	if err != nil {
		return nil, err
	}
	if at < 0 {
		at = max(newest, 0)
	}
	operators, err := state.Folder{Store: c.Store, Dir: "state"}.Operators(ctx, at)
	if err != nil {
		return nil, err
	}
	return &metadata{path: c.Path, rows: metadataRows(operators, oldest, newest)}, nil
}

func metadataRows(operators []state.OperatorInfo, oldest, newest int64) arrow.RecordBatch {
	b := array.NewRecordBuilder(memory.DefaultAllocator, types.ToArrowSchema(metadataSchema))
	for _, op := range operators {
		if op.Version == 0 {
			continue
		}
		for _, s := range op.Stores {
			b.Field(0).(*array.Int64Builder).Append(int64(op.ID))
			b.Field(1).(*array.StringBuilder).Append(op.Name)
			b.Field(2).(*array.StringBuilder).Append(s.Name)
			b.Field(3).(*array.Int32Builder).Append(int32(s.Partitions))
			b.Field(4).(*array.Int64Builder).Append(oldest)
			b.Field(5).(*array.Int64Builder).Append(newest)
			if op.Properties == "" {
				b.Field(6).AppendNull()
			} else {
				b.Field(6).(*array.StringBuilder).Append(op.Properties)
			}
		}
	}
	return b.NewRecordBatch()
}

type metadata struct {
	path string
	rows arrow.RecordBatch
}

// Schema is Spark's.
func (m *metadata) Schema() types.Struct { return metadataSchema }

func (m *metadata) String() string { return "state-metadata " + m.path }

// Scan gives the rows as one piece.
func (m *metadata) Scan(_ context.Context, opts logical.ScanOptions) iter.Seq2[batch.Piece, error] {
	return func(yield func(batch.Piece, error) bool) {
		yield(rowsPiece{narrow(m.rows, metadataSchema, opts.Columns)}, nil)
	}
}

type rowsPiece struct{ rows arrow.RecordBatch }

// Size counts rows.
func (p rowsPiece) Size() int64 { return p.rows.NumRows() }

// Read gives the rows.
func (p rowsPiece) Read(context.Context) batch.Seq { return batch.Of(p.rows) }

// narrow keeps the wanted columns, in the wanted order.
func narrow(rows arrow.RecordBatch, schema types.Struct, columns []string) arrow.RecordBatch {
	if columns == nil {
		return rows
	}
	fields, arrays := make([]types.Field, len(columns)), make([]arrow.Array, len(columns))
	for i, name := range columns {
		at := schema.Index(name)
		fields[i], arrays[i] = schema.Fields[at], rows.Column(at)
	}
	return array.NewRecordBatch(types.ToArrowSchema(types.Struct{Fields: fields}), arrays, rows.NumRows())
}
