package files

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/errclass"
	"lakehouse/internal/jsonio"
	"lakehouse/internal/logical"
	"lakehouse/internal/parquetio"
	"lakehouse/internal/records"
	"lakehouse/internal/types"
)

// CSV values without a column, and those that do not fit, are rescued: by the header's names where there is one, also in the
// pieces of a large file.
func TestCSVIsRescued(t *testing.T) {
	noPath := map[string]string{"rescuedDataColumn": "r", "rescuedDataColumn.filePath.enabled": "false"}
	header := map[string]string{"rescuedDataColumn": "r", "rescuedDataColumn.filePath.enabled": "false", "header": "true"}
	for name, c := range map[string]struct {
		text, schema string
		options      map[string]string
		want         string
	}{
		"by position":        {"1,x,y\n2", "a int, b string", noPath, `{"a":1,"b":"x","r":"{\"_c2\":\"y\"}"} {"a":2}`},
		"by name":            {"b,c,a\nx,y,1", "a int, b string", header, `{"a":1,"b":"x","r":"{\"c\":\"y\"}"}`},
		"no such column":     {"b\nx", "a int, b string", header, `{"b":"x"}`},
		"mismatch":           {"a\nx", "a int", header, `{"r":"{\"a\":\"x\"}"}`},
		"beyond the header":  {"a\n1,2", "a int", header, `{"a":1,"r":"{\"_c1\":\"2\"}"}`},
		"empty is null":      {"a,b\n1,", "a int", header, `{"a":1}`},
		"FAILFAST of a type": {"x", "a int", map[string]string{"rescuedDataColumn": "r", "mode": "FAILFAST", "rescuedDataColumn.filePath.enabled": "false"}, `{"r":"{\"a\":\"x\"}"}`},
	} {
		t.Run(name, func(t *testing.T) {
			space, _ := newSpace(t, map[string]string{"in/a.csv": c.text})
			got, err := read(t, space, "csv", vol+"in", structOf(t, c.schema), c.options)
			if err != nil || got != c.want {
				t.Errorf("got  %s, %v\nwant %s", got, err, c.want)
			}
		})
	}
	large := "b,c,a\n" + strings.Repeat(strings.Repeat("x", 100)+",y,1\n", splitBytes/50)
	space, _ := newSpace(t, map[string]string{"in/a.csv": large})
	s, err := NewSource(t.Context(), SourceOptions{Space: space, Format: "csv", Paths: []string{vol + "in"}, Schema: structOf(t, "a int, b string"), Options: header})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := scanRows(s, []string{"a", "r"})
	if rows = slices.Compact(rows); err != nil || !slices.Equal(rows, []string{`{"a":1,"r":"{\"c\":\"y\"}"}`}) {
		t.Errorf("of a large file: got %d different rows, %v: %.200q", len(rows), err, rows)
	}
}

// A rescued-data column that is not asked for costs nothing and changes nothing; with folders it stands before their columns.
func TestTheRescuedColumnAmongOthers(t *testing.T) {
	space, _ := newSpace(t, map[string]string{"in/p=1/a.json": `{"a":1,"b":2}`})
	s, err := NewSource(t.Context(), SourceOptions{
		Space: space, Format: "json", Paths: []string{vol + "in"}, Schema: structOf(t, "a int"),
		Options: map[string]string{"rescuedDataColumn": "_rescued_data", "rescuedDataColumn.filePath.enabled": "false"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := types.ToDDL(s.Schema()); got != "a INT,_rescued_data STRING,p INT" {
		t.Errorf("got %s", got)
	}
	for want, columns := range map[string][]string{
		`{"a":1}`: {"a"}, `{"p":1,"_rescued_data":"{\"b\":2}","a":1}`: {"p", "_rescued_data", "a"}, `{"_rescued_data":"{\"b\":2}"}`: {"_rescued_data"},
	} {
		if got, err := scan(s, columns); err != nil || got != want {
			t.Errorf("%v: got %s, %v, want %s", columns, got, err, want)
		}
	}
}

// parquetFile is a Parquet file of these JSON rows.
func parquetFile(t testing.TB, ddl string, rows string) string {
	t.Helper()
	schema := *structOf(t, ddl)
	d, err := jsonio.NewDecoder(schema, jsonio.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w, err := parquetio.NewWriter(&out, types.AsNullable(schema).(types.Struct), parquetio.WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for b, err := range d.Decode(strings.NewReader(rows)) {
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Write(b); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// Columns of a Parquet file that the schema lacks, or has with another type, are rescued.
func TestParquetIsRescued(t *testing.T) {
	file := parquetFile(t, "a int, b string, s struct<x:int,y:struct<z:string>>, l array<struct<u:int,v:int>>",
		`{"a":1,"b":"x","s":{"x":2,"y":{"z":"q"}},"l":[{"u":1,"v":2}]}`+"\n"+`{"a":2}`)
	space, _ := newSpace(t, map[string]string{"in/a.parquet": file})
	for schema, want := range map[string]string{
		"a int, b string, s struct<x:int,y:struct<z:string>>, l array<struct<u:int,v:int>>":  `{"a":1,"b":"x","s":{"x":2,"y":{"z":"q"}},"l":[{"u":1,"v":2}]} {"a":2}`,
		"a int, b string, s struct<x:int>, l array<struct<u:int,v:int>>":                     `{"a":1,"b":"x","s":{"x":2},"l":[{"u":1,"v":2}],"r":"{\"s\":{\"y\":{\"z\":\"q\"}}}"} {"a":2}`,
		"a int, l array<struct<u:int>>":                                                      `{"a":1,"l":[{"u":1}],"r":"{\"b\":\"x\",\"s\":{\"x\":2,\"y\":{\"z\":\"q\"}},\"l\":[{\"u\":1,\"v\":2}]}"} {"a":2}`,
		"a date, B string, s struct<x:int,y:struct<z:string>>, l array<struct<u:int,v:int>>": `{"r":"{\"a\":2}"} {"s":{"x":2,"y":{"z":"q"}},"l":[{"u":1,"v":2}],"r":"{\"a\":1,\"b\":\"x\"}"}`,
	} {
		got, err := read(t, space, "parquet", vol+"in", structOf(t, schema), map[string]string{"rescuedDataColumn": "r", "rescuedDataColumn.filePath.enabled": "false"})
		if err != nil || got != want {
			t.Errorf("%s:\ngot  %s, %v\nwant %s", schema, got, err, want)
		}
	}
	got, err := read(t, space, "parquet", vol+"in", structOf(t, "s struct<x:int,y:struct<z:string>>, b string, l array<struct<u:int,v:int>>"), map[string]string{"rescuedDataColumn": "r"})
	if want := `{"r":"{\"a\":2,\"_file_path\":\"file:///Volumes/main/default/vol/in/a.parquet\"}"}`; err != nil || !strings.HasPrefix(got+" ", want[:0]) || !strings.Contains(got, want) {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
}

// What the files hold beyond the schema is found, whatever the format.
func TestWhatTheSchemaLacksIsFoundInFiles(t *testing.T) {
	space, _ := newSpace(t, map[string]string{
		"json/a.json": `{"a":"x","b":1}`, "json/b.json": `{"b":2.5,"c":{"d":null}}`,
		"csv/a.csv":             "a,b\nx,1\n",
		"parquet/a.parquet":     parquetFile(t, "a string, b bigint, s struct<x:int>", `{"a":"x","b":1}`),
		"parquet/p=1/b.parquet": parquetFile(t, "b double", `{"b":1}`),
	})
	for format, want := range map[string]string{
		"json":    "a string misfit, b double, c struct<d:string>",
		"csv":     "a string misfit, b int",
		"parquet": "a string misfit, b double, s struct<x:int>",
	} {
		options := map[string]string{}
		if format == "csv" {
			options = map[string]string{"header": "true", "inferSchema": "true"}
		}
		s, err := NewSource(t.Context(), SourceOptions{Space: space, Format: format, Paths: []string{vol + format}, Schema: structOf(t, "a int"), Options: options})
		if err != nil {
			t.Fatal(err)
		}
		var found records.Found
		s.format = Noting(s.format, &found)
		if _, err := scan(s, nil); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range found.Fields() {
			text := strings.Join(f.Path, ".") + " " + f.Type.String()
			if f.Misfit {
				text += " misfit"
			}
			got = append(got, text)
		}
		if strings.Join(got, ", ") != want {
			t.Errorf("%s: got %s, want %s", format, strings.Join(got, ", "), want)
		}
	}
}

// Bad records and bad files are written below badRecordsPath, and give no rows.
func TestBadRecordsAreWrittenElsewhere(t *testing.T) {
	space, root := newSpace(t, map[string]string{"in/a.json": "{\"a\":1}\n{\"a\"\n{\"a\":\"x\"}", "in/b.json.gz": gzipped(t, `{"a":2}`)[:20]})
	s, err := NewSource(t.Context(), SourceOptions{
		Space: space, Format: "json", Paths: []string{vol + "in"}, Schema: structOf(t, "a int"),
		Options: map[string]string{"badRecordsPath": vol + "bad"}, Now: func() time.Time { return time.Date(2025, 2, 7, 14, 30, 15, 0, time.UTC) },
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := scan(s, nil); err != nil || got != `{"a":1}` {
		t.Errorf("got %s, %v", got, err)
	}
	content := func(kind string) string {
		names, err := filepath.Glob(filepath.Join(root, vol, "bad/20250207T143015", kind, "part-00000-*"))
		if err != nil || len(names) != 1 {
			t.Fatalf("%s: %v, %v", kind, names, err)
		}
		text, err := os.ReadFile(names[0])
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	path := `{"path":"file:///Volumes/main/default/vol/in/`
	if got, want := content("bad_records"), path+`a.json","record":"{\"a\"","reason":"expected ':'"}`+"\n"+
		path+`a.json","record":"{\"a\":\"x\"}","reason":"a value does not fit the type INT"}`+"\n"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := content("bad_files"); !strings.HasPrefix(got, path+`b.json.gz","reason":"[FAILED_READ_FILE]`) {
		t.Errorf("got %s", got)
	}
	_, err = NewSource(t.Context(), SourceOptions{
		Space: space, Format: "json", Paths: []string{vol + "in"}, Schema: structOf(t, "a int"),
		Options: map[string]string{"badRecordsPath": vol + "bad", "rescuedDataColumn": "r"},
	})
	wantClass(t, err, errclass.InvalidOption)
}

// _metadata tells of each row which file, and which part of it, it is from.
func TestMetadataOfRows(t *testing.T) {
	space, root := newSpace(t, map[string]string{
		"in/p=1/a b.json": `{"n":1}`, "big/a.csv": strings.Repeat("1\n", splitBytes*3/4),
		"pq/a.parquet": parquetFile(t, "n int", "{\"n\":5}\n{\"n\":6}"),
	})
	at := time.Date(2024, 5, 1, 12, 0, 0, 123_456_789, time.UTC)
	if err := os.Chtimes(filepath.Join(root, vol, "in/p=1/a b.json"), at, at); err != nil {
		t.Fatal(err)
	}
	rows := func(format, path string, columns ...string) []string {
		s, err := NewSource(t.Context(), SourceOptions{Space: space, Format: format, Paths: []string{vol + path}, Schema: structOf(t, "n int")})
		if err != nil {
			t.Fatal(err)
		}
		schema := types.Struct{Fields: append(slices.Clone(s.Schema().Fields), s.MetadataColumns()...)}
		var rows []string
		for p, err := range s.Scan(t.Context(), logical.ScanOptions{Columns: columns}) {
			if err != nil {
				t.Fatal(err)
			}
			for b, err := range p.Read(context.Background()) {
				if err != nil {
					t.Fatal(err)
				}
				rows = append(rows, encoded(wanted(schema, columns), b)...)
			}
		}
		return rows
	}
	if got, want := rows("json", "in", "p", "_metadata", "n"), `{"p":1,"_metadata":{"file_path":"file:///Volumes/main/default/vol/in/p=1/a%20b.json","file_name":"a b.json",`+
		`"file_size":7,"file_block_start":0,"file_block_length":7,"file_modification_time":"2024-05-01T12:00:00.123Z"},"n":1}`; len(got) != 1 || got[0] != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	big := slices.Compact(rows("csv", "big", "_metadata"))
	if len(big) != 2 || !strings.Contains(big[0], `"file_block_start":0,"file_block_length":4194304,`) || !strings.Contains(big[1], `"file_block_start":4194304,"file_block_length":2097152,`) {
		t.Errorf("got %s", big)
	}
	if got := fmt.Sprint(rows("parquet", "pq", "_metadata", "n")); !strings.Contains(got, `"row_index":0},"n":5}`) || !strings.Contains(got, `"row_index":1},"n":6}`) {
		t.Errorf("got %s", got)
	}
}

func encoded(schema types.Struct, b arrow.RecordBatch) []string {
	text := jsonio.NewEncoder(schema, jsonio.EncodeOptions{}).AppendRows(nil, b)
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
}

func wantClass(t *testing.T, err error, class errclass.Class) {
	t.Helper()
	if !errors.Is(err, class) {
		t.Errorf("got %v, want %s", err, class)
	}
}
