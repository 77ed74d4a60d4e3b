package jsonio

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"lakehouse/internal/batch"
	"lakehouse/internal/records"
	"lakehouse/internal/types"
)

// What no column takes is in the rescued-data column, nested as in the record, and nothing else is.
func TestWhatNoColumnTakesIsRescued(t *testing.T) {
	for name, c := range map[string]struct {
		schema, text string
		options      map[string]string
		want         string // the rows, ";" between them
	}{
		"nothing to rescue":          {"a int", `{"a":1}`, nil, `1|(null)`},
		"a field without column":     {"a int", `{"a":1,"b":"x"}`, nil, `1|{"b":"x","_file_path":"file:///f"}`},
		"a value that does not fit":  {"a int", `{"a":"x"}`, nil, `(null)|{"a":"x","_file_path":"file:///f"}`},
		"another letter case":        {"a int", `{"A":1}`, nil, `(null)|{"A":1,"_file_path":"file:///f"}`},
		"letter case does not count": {"a int", `{"A":1}`, map[string]string{"readerCaseSensitive": "false"}, `1|(null)`},
		"without the path":           {"a int", `{"a":1,"b":null}`, map[string]string{"rescuedDataColumn.filePath.enabled": "false"}, `1|{"b":null}`},
		"nested": {
			"s struct<a:int,t:struct<x:int>>", `{"s":{"a":"no","b":2,"t":{"x":1,"y":[1, 2]}},"z":{"q":1}}`, nil,
			`{"a":null,"t":{"x":1}}|{"s":{"a":"no","b":2,"t":{"y":[1,2]}},"z":{"q":1},"_file_path":"file:///f"}`,
		},
		"an array keeps all of it": {
			"l array<struct<x:int>>, b int", `{"l":[{"x":1,"y":2},{"x":3}],"b":"n"}`, nil,
			`[{"x":1},{"x":3}]|(null)|{"l":[{"x":1,"y":2},{"x":3}],"b":"n","_file_path":"file:///f"}`,
		},
		"an element that does not fit": {"l array<int>", `{"l":[1,"x"]}`, nil, `(null)|{"l":[1,"x"],"_file_path":"file:///f"}`},
		"a map keeps all of it": {
			"m map<string,struct<x:int>>", `{"m":{"k":{"x":1,"y":2}}}`, nil,
			`[{"key":"k","value":{"x":1}}]|{"m":{"k":{"x":1,"y":2}},"_file_path":"file:///f"}`,
		},
		"several records":          {"a int", "{\"b\":1}\n{\"a\":2}\n{\"c\":3}", nil, `(null)|{"b":1,"_file_path":"file:///f"};2|(null);(null)|{"c":3,"_file_path":"file:///f"}`},
		"lenient text":             {"a int", `{'b':'x'}`, nil, `(null)|{"b":"'x'","_file_path":"file:///f"}`},
		"malformed, no column":     {"a int", `{"a":1`, nil, `(null)|{"_corrupt_record":"{\"a\":1","_file_path":"file:///f"}`},
		"malformed, with column":   {"a int, _corrupt_record string", `{"b":1`, nil, `(null)|{"b":1|(null)`},
		"mismatch, with column":    {"a int, _corrupt_record string", `{"a":"x"}`, nil, `(null)|(null)|{"a":"x","_file_path":"file:///f"}`},
		"mismatch is not dropped":  {"a int", "{\"a\":\"x\"}\n{\"a\"", map[string]string{"mode": "DROPMALFORMED"}, `(null)|{"a":"x","_file_path":"file:///f"}`},
		"mismatch does not fail":   {"a int", `{"a":"x"}`, map[string]string{"mode": "FAILFAST"}, `(null)|{"a":"x","_file_path":"file:///f"}`},
		"its own name in the data": {"a int", `{"_rescued_data":1}`, nil, `(null)|{"_rescued_data":1,"_file_path":"file:///f"}`},
		"twice":                    {"a int", `{"b":1,"b":2}`, nil, `(null)|{"b":2,"_file_path":"file:///f"}`},
	} {
		t.Run(name, func(t *testing.T) {
			options := map[string]string{"rescuedDataColumn": "_rescued_data"}
			maps.Copy(options, c.options)
			d := decoderOf(t, c.schema+", _rescued_data string", options, nil)
			for how, rows := range map[string]batch.Seq{"lines": d.Decode(strings.NewReader(c.text)), "document": d.DecodeDocument([]byte(c.text))} {
				if how == "document" && strings.Contains(c.text, "\n") {
					continue
				}
				if got := shownRows(t, rows); got != c.want {
					t.Errorf("%s: got  %s\nwant %s", how, got, c.want)
				}
			}
		})
	}
}

// What the schema lacks is found with its type, whatever the order of the records, and once.
func TestWhatTheSchemaLacksIsFound(t *testing.T) {
	for name, c := range map[string]struct{ schema, text, want string }{
		"nothing":         {"a int", `{"a":1}`, ""},
		"new fields":      {"a int", "{\"b\":1,\"c\":\"x\"}\n{\"b\":2.5}\n{\"d\":null}", "b double, c string, d void"},
		"nested":          {"s struct<a:int>", `{"s":{"b":{"c":true}}}`, "s.b struct<c:boolean>"},
		"in an array":     {"l array<struct<a:int>>", "{\"l\":[{\"b\":1}]}\n{\"l\":[{\"b\":\"x\"}]}", "l.element.b string"},
		"in a map":        {"m map<string,struct<a:int>>", `{"m":{"k":{"b":1}}}`, "m.value.b bigint"},
		"a struct grows":  {"a int", "{\"s\":{\"x\":1}}\n{\"s\":{\"y\":2}}", "s struct<x:bigint,y:bigint>"},
		"a value too big": {"a int", `{"a":5000000000}`, "a bigint misfit"},
	} {
		t.Run(name, func(t *testing.T) {
			var found records.Found
			d := decoderOf(t, c.schema, nil, &found)
			shownRows(t, d.Decode(strings.NewReader(c.text)))
			shownRows(t, d.Decode(strings.NewReader(c.text)))
			var got []string
			for _, f := range found.Fields() {
				text := strings.Join(f.Path, ".") + " " + f.Type.String()
				if f.Misfit {
					text += " misfit"
				}
				got = append(got, text)
			}
			if strings.Join(got, ", ") != c.want {
				t.Errorf("got %q, want %q", strings.Join(got, ", "), c.want)
			}
		})
	}
}

// A field beyond those that are remembered is rescued under its own name.
func TestManyNamesAreRescued(t *testing.T) {
	d := decoderOf(t, "a int, _rescued_data string", map[string]string{"rescuedDataColumn": "_rescued_data", "rescuedDataColumn.filePath.enabled": "false"}, nil)
	var text strings.Builder
	for i := range maxLearned + 10 {
		fmt.Fprintf(&text, "{\"n%d\":%d}\n", i, i)
	}
	rows := strings.Split(shownRows(t, d.Decode(strings.NewReader(text.String()))), ";")
	for i, row := range rows {
		if want := fmt.Sprintf(`(null)|{"n%d":%d}`, i, i); row != want {
			t.Fatalf("row %d: got %s, want %s", i, row, want)
		}
	}
}

func decoderOf(t *testing.T, ddl string, options map[string]string, found *records.Found) *Decoder {
	t.Helper()
	schema, err := types.ParseDDL(ddl)
	if err != nil {
		t.Fatal(err)
	}
	opts, err := ParseOptions(options)
	if err != nil {
		t.Fatal(err)
	}
	opts.Found = found
	d, err := NewDecoder(schema, opts)
	if err != nil {
		t.Fatal(err)
	}
	return d.For(records.Reading{File: "file:///f"})
}

func shownRows(t *testing.T, rows batch.Seq) string {
	t.Helper()
	var all []string
	for b, err := range rows {
		if err != nil {
			t.Fatal(err)
		}
		for i := range int(b.NumRows()) {
			var row []string
			for _, c := range b.Columns() {
				text := c.ValueStr(i)
				row = append(row, text)
			}
			all = append(all, strings.Join(row, "|"))
		}
	}
	return strings.Join(all, ";")
}
