package interop

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"lakehouse/internal/types"
)

// generator makes rows of any schema from a seed: half of the values are those that go wrong most easily.
type generator struct {
	*rand.Rand
	texts    []string
	instants []arrow.Timestamp
}

func seeded(seed uint64) generator { return generator{rand.New(rand.NewPCG(seed, 0)), texts, instants} }

// asSpark leaves out what Spark cannot write so that others can read it: NUL in the names of folders, and the times that are
// no 64-bit nanoseconds (it writes INT96, and they read that so).
func (g generator) asSpark() generator {
	g.texts = slices.DeleteFunc(slices.Clone(g.texts), func(s string) bool { return strings.Contains(s, "\x00") })
	g.instants = slices.DeleteFunc(slices.Clone(g.instants), func(v arrow.Timestamp) bool { return v < at(1678, 1, 1, 0) || v > at(2262, 1, 1, 0) })
	return g
}

// hiveNull is the name of a folder that Hive takes for null.
const hiveNull = "__HIVE_DEFAULT_PARTITION__"

// short leaves out the texts that are too long for the name of a folder, and those that mean null there.
func (g generator) short() generator {
	g.texts = slices.DeleteFunc(slices.Clone(texts), func(s string) bool { return len(s) > 60 || s == hiveNull || s == "" })
	return g
}

// batch makes rows. A column named id counts them.
func (g generator) batch(schema types.Struct, first, rows int) arrow.RecordBatch {
	b := array.NewRecordBuilder(memory.DefaultAllocator, types.ToArrowSchema(schema))
	for row := range rows {
		for c, f := range schema.Fields {
			if f.Name == "id" {
				b.Field(c).(*array.Int64Builder).Append(int64(first + row))
				continue
			}
			g.append(b.Field(c), f.Type, f.Nullable)
		}
	}
	return b.NewRecordBatch()
}

func (g generator) append(b array.Builder, t types.Type, nullable bool) {
	if nullable && g.IntN(5) == 0 {
		b.AppendNull()
		return
	}
	switch t := t.(type) {
	case types.Decimal:
		b.(*array.Decimal128Builder).Append(g.decimal(t))
	case types.Array:
		b := b.(*array.ListBuilder)
		b.Append(true)
		for range g.IntN(4) {
			g.append(b.ValueBuilder(), t.Element, t.ContainsNull)
		}
	case types.Map:
		g.appendMap(b.(*array.MapBuilder), t)
	case types.Struct:
		b := b.(*array.StructBuilder)
		b.Append(true)
		for i, f := range t.Fields {
			g.append(b.FieldBuilder(i), f.Type, f.Nullable)
		}
	case types.Primitive:
		g.appendPrimitive(b, t)
	default:
		panic(t)
	}
}

// appendMap makes no key twice: what a reader makes of that is its own affair.
func (g generator) appendMap(b *array.MapBuilder, t types.Map) {
	b.Append(true)
	for i := range g.IntN(4) {
		switch keys := b.KeyBuilder().(type) {
		case *array.StringBuilder:
			keys.Append(fmt.Sprintf("key %d", i))
		case *array.Int64Builder:
			keys.Append(int64(i) - 1)
		case *array.Int32Builder:
			keys.Append(int32(i) - 1)
		case *array.Date32Builder:
			keys.Append(arrow.Date32(i - 1))
		default:
			panic(t)
		}
		g.append(b.ItemBuilder(), t.Value, t.ValueContainsNull)
	}
}

func (g generator) appendPrimitive(b array.Builder, t types.Primitive) {
	switch b := b.(type) {
	case *array.BooleanBuilder:
		b.Append(g.IntN(2) == 0)
	case *array.Int8Builder:
		b.Append(either(g, []int8{math.MinInt8, -1, 0, 1, math.MaxInt8}, int8(g.IntN(256))))
	case *array.Int16Builder:
		b.Append(either(g, []int16{math.MinInt16, -1, 0, 1, math.MaxInt16}, int16(g.IntN(1<<16))))
	case *array.Int32Builder:
		b.Append(either(g, []int32{math.MinInt32, -1, 0, 1, math.MaxInt32}, int32(g.Uint32())))
	case *array.Int64Builder:
		b.Append(either(g, []int64{math.MinInt64, -1, 0, 1, 1<<53 + 1, math.MaxInt64}, int64(g.Uint64())))
	case *array.Float32Builder:
		b.Append(either(g, floats, float32(g.NormFloat64())))
	case *array.Float64Builder:
		b.Append(either(g, doubles, g.NormFloat64()*1e6))
	case *array.StringBuilder:
		b.Append(either(g, g.texts, fmt.Sprintf("text %d", g.IntN(1000))))
	case *array.BinaryBuilder:
		b.Append(either(g, binaries, fmt.Append(nil, g.IntN(1000))))
	case *array.Date32Builder:
		b.Append(either(g, days, arrow.Date32(g.IntN(40000)-20000)))
	case *array.TimestampBuilder:
		b.Append(either(g, g.instants, arrow.Timestamp(g.Int64N(1<<52)-1<<51)))
	default:
		panic(t)
	}
}

func either[T any](g generator, edges []T, other T) T {
	if g.IntN(2) == 0 {
		return edges[g.IntN(len(edges))]
	}
	return other
}

func (g generator) decimal(t types.Decimal) decimal128.Num {
	largest := decimal128.GetMaxValue(int32(t.Precision))
	one := decimal128.FromI64(1)
	return either(g, []decimal128.Num{largest, largest.Negate(), one, one.Negate(), {}}, decimal128.FromI64(g.Int64N(10)-5))
}

var (
	floats = []float32{
		float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.Copysign(0, -1)), 0,
		math.MaxFloat32, -math.MaxFloat32, math.SmallestNonzeroFloat32, 0.1, 16777217,
	}
	doubles = []float64{
		math.NaN(), math.Inf(1), math.Inf(-1), math.Copysign(0, -1), 0,
		math.MaxFloat64, -math.MaxFloat64, math.SmallestNonzeroFloat64, 0.1, 1e7, 1e-3, 1<<53 + 2,
	}
	texts = []string{
		"", " ", "a", "null", "NULL", "\x00", "a\x00b", "\t\r\n", `"quoted" \ and 'so'`, "%2F/../?#=&+", hiveNull,
		"zäöß€😀", "\u2028\ufeff\U0010FFFF", "e\u0301", strings.Repeat("long ", 20), strings.Repeat("😀", 40), strings.Repeat("\U0010FFFF", 70),
		strings.Repeat("x", 31) + "😀y", strings.Repeat("\x7f", 40),
	}
	binaries = [][]byte{{}, {0}, {0xff}, {0xff, 0xfe, 0x00, 0x80}, []byte("text"), []byte(strings.Repeat("\xff", 70))}
	days     = []arrow.Date32{
		day(1, 1, 1), day(1582, 10, 4), day(1582, 10, 15), day(1899, 12, 31), day(1900, 1, 1), day(1969, 12, 31), 0, 1, day(2000, 2, 29),
		day(2262, 4, 12), day(2299, 12, 31), day(2300, 1, 1), day(9999, 12, 31),
	}
	instants = []arrow.Timestamp{
		at(1, 1, 1, 0), at(1582, 10, 4, 1), at(1677, 9, 21, 0), at(1899, 12, 31, 999999), at(1900, 1, 1, 0), -1, 0, 1, 999, 1000, 1001,
		at(2000, 2, 29, 123456), at(2262, 4, 12, 1), at(2299, 12, 31, 999999), at(2300, 1, 1, 0), at(9999, 12, 31, 999999),
	}
)

func day(year, month, of int) arrow.Date32 {
	return arrow.Date32(time.Date(year, time.Month(month), of, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

func at(year, month, of, micro int) arrow.Timestamp {
	return arrow.Timestamp(time.Date(year, time.Month(month), of, 0, 0, 0, micro*1000, time.UTC).UnixMicro())
}
