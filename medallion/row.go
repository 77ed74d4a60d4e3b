package medallion

import (
	"fmt"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"lakehouse/internal/types"
)

// A Row is one row of a result. Values are nil, bool, int8 … int64, float32, float64, string, []byte, time.Time
// (timestamps, and dates at midnight UTC), Decimal, []any (arrays), Map, or Row (structs).
type Row struct {
	Names  []string
	Values []any
}

// Decimal is an exact number as its digits: "12.50".
type Decimal string

// Map is a map's entries in their order.
type Map []struct{ Key, Value any }

// Get is the value of the column of that name, letter case aside; nil when there is none.
func (r Row) Get(name string) any {
	for i, n := range r.Names {
		if strings.EqualFold(n, name) {
			return r.Values[i]
		}
	}
	return nil
}

// String is Spark's "[1, Alice, {Pune, null}]".
func (r Row) String() string {
	parts := make([]string, len(r.Values))
	for i, v := range r.Values {
		if v == nil {
			parts[i] = "null"
			continue
		}
		parts[i] = fmt.Sprint(v)
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

func appendRows(rows []Row, b arrow.RecordBatch) []Row {
	schema := b.Schema()
	names := make([]string, schema.NumFields())
	for i := range names {
		names[i] = schema.Field(i).Name
	}
	for i := range int(b.NumRows()) {
		values := make([]any, len(names))
		for c := range values {
			values[c] = goValue(b.Column(c), i)
		}
		rows = append(rows, Row{names, values})
	}
	return rows
}

// goValue is one cell as a Go value.
func goValue(a arrow.Array, i int) any {
	if a.IsNull(i) || a.DataType().ID() == arrow.NULL { // a column of nulls has no mask that tells
		return nil
	}
	switch a := a.(type) {
	case *array.Boolean:
		return a.Value(i)
	case *array.Int8:
		return a.Value(i)
	case *array.Int16:
		return a.Value(i)
	case *array.Int32:
		return a.Value(i)
	case *array.Int64:
		return a.Value(i)
	case *array.Float32:
		return a.Value(i)
	case *array.Float64:
		return a.Value(i)
	case *array.String:
		return strings.Clone(a.Value(i))
	case *array.Binary:
		return append([]byte(nil), a.Value(i)...)
	case *array.Date32:
		return time.Unix(int64(a.Value(i))*86400, 0).UTC()
	case *array.Timestamp:
		return time.UnixMicro(int64(a.Value(i))).UTC()
	case *array.Decimal128:
		return Decimal(a.Value(i).ToString(a.DataType().(*arrow.Decimal128Type).Scale))
	case *array.Map:
		return mapValue(a, i)
	case *array.List:
		start, end := a.ValueOffsets(i)
		list := make([]any, 0, end-start)
		for j := start; j < end; j++ {
			list = append(list, goValue(a.ListValues(), int(j)))
		}
		return list
	case *array.Struct:
		if types.IsArrowVariant(a.DataType()) {
			return variantValue(a, i)
		}
		return structValue(a, i)
	default:
		return a.ValueStr(i)
	}
}

func mapValue(a *array.Map, i int) Map {
	start, end := a.ValueOffsets(i)
	entries := make(Map, 0, end-start)
	for j := int(start); j < int(end); j++ {
		entries = append(entries, struct{ Key, Value any }{goValue(a.Keys(), j), goValue(a.Items(), j)})
	}
	return entries
}

func structValue(a *array.Struct, i int) Row {
	t := a.DataType().(*arrow.StructType)
	row := Row{Names: make([]string, a.NumField()), Values: make([]any, a.NumField())}
	for f := range a.NumField() {
		row.Names[f], row.Values[f] = t.Field(f).Name, goValue(a.Field(f), i)
	}
	return row
}

// Frame makes a frame of batches that have the columns of the schema.
func (s *Session) Frame(schema Schema, batches ...arrow.RecordBatch) *DataFrame {
	return &DataFrame{session: s, rel: localRelation(schema, batches...)}
}

// ParseSchema reads a schema as DDL: "id bigint, name string, items array<struct<code: string>>".
func ParseSchema(ddl string) (Schema, error) { return types.ParseDDL(ddl) }
