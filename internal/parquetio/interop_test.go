package parquetio

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/ipc"

	"lakehouse/internal/types"
)

// python runs a script with modules that must be importable, and skips the test where they are not.
func python(t *testing.T, modules, script string, args ...string) []byte {
	t.Helper()
	name := os.Getenv("LAKEHOUSE_PYTHON")
	if name == "" {
		name = "python3"
	}
	if err := exec.CommandContext(context.Background(), name, "-c", "import "+modules).Run(); err != nil {
		t.Skipf("%s cannot import %s; set LAKEHOUSE_PYTHON to one that can", name, modules)
	}
	cmd := exec.CommandContext(context.Background(), name, append([]string{"-c", script}, args...)...)
	var out, problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problems
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, problems.String())
	}
	return out.Bytes()
}

// foreignSchema has every type that other readers know as well.
func foreignSchema() types.Struct {
	column := func(name string, t types.Type) types.Field { return types.Field{Name: name, Type: t, Nullable: true} }
	return types.Struct{Fields: []types.Field{
		column("boolean", types.Boolean), column("byte", types.Byte), column("short", types.Short),
		{Name: "integer", Type: types.Integer},
		column("long", types.Long), column("float", types.Float),
		column("double", types.Double), column("string", types.String), column("binary", types.Binary),
		column("date", types.Date), column("timestamp", types.Timestamp), column("wall", types.TimestampNTZ),
		column("dec9", types.Decimal{Precision: 9, Scale: 2}), column("dec18", types.Decimal{Precision: 18, Scale: 4}),
		column("dec38", types.Decimal{Precision: 38, Scale: 10}),
		column("struct", types.Struct{Fields: []types.Field{
			column("a", types.String), {Name: "b", Type: types.Long}, column("c", types.Struct{Fields: []types.Field{column("d", types.Date)}}),
		}}),
		column("list", types.Array{Element: types.Array{Element: types.Double, ContainsNull: true}, ContainsNull: true}),
		column("structs", types.Array{Element: types.Struct{Fields: []types.Field{column("x", types.Integer), column("y", types.String)}}}),
		column("map", types.Map{Key: types.String, Value: types.Array{Element: types.Long, ContainsNull: true}, ValueContainsNull: true}),
	}}
}

func writeForeign(t *testing.T, codec string) (string, arrow.RecordBatch) {
	t.Helper()
	schema := foreignSchema()
	want := randomBatch(schema, 3000, &rapidSource{state: 11, spread: 1000})
	data, _ := writeAll(t, schema, WriterOptions{Compression: codec, RowGroupRows: 1000, PageBytes: 2000}, want)
	path := filepath.Join(t.TempDir(), "ours.parquet")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path, want
}

// PyArrow reads every value that was written, with every codec.
func TestPyArrowReadsOurFiles(t *testing.T) {
	const script = `
import sys, pyarrow as pa, pyarrow.parquet as pq
table = pq.read_table(sys.argv[1], page_checksum_verification=True)
with pa.ipc.new_stream(sys.stdout.buffer, table.schema) as out:
    out.write_table(table.combine_chunks(), max_chunksize=1 << 30)
`
	for _, codec := range []string{"snappy", "zstd", "gzip", "lz4_raw", "none"} {
		t.Run(codec, func(t *testing.T) {
			path, want := writeForeign(t, codec)
			r, err := ipc.NewReader(bytes.NewReader(python(t, "pyarrow.parquet", script, path)))
			if err != nil {
				t.Fatal(err)
			}
			if !r.Next() {
				t.Fatal("PyArrow found no rows:", r.Err())
			}
			assertSame(t, want, r.RecordBatch())
		})
	}
}

// The statistics and page indexes that we write say of each column and page what its values say.
func TestPyArrowFindsOurStatistics(t *testing.T) {
	const script = `
import sys, pyarrow.parquet as pq, pyarrow.compute as pc
f = pq.ParquetFile(sys.argv[1])
for g in range(f.num_row_groups):
    table = f.read_row_group(g)
    group = f.metadata.row_group(g)
    for i in range(group.num_columns):
        chunk = group.column(i)
        name = chunk.path_in_schema
        if "." in name: continue
        assert chunk.has_column_index == (not any(v != v for v in table[name].to_pylist())), name
        assert chunk.has_offset_index, name
        s = chunk.statistics
        column = table[name]
        assert s.null_count == column.null_count, name
        if s.has_min_max and name not in ("string", "binary"):
            span = pc.min_max(column)
            assert s.min == span["min"].as_py(), (name, s.min, span)
            assert s.max == span["max"].as_py(), (name, s.max, span)
        if s.has_min_max and name == "string":
            values = [v.encode() for v in column.to_pylist() if v is not None]
            assert s.min.encode() <= min(values) and s.max.encode() >= max(values), name
        print(g, name, s.has_min_max)
`
	path, want := writeForeign(t, "snappy")
	out := string(python(t, "pyarrow.parquet", script, path))
	if lines := strings.Count(out, "\n"); lines != 3*15 {
		t.Fatalf("%d column chunks were checked of %d columns:\n%s", lines, want.NumCols(), out)
	}
	if strings.Contains(out, "False") {
		t.Fatal("a column has no statistics:\n", out)
	}
}

// DuckDB and Polars agree with PyArrow on our files.
func TestDuckDBAndPolarsReadOurFiles(t *testing.T) {
	const script = `
import sys, pyarrow as pa, pyarrow.parquet as pq, duckdb, polars
path = sys.argv[1]
want = pq.read_table(path)
got = duckdb.sql(f"select * from read_parquet('{path}')").to_arrow_table()
for name in want.column_names:
    a, b = want[name].to_pylist(), got[name].to_pylist()
    if name == "timestamp": b = [v and v.astimezone(a[0].tzinfo if a[0] else None) for v in b]
    assert a == b, ("duckdb", name, a[:5], b[:5])
frame = polars.read_parquet(path, columns=[n for n in want.column_names if n != "map"]).to_arrow()
for name in frame.column_names:
    a, b = want[name].to_pylist(), frame[name].to_pylist()
    assert a == b, ("polars", name, a[:5], b[:5])
low = duckdb.sql(f"select count(*) from read_parquet('{path}') where integer between 10 and 90").fetchone()[0]
assert low == sum(10 <= v <= 90 for v in want["integer"].to_pylist()), low
print(len(got), len(frame))
`
	path, _ := writeForeign(t, "snappy")
	if out := string(python(t, "pyarrow.parquet, duckdb, polars", script, path)); strings.TrimSpace(out) != "3000 3000" {
		t.Fatal(out)
	}
}
