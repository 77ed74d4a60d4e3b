package delta

import (
	"context"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"lakehouse/deltalog"
	"lakehouse/internal/batch"
	"lakehouse/internal/exec"
	"lakehouse/internal/expr"
	"lakehouse/internal/types"
)

// columns are those of a version of a table: as queries see them, and how the version keeps them.
type columns struct {
	schema    types.Struct  // as queries see it
	stored    types.Struct  // the same fields, with what the log says of where they are found
	constants []types.Field // columns that the table does not have: those of the change data feed
	metadata  types.Field   // tells where a row comes from
	meta      deltalog.Metadata
}

// columnsOf reads a table's metadata.
func columnsOf(m deltalog.Metadata, p deltalog.Protocol) (columns, error) {
	stored, err := m.Schema()
	return columns{schema: deltalog.UserSchema(stored), stored: stored, meta: m, metadata: metadataField(m, p)}, err
}

// withConstants is the columns with more that are the same in all rows of a file, as its partition values tell them.
func (c columns) withConstants(fields []types.Field) columns {
	c.schema.Fields = append(slices.Clip(c.schema.Fields), fields...)
	c.stored.Fields = append(slices.Clip(c.stored.Fields), fields...)
	c.constants = append(slices.Clip(c.constants), fields...)
	return c
}

// key is the name by which partition values tell a column.
func (c columns) key(name string) string {
	if i := c.stored.Index(name); i >= 0 {
		return c.meta.StoredName(c.stored.Fields[i])
	}
	return name
}

// renamed is an operator's rows under the names that data files give the columns.
type renamed struct {
	in     exec.Operator
	schema types.Struct
}

// Schema is that of the data files.
func (r *renamed) Schema() types.Struct { return r.schema }

// Execute renames the columns, and the fields inside of them, as they flow.
func (r *renamed) Execute(ctx context.Context, n int) []batch.Seq {
	seqs := r.in.Execute(ctx, n)
	schema := types.ToArrowSchema(r.schema)
	for i, seq := range seqs {
		seqs[i] = batch.Transform(seq, func(b arrow.RecordBatch) (arrow.RecordBatch, error) {
			columns := make([]arrow.Array, len(r.schema.Fields))
			for c := range columns {
				columns[c] = expr.Relabel(b.Column(c), schema.Field(c).Type)
			}
			return array.NewRecordBatch(schema, columns, b.NumRows()), nil
		})
	}
	return seqs
}
