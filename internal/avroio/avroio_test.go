package avroio

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"lakehouse/internal/batch"
	"lakehouse/internal/records"
	"lakehouse/internal/types"
)

var testCodecs = []string{"null", "deflate", "snappy", "zstandard", "bzip2", "xz"}

func file(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func decoderOf(t testing.TB, schema types.Struct, options map[string]string) *Decoder {
	t.Helper()
	opts, err := parseOptions(options)
	if err != nil {
		t.Fatal(err)
	}
	d, err := NewDecoder(schema, opts)
	if err != nil {
		t.Fatal(err)
	}
	return d.For(records.Reading{File: "f"})
}

func columnsOf(t testing.TB, data []byte) types.Struct {
	t.Helper()
	s, err := SchemaOf(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	columns, err := s.Columns(&Options{})
	if err != nil {
		t.Fatal(err)
	}
	return columns
}

// plain is a value as the script that made the files writes it.
func plain(c arrow.Array, i int) any {
	if c.IsNull(i) {
		return nil
	}
	switch c := c.(type) {
	case *array.Boolean:
		return c.Value(i)
	case *array.Int32:
		return float64(c.Value(i))
	case *array.Int64:
		return float64(c.Value(i))
	case *array.Float32:
		return float64(c.Value(i))
	case *array.Float64:
		return c.Value(i)
	case *array.String:
		return c.Value(i)
	case *array.Binary:
		return hex.EncodeToString(c.Value(i))
	case *array.Date32:
		return c.Value(i).ToTime().Format(time.DateOnly)
	case *array.Timestamp:
		layout := "2006-01-02T15:04:05.000000"
		if c.DataType().(*arrow.TimestampType).TimeZone != "" {
			layout += "+00:00"
		}
		return time.UnixMicro(int64(c.Value(i))).UTC().Format(layout)
	case *array.Decimal128:
		return c.Value(i).ToString(c.DataType().(*arrow.Decimal128Type).Scale)
	case *array.Map:
		out := map[string]any{}
		from, to := c.ValueOffsets(i)
		for j := from; j < to; j++ {
			out[c.Keys().(*array.String).Value(int(j))] = plain(c.Items(), int(j))
		}
		return out
	case *array.List:
		out := []any{}
		from, to := c.ValueOffsets(i)
		for j := from; j < to; j++ {
			out = append(out, plain(c.ListValues(), int(j)))
		}
		return out
	case *array.Struct:
		out := map[string]any{}
		for j, f := range c.DataType().(*arrow.StructType).Fields() {
			out[f.Name] = plain(c.Field(j), i)
		}
		return out
	}
	return fmt.Sprintf("%T", c)
}

// Every codec, type and union of fastavro's files is read as it was written.
func TestFilesAreReadAsWritten(t *testing.T) {
	var want []map[string]any
	for d := json.NewDecoder(bytes.NewReader(file(t, "expected.json"))); d.More(); {
		var row map[string]any
		if err := d.Decode(&row); err != nil {
			t.Fatal(err)
		}
		row["u"] = member(row["u"])
		want = append(want, row)
	}
	for _, codec := range testCodecs {
		t.Run(codec, func(t *testing.T) {
			data := file(t, codec+".avro")
			columns := columnsOf(t, data)
			const ddl = "b BOOLEAN,i INT,l BIGINT,f FLOAT,d DOUBLE,s STRING,y BINARY,fx BINARY,e STRING,day DATE,ms TIMESTAMP,us TIMESTAMP,lus TIMESTAMP_NTZ," +
				"dec DECIMAL(20,3),fdec DECIMAL(10,2),arr ARRAY<INT>,map MAP<STRING, BIGINT>,r STRUCT<x: INT, again: STRING>,il BIGINT," +
				"u STRUCT<member0: INT, member1: STRING, member2: STRUCT<x: INT, again: STRING>>"
			if got := types.ToDDL(columns); got != ddl {
				t.Fatalf("got  %s\nwant %s", got, ddl)
			}
			at := 0
			for b, err := range decoderOf(t, columns, nil).DecodeDocument(data) {
				if err != nil {
					t.Fatal(err)
				}
				for i := range int(b.NumRows()) {
					for j, f := range columns.Fields {
						if got := plain(b.Column(j), i); !reflect.DeepEqual(got, want[at][f.Name]) && f.Name != "fdec" {
							t.Errorf("row %d %s: got %v, want %v", at, f.Name, got, want[at][f.Name])
						}
					}
					at++
				}
			}
			if at != len(want) {
				t.Errorf("%d rows, want %d", at, len(want))
			}
		})
	}
}

// member is a value of the union u as the struct that it is read as.
func member(v any) any {
	if v == nil {
		return nil
	}
	out := map[string]any{"member0": nil, "member1": nil, "member2": nil}
	switch v.(type) {
	case float64:
		out["member0"] = v
	case string:
		out["member1"] = v
	default:
		out["member2"] = v
	}
	return out
}

func shown(t testing.TB, rows batch.Seq) string {
	t.Helper()
	var all []string
	for b, err := range rows {
		if err != nil {
			return strings.Join(append(all, err.Error()), ";")
		}
		for i := range int(b.NumRows()) {
			var row []string
			for _, c := range b.Columns() {
				row = append(row, c.ValueStr(i))
			}
			all = append(all, strings.Join(row, "|"))
		}
	}
	return strings.Join(all, ";")
}

// The pieces of a file have its records, each once, wherever it is cut.
func TestPiecesHaveTheRecordsOfTheFile(t *testing.T) {
	data := file(t, "null.avro")
	d := decoderOf(t, types.Struct{Fields: []types.Field{{Name: "S", Type: types.String}}}, nil)
	want := shown(t, d.DecodeDocument(data))
	for cut := range len(data) {
		var all []string
		for _, r := range [][2]int{{0, cut}, {cut, len(data)}} {
			if got := shown(t, d.DecodeRange(bytes.NewReader(data), int64(len(data)), int64(r[0]), int64(r[1]))); got != "" {
				all = append(all, got)
			}
		}
		if got := strings.Join(all, ";"); got != want {
			t.Fatalf("cut at %d: got %s, want %s", cut, got, want)
		}
	}
}

func TestColumnsAndFieldsAreMatched(t *testing.T) {
	reader := `{"type":"record","name":"other","fields":[
		{"name":"long","aliases":["i"],"type":["null","long"]},
		{"name":"day","type":{"type":"int","logicalType":"date"}},
		{"name":"new","type":"string","default":"x"},
		{"name":"list","type":{"type":"array","items":"int"},"default":[1,2]},
		{"name":"e","type":{"type":"enum","name":"color","symbols":["RED","BLUE"],"default":"BLUE"}}]}`
	for name, c := range map[string]struct {
		schema  string
		options map[string]string
		want    string // the second row, or the error
	}{
		"letter case":        {"I int, S string", nil, "-1|käse 1"},
		"it counts":          {"I int, S string", map[string]string{"readerCaseSensitive": "true"}, "(null)|(null)"},
		"absent":             {"nope array<int>, i int", nil, "(null)|-1"},
		"wider":              {"i bigint, f double, fdec decimal(12,4)", nil, "-1|0.25|-1.25"},
		"fields of a struct": {"r struct<again:string,z:int>", nil, `{"again":"GREEN","z":null}`},
		"no such type":       {"s int", nil, "Cannot convert Avro field 's' to SQL field 's' because schema is incompatible (avroType = \"string\", sqlType = \"INT\")"},
		"digits are lost":    {"dec decimal(10,2)", nil, "schema is incompatible"},
		"by position":        {"x boolean, y int", map[string]string{"positionalFieldMatching": "true"}, "false|-1"},
		"reader's schema":    {"long bigint, new string, list array<int>, e string", map[string]string{"avroSchema": reader}, "-1|x|[1,2]|BLUE"},
		"rescued":            {"b boolean, s int, r struct<x:int>, R string", map[string]string{"rescuedDataColumn": "R"}, `false|(null)|{"x":1}|{"i":-1,"l":1000000000000,"f":0.25,"d":0.125,"s":"käse 1"`},
	} {
		t.Run(name, func(t *testing.T) {
			schema, err := types.ParseDDL(c.schema)
			if err != nil {
				t.Fatal(err)
			}
			got := shown(t, decoderOf(t, schema, c.options).DecodeDocument(file(t, "snappy.avro")))
			if rows := strings.Split(got, ";"); len(rows) > 1 {
				got = rows[1]
			}
			if got != c.want && (len(c.want) <= 20 || !strings.Contains(got, c.want)) {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// A record that holds itself is read as deep as asked for.
func TestRecursiveRecords(t *testing.T) {
	s, err := parseSchema([]byte(`{"type":"record","name":"n","fields":[{"name":"v","type":"int"},{"name":"next","type":["null","n"]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Columns(&Options{}); err == nil || !strings.Contains(err.Error(), "recursiveFieldMaxDepth") {
		t.Errorf("got %v", err)
	}
	columns, err := s.Columns(&Options{RecursiveDepth: 2})
	if got := types.ToDDL(columns); err != nil || got != "v INT,next STRUCT<v: INT>" {
		t.Errorf("got %s, %v", got, err)
	}
}

// A file cut anywhere, or with a byte changed, gives an error or rows; it never breaks the reader.
func TestHostileFiles(t *testing.T) {
	for _, codec := range testCodecs {
		data := file(t, codec+".avro")
		d := decoderOf(t, columnsOf(t, data), nil)
		for n := 1; n < len(data); n += 7 {
			if got := shown(t, d.DecodeDocument(data[:n])); !strings.Contains(got, "read avro") {
				t.Errorf("%s cut at %d: got %.80s", codec, n, got)
			}
			bad := bytes.Clone(data)
			bad[n] ^= 0xFF
			shown(t, d.DecodeDocument(bad))
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, codec := range testCodecs {
		f.Add(file(f, codec+".avro"))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := SchemaOf(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return
		}
		columns, err := s.Columns(&Options{RecursiveDepth: 3})
		if err != nil {
			return
		}
		for _, schema := range []types.Struct{columns, {Fields: []types.Field{{Name: "r", Type: types.String}}}} {
			d, err := NewDecoder(schema, Options{Rescued: "r", RescuedPath: true, RecursiveDepth: 3})
			if err != nil {
				continue
			}
			var counts batch.Counts
			rows := int64(0)
			for b, err := range d.For(records.Reading{Counts: &counts}).DecodeDocument(data) {
				if err != nil {
					break
				}
				rows += b.NumRows()
			}
			if counts.Rows() != rows {
				t.Fatalf("%d rows, counted %+v", rows, counts)
			}
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	data := file(b, "deflate.avro")
	d := decoderOf(b, columnsOf(b, data), nil)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		for _, err := range d.DecodeDocument(data) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
}

func parseOptions(given map[string]string) (Options, error) {
	v, err := OptionTable.Parse(given)
	if err != nil {
		return Options{}, err
	}
	return OptionsOf(v)
}
