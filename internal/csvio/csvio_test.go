package csvio

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow/array"

	"lakehouse/internal/batch"
	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

func field(name string, t types.Type) types.Field {
	return types.Field{Name: name, Type: t, Nullable: true}
}

func structOf(fields ...types.Field) types.Struct { return types.Struct{Fields: fields} }

func strs(names ...string) types.Struct {
	var s types.Struct
	for _, n := range names {
		s.Fields = append(s.Fields, field(n, types.String))
	}
	return s
}

// show writes rows as a,b;a,b with ∅ for null.
func show(t testing.TB, in batch.Seq) (string, error) {
	t.Helper()
	var rows []string
	for b, err := range in {
		if err != nil {
			return strings.Join(rows, ";"), err
		}
		for i := range int(b.NumRows()) {
			var values []string
			for _, c := range b.Columns() {
				text := "∅"
				if c.IsValid(i) {
					text = c.ValueStr(i)
				}
				values = append(values, text)
			}
			rows = append(rows, strings.Join(values, "|"))
		}
	}
	return strings.Join(rows, ";"), nil
}

func decodeText(t testing.TB, file, schema types.Struct, options map[string]string, text string) (string, *batch.Counts, error) {
	t.Helper()
	opts, err := parseOptions(options)
	if err != nil {
		t.Fatal(err)
	}
	d, err := NewDecoder(file, schema, opts)
	if err != nil {
		t.Fatal(err)
	}
	counts := &batch.Counts{}
	d = d.Counting(counts)
	seq := d.Decode(strings.NewReader(text))
	if opts.MultiLine {
		seq = d.DecodeDocument([]byte(text))
	}
	got, err := show(t, seq)
	return got, counts, err
}

type options = map[string]string

func TestValuesAreCut(t *testing.T) {
	for _, c := range []struct {
		name string
		opts options
		text string
		want string
	}{
		{"plain", nil, "a,b\nc,d", "a|b;c|d"},
		{"nulls", nil, ",\n\"\",x", "∅|∅;∅|x"},
		{"quoted", nil, `"a,b","c""d"` + "\n" + `"e\"f","g\\"`, `a,b|c"d;e"f|g\`},
		{"other escapes stay", nil, `"a\nb",c\"d`, `a\nb|c\"d`},
		{"blanks after quotes", nil, `"a" ,"b" `, "a|b"},
		{"blanks before quotes", nil, ` "a",b`, ` "a"|b`},
		{"leading blanks ignored", options{"ignoreLeadingWhiteSpace": "true"}, ` "a", b `, `a|b `},
		{"trailing blanks ignored", options{"ignoreTrailingWhiteSpace": "true"}, `a ," b "`, `a| b `},
		{"unescaped quote", nil, `"a"b,c`, `"a"b|c`},
		{"unescaped quote skipped", options{"unescapedQuoteHandling": "skip_value"}, `"a"b,c`, `∅|c`},
		{"unescaped quote up to a separator", options{"unescapedQuoteHandling": "BACK_TO_DELIMITER"}, `"a,x"b`, `"a|x"b`},
		{"unescaped quote up to a quote that closes", options{"unescapedQuoteHandling": "STOP_AT_CLOSING_QUOTE"}, `"a"b,c",d`, `a"b,c|d`},
		{"tab", options{"sep": `\t`}, "a b\tc", "a b|c"},
		{"long separator", options{"delimiter": "||"}, "a|b||\"c||d\"", "a|b|c||d"},
		{"other quote", options{"quote": "'"}, `'a,b',"c"`, `a,b|"c"`},
		{"no quote", options{"quote": ""}, `"a,b"`, `"a|b"`},
		{"quote is escape", options{"escape": `"`}, `"a\",b""c"`, `a\|b""c"`},
		{"comment", options{"comment": "#"}, "#x\na,b\n\n  \n#", "a|b"},
		{"header", options{"header": "true"}, "x,y\na,b", "a|b"},
		{"skipRows", options{"skipRows": "1", "header": "true"}, "title\nx,y\na,b", "a|b"},
		{"null value", options{"nullValue": "NA"}, `NA,""` + "\n,\"NA\"", "∅|;∅|∅"},
		{"empty value", options{"emptyValue": "none"}, `"",`, "none|∅"},
		{"carriage returns", nil, "a,b\r\nc,d\re,f", "a|b;c|d;e|f"},
		{"line separator", options{"lineSep": ";"}, "a,b\n;c,d", "a|b\n;c|d"},
		{"byte order mark", nil, "\xEF\xBB\xBFa,b", "a|b"},
		{"line end in quotes", options{"multiLine": "true"}, "\"a\r\nb\",c\n\nd,\"e\"\r\n", "a\nb|c;d|e"},
		{"header over lines", options{"multiLine": "true", "header": "true"}, "\"x\n1\",y\na,b", "a|b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, counts, err := decodeText(t, strs("x", "y"), strs("x", "y"), c.opts, c.text)
			if err != nil || got != c.want || counts.Corrupt != 0 {
				t.Errorf("got %s, %d corrupt, %v, want %s", got, counts.Corrupt, err, c.want)
			}
		})
	}
}

// A malformed record keeps what can be read of it, and its text; the records around it are whole.
func TestMalformedRecords(t *testing.T) {
	for _, c := range []struct {
		name string
		opts options
		line string
		want string
	}{
		{"too few", nil, "1", "1|∅|1"},
		{"too many", nil, "1,b,c", "1|b|1,b,c"},
		{"no number", nil, "x,b", "∅|b|x,b"},
		{"too large", nil, "3000000000,b", "∅|b|3000000000,b"},
		{"not UTF-8", nil, "1,\xff", "1|∅|1,\uFFFD"},
		{"open quote", nil, `1,"b`, `1|"b|1,"b`},
		{"open quote in a document", options{"multiLine": "true"}, `1,"b`, `1|"b|1,"b`},
		{"unescaped quote", options{"unescapedQuoteHandling": "RAISE_ERROR"}, `1,"b"c`, `1|"b"c|1,"b"c`},
		{"too many columns", options{"maxColumns": "2"}, "1,b,c,d", "1|b|1,b,c,d"},
		{"too long", options{"maxRecordBytes": "10"}, "1,bbbbbbbbbbb", "∅|∅|1,bbbbbbbbbbb"},
	} {
		t.Run(c.name, func(t *testing.T) {
			schema := structOf(field("x", types.Integer), field("y", types.String), field("_corrupt_record", types.String))
			got, counts, err := decodeText(t, schema, schema, c.opts, "7,p\n"+c.line+"\n8,q")
			if want := "7|p|∅;" + c.want + ";8|q|∅"; err != nil || got != want {
				t.Errorf("got %s, %v, want %s", got, err, want)
			}
			if counts.Read != 3 || counts.Corrupt != 1 {
				t.Errorf("read %d, corrupt %d", counts.Read, counts.Corrupt)
			}
		})
	}
}

func TestModes(t *testing.T) {
	schema := structOf(field("x", types.Integer))
	got, counts, err := decodeText(t, schema, schema, options{"mode": "DROPMALFORMED"}, "1\nx\n2")
	if got != "1;2" || err != nil || counts.Dropped != 1 {
		t.Errorf("got %s, %v", got, err)
	}
	if _, _, err := decodeText(t, schema, schema, options{"mode": "FAILFAST"}, "1\nx\n2"); !errors.Is(err, errclass.MalformedRecord) {
		t.Errorf("got %v", err)
	}
}

func TestTypes(t *testing.T) {
	for _, c := range []struct {
		typ        types.Type
		text, want string
	}{
		{types.Byte, "-128", "-128"},
		{types.Long, "+5", "5"},
		{types.Long, " 5", "∅"},
		{types.Double, "1.5", "1.5"},
		{types.Double, "Inf", "+Inf"},
		{types.Double, " 1.5\t", "1.5"},
		{types.Float, "-Infinity", "-Inf"},
		{types.Double, "NaN", "NaN"},
		{types.Double, "1e400", "∅"},
		{types.Double, "0x1p-2", "∅"},
		{types.Boolean, "TRUE", "true"},
		{types.Boolean, "1", "∅"},
		{types.Decimal{Precision: 10, Scale: 2}, `"1,234.5"`, "1234.5"},
		{types.Decimal{Precision: 10, Scale: 2}, "1.234", "∅"},
		{types.Date, "2024-02-29", "2024-02-29"},
		{types.Timestamp, "2024-02-29 01:02:03", "2024-02-29T01:02:03Z"},
	} {
		schema := structOf(field("x", c.typ))
		if got, _, err := decodeText(t, schema, schema, nil, c.text); err != nil || got != c.want {
			t.Errorf("%v of %s: got %s, %v, want %s", c.typ, c.text, got, err, c.want)
		}
	}
}

// Columns are found by their place in the file, whichever are asked for.
func TestWantedColumns(t *testing.T) {
	file := structOf(field("a", types.Integer), field("_corrupt_record", types.String), field("b", types.String), field("c", types.Integer))
	if got, _, err := decodeText(t, file, structOf(file.Fields[3], file.Fields[2]), nil, "1,x,2\n3,y,4"); err != nil || got != "2|x;4|y" {
		t.Errorf("got %s, %v", got, err)
	}
	_, _, err := decodeText(t, file, file, options{"header": "true", "enforceSchema": "false"}, "a,B,d\n")
	if !errors.Is(err, errclass.FailedReadFile) {
		t.Errorf("got %v", err)
	}
}

func TestUnknownChoicesAreRefused(t *testing.T) {
	for _, given := range []options{{"quote": "ab"}, {"sep": ""}, {"unescapedQuoteHandling": "STOP_SOMEWHERE"}, {"maxColumns": "0"}, {"separator": ";"}} {
		if _, err := parseOptions(given); !errors.Is(err, errclass.InvalidOptionValue) && !errors.Is(err, errclass.InvalidOption) {
			t.Errorf("%v: got %v", given, err)
		}
	}
}

func TestInferSchema(t *testing.T) {
	for _, c := range []struct {
		name string
		opts options
		text string
		want string
	}{
		{"no types", nil, "1,a\n2,b", "struct<_c0:string,_c1:string>"},
		{"header", options{"header": "true"}, "id,Name,,name\n1,a,,", "struct<id:string,Name1:string,_c2:string,name3:string>"},
		{"numbers", options{"inferSchema": "true"}, "1,3000000000,1,12345678901234567890\n2,1,1.5,1", "struct<_c0:int,_c1:bigint,_c2:double,_c3:decimal(20,0)>"},
		{"others", options{"inferSchema": "true"}, "2024-01-02,2024-01-02 03:04:05,true,x\n,,,", "struct<_c0:date,_c1:timestamp,_c2:boolean,_c3:string>"},
		{"mixed", options{"inferSchema": "true"}, "1,2024-01-02,true\nx,2024-01-02 01:02:03,1", "struct<_c0:string,_c1:string,_c2:string>"},
		{"only nulls", options{"inferSchema": "true"}, ",\n,", "struct<_c0:string,_c1:string>"},
		{"no file", nil, "", "struct<>"},
	} {
		t.Run(c.name, func(t *testing.T) {
			opts, err := parseOptions(c.opts)
			if err != nil {
				t.Fatal(err)
			}
			for _, multi := range []bool{false, true} {
				in := NewInference(opts)
				if multi {
					err = in.AddDocument([]byte(c.text))
				} else {
					err = in.Add(strings.NewReader(c.text))
				}
				if got := in.Schema().String(); err != nil || got != c.want {
					t.Errorf("multi %v: got %s, %v, want %s", multi, got, err, c.want)
				}
			}
		})
	}
}

// FuzzDecode holds the tokenizer against encoding/csv where both know what a text means, and wants
// valid UTF-8 and no panic elsewhere.
func FuzzDecode(f *testing.F) {
	for _, text := range []string{"a,b\n", `"a""b",c`, "\"a\nb\",c", `"a`, ",,,", "\r\n\r", `a\"b`, "\xff,\xfe", `"a"b,c`} {
		f.Add(text)
	}
	opts, err := parseOptions(options{"multiLine": "true", "escape": `"`, "nullValue": "\x01", "emptyValue": ""})
	if err != nil {
		f.Fatal(err)
	}
	schema := strs("a", "b", "c")
	d, err := NewDecoder(schema, schema, opts)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var got [][]string
		for _, seq := range []batch.Seq{d.Decode(strings.NewReader(text)), d.DecodeDocument([]byte(text))} {
			got = nil
			for b, err := range seq {
				if errors.Is(err, errclass.FailedReadFile) {
					return // UTF-16
				}
				if err != nil {
					t.Fatal(err)
				}
				for i := range int(b.NumRows()) {
					var row []string
					for _, c := range b.Columns() {
						value := c.(*array.String).Value(i)
						if !utf8.ValidString(value) {
							t.Fatalf("%q is not UTF-8", value)
						}
						row = append(row, value)
					}
					got = append(got, row)
				}
			}
		}
		if want, known := standardRows(text); known && fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) {
			t.Fatalf("%q: got %q, encoding/csv says %q", text, got, want)
		}
	})
}

// standardRows gives the rows by encoding/csv, and whether it means the same by the text: three values a
// record, no record of blanks, no bare quotes or returns.
func standardRows(text string) (rows [][]string, known bool) {
	if !utf8.ValidString(text) || strings.ContainsAny(text, "\r\x01") || strings.HasPrefix(text, "\uFEFF") {
		return nil, false
	}
	in := csv.NewReader(strings.NewReader(text))
	in.FieldsPerRecord = 3
	for {
		row, err := in.Read()
		if err == io.EOF {
			return rows, true
		}
		if err != nil || !slices.ContainsFunc(row, func(v string) bool { return strings.TrimSpace(v) != "" }) {
			return nil, false
		}
		rows = append(rows, row)
	}
}

func BenchmarkDecode(b *testing.B) {
	var data bytes.Buffer
	for i := range 100_000 {
		fmt.Fprintf(&data, "%d,name %d,%d.25,\"quoted, %d\",2024-01-02\n", i, i, i, i)
	}
	opts, err := parseOptions(nil)
	if err != nil {
		b.Fatal(err)
	}
	schema := structOf(field("a", types.Long), field("b", types.String), field("c", types.Double), field("d", types.String), field("e", types.Date))
	d, err := NewDecoder(schema, schema, opts)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(data.Len()))
	b.ReportAllocs()
	for b.Loop() {
		for _, err := range d.Decode(bytes.NewReader(data.Bytes())) {
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
