package delta

import (
	"context"
	"maps"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"lakehouse/deltalog"
	"lakehouse/internal/batch"
	"lakehouse/internal/exec"
	"lakehouse/internal/expr"
	"lakehouse/internal/parquetio"
	"lakehouse/internal/types"
)

// columns are those of a version of a table: as queries see them, and how the version keeps them.
type columns struct {
	schema    types.Struct     // as queries see it
	stored    types.Struct     // the same fields, with what the log says of where they are found
	partition []string         // the columns that are the same in all rows of a file, as queries call them
	find      parquetio.Finder // by what the others are found in files
	meta      deltalog.Metadata
}

// columnsOf reads a table's metadata.
func columnsOf(m deltalog.Metadata) (columns, error) {
	stored, err := m.Schema()
	if err != nil {
		return columns{}, err
	}
	c := columns{schema: userSchema(stored), stored: stored, partition: m.PartitionColumns, meta: m}
	switch m.ColumnMapping() {
	case deltalog.MappingName:
		c.find = parquetio.ByPhysicalName
	case deltalog.MappingID:
		c.find = parquetio.ByFieldID
	case deltalog.MappingNone:
	}
	return c, nil
}

// withConstants is the columns with more that are the same in all rows of a file, as its partition values tell them.
func (c columns) withConstants(fields []types.Field) columns {
	c.schema.Fields = append(append([]types.Field{}, c.schema.Fields...), fields...)
	c.stored.Fields = append(append([]types.Field{}, c.stored.Fields...), fields...)
	c.partition = append([]string{}, c.partition...)
	for _, f := range fields {
		c.partition = append(c.partition, f.Name)
	}
	return c
}

// key is the name by which partition values tell a column.
func (c columns) key(name string) string {
	if i := c.stored.Index(name); i >= 0 {
		return c.meta.StoredName(c.stored.Fields[i])
	}
	return name
}

// userSchema is a table's schema without what Delta notes in it for itself.
func userSchema(s types.Struct) types.Struct {
	out, _ := withoutNotes(s).(types.Struct)
	return out
}

func withoutNotes(t types.Type) types.Type {
	return types.MapFields(t, func(f types.Field) types.Field {
		f.Metadata = withoutDeltas(f.Metadata)
		return f
	})
}

func withoutDeltas(metadata map[string]any) map[string]any {
	isDeltas := func(key string, _ any) bool { return strings.HasPrefix(key, "delta.") }
	kept := maps.Clone(metadata)
	if maps.DeleteFunc(kept, isDeltas); len(kept) == 0 {
		return nil
	}
	return kept
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
