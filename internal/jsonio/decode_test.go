package jsonio

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/batch"
	"lakehouse/internal/errclass"
	"lakehouse/internal/realdata"
	"lakehouse/internal/records"
	"lakehouse/internal/types"
)

// rowsOf gives the rows of a decoding as JSON, one a line.
func rowsOf(t testing.TB, in batch.Seq) (string, error) {
	t.Helper()
	var lines []string
	for b, err := range in {
		if err != nil {
			return strings.Join(lines, "\n"), err
		}
		lines = append(lines, jsonRows(t, b)...)
	}
	return strings.Join(lines, "\n"), nil
}

func jsonRows(t testing.TB, b arrow.RecordBatch) []string {
	t.Helper()
	text, err := b.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	var rows []json.RawMessage
	if err := json.Unmarshal(text, &rows); err != nil {
		t.Fatal(err)
	}
	lines := make([]string, len(rows))
	for i, row := range rows {
		lines[i] = strings.TrimSpace(string(row))
	}
	return lines
}

func sparkOptions(t testing.TB, given map[string]string) Options {
	t.Helper()
	opts, err := ParseOptions(given)
	if err != nil {
		t.Fatal(err)
	}
	return opts
}

func decodeText(t testing.TB, schema types.Struct, opts Options, text string) (string, error) {
	t.Helper()
	d, err := NewDecoder(schema, opts)
	if err != nil {
		t.Fatal(err)
	}
	if opts.MultiLine {
		return rowsOf(t, d.DecodeDocument([]byte(text)))
	}
	return rowsOf(t, d.Decode(strings.NewReader(text)))
}

// A value is taken by its column's type alone: what does not fit exactly is null.
func TestValuesFitTheirTypeOrAreNull(t *testing.T) {
	for _, c := range []struct {
		typ   types.Type
		value string
		want  string
	}{
		{types.Integer, `700`, `700`},
		{types.Integer, `"700"`, `null`},
		{types.Integer, `700.5`, `null`},
		{types.Integer, `7e2`, `null`},
		{types.Integer, `3000000000`, `null`},
		{types.Integer, `-2147483648`, `-2147483648`},
		{types.Byte, `128`, `null`},
		{types.Short, `-32768`, `-32768`},
		{types.Long, `9223372036854775807`, `9223372036854775807`},
		{types.Long, `9223372036854775808`, `null`},
		{types.Long, `-0`, `0`},
		{types.Double, `0.1`, `0.1`},
		{types.Double, `1e400`, `null`},
		{types.Double, `1E-400`, `0`},
		{types.Double, `-0`, `-0`},
		{types.Double, `123456789012345678901234567890`, `1.2345678901234568e+29`},
		{types.Double, `9007199254740993.0`, `9007199254740992`},
		{types.Double, `2.2250738585072014e-308`, `2.2250738585072014e-308`},
		{types.Double, `"1.5"`, `null`},
		{types.Double, `"NaN"`, `"NaN"`},
		{types.Double, `NaN`, `"NaN"`},
		{types.Double, `-Infinity`, `"-Inf"`},
		{types.Float, `0.1`, `0.1`},
		{types.Float, `1e39`, `null`},
		{types.Boolean, `true`, `true`},
		{types.Boolean, `"true"`, `null`},
		{types.Boolean, `1`, `null`},
		{types.String, `22`, `"22"`},
		{types.String, `1.50`, `"1.50"`},
		{types.String, `true`, `"true"`},
		{types.String, `{"b": [1, "x"]}`, `"{\"b\": [1, \"x\"]}"`},
		{types.String, `'single'`, `"single"`},
		{types.String, `"\u00e9\ud83d\ude00\ud800\n"`, `"é😀` + "\uFFFD" + `\n"`},
		{types.String, `"tail é of several bytes 日本語"`, `"tail é of several bytes 日本語"`},
		{types.String, `null`, `null`},
		{types.Binary, `"AQID"`, `"AQID"`},
		{types.Binary, `"A"`, `null`},
		{types.Decimal{Precision: 10, Scale: 2}, `12345678.91`, `"12345678.91"`},
		{types.Decimal{Precision: 10, Scale: 2}, `1.100`, `"1.1"`},
		{types.Decimal{Precision: 10, Scale: 2}, `1.234`, `null`},
		{types.Decimal{Precision: 10, Scale: 2}, `123456789`, `null`},
		{types.Decimal{Precision: 10, Scale: 2}, `"2.5"`, `"2.5"`},
		{types.Decimal{Precision: 38, Scale: 0}, `99999999999999999999999999999999999999`, `"99999999999999999999999999999999999999"`},
		{types.Date, `"2024-02-29"`, `"2024-02-29"`},
		{types.Date, `"2023-02-29"`, `null`},
		{types.Timestamp, `1469501675`, `"2016-07-26T02:54:35Z"`},
		{types.Timestamp, `"2016-07-26T02:54:35.123+02:00"`, `"2016-07-26T00:54:35.123Z"`},
		{types.Timestamp, `""`, `null`},
		{types.TimestampNTZ, `"2016-07-26 02:54:35"`, `"2016-07-26T02:54:35"`},
		{types.TimestampNTZ, `"2016-07-26 02:54:35Z"`, `null`},
		{types.Null, `[1]`, `null`},
		{types.Array{Element: types.Integer}, `[1, null, 3]`, `[1,null,3]`},
		{types.Array{Element: types.Integer}, `[1, "x", 3]`, `null`},
		{types.Array{Element: types.Integer}, `[]`, `[]`},
		{types.Map{Key: types.String, Value: types.Integer}, `{"a":1,"b":2,"a":3}`, `[{"key":"b","value":2},{"key":"a","value":3}]`},
		{types.Map{Key: types.String, Value: types.Integer}, `{"a":"x"}`, `null`},
		{structOf(field("x", types.Integer)), `{"x":"1"}`, `{"x":null}`},
		{structOf(field("x", types.Integer)), `[1]`, `null`},
	} {
		t.Run(c.typ.String()+" "+c.value, func(t *testing.T) {
			got, err := decodeText(t, structOf(field("a", c.typ)), sparkOptions(t, nil), `{"a":`+c.value+`}`)
			if want := `{"a":` + c.want + `}`; err != nil || got != want {
				t.Errorf("got %s, %v, want %s", got, err, want)
			}
		})
	}
}

func TestModesDecideAboutMalformedRecords(t *testing.T) {
	schema := structOf(field("Id", types.Integer), field("name", types.String), field("money", types.Integer))
	withCorrupt := structOf(append(schema.Fields, field("_corrupt_record", types.String))...)
	const text = `{"Id":1,"name":"Alice","money":"abc"}` + "\n" + `{"Id":2,` + "\n\n" + `{"Id":3,"name":"Cid","money":7}`
	for _, c := range []struct {
		name, mode string
		schema     types.Struct
		want       string
		err        errclass.Class
		counts     [3]int64
	}{
		{
			"permissive", "permissive", schema,
			`{"Id":1,"money":null,"name":"Alice"}` + "\n" + `{"Id":null,"money":null,"name":null}` + "\n" +
				`{"Id":3,"money":7,"name":"Cid"}`, "",
			[3]int64{3, 2, 0},
		},
		{
			"corrupt column", "PERMISSIVE", withCorrupt,
			`{"Id":1,"_corrupt_record":"{\"Id\":1,\"name\":\"Alice\",\"money\":\"abc\"}","money":null,"name":"Alice"}` + "\n" +
				`{"Id":null,"_corrupt_record":"{\"Id\":2,","money":null,"name":null}` + "\n" +
				`{"Id":3,"_corrupt_record":null,"money":7,"name":"Cid"}`, "",
			[3]int64{3, 2, 0},
		},
		{"drop", "DROPMALFORMED", schema, `{"Id":3,"money":7,"name":"Cid"}`, "", [3]int64{3, 0, 2}},
		{"failfast", "FAILFAST", schema, "", errclass.MalformedRecord, [3]int64{1, 0, 0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			opts := sparkOptions(t, map[string]string{"mode": c.mode})
			d, err := NewDecoder(c.schema, opts)
			if err != nil {
				t.Fatal(err)
			}
			counts := &batch.Counts{}
			got, err := rowsOf(t, d.Counting(counts).Decode(strings.NewReader(text)))
			if got != c.want || (err == nil) != (c.err == "") || err != nil && !errors.Is(err, c.err) {
				t.Errorf("got\n%s\n%v, want\n%s\n%v", got, err, c.want, c.err)
			}
			if n := [3]int64{counts.Read, counts.Corrupt, counts.Dropped}; n != c.counts {
				t.Errorf("read, corrupt, dropped: got %v, want %v", n, c.counts)
			}
		})
	}
}

// However a line is broken, it is one malformed record, and the lines around it are whole.
func TestRecordsOfALine(t *testing.T) {
	schema := structOf(field("a", types.Long))
	const null = `{"a":null}`
	for _, c := range []struct{ name, line, want string }{
		{"two documents", `{"a":1} {"a":2}`, null},
		{"array", `[{"a":1},{"a":2}]`, `{"a":1}` + "\n" + `{"a":2}`},
		{"array cut short", `[{"a":1},{"a":2}`, null},
		{"array with a number", `[{"a":1},5]`, `{"a":1}` + "\n" + null},
		{"empty array", ` [ ] `, ``},
		{"null", `null`, null},
		{"number", `1`, null},
		{"blank", " \t", ``},
		{"duplicate key", `{"a":1,"a":2}`, `{"a":2}`},
		{"duplicate key, then null", `{"a":1,"a":null}`, null},
		{"unknown fields", `{"x":{"a":[1,{"a":3}]},"a":4,"y":"\u0041"}`, `{"a":4}`},
		{"broken unknown field", `{"x":[1,],"a":4}`, null},
		{"escaped key", `{"\u0061":4}`, `{"a":4}`},
		{"other case", `{"A":4}`, null},
		{"blanks everywhere", " { \"a\" : 4 , \"b\" : [ ] } ", `{"a":4}`},
		{"single quotes", `{'a':4}`, `{"a":4}`},
		{"NUL behind", "{\"a\":4}\x00", null},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := `{"a":-1}` + "\n" + c.line + "\r\n" + `{"a":-2}`
			want := `{"a":-1}` + "\n" + c.want + "\n" + `{"a":-2}`
			if c.want == "" {
				want = `{"a":-1}` + "\n" + `{"a":-2}`
			}
			if got, err := decodeText(t, schema, sparkOptions(t, nil), text); err != nil || got != want {
				t.Errorf("got\n%s\n%v, want\n%s", got, err, want)
			}
		})
	}
}

func TestDocuments(t *testing.T) {
	schema := structOf(field("a", types.Long), field("_corrupt_record", types.String))
	row := func(a string) string { return `{"_corrupt_record":null,"a":` + a + `}` }
	bad := func(text string) string { return `{"_corrupt_record":"` + text + `","a":null}` }
	for _, c := range []struct{ name, text, want string }{
		{"empty", "", ""},
		{"blank", " \n", ""},
		{"one object", "{\n\"a\": 1\n}\n", row("1")},
		{"array", "\xEF\xBB\xBF[\n{\"a\":1},\n{\"a\":2}\n]", row("1") + "\n" + row("2")},
		{"empty array", "[]", ""},
		{"cut short", `[{"a":1},{"a":2},{"a`, row("1") + "\n" + row("2") + "\n" + bad(`{\"a`)},
		{"no closing bracket", `[{"a":1}`, row("1") + "\n" + bad(``)},
		{"something behind", `{"a":1} {"a":2}`, row("1") + "\n" + bad(` {\"a\":2}`)},
		{"a number in the array", `[{"a":1},2,{"a":3}]`, row("1") + "\n" + bad("2") + "\n" + row("3")},
		{"mismatch", `[{"a":"1"},{"a":2}]`, bad(`{\"a\":\"1\"}`) + "\n" + row("2")},
	} {
		t.Run(c.name, func(t *testing.T) {
			opts := sparkOptions(t, map[string]string{"multiLine": "true"})
			if got, err := decodeText(t, schema, opts, c.text); err != nil || got != c.want {
				t.Errorf("got\n%s\n%v, want\n%s", got, err, c.want)
			}
		})
	}
}

// A line over the limit is a malformed record; the next is read as ever.
func TestLongLineIsMalformed(t *testing.T) {
	schema := structOf(field("a", types.String))
	opts := sparkOptions(t, map[string]string{"maxRecordBytes": "64k"})
	text := `{"a":"1"}` + "\n" + `{"a":"` + strings.Repeat("x", 3<<20) + `"}` + "\n" + `{"a":"2"}`
	got, err := decodeText(t, schema, opts, text)
	if want := `{"a":"1"}` + "\n" + `{"a":null}` + "\n" + `{"a":"2"}`; err != nil || got != want {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
}

// However a file is cut into ranges, each record is read once.
func TestRangesHoldEachRecordOnce(t *testing.T) {
	schema := structOf(field("InvoiceNumber", types.String), field("TotalAmount", types.Double))
	d, err := NewDecoder(schema, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, sep := range []string{"\n", "\r\n", "\r"} {
		data := []byte(strings.ReplaceAll(string(invoices(20<<10, 3)), "\n", sep))
		want, err := rowsOf(t, d.Decode(bytes.NewReader(data)))
		if err != nil || strings.Count(want, "\n") < 10 {
			t.Fatal(want, err)
		}
		for _, step := range []int64{37, 1000, 4096} {
			var got []string
			for at := int64(0); at < int64(len(data)); at += step {
				part, err := rowsOf(t, d.DecodeRange(bytes.NewReader(data), int64(len(data)), at, min(at+step, int64(len(data)))))
				if err != nil {
					t.Fatal(err)
				}
				if part != "" {
					got = append(got, part)
				}
			}
			if all := strings.Join(got, "\n"); all != want {
				t.Errorf("separator %q, step %d: got %d bytes of rows, want %d", sep, step, len(all), len(want))
			}
		}
	}
}

// The four invoice files, as Spark counted them.
func TestRealInvoices(t *testing.T) {
	for name, want := range map[string][2]int{
		"invoices-1.json": {501, 1253}, "invoices-2.json": {500, 1257}, "invoices-3.json": {590, 1484}, "invoices-4.json": {10, 22},
	} {
		data, err := os.ReadFile(realdata.Path(t, "invoices", name))
		if err != nil {
			t.Fatal(err)
		}
		opts := sparkOptions(t, map[string]string{"mode": "FAILFAST"})
		d, err := NewDecoder(invoiceSchema(), opts)
		if err != nil {
			t.Fatal(err)
		}
		batches, err := batch.Collect(d.Decode(bytes.NewReader(data)))
		if err != nil {
			t.Fatal(err)
		}
		invoices, items := 0, 0
		for _, b := range batches {
			invoices += int(b.NumRows())
			items += b.Column(16).Data().Children()[0].Len()
		}
		if got := [2]int{invoices, items}; got != want {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
}

// The edge files of the sales program, as Spark read them. The file that is cut short is not among them:
// its whole rows are kept here, and lost there.
func TestRealSalesEdgeFiles(t *testing.T) {
	want, err := os.ReadFile(realdata.Path(t, "programs", "sales", "expected", "edge_rows_as_read.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	schema := structOf(field("Id", types.Integer), field("name", types.String), field("age", types.Integer),
		field("money", types.Integer), field("sales", types.Integer), field("units", types.Integer))
	var all []string
	for _, name := range []string{"sales_4_edge.json", "sales_5_one_object.json"} {
		data, err := os.ReadFile(realdata.Path(t, "programs", "sales", "input", name))
		if err != nil {
			t.Fatal(err)
		}
		got, err := decodeText(t, schema, sparkOptions(t, map[string]string{"multiLine": "true"}), string(data))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, got)
	}
	all = append(all, `{"Id":null,"age":null,"money":null,"name":null,"sales":null,"units":null}`) // sales_6 in Spark
	spark, err := decodeText(t, schema, Options{Policy: records.Policy{Mode: records.FailFast}}, string(want))
	if err != nil {
		t.Fatal(err)
	}
	if got := sorted(strings.Join(all, "\n")); got != sorted(spark) {
		t.Errorf("got\n%s\nwant\n%s", got, sorted(spark))
	}
}

func sorted(lines string) string {
	all := strings.Split(lines, "\n")
	slices.Sort(all)
	return strings.Join(all, "\n")
}
