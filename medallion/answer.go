package medallion

import (
	"maps"
	"slices"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"lakehouse/internal/expr"
	"lakehouse/internal/plan"
	"lakehouse/internal/types"
)

// nothing is the answer of a command that has none.
func (s *Session) nothing() *DataFrame { return &DataFrame{session: s, rel: localRelation(Schema{})} }

// localRelation holds rows, which queries may read at once.
func localRelation(schema Schema, batches ...arrow.RecordBatch) plan.Relation {
	for _, b := range batches {
		for _, c := range b.Columns() {
			expr.SettleNulls(c)
		}
	}
	return &plan.LocalRelation{Schema: schema, Rows: batches}
}

// resolved carries a plan that is resolved already through the frames built upon it.
type resolved = plan.Resolved

// answer makes a frame of a command's rows: strings, int64, int32, bool, time.Time, map[string]string or nil.
func (s *Session) answer(ddl string, rows [][]any) (*DataFrame, error) {
	schema, err := types.ParseDDL(ddl)
	if err != nil {
		return nil, err
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, types.ToArrowSchema(schema))
	for _, row := range rows {
		for c, v := range row {
			if err := appendValue(b.Field(c), v); err != nil {
				return nil, err
			}
		}
	}
	return s.Frame(schema, b.NewRecordBatch()), nil
}

func appendValue(b array.Builder, v any) error {
	switch v := v.(type) {
	case nil:
		b.AppendNull()
	case string:
		b.(*array.StringBuilder).Append(v)
	case bool:
		b.(*array.BooleanBuilder).Append(v)
	case int32:
		b.(*array.Int32Builder).Append(v)
	case int64:
		b.(*array.Int64Builder).Append(v)
	case float64:
		b.(*array.Float64Builder).Append(v)
	case time.Time:
		b.(*array.TimestampBuilder).Append(arrow.Timestamp(v.UnixMicro()))
	case []string:
		l := b.(*array.ListBuilder)
		l.Append(true)
		for _, s := range v {
			l.ValueBuilder().(*array.StringBuilder).Append(s)
		}
	case map[string]string:
		m := b.(*array.MapBuilder)
		m.Append(true)
		for _, k := range slices.Sorted(maps.Keys(v)) {
			m.KeyBuilder().(*array.StringBuilder).Append(k)
			m.ItemBuilder().(*array.StringBuilder).Append(v[k])
		}
	case []any:
		fields := b.(*array.StructBuilder)
		fields.Append(true)
		for i, field := range v {
			if err := appendValue(fields.FieldBuilder(i), field); err != nil {
				return err
			}
		}
	default:
		return internalError("no column for a %T", v)
	}
	return nil
}
