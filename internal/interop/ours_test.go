package interop

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"lakehouse/deltalog"
	"lakehouse/fixtures"
	"lakehouse/internal/parquetio"
	"lakehouse/internal/types"
	"lakehouse/layers"
	"lakehouse/medallion"
	"lakehouse/testsuite"
	"lakehouse/volumes"
)

// A reading is what both sides are asked for: a version of a table, or the rows of it for which a condition holds.
type reading struct {
	name    string
	path    string
	version *int64 // nil: the last
	where   string // in the SQL that all share; empty: all rows
	dialect map[string]string
	options map[string]string // of the read
}

func (r reading) filterOf(peer string) string {
	if other, ok := r.dialect[peer]; ok {
		return other
	}
	return r.where
}

// lake is where our tables lie.
type lake struct {
	t       *testing.T
	session *medallion.Session
	root    string
	all     []reading
}

func newLake(t *testing.T) *lake {
	t.Helper()
	root := t.TempDir()
	// others make clones here, whose logs name files by absolute paths
	return lakeAt(t, root, medallion.Options{Root: root, Conf: map[string]string{"lakehouse.delta.absolutePaths": root}})
}

// lakeAt has its tables below a root, which may be in a bucket.
func lakeAt(t *testing.T, root string, opts medallion.Options) *lake {
	t.Helper()
	session, err := medallion.NewSession(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(session.Close)
	return &lake{t: t, session: session, root: root}
}

// read gives a table's rows as we read them.
func (l *lake) read(t *testing.T, at reading) (schema types.Struct, have *arrow.Schema, batches []arrow.RecordBatch, err error) {
	t.Helper()
	reader := l.session.Read().Format("delta")
	if at.version != nil {
		reader = reader.Option("versionAsOf", strconv.FormatInt(*at.version, 10))
	}
	for name, value := range at.options {
		reader = reader.Option(name, value)
	}
	frame, err := reader.Load(t.Context(), at.path)
	if err != nil {
		return schema, nil, nil, err
	}
	if at.where != "" {
		frame = frame.Where(at.where)
	}
	if schema, err = frame.Schema(t.Context()); err != nil {
		return schema, nil, nil, err
	}
	seq, err := frame.Batches(t.Context())
	if err != nil {
		return schema, nil, nil, err
	}
	for b, err := range seq {
		if err != nil {
			return schema, nil, nil, err
		}
		batches = append(batches, b)
	}
	return schema, types.ToArrowSchema(schema), batches, nil
}

// write appends rows to the table of that name, or makes it.
func (l *lake) write(name string, schema types.Struct, rows arrow.RecordBatch, more ...func(medallion.DataFrameWriter) medallion.DataFrameWriter) string {
	l.t.Helper()
	path := filepath.Join(l.root, name)
	writer := l.session.Frame(schema, rows).Write().Mode("append")
	for _, change := range more {
		writer = change(writer)
	}
	if err := writer.Save(l.t.Context(), path); err != nil {
		l.t.Fatalf("write %s: %v", name, err)
	}
	return path
}

// runPipelines makes bronze, silver and gold of both pipelines from the fixtures.
func (l *lake) runPipelines() {
	l.t.Helper()
	file := func(name string, rows int64) layers.InputFile {
		path, err := filepath.Abs(filepath.Join("..", "..", "fixtures", "data", name))
		if err != nil {
			l.t.Fatal(err)
		}
		return layers.InputFile{Path: path, Rows: rows}
	}
	var invoices []layers.InputFile
	for _, b := range fixtures.Batches() {
		invoices = append(invoices, file(b.Name, int64(b.LineItems)))
	}
	sales := []layers.InputFile{file("sales_1.json", 6), file("sales_2.json", 3), file("sales_3.json", 3)}
	for _, run := range []struct {
		pipeline layers.Pipeline
		steps    []testsuite.Step
	}{{layers.Invoices(), layers.InvoicesSuite(invoices)}, {layers.Sales(), layers.SalesSuite(sales)}} {
		testsuite.Run(l.t, testsuite.New(l.session, run.pipeline.Suited(layers.Settings{}), io.Discard), run.steps...)
		for _, layer := range run.pipeline.Layers {
			l.all = append(l.all, reading{name: layer.Table, path: filepath.Join(l.root, "user", "hive", "warehouse", layer.Table)})
		}
	}
}

func by(columns ...string) func(medallion.DataFrameWriter) medallion.DataFrameWriter {
	return func(w medallion.DataFrameWriter) medallion.DataFrameWriter { return w.PartitionBy(columns...) }
}

func option(name, value string) func(medallion.DataFrameWriter) medallion.DataFrameWriter {
	return func(w medallion.DataFrameWriter) medallion.DataFrameWriter { return w.Option(name, value) }
}

func mode(name string) func(medallion.DataFrameWriter) medallion.DataFrameWriter {
	return func(w medallion.DataFrameWriter) medallion.DataFrameWriter { return w.Mode(name) }
}

// create makes an empty table by the log alone, with properties and columns that may not be null.
func (l *lake) create(name string, opts deltalog.CreateOptions) {
	l.t.Helper()
	path := l.root + "/" + name
	if !volumes.IsBucketURI(path) {
		if err := os.Mkdir(path, 0o700); err != nil {
			l.t.Fatal(err)
		}
	}
	if _, err := deltalog.Create(l.t.Context(), l.store(path), opts); err != nil {
		l.t.Fatal(err)
	}
}

// store is where a table is.
func (l *lake) store(path string) volumes.Store {
	l.t.Helper()
	at, err := l.session.Space().Resolve(path)
	if err != nil {
		l.t.Fatal(err)
	}
	store, err := at.Sub()
	if err != nil {
		l.t.Fatal(err)
	}
	return store
}

// forget makes a copy of a table whose log begins with the checkpoint of a version: the commits before it are gone, and
// its own, which Spark wants to see, says nothing.
func (l *lake) forget(name string, version int64) {
	l.t.Helper()
	copied := name + "_of_checkpoint"
	if err := os.CopyFS(filepath.Join(l.root, copied), os.DirFS(filepath.Join(l.root, name))); err != nil {
		l.t.Fatal(err)
	}
	commit := func(v int64) string {
		return filepath.Join(l.root, copied, "_delta_log", fmt.Sprintf("%020d.json", v))
	}
	for v := range version {
		if err := os.Remove(commit(v)); err != nil {
			l.t.Fatal(err)
		}
	}
	if err := os.WriteFile(commit(version), []byte(`{"commitInfo":{"operation":"WRITE"}}`+"\n"), 0o600); err != nil {
		l.t.Fatal(err)
	}
	l.has(copied)
}

// checkpointed makes such a copy of a table's last version.
func (l *lake) checkpointed(name string) {
	l.t.Helper()
	store, err := volumes.OpenLocal(filepath.Join(l.root, name))
	if err != nil {
		l.t.Fatal(err)
	}
	last, err := deltalog.Open(store, deltalog.Options{}).Snapshot(l.t.Context())
	if err != nil {
		l.t.Fatal(err)
	}
	if err := last.Checkpoint(l.t.Context()); err != nil {
		l.t.Fatal(err)
	}
	l.forget(name, last.Version())
}

// has notes a table for reading: its last version, and others.
func (l *lake) has(name string, versions ...int64) {
	path := filepath.Join(l.root, name)
	l.all = append(l.all, reading{name: name, path: path})
	for _, v := range versions {
		l.all = append(l.all, reading{name: fmt.Sprintf("%s@%d", name, v), path: path, version: &v})
	}
}

// rowsOf are rows written as JSON.
func rowsOf(t *testing.T, schema types.Struct, objects ...string) arrow.RecordBatch {
	t.Helper()
	text := "[" + strings.Join(objects, ",") + "]"
	b, _, err := array.RecordFromJSON(memory.DefaultAllocator, types.ToArrowSchema(schema), strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func ddl(t *testing.T, text string) types.Struct {
	t.Helper()
	schema, err := types.ParseDDL(text)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// plainTypes is a column of every type without parts that reader version 1 knows.
const plainTypes = `id bigint, c_boolean boolean, c_byte tinyint, c_short smallint, c_int int, c_long bigint, c_float float, c_double double,
	c_dec1 decimal(1,0), c_dec9 decimal(9,2), c_dec10 decimal(10,10), c_dec18 decimal(18,4), c_dec19 decimal(19,0), c_dec38 decimal(38,18), c_dec38_0 decimal(38,0),
	c_string string, c_binary binary, c_date date, c_timestamp timestamp`

// nestedTypes are lists, maps and structs, in each other and side by side.
const nestedTypes = `a_int array<int>, a_string array<string>, a_decimal array<decimal(20,3)>, a_timestamp array<timestamp>, aa array<array<double>>,
	m map<string,int>, m_date map<date,string>, m_array map<bigint,array<string>>, mm map<int,map<string,boolean>>,
	s struct<x: int, y: string>, s_deep struct<p: struct<q: struct<r: decimal(5,2), t: timestamp>, b: binary>, l: array<struct<u: date, v: map<string,double>>>>,
	as_struct array<struct<x: int, y: array<string>, z: struct<w: boolean>>>, a_map array<map<string,bigint>>`

// writeTypes makes the tables of every type.
func (l *lake) writeTypes() {
	plain, nested := ddl(l.t, plainTypes), ddl(l.t, "id bigint, "+nestedTypes)
	l.write("plain", plain, seeded(1).batch(plain, 0, 300))
	l.write("plain", plain, seeded(2).batch(plain, 300, 5))
	l.has("plain", 0)
	l.checkpointed("plain")
	l.write("nested", nested, seeded(3).batch(nested, 0, 300))
	l.has("nested")
	clock := ddl(l.t, "id bigint, clock timestamp_ntz, l array<timestamp_ntz>, s struct<c: timestamp_ntz>")
	l.write("clock", clock, seeded(4).batch(clock, 0, 100))
	l.has("clock")
	l.checkpointed("clock")
	for _, codec := range parquetio.Codecs() {
		if codec == "uncompressed" || codec == "snappy" { // another name of none; what all others are
			continue
		}
		name := "codec_" + codec
		l.write(name, plain, seeded(5).batch(plain, 0, 50), option("compression", codec))
		l.has(name)
	}
	l.writeRequired()
	l.writeFar()
}

// writeFar makes tables of days and times that have not four digits in their year, in the files and as partitions.
func (l *lake) writeFar() {
	schema := ddl(l.t, "id bigint, d date, t timestamp, n timestamp_ntz")
	b := array.NewRecordBuilder(memory.DefaultAllocator, types.ToArrowSchema(schema))
	for i, year := range []int{-290000, -5000, -1, 0, 10000, 12345, 290000} {
		b.Field(0).(*array.Int64Builder).Append(int64(i))
		b.Field(1).(*array.Date32Builder).Append(day(year, 2, 28))
		b.Field(2).(*array.TimestampBuilder).Append(at(year, 2, 28, 123456))
		b.Field(3).(*array.TimestampBuilder).Append(at(year, 2, 28, 123456))
	}
	rows := b.NewRecordBatch()
	l.write("far", schema, rows)
	l.has("far")
	l.write("by_far_date", schema, rows, by("d"))
	l.has("by_far_date")
	l.write("by_far_timestamp", schema, rows, by("t"))
	l.has("by_far_timestamp")
}

// writeRequired makes a table whose columns, elements and values may not be null, and one without rows.
func (l *lake) writeRequired() {
	schema := ddl(l.t, "id bigint not null, t string not null, d date, l array<int>, m map<string,int>, s struct<x: int not null, y: string> not null")
	for i, f := range schema.Fields {
		switch t := f.Type.(type) {
		case types.Array:
			t.ContainsNull = false
			schema.Fields[i].Type = t
		case types.Map:
			t.ValueContainsNull = false
			schema.Fields[i].Type = t
		}
	}
	l.create("required", deltalog.CreateOptions{Schema: schema, Description: "columns that may not be null"})
	l.write("required", schema, seeded(6).batch(schema, 0, 50))
	l.has("required", 0)
}

// writePartitions makes a table for each type that can partition one.
func (l *lake) writePartitions() {
	for _, kind := range []string{
		"boolean", "tinyint", "smallint", "int", "bigint", "float", "double", "decimal(9,2)", "decimal(38,18)", "string", "date", "timestamp", "timestamp_ntz",
	} {
		schema := ddl(l.t, "id bigint, p "+kind+", v string")
		name := "by_" + kind
		l.write(name, schema, seeded(7).short().batch(schema, 0, 80), by("p"))
		l.has(name)
	}
	several := ddl(l.t, "id bigint, `a.b` string, day date, v int, `é` int, n boolean")
	l.write("by_several", several, seeded(8).short().batch(several, 0, 60), by("é", "a.b", "day", "n"))
	l.has("by_several")
	l.checkpointed("by_several")
	escaped := ddl(l.t, "id bigint, `c:d%` string")
	l.write("by_escaped", escaped, seeded(9).short().batch(escaped, 0, 60), by("c:d%"))
	l.has("by_escaped")
	null := ddl(l.t, "id bigint, p string")
	l.write("by_hive_null", null, rowsOf(l.t, null, `{"id":1,"p":"__HIVE_DEFAULT_PARTITION__"}`, `{"id":2,"p":null}`, `{"id":3,"p":""}`), by("p"))
	l.has("by_hive_null")
}

// writeHistory makes a table of several versions, with checkpoints, overwrites and changes of the schema.
func (l *lake) writeHistory() {
	schema := ddl(l.t, "id bigint, name string, day date")
	wider := ddl(l.t, "id bigint, name string, day date, more struct<x: int, y: array<string>>, amount decimal(12,2)")
	l.create("history", deltalog.CreateOptions{Schema: schema, PartitionColumns: []string{"day"}, Configuration: map[string]string{"delta.checkpointInterval": "3"}})
	for v := range uint64(4) {
		l.write("history", schema, seeded(20+v).batch(schema, int(v)*100, 10)) // 1 to 4
	}
	l.write("history", schema, seeded(30).batch(schema, 1000, 5), mode("overwrite"))               // 5
	l.write("history", wider, seeded(31).batch(wider, 2000, 10), option("mergeSchema", "true"))    // 6
	l.write("history", wider, seeded(32).batch(wider, 3000, 10))                                   // 7
	l.write("history", wider, seeded(33).batch(wider, 4000, 10), option("userMetadata", "a text")) // 8
	l.has("history", 0, 3, 4, 5, 6)
	l.forget("history", 6)
	other := ddl(l.t, "key string, n int")
	l.write("replaced", schema, seeded(34).batch(schema, 0, 10), by("day"))
	l.write("replaced", other, seeded(35).batch(other, 0, 10), mode("overwrite"), option("overwriteSchema", "true"))
	l.has("replaced", 0)
}
