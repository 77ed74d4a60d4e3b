package orcio

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

func file(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func opened(t testing.TB, data []byte) *File {
	t.Helper()
	f, err := Open(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func decoderOf(t testing.TB, schema types.Struct, opts Options) *Decoder {
	t.Helper()
	d, err := NewDecoder(schema, opts)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// plain is a value as the script that made the files writes it.
func plain(c arrow.Array, i int) any {
	if c.IsNull(i) {
		return nil
	}
	switch c := c.(type) {
	case *array.Boolean:
		return c.Value(i)
	case *array.Int8:
		return float64(c.Value(i))
	case *array.Int16:
		return float64(c.Value(i))
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
		return time.UnixMicro(int64(c.Value(i))).UTC().Format("2006-01-02T15:04:05.000000")
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

// Every codec and type of the files of Arrow's C++ writer is read as it was written.
func TestFilesOfArrow(t *testing.T) {
	var want []map[string]any
	for d := json.NewDecoder(bytes.NewReader(file(t, "arrow.jsonl"))); d.More(); {
		var row map[string]any
		if err := d.Decode(&row); err != nil {
			t.Fatal(err)
		}
		want = append(want, row)
	}
	for _, codec := range []string{"zlib", "snappy", "lz4", "zstd", "uncompressed"} {
		t.Run(codec, func(t *testing.T) {
			data := file(t, "arrow-"+codec+".orc")
			f := opened(t, data)
			columns, err := f.Columns()
			if err != nil {
				t.Fatal(err)
			}
			at, wrong := 0, 0
			for b, err := range decoderOf(t, columns, Options{}).DecodeDocument(data) {
				if err != nil {
					t.Fatal(err)
				}
				for i := 0; i < int(b.NumRows()) && at < len(want); i++ {
					for j, f := range columns.Fields {
						if got := plain(b.Column(j), i); !reflect.DeepEqual(got, want[at][f.Name]) {
							if wrong++; wrong < 10 {
								t.Errorf("row %d %s: got %v, want %v", at, f.Name, got, want[at][f.Name])
							}
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

func rowsOf(t testing.TB, rows batch.Seq) (n int64, err error) {
	t.Helper()
	for b, err := range rows {
		if err != nil {
			return n, err
		}
		n += b.NumRows()
	}
	return n, nil
}

func shown(t testing.TB, rows batch.Seq) string {
	t.Helper()
	var all []string
	for b, err := range rows {
		if err != nil {
			return err.Error()
		}
		for i := range min(3, int(b.NumRows())) {
			var row []string
			for _, c := range b.Columns() {
				row = append(row, c.ValueStr(i))
			}
			all = append(all, strings.Join(row, "|"))
		}
	}
	return strings.Join(all, ";")
}

func TestColumnsAreMatched(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		schema string
		opts   Options
		want   string
	}{
		"letter case":   {"I int, S string", Options{AnyCase: true}, "5|s0;5|s1;5|s2"},
		"it counts":     {"I int, s string", Options{}, "(null)|s0;(null)|s1;(null)|s2"},
		"wider":         {"y bigint, f double, h int, i double", Options{}, "-128|0|(null)|5;-127|0.25|-8993|5;-126|0.5|-8986|5"},
		"parts":         {"r struct<l:array<string>,no:int>", Options{}, `{"l":[],"no":null};{"l":["x"],"no":null};{"l":["x","x"],"no":null}`},
		"no such type":  {"s int", Options{}, "read orc: stripe 0: s: [FAILED_READ_FILE] a column of the ORC file is STRING and cannot be read as INT."},
		"too narrow":    {"l int", Options{}, "read orc: stripe 0: l: [FAILED_READ_FILE] a column of the ORC file is BIGINT and cannot be read as INT."},
		"another zone":  {"ts timestamp", Options{Zone: berlin}, "1964-12-31T23:00:00Z;1965-01-06T10:00:00.001001Z;1965-01-11T21:00:00.002002Z"},
		"wider decimal": {"dec decimal(20,4)", Options{}, "-0.77;-0.76;-0.73"},
	} {
		t.Run(name, func(t *testing.T) {
			schema, err := types.ParseDDL(c.schema)
			if err != nil {
				t.Fatal(err)
			}
			if got := shown(t, decoderOf(t, schema, c.opts).DecodeDocument(file(t, "arrow-snappy.orc"))); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// Of a file that is cut, or whose bytes are changed, the reader gives rows or an error: it never breaks.
func TestHostileFiles(t *testing.T) {
	for _, name := range []string{"arrow-zlib.orc", "arrow-uncompressed.orc", "arrow-lz4.orc"} {
		data := file(t, name)
		columns, err := opened(t, data).Columns()
		if err != nil {
			t.Fatal(err)
		}
		d := decoderOf(t, columns, Options{})
		for n := 1; n < len(data); n += len(data) / 150 {
			if _, err := rowsOf(t, d.DecodeDocument(data[:n])); err == nil {
				t.Errorf("%s cut at %d is read", name, n)
			}
			bad := bytes.Clone(data)
			bad[n] ^= 0x55
			_, _ = rowsOf(t, d.DecodeDocument(bad))
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, name := range []string{"arrow-zlib.orc", "arrow-snappy.orc", "arrow-lz4.orc", "arrow-uncompressed.orc"} {
		f.Add(file(f, name))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := Open(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return
		}
		for _, s := range file.stripes {
			if s.rows > 1<<16 {
				return // rows cost time, and nothing in the file need stand for them
			}
		}
		columns, err := file.Columns()
		if err != nil {
			return
		}
		d, err := NewDecoder(columns, Options{})
		if err != nil {
			return
		}
		var counts batch.Counts
		rows := int64(0)
		for b, err := range d.For(records.Reading{Counts: &counts}).DecodeDocument(data) {
			if err != nil {
				if strings.Contains(err.Error(), "internal error") {
					t.Fatal(err)
				}
				return
			}
			rows += b.NumRows()
		}
		if counts.Rows() != rows {
			t.Fatalf("%d rows, counted %+v", rows, counts)
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	data := file(b, "arrow-zstd.orc")
	columns, err := opened(b, data).Columns()
	if err != nil {
		b.Fatal(err)
	}
	d := decoderOf(b, columns, Options{})
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := rowsOf(b, d.DecodeDocument(data)); err != nil {
			b.Fatal(err)
		}
	}
}
