package state

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"pgregory.net/rapid"

	"lakehouse/internal/types"
)

// Rows of any schema come back from their bytes as they were.
func TestRowsComeBackFromTheirBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		schema := types.Struct{}
		for range rapid.IntRange(0, 70).Draw(t, "fields") {
			schema.Fields = append(schema.Fields, types.Field{Name: "f", Type: anyType(t, 2), Nullable: true})
		}
		rows := rapid.IntRange(0, 5).Draw(t, "rows")
		columns := make([]arrow.Array, len(schema.Fields))
		for i, f := range schema.Fields {
			columns[i] = anyColumn(t, f.Type, rows)
		}
		encoded := encodeRows(columns, schema.Fields, rows)
		data := make([][]byte, rows)
		for i := range data {
			if data[i] = encoded.at(i); len(data[i])%8 != 0 {
				t.Fatalf("row %d has %d bytes: no whole words", i, len(data[i]))
			}
		}
		again, err := decodeRows(data, schema.Fields)
		if err != nil {
			t.Fatal(err)
		}
		for i, c := range columns {
			if !array.Equal(c, again[i]) {
				t.Fatalf("field %d, %v:\n got %v\nwant %v", i, schema.Fields[i].Type, again[i], c)
			}
		}
	})
}

var leafTypes = []types.Type{
	types.Null, types.Boolean, types.Byte, types.Short, types.Integer, types.Long, types.Float, types.Double, types.String,
	types.Binary, types.Date, types.Timestamp, types.TimestampNTZ, types.CalendarInterval,
	types.Decimal{Precision: 18, Scale: 2},
	types.Decimal{Precision: 38, Scale: 4},
	types.Interval{From: types.Year, To: types.Month},
	types.Interval{From: types.Day, To: types.Second},
}

func anyType(t *rapid.T, depth int) types.Type {
	if depth > 0 {
		switch rapid.IntRange(0, 7).Draw(t, "nesting") {
		case 0:
			return types.Array{Element: anyType(t, depth-1), ContainsNull: true}
		case 1:
			return types.Map{Key: types.String, Value: anyType(t, depth-1), ValueContainsNull: true}
		case 2:
			return types.Struct{Fields: []types.Field{
				{Name: "a", Type: anyType(t, depth-1), Nullable: true}, {Name: "b", Type: anyType(t, depth-1), Nullable: true},
			}}
		}
	}
	return rapid.SampledFrom(leafTypes).Draw(t, "type")
}

// anyColumn makes a column that begins in the middle of its buffers.
func anyColumn(t *rapid.T, dt types.Type, rows int) arrow.Array {
	b := array.NewBuilder(memory.DefaultAllocator, types.ToArrow(dt))
	for range rows + 1 {
		appendAny(t, b, dt)
	}
	return array.NewSlice(b.NewArray(), 1, int64(rows)+1)
}

func appendAny(t *rapid.T, b array.Builder, dt types.Type) {
	if rapid.IntRange(0, 4).Draw(t, "null") == 0 {
		b.AppendNull()
		return
	}
	switch b := b.(type) {
	case *array.NullBuilder:
		b.AppendNull()
	case *array.BooleanBuilder:
		b.Append(rapid.Bool().Draw(t, "v"))
	case *array.Int8Builder:
		b.Append(rapid.Int8().Draw(t, "v"))
	case *array.Int16Builder:
		b.Append(rapid.Int16().Draw(t, "v"))
	case *array.Int32Builder:
		b.Append(rapid.Int32().Draw(t, "v"))
	case *array.Int64Builder:
		b.Append(rapid.Int64().Draw(t, "v"))
	case *array.Float32Builder:
		b.Append(rapid.Float32().Draw(t, "v"))
	case *array.Float64Builder:
		b.Append(rapid.Float64().Draw(t, "v"))
	case *array.StringBuilder:
		b.Append(rapid.String().Draw(t, "v"))
	case *array.BinaryBuilder:
		b.Append(rapid.SliceOf(rapid.Byte()).Draw(t, "v"))
	case *array.Date32Builder:
		b.Append(arrow.Date32(rapid.Int32().Draw(t, "v")))
	case *array.TimestampBuilder:
		b.Append(arrow.Timestamp(rapid.Int64().Draw(t, "v")))
	case *array.DurationBuilder:
		b.Append(arrow.Duration(rapid.Int64().Draw(t, "v")))
	case *array.MonthIntervalBuilder:
		b.Append(arrow.MonthInterval(rapid.Int32().Draw(t, "v")))
	case *array.MonthDayNanoIntervalBuilder:
		b.Append(arrow.MonthDayNanoInterval{
			Months: rapid.Int32().Draw(t, "v"), Days: rapid.Int32().Draw(t, "v"),
			Nanoseconds: rapid.Int64Range(-1<<50, 1<<50).Draw(t, "v") * 1000,
		})
	case *array.Decimal128Builder:
		low := rapid.Int64().Draw(t, "v")
		if dt.(types.Decimal).Precision > maxLongDigits {
			b.Append(decimal128.FromI64(low).Mul(decimal128.FromI64(rapid.Int64().Draw(t, "v"))))
		} else {
			b.Append(decimal128.FromI64(low))
		}
	case *array.ListBuilder:
		b.Append(true)
		for range rapid.IntRange(0, 3).Draw(t, "length") {
			appendAny(t, b.ValueBuilder(), dt.(types.Array).Element)
		}
	case *array.MapBuilder:
		b.Append(true)
		for range rapid.IntRange(0, 3).Draw(t, "length") {
			b.KeyBuilder().(*array.StringBuilder).Append(rapid.String().Draw(t, "key"))
			appendAny(t, b.ItemBuilder(), dt.(types.Map).Value)
		}
	case *array.StructBuilder:
		b.Append(true)
		for i, f := range dt.(types.Struct).Fields {
			appendAny(t, b.FieldBuilder(i), f.Type)
		}
	default:
		t.Fatalf("no values for %T", b)
	}
}

// The bytes of a row, as one can check them by hand.
func TestBytesOfARow(t *testing.T) {
	text := array.NewStringBuilder(memory.DefaultAllocator)
	text.Append("hello")
	number := array.NewInt32Builder(memory.DefaultAllocator)
	number.Append(-2)
	absent := array.NewInt64Builder(memory.DefaultAllocator)
	absent.AppendNull()
	rows := encodeRows([]arrow.Array{text.NewArray(), number.NewArray(), absent.NewArray()}, []types.Field{
		{Name: "a", Type: types.String}, {Name: "b", Type: types.Integer}, {Name: "c", Type: types.Long},
	}, 1)
	want := "0400000000000000" + // c is null
		"0500000020000000" + // 5 bytes at 32
		"feffffff00000000" +
		"0000000000000000" +
		"68656c6c6f000000"
	if got := hex.EncodeToString(rows.at(0)); got != want {
		t.Fatalf("got  %s\nwant %s", got, want)
	}
}

func TestXXHash32(t *testing.T) {
	for text, want := range map[string]uint32{
		"": 0x02cc5d05, "a": 0x550d7456, "abc": 0x32d153ff, "Nobody inspects the spammish repetition": 0xe2293b2f,
	} {
		if got := xxhash32([]byte(text), 0); got != want {
			t.Errorf("%q: got %08x, want %08x", text, got, want)
		}
	}
}

func TestBlockStreamsComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		piece := rapid.SliceOfN(rapid.Byte(), 0, 3000).Draw(t, "piece")
		data := bytes.Repeat(piece, rapid.IntRange(0, 60).Draw(t, "times"))
		var stream bytes.Buffer
		w := newBlockWriter(&stream)
		if _, err := w.Write(data); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		whole := bytes.Clone(stream.Bytes())
		got, err := io.ReadAll(newBlockReader(bytes.NewReader(append(whole, whole...)))) // Spark's may be several in a row
		if err != nil || !bytes.Equal(got, append(data, data...)) {
			t.Fatalf("%d bytes came back as %d, %v", 2*len(data), len(got), err)
		}
		cut := rapid.IntRange(0, len(whole)-1).Draw(t, "cut")
		if _, err := io.ReadAll(newBlockReader(bytes.NewReader(whole[:cut]))); !errors.Is(err, errBlock) {
			t.Fatalf("cut at %d of %d: got %v", cut, len(whole), err)
		}
		at := rapid.IntRange(0, len(whole)-1).Draw(t, "flipped")
		whole[at] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		if got, err := io.ReadAll(newBlockReader(bytes.NewReader(whole))); err == nil && !bytes.Equal(got, data) {
			t.Fatalf("a flipped bit in byte %d was not noticed", at)
		}
	})
}

func FuzzReadEntries(f *testing.F) {
	var file bytes.Buffer
	w := newEntryWriter(&file, LZ4)
	w.put([]byte("key"), []byte("value000"))
	w.remove([]byte("key"))
	if err := w.close(); err != nil {
		f.Fatal(err)
	}
	f.Add(file.Bytes())
	f.Fuzz(func(_ *testing.T, data []byte) {
		_ = readEntries(bytes.NewReader(data), func(_, _ []byte) {}) // an error is an answer
	})
}

// Whatever the bytes, what is behind the compression is read without harm.
func FuzzEntriesWithoutCompression(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x01k\x00\x00\x00\x00\xff\xff\xff\xff"))
	f.Add([]byte("\x7f\xff\xff\xfek"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var file bytes.Buffer
		w := newBlockWriter(&file)
		if _, err := w.Write(data); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		_ = readEntries(&file, func(_, _ []byte) {}) // an error is an answer
	})
}

func FuzzDecodeRow(f *testing.F) {
	schema, err := types.ParseDDL("a int, b string, c decimal(30,2), d array<string>, e map<string,array<int>>, f struct<g:binary,h:array<struct<i:int>>>, j interval, k boolean")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(make([]byte, fixedSize(len(schema.Fields))))
	f.Add(bytes.Repeat([]byte{0xff}, 200))
	f.Add(rowOfDecimal(append([]byte{0x80}, make([]byte, 15)...)))
	f.Add(rowOfDecimal(bytes.Repeat([]byte{0x7f}, 16)))
	f.Add([]byte(">" + strings.Repeat("0", 55) + "\x10\x00\x00\x001\x00\x00\x0000000000")) // an interval of too many microseconds
	f.Fuzz(func(t *testing.T, row []byte) {
		columns, err := decodeRows([][]byte{row, nil}, schema.Fields)
		if err != nil {
			return
		}
		encoded := encodeRows(columns, schema.Fields, 2)
		again, err := decodeRows([][]byte{encoded.at(0), encoded.at(1)}, schema.Fields)
		if err != nil {
			t.Fatalf("what was written is not read: %v", err)
		}
		for i := range columns {
			if !array.Equal(columns[i], again[i]) {
				t.Fatalf("field %d: %v came back as %v", i, columns[i], again[i])
			}
		}
	})
}

// rowOfDecimal is a row of FuzzDecodeRow's fields of which only c, the third, is there.
func rowOfDecimal(number []byte) []byte {
	row := make([]byte, fixedSize(8))
	row[0] = 0xff &^ (1 << 2)
	binary.LittleEndian.PutUint64(row[nullBytes(8)+2*8:], uint64(len(row))<<32|uint64(len(number)))
	return append(row, number...)
}

func TestDecimalsBeyondTheirDigitsAreRefused(t *testing.T) {
	schema, err := types.ParseDDL("a int, b string, c decimal(30,2), d array<string>, e map<string,array<int>>, f struct<g:binary,h:array<struct<i:int>>>, j interval, k boolean")
	if err != nil {
		t.Fatal(err)
	}
	lowest := append([]byte{0x80}, make([]byte, 15)...)
	for _, number := range [][]byte{lowest, bytes.Repeat([]byte{0x7f}, 16), bytes.Repeat([]byte{0x7f}, 14)} {
		if _, err := decodeRows([][]byte{rowOfDecimal(number)}, schema.Fields); err == nil {
			t.Errorf("%x was read", number)
		}
	}
	if _, err := decodeRows([][]byte{rowOfDecimal([]byte{0x80, 0})}, schema.Fields); err != nil {
		t.Error(err)
	}
}

func FuzzDecodeSchemas(f *testing.F) {
	f.Add(encodeSchemas(types.Struct{Fields: []types.Field{{Name: "a", Type: types.Integer}}}, types.Struct{}))
	f.Add([]byte("\x00\x02v1\x00\x02{}\x00\x02{}"))
	f.Add([]byte(strings.Repeat("\xff", 20)))
	f.Fuzz(func(t *testing.T, data []byte) {
		key, value, err := decodeSchemas(data)
		if err != nil {
			return
		}
		k, v, err := decodeSchemas(encodeSchemas(key, value))
		if err != nil || !types.Equal(k, key) || !types.Equal(v, value) {
			t.Fatalf("%v, %v came back as %v, %v, %v", key, value, k, v, err)
		}
	})
}
