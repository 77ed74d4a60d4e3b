package state

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"lakehouse/internal/types"
	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

// sparkState is a copy of the state that Spark left, in memory.
func sparkState(t testing.TB) *volumestest.Memory {
	t.Helper()
	store := volumestest.NewMemory()
	err := filepath.WalkDir("testdata/spark/state", func(name string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		return store.Put(t.Context(), strings.TrimPrefix(filepath.ToSlash(name), "testdata/spark/"), data)
	})
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func sparkSpec(t testing.TB, store volumes.Store) Spec {
	t.Helper()
	data, err := volumes.ReadFile(t.Context(), store, "state/0/0/_metadata/schema")
	if err != nil {
		t.Fatal(err)
	}
	key, value, err := decodeSchemas(data)
	if err != nil {
		t.Fatal(err)
	}
	if again := encodeSchemas(key, value); !bytes.Equal(again, data) {
		t.Fatalf("schema file:\n got %q\nwant %q", again, data)
	}
	return Spec{Name: "stateStoreSave", Key: key, Value: value}
}

func openSpark(t testing.TB, store volumes.Store) *Operator {
	t.Helper()
	o, err := Open(t.Context(), sparkSpec(t, store), OpenOptions{Store: store, Dir: "state", Version: 14, Partitions: 7})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// The state that Spark left is read: from its snapshots, and from deltas alone.
func TestReadsTheStateThatSparkLeft(t *testing.T) {
	want, err := os.ReadFile("testdata/spark/groups.txt")
	if err != nil {
		t.Fatal(err)
	}
	store := sparkState(t)
	for _, from := range []string{"snapshots", "deltas"} {
		if from == "deltas" {
			for p := range 3 {
				if err := store.Delete(t.Context(), fmt.Sprintf("state/0/%d/11.snapshot", p)); err != nil {
					t.Fatal(err)
				}
			}
		}
		if got := groupsOf(t, openSpark(t, store)); got != string(want) {
			t.Errorf("from %s:\n got %s\nwant %s", from, got, want)
		}
	}
}

func groupsOf(t *testing.T, o *Operator) string {
	t.Helper()
	var lines []string
	for b, err := range o.All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		columns := []arrow.Array{}
		for _, i := range []int{0, 1, 2, 8, 9, 11, 15, 16, 17, 18} {
			columns = append(columns, b.Column(i))
		}
		n := b.Column(13).(*array.Struct)
		columns = append(columns, n.Field(0), n.Field(1))
		for row := range int(b.NumRows()) {
			var line []string
			for _, c := range columns {
				line = append(line, textOf(c, row))
			}
			lines = append(lines, strings.Join(line, "|"))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n") + "\n"
}

func textOf(c arrow.Array, row int) string {
	if d, ok := c.(*array.Decimal128); ok && c.IsValid(row) {
		return d.Value(row).ToString(d.DataType().(*arrow.Decimal128Type).Scale)
	}
	return c.ValueStr(row)
}

// Every row that Spark wrote is written again with the same bytes, and each key lies in the partition where
// its hash puts it.
func TestWritesTheBytesThatSparkWrites(t *testing.T) {
	o := openSpark(t, sparkState(t))
	rows := 0
	for number, p := range o.partitions {
		var keys, values [][]byte
		for i := range p.table.entries.n {
			keys = append(keys, p.table.arena.get(p.table.entry(i).key))
			values = append(values, p.table.arena.get(p.table.entry(i).value))
		}
		columns := assertSameBytes(t, keys, o.spec.Key)
		assertSameBytes(t, values, o.spec.Value)
		for i, hash := range Hash(columns, o.spec.Key.Fields, len(keys)) {
			if got := partitionOf(hash, len(o.partitions)); got != number {
				t.Errorf("key %d of partition %d would go to partition %d", i, number, got)
			}
		}
		rows += len(keys)
	}
	if rows < 50 {
		t.Fatalf("only %d rows", rows)
	}
}

func assertSameBytes(t *testing.T, rows [][]byte, schema types.Struct) []arrow.Array {
	t.Helper()
	columns, err := decodeRows(rows, schema.Fields)
	if err != nil {
		t.Fatal(err)
	}
	again := encodeRows(columns, schema.Fields, len(rows))
	for i, row := range rows {
		if !bytes.Equal(again.at(i), row) {
			t.Fatalf("row %d of %v:\n got %x\nwant %x", i, schema, again.at(i), row)
		}
	}
	return columns
}

// What Spark's hash() says. Captured.
func TestHashIsSparks(t *testing.T) {
	mem := memory.DefaultAllocator
	str := func(s string) arrow.Array { return of(array.NewStringBuilder(mem), s) }
	bigDecimal := func(text string) arrow.Array {
		n, err := decimal128.FromString(text, 30, 0)
		if err != nil {
			t.Fatal(err)
		}
		return of(array.NewDecimal128Builder(mem, &arrow.Decimal128Type{Precision: 30}), n)
	}
	list := array.NewListBuilderWithField(mem, arrow.Field{Name: "element", Type: arrow.PrimitiveTypes.Int32, Nullable: true})
	list.Append(true)
	list.ValueBuilder().(*array.Int32Builder).AppendValues([]int32{1, 0, 3}, []bool{true, false, true})
	lists := list.NewArray()
	row := types.Struct{Fields: []types.Field{{Name: "a", Type: types.String}, {Name: "b", Type: types.Integer}}}
	structs := array.NewStructBuilder(mem, types.ToArrow(row).(*arrow.StructType))
	structs.Append(true)
	structs.FieldBuilder(0).(*array.StringBuilder).Append("x")
	structs.FieldBuilder(1).(*array.Int32Builder).Append(2)
	nan, negativeZero := float64Zero(0)/float64Zero(0), -float64Zero(0)
	for _, c := range []struct {
		name   string
		column arrow.Array
		t      types.Type
		want   int32
	}{
		{"'Spark'", str("Spark"), types.String, 228093765},
		{"''", str(""), types.String, 142593372},
		{"'abc'", str("abc"), types.String, 1322437556},
		{"'über-ä'", str("über-ä"), types.String, 1413922018},
		{"1", of(array.NewInt32Builder(mem), 1), types.Integer, -559580957},
		{"1L", of(array.NewInt64Builder(mem), 1), types.Long, -1712319331},
		{"1.5D", of(array.NewFloat64Builder(mem), 1.5), types.Double, 1290763749},
		{"-0.0D", of(array.NewFloat64Builder(mem), negativeZero), types.Double, -1670924195},
		{"-0.0F", of(array.NewFloat32Builder(mem), float32(negativeZero)), types.Float, 933211791},
		{"NaN", of(array.NewFloat64Builder(mem), nan), types.Double, -1281358385},
		{"interval 1 day", of(array.NewDurationBuilder(mem, arrow.FixedWidthTypes.Duration_us.(*arrow.DurationType)), 86400_000000), types.Interval{From: types.Day, To: types.Day}, 892267096},
		{"interval 3 months", of(array.NewMonthIntervalBuilder(mem), 3), types.Interval{From: types.Month, To: types.Month}, -1823081949},
		{"make_interval(1, 2, 3, 4, 5, 6, 7)", of(array.NewMonthDayNanoIntervalBuilder(mem), arrow.MonthDayNanoInterval{Months: 14, Days: 25, Nanoseconds: (5*3600 + 6*60 + 7) * 1e9}), types.CalendarInterval, 827576014},
		{"null", array.NewNull(1), types.Null, 42},
		{"X'0102FF'", of(array.NewBinaryBuilder(mem, arrow.BinaryTypes.Binary), []byte{1, 2, 255}), types.Binary, 456895484},
		{"1.5BD", of(array.NewDecimal128Builder(mem, &arrow.Decimal128Type{Precision: 2, Scale: 1}), decimal128.FromI64(15)), types.Decimal{Precision: 2, Scale: 1}, -18083236},
		{"a large decimal", bigDecimal("12345678901234567890123"), types.Decimal{Precision: 30}, -434902821},
		{"a small decimal", bigDecimal("-12345678901234567890123"), types.Decimal{Precision: 30}, -769998348},
		{"-1Y", of(array.NewInt8Builder(mem), -1), types.Byte, -1604776387},
		{"-1S", of(array.NewInt16Builder(mem), -1), types.Short, -1604776387},
		{"true", of(array.NewBooleanBuilder(mem), true), types.Boolean, -559580957},
		{"date'2025-01-01'", of(array.NewDate32Builder(mem), 20089), types.Date, 2071700725},
		{"timestamp'2025-01-01 00:00:00Z'", of(array.NewTimestampBuilder(mem, arrow.FixedWidthTypes.Timestamp_us.(*arrow.TimestampType)), 1735689600_000000), types.Timestamp, -329029172},
		{"array(1, null, 3)", lists, types.Array{Element: types.Integer, ContainsNull: true}, 1066699649},
		{"struct('x', 2)", structs.NewArray(), row, -373888714},
	} {
		got := Hash([]arrow.Array{c.column}, []types.Field{{Name: "c", Type: c.t}}, 1)
		if int32(got[0]) != c.want {
			t.Errorf("hash(%s): got %d, want %d", c.name, int32(got[0]), c.want)
		}
	}
}

func float64Zero(f float64) float64 { return f }

// of makes a column of one value.
func of[T any, B interface {
	Append(T)
	NewArray() arrow.Array
}](b B, v T) arrow.Array {
	b.Append(v)
	return b.NewArray()
}

// A version written here is one that Spark's state leads to: it is read back, with the files that Spark would
// expect.
func TestContinuesTheStateThatSparkLeft(t *testing.T) {
	store := sparkState(t)
	spec := sparkSpec(t, store)
	before := groupsOf(t, openSpark(t, store))
	var cache Cache
	for version := int64(14); version < 24; version++ {
		o, err := Open(t.Context(), spec, OpenOptions{Store: store, Dir: "state", Version: version, Cache: &cache})
		if err != nil {
			t.Fatal(err)
		}
		if err := touchOne(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		if err := o.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]bool{
		"state/0/2/24.delta": true, "state/0/0/21.snapshot": true, "state/0/0/22.snapshot": false, "state/0/1/1.delta": true,
	} {
		if _, err := store.Stat(t.Context(), name); (err == nil) != want {
			t.Errorf("%s: there is %v, want %v", name, err == nil, want)
		}
	}
	o, err := Open(t.Context(), spec, OpenOptions{Store: store, Dir: "state", Version: 24})
	if err != nil {
		t.Fatal(err)
	}
	if got := groupsOf(t, o); got != before {
		t.Errorf("got %s\nwant %s", got, before)
	}
}

// touchOne puts an entry again as it is.
func touchOne(ctx context.Context, o *Operator) error {
	for b, err := range o.All(ctx) {
		if err != nil {
			return err
		}
		first := b.NewSlice(0, 1)
		n := len(o.spec.Key.Fields)
		keys := array.NewRecordBatch(types.ToArrowSchema(o.spec.Key), first.Columns()[:n], 1)
		values := array.NewRecordBatch(types.ToArrowSchema(o.spec.Value), first.Columns()[n:], 1)
		return o.Put(keys, values)
	}
	return nil
}
