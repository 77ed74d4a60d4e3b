package parquetio

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"

	"lakehouse/internal/types"
)

// Every encoding and both page versions that PyArrow writes are read: our own batch, written by it.
func TestReadForeignEncodings(t *testing.T) {
	const script = `
import sys, pyarrow as pa, pyarrow.parquet as pq
table = pa.ipc.open_stream(sys.argv[1]).read_all()
delta = {"integer": "DELTA_BINARY_PACKED", "long": "DELTA_BINARY_PACKED", "date": "DELTA_BINARY_PACKED",
    "timestamp": "DELTA_BINARY_PACKED", "string": "DELTA_BYTE_ARRAY", "binary": "DELTA_LENGTH_BYTE_ARRAY", "boolean": "RLE",
    "float": "BYTE_STREAM_SPLIT", "double": "BYTE_STREAM_SPLIT", "dec38": "BYTE_STREAM_SPLIT", "dec18": "BYTE_STREAM_SPLIT"}
kinds = {
    "plain-v1": dict(use_dictionary=False, data_page_version="1.0"),
    "dictionary-v2": dict(data_page_version="2.0", compression="zstd"),
    "delta-v1": dict(use_dictionary=False, column_encoding=delta, data_page_version="1.0"),
    "delta-v2": dict(use_dictionary=False, column_encoding=delta, data_page_version="2.0", compression="gzip"),
    "brotli": dict(compression="brotli"), "lz4": dict(compression="lz4"),
    "int96": dict(use_deprecated_int96_timestamps=True),
    "millis": dict(coerce_timestamps="ms", allow_truncated_timestamps=True, version="1.0"),
    "small-pages": dict(data_page_size=64, write_batch_size=7, write_page_checksum=True),
    "integers-for-decimals": dict(store_decimal_as_integer=True),
}
for name, options in kinds.items():
    pq.write_table(table, f"{sys.argv[2]}/{name}.parquet", store_schema=False, row_group_size=1100, **options)
    print(name)
`
	schema := types.AsNullable(foreignSchema()).(types.Struct) // PyArrow refuses nulls below nulls
	want := randomBatch(schema, 3000, &rapidSource{state: 5, spread: 2000})
	dir := t.TempDir()
	writeIPC(t, filepath.Join(dir, "want.arrows"), want)
	names := bytes.Fields(python(t, "pyarrow.parquet", script, filepath.Join(dir, "want.arrows"), dir))
	if len(names) != 10 {
		t.Fatal(names)
	}
	for _, name := range names {
		t.Run(string(name), func(t *testing.T) {
			f := openPath(t, filepath.Join(dir, string(name)+".parquet"))
			got := concat(t, schema, readFile(t, f, ReadOptions{Schema: schema, BatchRows: 513}))
			if string(name) == "millis" {
				assertMillis(t, want, got)
				return
			}
			assertSame(t, want, got)
		})
	}
}

func writeIPC(t *testing.T, path string, b arrow.RecordBatch) {
	t.Helper()
	var out bytes.Buffer
	w := ipc.NewWriter(&out, ipc.WithSchema(b.Schema()))
	if err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

// assertMillis compares timestamps as far as milliseconds keep them.
func assertMillis(t *testing.T, want, got arrow.RecordBatch) {
	t.Helper()
	at := want.Schema().FieldIndices("timestamp")[0]
	a, b := want.Column(at).(fixedArray[arrow.Timestamp]), got.Column(at).(fixedArray[arrow.Timestamp])
	for i, v := range a.Values() {
		if a.IsNull(i) != b.IsNull(i) || a.IsValid(i) && v-b.Values()[i] != v%1000 {
			t.Fatalf("row %d: got %v, want %v", i, b.Values()[i], v)
		}
	}
}

// A repeated field without annotation is a list, as protocol buffers write them.
func TestReadUnannotatedLists(t *testing.T) {
	type point struct{ X, Y int64 }
	type row struct {
		Name   string
		Values []int32
		Points []point
	}
	var out bytes.Buffer
	w := parquet.NewGenericWriter[row](&out)
	rows := []row{{"a", []int32{1, 2, 3}, nil}, {"b", nil, []point{{1, 2}, {3, 4}}}, {"c", []int32{4}, []point{{5, 6}}}}
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := Open(bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil {
		t.Fatal(err)
	}
	schema, err := f.Schema()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := schema.String(), "struct<Name:string,Values:array<int>,Points:array<struct<X:bigint,Y:bigint>>>"; got != want {
		t.Fatalf("schema %s, want %s", got, want)
	}
	b := concat(t, schema, readFile(t, f, ReadOptions{Schema: schema}))
	want := []string{`[1,2,3] []`, `[] [{"X":1,"Y":2},{"X":3,"Y":4}]`, `[4] [{"X":5,"Y":6}]`}
	for i := range want {
		if got := b.Column(1).ValueStr(i) + " " + b.Column(2).ValueStr(i); got != want[i] {
			t.Errorf("row %d: got %s, want %s", i, got, want[i])
		}
	}
}

// Lists and maps of old writers are told apart by the rules of the format's specification.
func TestFoldLegacyNesting(t *testing.T) {
	group := func(name string, r format.FieldRepetitionType, converted deprecated.ConvertedType, children int32) element {
		return element{name: name, repetition: r, converted: converted, children: children}
	}
	leaf := func(name string, r format.FieldRepetitionType) element {
		return element{name: name, repetition: r, converted: -1, isLeaf: true, physical: format.Int32}
	}
	const none = deprecated.ConvertedType(-1)
	tests := []struct {
		name     string
		elements []element
		want     string
	}{
		{"two levels", []element{group("l", format.Optional, deprecated.List, 1), leaf("element", format.Repeated)}, "array<int>"},
		{"three levels", []element{
			group("l", format.Optional, deprecated.List, 1), group("list", format.Repeated, none, 1), leaf("element", format.Optional),
		}, "array<int>"},
		{"two fields are the element", []element{
			group("l", format.Optional, deprecated.List, 1), group("element", format.Repeated, none, 2),
			leaf("a", format.Optional), leaf("b", format.Required),
		}, "array<struct<a:int,b:int>>"},
		{"array is the element", []element{
			group("l", format.Optional, deprecated.List, 1), group("array", format.Repeated, none, 1), leaf("a", format.Optional),
		}, "array<struct<a:int>>"},
		{"tuple is the element", []element{
			group("l", format.Optional, deprecated.List, 1), group("l_tuple", format.Repeated, none, 1), leaf("a", format.Optional),
		}, "array<struct<a:int>>"},
		{"map by the old annotation", []element{
			group("m", format.Optional, deprecated.MapKeyValue, 1), group("map", format.Repeated, none, 2),
			leaf("key", format.Required), leaf("num", format.Optional),
		}, "map<int,int>"},
		{"repeated list", []element{
			group("l", format.Repeated, deprecated.List, 1), group("list", format.Repeated, none, 1), leaf("element", format.Optional),
		}, "array<array<int>>"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			root, _, err := schemaTree(append([]element{group("root", format.Required, none, 1)}, test.elements...))
			if err != nil {
				t.Fatal(err)
			}
			got, err := inferType(root.children[0])
			if err != nil || got.String() != test.want {
				t.Fatalf("got %v, %v, want %s", got, err, test.want)
			}
		})
	}
}

// A column of nulls that Arrow gave no type is read as any type, in structs and lists, too.
func TestReadForeignNulls(t *testing.T) {
	const script = `
import sys, pyarrow as pa, pyarrow.parquet as pq
null = pa.null()
pq.write_table(pa.table({"n": pa.nulls(3), "s": pa.array([{"n": None}, None, {"n": None}], pa.struct([("n", null)])),
    "l": pa.array([[None, None], [], None], pa.list_(null))}), sys.argv[1])
`
	path := filepath.Join(t.TempDir(), "nulls.parquet")
	python(t, "pyarrow.parquet", script, path)
	column := func(name string, typ types.Type) types.Field {
		return types.Field{Name: name, Type: typ, Nullable: true}
	}
	schema := types.Struct{Fields: []types.Field{
		column("n", types.String), column("s", types.Struct{Fields: []types.Field{column("n", types.Decimal{Precision: 9, Scale: 2})}}),
		column("l", types.Array{Element: types.Long, ContainsNull: true}),
	}}
	got := concat(t, schema, readFile(t, openPath(t, path), ReadOptions{Schema: schema}))
	for i, want := range []string{"[(null) (null) (null)]", "{[(null) (null) (null)]}", "[[(null) (null)] [] (null)]"} {
		if text := fmt.Sprint(got.Column(i)); text != want {
			t.Errorf("column %s: got %s, want %s", schema.Fields[i].Name, text, want)
		}
	}
}
