package deltalog

import (
	"math"
	"slices"
	"strconv"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"lakehouse/internal/parquetio"
	"lakehouse/internal/types"
)

// The columns of a checkpoint's add that hold statistics and partition values as values, not as texts.
const (
	columnStatsParsed     = "stats_parsed"
	columnPartitionParsed = "partitionValues_parsed"
)

// withParsedStats is the wanted column, and with it the statistics as values where a checkpoint has them only so: where its
// table has the property delta.checkpoint.writeStatsAsJson = false.
func (f checkpointPartFile) withParsedStats(wanted Field) (Field, error) {
	inside, _ := wanted.Type.(Schema)
	if inside.Index("stats") < 0 {
		return wanted, nil
	}
	schema, err := f.Schema()
	if err != nil {
		return wanted, err
	}
	parsed, ok := member2(schema, wanted.Name, columnStatsParsed)
	if !ok {
		return wanted, nil
	}
	asText, err := f.Pieces(parquetio.ReadOptions{Schema: Schema{Fields: []Field{wanted}}, Where: has(wanted.Name, "stats")})
	if err != nil || len(asText) > 0 {
		return wanted, err
	}
	wanted.Type = Schema{Fields: append(slices.Clip(inside.Fields), parsed)}
	return wanted, nil
}

// member2 is a field of a struct column.
func member2(s Schema, column, name string) (Field, bool) {
	i := s.Index(column)
	if i < 0 {
		return Field{}, false
	}
	inside, _ := s.Fields[i].Type.(Schema)
	if i = inside.Index(name); i < 0 {
		return Field{}, false
	}
	f := inside.Fields[i]
	_, nested := f.Type.(Schema)
	return f, nested
}

// statsText is the statistics of one file, in a struct column, as JSON; empty where there are none.
func statsText(column arrow.Array, row int) string {
	stats, ok := column.(*array.Struct)
	if !ok || stats.IsNull(row) {
		return ""
	}
	text, _ := appendStats(nil, stats, row)
	return string(text)
}

// appendStats writes a struct value as an object without its nulls; told is false where nothing is left.
func appendStats(out []byte, s *array.Struct, row int) (_ []byte, told bool) {
	fields := s.DataType().(*arrow.StructType)
	out = append(out, '{')
	for i, f := range fields.Fields() {
		before := len(out)
		if told {
			out = append(out, ',')
		}
		key, _ := encodeJSON(f.Name) // a text cannot fail
		out = append(append(out, key...), ':')
		var ok bool
		if out, ok = appendStat(out, s.Field(i), row); !ok {
			out = out[:before]
			continue
		}
		told = true
	}
	return append(out, '}'), told
}

// appendStat writes one value; ok is false for null and for what statistics cannot say.
func appendStat(out []byte, column arrow.Array, row int) (_ []byte, ok bool) {
	if column.IsNull(row) {
		return out, false
	}
	var text []byte
	switch a := column.(type) {
	case *array.Struct:
		return appendStats(out, a, row)
	case *array.Boolean:
		return strconv.AppendBool(out, a.Value(row)), true
	case *array.String:
		text, _ = encodeJSON(a.Value(row))
	case *array.Int8:
		text = strconv.AppendInt(nil, int64(a.Value(row)), 10)
	case *array.Int16:
		text = strconv.AppendInt(nil, int64(a.Value(row)), 10)
	case *array.Int32:
		text = strconv.AppendInt(nil, int64(a.Value(row)), 10)
	case *array.Int64:
		text = strconv.AppendInt(nil, a.Value(row), 10)
	case *array.Float32:
		text = floatStat(float64(a.Value(row)), types.Float)
	case *array.Float64:
		text = floatStat(a.Value(row), types.Double)
	case *array.Decimal128:
		text = []byte(a.Value(row).ToString(a.DataType().(*arrow.Decimal128Type).Scale))
	case *array.Date32:
		text = statsInteger(types.Date, int64(a.Value(row)))
	case *array.Timestamp:
		t := types.TimestampNTZ
		if a.DataType().(*arrow.TimestampType).TimeZone != "" {
			t = types.Timestamp
		}
		text = statsInteger(t, int64(a.Value(row)))
	}
	return append(out, text...), len(text) > 0
}

func floatStat(v float64, t Type) []byte {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return statsValue(t, v, nil)
}
