package parquetio

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/ipc"

	"lakehouse/internal/realdata"
)

// parquetFiles lists the Parquet files of the real tables, checkpoints included.
func parquetFiles(t testing.TB) []string {
	t.Helper()
	var paths []string
	err := filepath.WalkDir(realdata.Path(t, "delta-tables"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".parquet") && !d.IsDir() {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

func openPath(t testing.TB, path string) *File {
	t.Helper()
	in, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = in.Close() })
	info, err := in.Stat()
	if err != nil {
		t.Fatal(err)
	}
	f, err := Open(in, info.Size())
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return f
}

// Files that Spark, delta-rs and others wrote are read whole, with the values that PyArrow finds.
func TestReadRealTables(t *testing.T) {
	paths := parquetFiles(t)
	if len(paths) < 50 {
		t.Fatalf("only %d Parquet files", len(paths))
	}
	for _, path := range paths {
		f := openPath(t, path)
		schema, err := f.Schema()
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		var rows int64
		for _, b := range readFile(t, f, ReadOptions{Schema: schema}) {
			rows += b.NumRows()
		}
		if rows != f.NumRows() {
			t.Errorf("%s: %d rows, the footer says %d", path, rows, f.NumRows())
		}
	}
}

// Values agree with PyArrow's, column by column, where both give the same Arrow type.
func TestRealTablesAgreeWithPyArrow(t *testing.T) {
	const script = `
import sys, os, pyarrow as pa, pyarrow.parquet as pq
for i, path in enumerate(open(sys.argv[1]).read().splitlines()):
    table = pq.ParquetFile(path, coerce_int96_timestamp_unit="us").read()
    for c, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type):
            table = table.set_column(c, field.name, table[field.name].cast(pa.timestamp("us", field.type.tz), safe=False))
    with pa.ipc.new_file(os.path.join(sys.argv[2], f"{i}.arrow"), table.schema) as out:
        out.write_table(table.combine_chunks(), max_chunksize=1 << 30)
`
	paths, dir := parquetFiles(t), t.TempDir()
	list := filepath.Join(dir, "list")
	if err := os.WriteFile(list, []byte(strings.Join(paths, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	python(t, "pyarrow.parquet", script, list, dir)
	compared := 0
	for i, path := range paths {
		want := readIPC(t, filepath.Join(dir, fmt.Sprintf("%d.arrow", i)))
		f := openPath(t, path)
		schema, err := f.Schema()
		if err != nil || want == nil {
			continue // reported by the test above, or an empty file
		}
		got := concat(t, schema, readFile(t, f, ReadOptions{Schema: schema}))
		compared += compareColumns(t, path, want, got)
	}
	t.Logf("%d files, %d columns agree", len(paths), compared)
	if compared < 500 {
		t.Fatalf("only %d columns were compared", compared)
	}
}

func readIPC(t *testing.T, path string) arrow.RecordBatch {
	t.Helper()
	in, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = in.Close() }()
	r, err := ipc.NewFileReader(in)
	if err != nil {
		t.Fatal(err)
	}
	if r.NumRecords() == 0 {
		return nil
	}
	b, err := r.RecordBatchAt(0)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func compareColumns(t *testing.T, path string, want, got arrow.RecordBatch) int {
	t.Helper()
	if want.NumRows() != got.NumRows() || want.NumCols() != got.NumCols() {
		t.Errorf("%s: %d rows and %d columns, want %d and %d", path, got.NumRows(), got.NumCols(), want.NumRows(), want.NumCols())
		return 0
	}
	compared := 0
	for i := range int(want.NumCols()) {
		if !sameShape(want.Column(i).DataType(), got.Column(i).DataType()) {
			t.Logf("%s: column %s is %v, PyArrow's %v", path, got.ColumnName(i), got.Column(i).DataType(), want.Column(i).DataType())
			continue
		}
		compared++
		for row := range int(want.NumRows()) {
			if !sameValue(want.Column(i), got.Column(i), row, row) {
				t.Errorf("%s: column %s, row %d: got %v, want %v", path, got.ColumnName(i), row,
					got.Column(i).ValueStr(row), want.Column(i).ValueStr(row))
				break
			}
		}
	}
	return compared
}

// sameShape compares Arrow types without names, time zones and nullability.
func sameShape(a, b arrow.DataType) bool {
	an, ok := a.(arrow.NestedType)
	if !ok || a.ID() != b.ID() {
		return a.ID() == b.ID()
	}
	bn := b.(arrow.NestedType)
	if an.NumFields() != bn.NumFields() {
		return false
	}
	for i, f := range an.Fields() {
		if !sameShape(f.Type, bn.Fields()[i].Type) {
			return false
		}
	}
	return true
}
