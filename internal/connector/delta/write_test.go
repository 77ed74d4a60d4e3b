package delta

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/errclass"
	"lakehouse/internal/expr"
	"lakehouse/internal/parquetio"
)

// A write is one version: rows appended, or put in place of all that was there.
func TestWriteAppendsAndOverwrites(t *testing.T) {
	l := newLake(t)
	l.write("n long", `{"n":1}`, `{"n":2}`)
	l.write("n long", `{"n":3}`)
	l.wantRows("appended", l.read(nil), `{"n":1} {"n":2} {"n":3}`)
	opts := l.options(nil)
	opts.Overwrite = true
	written, err := Write(t.Context(), l.table, l.rows("n long", `{"n":4}`), opts)
	if err != nil || written.Version != 2 || written.Rows != 1 {
		t.Errorf("got %+v, %v", written, err)
	}
	l.wantRows("overwritten", l.read(nil), `{"n":4}`)
	if removes := strings.Count(l.commitText(2), `{"remove":`); removes != 2 {
		t.Errorf("%d removes", removes)
	}
}

// How the rows' columns become the table's: by name in any letter case and order; what is missing is null; values are
// cast, and none is lost.
func TestRowsBecomeTheTables(t *testing.T) {
	table := "Id long, name string, s struct<a: int, b: int>"
	row := `{"Id":1,"name":"x","s":{"a":1,"b":2}}`
	tests := []struct {
		name, ddl, row string
		options        map[string]string
		overwrite      bool
		want           string
		err            errclass.Class
		schema         string
	}{
		{name: "other case and order", ddl: "NAME string, id long", row: `{"NAME":"y","id":2}`, want: row + ` {"Id":2,"name":"y"}`},
		{name: "fewer columns", ddl: "id long", row: `{"id":2}`, want: row + ` {"Id":2}`},
		{name: "narrower type", ddl: "id int", row: `{"id":2}`, want: row + ` {"Id":2}`},
		{name: "a text that is a number", ddl: "id string", row: `{"id":"2"}`, want: row + ` {"Id":2}`},
		{name: "a text that is none", ddl: "id string", row: `{"id":"x"}`, err: errclass.CastInvalidInput, want: row},
		{name: "a new column", ddl: "id long, extra int", row: `{"id":2,"extra":3}`, err: errclass.DeltaSchemaMismatch, want: row},
		{
			name: "a new column, merged", ddl: "id long, extra int", row: `{"id":2,"extra":3}`, options: map[string]string{"mergeSchema": "true"},
			want: row + ` {"Id":2,"extra":3}`, schema: "Id bigint, name string, s struct<a: int, b: int>, extra int",
		},
		{name: "a new field", ddl: "id long, s struct<a: int, c: int>", row: `{"id":2,"s":{"a":3,"c":4}}`, err: errclass.DeltaSchemaMismatch, want: row},
		{
			name: "a new field, merged", ddl: "id long, s struct<c: int, a: int>", row: `{"id":2,"s":{"c":4,"a":3}}`, options: map[string]string{"mergeSchema": "true"},
			want: row + ` {"Id":2,"s":{"a":3,"c":4}}`, schema: "Id bigint, name string, s struct<a: int, b: int, c: int>",
		},
		{name: "fewer fields", ddl: "id long, s struct<b: int>", row: `{"id":2,"s":{"b":4}}`, want: row + ` {"Id":2,"s":{"b":4}}`},
		{name: "fields in another order", ddl: "id long, s struct<b: int, A: int>", row: `{"id":2,"s":{"b":4,"A":3}}`, want: row + ` {"Id":2,"s":{"a":3,"b":4}}`},
		{
			name: "another schema, overwritten", ddl: "x date", row: `{"x":"2026-01-31"}`, overwrite: true, options: map[string]string{"overwriteSchema": "true"},
			want: `{"x":"2026-01-31"}`, schema: "x date",
		},
		{name: "another schema, not asked for", ddl: "x date", row: `{"x":"2026-01-31"}`, overwrite: true, err: errclass.DeltaSchemaMismatch, want: row},
		{name: "a schema overwritten by an append", ddl: "x date", row: `{"x":"2026-01-31"}`, options: map[string]string{"overwriteSchema": "true"}, err: errclass.InvalidOption, want: row},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l := newLake(t)
			l.write(table, row)
			opts := l.options(test.options)
			opts.Overwrite = test.overwrite
			_, err := Write(t.Context(), l.table, l.rows(test.ddl, test.row), opts)
			if test.err == "" && err != nil || test.err != "" && !errors.Is(err, test.err) {
				t.Errorf("got %v, want %q", err, test.err)
			}
			l.wantRows("rows", l.read(nil), test.want)
			schema, err := l.table.Schema(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if want := schemaOf(t, cmpOr(test.schema, table)); schema.String() != want.String() {
				t.Errorf("schema %s, want %s", schema, want)
			}
		})
	}
}

// Fields go by name inside of arrays and maps, too, and in batches that are a part of another.
func TestFieldsGoByNameAtAnyDepth(t *testing.T) {
	l := newLake(t)
	l.write("id long, a array<struct<x: long, y: string, z: int>>, m map<string, array<struct<p: int, q: int>>>, s struct<t: struct<u: int, v: int>>")
	op := l.rows("S struct<T: struct<v: int, u: int>>, m map<string, array<struct<q: int, p: int>>>, A array<struct<y: string, X: int>>, id int",
		`{"S":{"T":{"v":1,"u":2}},"m":[{"key":"k","value":[{"q":1,"p":2}]}],"A":[{"y":"b","X":1}],"id":0}`,
		`{"S":{"T":{"v":1,"u":2}},"m":[{"key":"k","value":[{"q":1,"p":2},null,{"q":3,"p":null}]}],"A":[{"y":"b","X":1},null,{"y":null,"X":2}],"id":1}`,
		`{"S":{"T":null},"m":null,"A":[],"id":2}`,
		`{"S":null,"m":[{"key":"k","value":null}],"A":null,"id":3}`)
	op.batches = []arrow.RecordBatch{op.batches[0].NewSlice(1, 3), op.batches[0].NewSlice(3, 4)}
	if _, err := Write(t.Context(), l.table, op, l.options(nil)); err != nil {
		t.Fatal(err)
	}
	l.wantRows("rows", l.read(nil),
		`{"id":1,"a":[{"x":1,"y":"b"},null,{"x":2}],"m":{"k":[{"p":2,"q":1},null,{"q":3}]},"s":{"t":{"u":2,"v":1}}} `+
			`{"id":2,"a":[],"s":{}} {"id":3,"m":{"k":null}}`)
}

// Null and the text that is spelled like null's folder have one folder, and are two partitions.
func TestNullIsNotTheTextThatItsFolderIsNamedBy(t *testing.T) {
	l := newLake(t)
	opts := l.options(nil)
	opts.PartitionBy = []string{"p"}
	rows := l.rows("n long, p string", `{"n":1,"p":"__HIVE_DEFAULT_PARTITION__"}`, `{"n":2}`, `{"n":3,"p":""}`)
	if _, err := Write(t.Context(), l.table, rows, opts); err != nil {
		t.Fatal(err)
	}
	l.wantRows("rows", l.read(nil), `{"n":1,"p":"__HIVE_DEFAULT_PARTITION__"} {"n":2} {"n":3}`)
}

func cmpOr(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// Partition columns go by the schema's names, stand in the folders and not in the files, and must be what the table has.
func TestPartitionedWrites(t *testing.T) {
	partitioned := func(l *lake, by ...string) error {
		opts := l.options(nil)
		opts.PartitionBy = by
		_, err := Write(l.Context(), l.table, l.rows("n long, Day string, h int", `{"n":1,"Day":"a/b=c","h":7}`, `{"n":2,"Day":"","h":8}`), opts)
		return err
	}
	l := newLake(t)
	if err := partitioned(l, "DAY"); err != nil {
		t.Fatal(err)
	}
	if parts := l.snapshot().PartitionColumns(); len(parts) != 1 || parts[0] != "Day" {
		t.Errorf("partitioned by %v", parts)
	}
	for _, f := range l.files() {
		if !strings.HasPrefix(f.Path, "Day=a%2Fb%3Dc/part-") && !strings.HasPrefix(f.Path, "Day=__HIVE_DEFAULT_PARTITION__/part-") {
			t.Errorf("file %s", f.Path)
		}
		in, err := l.store.Open(t.Context(), f.Path)
		if err != nil {
			t.Fatal(err)
		}
		file, err := parquetio.Open(in, in.Info().Size)
		if err != nil {
			t.Fatal(err)
		}
		if schema, err := file.Schema(); err != nil || schema.Index("Day") >= 0 || len(f.PartitionValues) != 1 {
			t.Errorf("%s has columns %v, %v, and partition values %v", f.Path, schema, err, f.PartitionValues)
		}
		in.Close()
	}
	l.wantRows("rows", l.read(nil), `{"n":1,"Day":"a/b=c","h":7} {"n":2,"h":8}`) // the empty text is null in a folder's name, as with Spark
	if err := errors.Join(partitioned(l), partitioned(l, "dAy")); err != nil {
		t.Error(err)
	}
	for _, test := range []struct {
		by   []string
		want errclass.Class
	}{
		{[]string{"h"}, errclass.DeltaSchemaMismatch},
		{[]string{"Day", "h"}, errclass.DeltaSchemaMismatch},
	} {
		if err := partitioned(l, test.by...); !errors.Is(err, test.want) {
			t.Errorf("%v: %v", test.by, err)
		}
	}
	for _, test := range []struct {
		by   []string
		want errclass.Class
	}{
		{[]string{"dya"}, errclass.UnresolvedColumn},
		{[]string{"Day", "DAY"}, errclass.DeltaDuplicateColumns},
		{[]string{"n", "Day", "h"}, errclass.AllPartitionColumns},
	} {
		if err := partitioned(newLake(t), test.by...); !errors.Is(err, test.want) {
			t.Errorf("%v: %v", test.by, err)
		}
	}
}

// What the other options of a write do; and those that mean nothing alone, or nothing at all, are refused.
func TestWriteOptions(t *testing.T) {
	l := newLake(t)
	at := 0
	for codec, suffix := range map[string]string{"": ".snappy.parquet", "zstd": ".zstd.parquet", "GZIP": ".gz.parquet", "none": "-c000.parquet"} {
		given := map[string]string{"userMetadata": "by hand"}
		if codec != "" {
			given["compression"] = codec
		}
		if _, err := Write(t.Context(), l.table, l.rows("n long", `{"n":1}`), l.options(given)); err != nil {
			t.Fatal(err)
		}
		if f := l.files()[at]; !strings.HasSuffix(f.Path, suffix) {
			t.Errorf("compression %q: file %s", codec, f.Path)
		}
		if text := l.commitText(at); !strings.Contains(text, `"userMetadata":"by hand"`) {
			t.Error(text)
		}
		at++
	}
	l.wantRows("rows", l.read(nil), `{"n":1} {"n":1} {"n":1} {"n":1}`)
	for _, given := range []map[string]string{
		{"compression": "lzo"},
		{"targetFileSize": "big"},
		{"txnVersion": "-1"},
		{"mergeSchema": "yes"},
		{"partitionOverwriteMode": "some"},
		{"mergeShema": "true"},
	} {
		if _, err := WriteOptionTable.Parse(given); err == nil {
			t.Errorf("%v is taken", given)
		}
	}
	if _, err := SinkOptionTable.Parse(map[string]string{"txnAppId": "x"}); err == nil {
		t.Error("a stream takes txnAppId, which it cannot heed: its own id stands there")
	}
	for _, given := range []map[string]string{{"txnAppId": "x"}, {"txnVersion": "1"}} {
		if _, err := Write(t.Context(), l.table, l.rows("n long"), l.options(given)); !errors.Is(err, errclass.DeltaIdempotentOptions) {
			t.Errorf("%v: %v", given, err)
		}
	}
}

// A file ends at about the target size.
func TestFilesEndAtTheTargetSize(t *testing.T) {
	l := newLake(t)
	rows := make([]string, 2000)
	for i := range rows {
		rows[i] = fmt.Sprintf(`{"n":%d}`, i*i*7919)
	}
	op := l.rows("n long", rows...)
	for range 3 {
		op.batches = append(op.batches, op.batches[0])
	}
	if _, err := Write(t.Context(), l.table, op, l.options(map[string]string{"targetFileSize": "10k"})); err != nil {
		t.Fatal(err)
	}
	if n := len(l.files()); n < 3 {
		t.Errorf("%d files", n)
	}
}

// A write of one application and version counts once.
func TestWriteOfOneTransactionCountsOnce(t *testing.T) {
	l := newLake(t)
	for _, step := range []struct {
		app, version string
		skipped      bool
	}{{"a", "1", false}, {"a", "1", true}, {"a", "0", true}, {"b", "1", false}, {"a", "2", false}, {"b", "0", true}} {
		opts := l.options(map[string]string{"txnAppId": step.app, "txnVersion": step.version})
		written, err := Write(t.Context(), l.table, l.rows("n long", `{"n":1}`), opts)
		if err != nil || written.Skipped != step.skipped {
			t.Errorf("%+v: got %+v, %v", step, written, err)
		}
	}
	l.wantRows("rows", l.read(nil), `{"n":1} {"n":1} {"n":1}`)
	if n := len(l.dataFiles()); n != 3 {
		t.Errorf("%d data files: a write that is passed over leaves none", n)
	}
}

// A write that fails leaves the table as it was.
func TestFailedWriteChangesNothing(t *testing.T) {
	l := newLake(t)
	l.write("n long", `{"n":1}`)
	op := l.rows("n string", `{"n":"2"}`)
	op.batches = append(op.batches, l.rows("n string", `{"n":"x"}`).batches...)
	opts := l.options(nil)
	opts.Overwrite = true
	opts.Eval = expr.Context{}
	if _, err := Write(t.Context(), l.table, op, opts); err == nil {
		t.Error("written")
	}
	l.wantRows("rows", l.read(nil), `{"n":1}`)
	if v := l.snapshot().Version(); v != 0 {
		t.Errorf("version %d", v)
	}
}

func TestFilesEndAfterSoManyRows(t *testing.T) {
	l := newLake(t)
	if _, err := Write(t.Context(), l.table, l.rows("n long", `{"n":1}`, `{"n":2}`, `{"n":3}`, `{"n":4}`, `{"n":5}`), l.options(map[string]string{"maxRecordsPerFile": "2", "optimizeWrite": "true"})); err != nil {
		t.Fatal(err)
	}
	if n := len(l.files()); n != 3 {
		t.Errorf("%d files", n)
	}
	l.wantRows("rows", l.read(nil), `{"n":1} {"n":2} {"n":3} {"n":4} {"n":5}`)
}
