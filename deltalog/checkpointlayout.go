package deltalog

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow/array"

	"lakehouse/internal/types"
)

// The properties that say how checkpoints hold statistics.
const (
	propStatsAsText   = "delta.checkpoint.writeStatsAsJson"
	propStatsAsStruct = "delta.checkpoint.writeStatsAsStruct"
)

// A checkpointLayout says how the add column of a table's checkpoints holds statistics and partition values besides the texts
// that commits have.
type checkpointLayout struct {
	text      bool    // statistics as JSON
	stats     Schema  // statistics as values; without fields: not
	partition []Field // partition values as values, by their stored names
}

// checkpointLayout is what the table's properties ask for.
func (m *Metadata) checkpointLayout() (checkpointLayout, error) {
	l := checkpointLayout{text: !propertyIs(propStatsAsText, "false")(m)}
	if !propertyIs(propStatsAsStruct, "true")(m) {
		return l, nil
	}
	opts, err := m.StatsOptions()
	if err != nil {
		return l, err
	}
	for _, name := range opts.PartitionColumns {
		if i := opts.Schema.Index(name); i >= 0 {
			l.partition = append(l.partition, column(name, opts.Schema.Fields[i].Type))
		}
	}
	l.stats = parsedStats(opts)
	return l, nil
}

// addFields are the fields of the add column, in the order in which checkpointRows fills them.
func (l *checkpointLayout) addFields() []Field {
	fields := addFields()
	if !l.text {
		fields = fields[:len(fields)-1]
	}
	if len(l.partition) > 0 {
		fields = append(fields, structOf(columnPartitionParsed, l.partition))
	}
	if len(l.stats.Fields) > 0 {
		fields = append(fields, column(columnStatsParsed, l.stats))
	}
	return fields
}

// parsedStats is the type of statistics as values.
func parsedStats(opts StatsOptions) Schema {
	left := opts.left()
	data := Schema{}
	for _, f := range opts.Schema.Fields {
		if !slices.ContainsFunc(opts.PartitionColumns, func(p string) bool { return strings.EqualFold(p, f.Name) }) {
			data.Fields = append(data.Fields, f)
		}
	}
	bounds, nulls := parsedColumns(data, nil, &opts, &left)
	stats := Schema{Fields: []Field{column("numRecords", Long)}}
	if len(bounds) > 0 {
		stats.Fields = append(stats.Fields, structOf("minValues", bounds), structOf("maxValues", bounds))
	}
	if len(nulls) > 0 {
		stats.Fields = append(stats.Fields, structOf("nullCount", nulls))
	}
	stats.Fields = append(stats.Fields, column("tightBounds", Boolean))
	return stats
}

// parsedColumns are the columns of bounds and those of null counts.
func parsedColumns(s Schema, path []string, opts *StatsOptions, left *int) (bounds, nulls []Field) {
	for _, f := range s.Fields {
		if *left == 0 {
			break
		}
		at := append(slices.Clip(path), f.Name)
		if inner, nested := f.Type.(Schema); nested {
			low, none := parsedColumns(inner, at, opts, left)
			if len(low) > 0 {
				bounds = append(bounds, structOf(f.Name, low))
			}
			if len(none) > 0 {
				nulls = append(nulls, structOf(f.Name, none))
			}
			continue
		}
		*left--
		if !opts.wants(at) {
			continue
		}
		nulls = append(nulls, column(f.Name, Long))
		if bounded(f.Type) {
			bounds = append(bounds, column(f.Name, f.Type))
		}
	}
	return bounds, nulls
}

// bounded reports whether columns of the type have bounds.
func bounded(t Type) bool {
	switch t {
	case types.Byte, types.Short, types.Integer, types.Long, types.Float, types.Double, types.String, types.Date,
		types.Timestamp, types.TimestampNTZ:
		return true
	}
	_, decimal := t.(types.Decimal)
	return decimal
}

// parsedPartition fills a struct of partition values.
func (f *fieldAppender) parsedPartition(fields []Field, values map[string]*string) {
	inner := f.inner()
	for _, field := range fields {
		builder := inner.field()
		v, err := ParsePartitionValue(field.Type, valueOf(values, field.Name))
		if err != nil || !appendScalar(builder, v) {
			builder.AppendNull()
		}
	}
}

// parsedStats fills a struct of statistics; null where there are none.
func (f *fieldAppender) parsedStats(t Schema, text string) {
	builder := f.field().(*array.StructBuilder)
	if text == "" || !appendObject(builder, t, []byte(text)) {
		builder.AppendNull()
	}
}

// appendObject appends a JSON object; false, and nothing appended, where it is none.
func appendObject(builder *array.StructBuilder, t Schema, text json.RawMessage) bool {
	var members map[string]json.RawMessage
	if json.Unmarshal(text, &members) != nil || members == nil {
		return false
	}
	builder.Append(true)
	for i, f := range t.Fields {
		inner := builder.FieldBuilder(i)
		text := members[f.Name]
		var ok bool
		if nested, is := f.Type.(Schema); is {
			ok = len(text) > 0 && appendObject(inner.(*array.StructBuilder), nested, text)
		} else {
			ok = appendScalar(inner, boundValue(f.Type, text))
		}
		if !ok {
			inner.AppendNull()
		}
	}
	return true
}

// appendScalar appends a value of a predicate's kind; false, and nothing appended, for null and what the column cannot hold.
func appendScalar(builder array.Builder, v any) bool {
	switch b := builder.(type) {
	case *array.StringBuilder:
		return appendAs(v, b.Append)
	case *array.BooleanBuilder:
		return appendAs(v, b.Append)
	case *array.Int8Builder:
		return appendInteger(v, b.Append)
	case *array.Int16Builder:
		return appendInteger(v, b.Append)
	case *array.Int32Builder:
		return appendInteger(v, b.Append)
	case *array.Int64Builder:
		return appendInteger(v, b.Append)
	case *array.Date32Builder:
		return appendInteger(v, b.Append)
	case *array.TimestampBuilder:
		return appendInteger(v, b.Append)
	case *array.Float32Builder:
		return appendAs(v, func(f float64) { b.Append(float32(f)) })
	case *array.Float64Builder:
		return appendAs(v, b.Append)
	case *array.BinaryBuilder:
		return appendAs(v, b.Append)
	case *array.Decimal128Builder:
		return appendAs(v, b.Append)
	}
	return false
}

func appendAs[T any](v any, add func(T)) bool {
	t, ok := v.(T)
	if ok {
		add(t)
	}
	return ok
}

func appendInteger[T ~int8 | ~int16 | ~int32 | ~int64](v any, add func(T)) bool {
	return appendAs(v, func(n int64) { add(T(n)) })
}
