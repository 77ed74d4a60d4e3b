package xmlio

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"lakehouse/internal/batch"
	"lakehouse/internal/records"
	"lakehouse/internal/types"
)

func decoderOf(t testing.TB, ddl string, options map[string]string) *Decoder {
	t.Helper()
	schema, err := types.ParseDDL(ddl)
	if err != nil {
		t.Fatal(err)
	}
	given := map[string]string{"rowTag": "r"}
	maps.Copy(given, options)
	opts, err := parseOptions(given)
	if err != nil {
		t.Fatal(err)
	}
	d, err := NewDecoder(schema, opts)
	if err != nil {
		t.Fatal(err)
	}
	return d.For(records.Reading{File: "f"})
}

func shown(t testing.TB, rows batch.Seq) string {
	t.Helper()
	var all []string
	for b, err := range rows {
		if err != nil {
			return err.Error()
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

func TestRecordsAreRead(t *testing.T) {
	for name, c := range map[string]struct {
		schema, text string
		options      map[string]string
		want         string
	}{
		"elements":                 {"a int, b string", `<rs><r><a>1</a><b>x</b></r><r><b>y</b></r></rs>`, nil, "1|x;(null)|y"},
		"attributes":               {"_id long, a int", `<r id="7"><a> 1 </a></r>`, nil, "7|1"},
		"prefix":                   {"`@id` long", `<r id="7"/>`, map[string]string{"attributePrefix": "@"}, "7"},
		"no attributes":            {"_id long, a int", `<r id="7"><a>1</a></r>`, map[string]string{"excludeAttribute": "true"}, "(null)|1"},
		"text and attribute":       {"a struct<_u:string,_VALUE:double>", `<r><a u="m">1.5</a></r>`, nil, `{"_VALUE":1.5,"_u":"m"}`},
		"the record's text":        {"_VALUE string, _x int", `<r x="1"> t </r>`, nil, "t|1"},
		"array":                    {"a array<int>, b int", `<r><a>1</a><b>2</b><a>3</a></r>`, nil, "[1,3]|2"},
		"array of structs":         {"a array<struct<x:int>>", `<r><a><x>1</x></a><a/><a><x>2</x></a></r>`, nil, `[{"x":1},{"x":null},{"x":2}]`},
		"nested":                   {"a struct<b:struct<c:array<string>>>", `<r><a><b><c>x</c><c>y</c></b></a></r>`, nil, `{"b":{"c":["x","y"]}}`},
		"map":                      {"m map<string,int>", `<r><m k="1"><x>2</x><y>3</y><x>4</x></m></r>`, nil, `[{"key":"_k","value":1},{"key":"y","value":3},{"key":"x","value":4}]`},
		"markup in a string":       {"a string", `<r><a>x<b c="d&lt;">y</b> z</a></r>`, nil, `x<b c="d<">y</b> z`},
		"empty":                    {"a string, b int, c string", `<r><a></a><b/><c>  </c></r>`, nil, "|(null)|"},
		"nullValue":                {"a string, b int, _c string", `<r c="-"><a>-</a><b>-</b></r>`, map[string]string{"nullValue": "-"}, "(null)|(null)|(null)"},
		"spaces kept":              {"a string", `<r><a> x </a></r>`, map[string]string{"ignoreSurroundingSpaces": "false"}, " x "},
		"CDATA and references":     {"a string", `<r><a>&lt;&#65;&#x42;<![CDATA[<b>&amp;]]></a></r>`, nil, "<AB<b>&amp;"},
		"comments":                 {"a string", `<!-- <r><a>no</a></r> --><r><!-- x --><a>y<!-- z -->w</a></r>`, nil, "yw"},
		"a record in a comment":    {"a int", "<r><!-- </r> --><a>1</a></r>", nil, "1"},
		"a record in a record":     {"a int, r struct<a:int>", `<r><a>1</a><r><a>2</a></r></r>`, nil, `1|{"a":2}`},
		"line ends":                {"a string", "<r><a>x\r\ny\rz</a></r>", nil, "x\ny\nz"},
		"letter case":              {"A int", `<r><a>1</a></r>`, nil, "1"},
		"letter case counts":       {"A int", `<r><a>1</a></r>`, map[string]string{"readerCaseSensitive": "true"}, "(null)"},
		"namespace":                {"`x:a` int", `<r xmlns:x="u"><x:a>1</x:a></r>`, nil, "1"},
		"without namespace":        {"a int", `<x:r xmlns:x="u"><x:a>1</x:a></x:r>`, map[string]string{"ignoreNamespace": "true"}, "1"},
		"types":                    {"a boolean, b date, c timestamp, d decimal(5,2), e binary, f float", `<r><a>1</a><b>2024-02-29</b><c>2024-02-29T01:02:03Z</c><d>1,2.5</d><e>4142</e><f>1e3</f></r>`, nil, "true|2024-02-29|2024-02-29T01:02:03Z|12.5|QUI=|1000"},
		"last value counts":        {"a int", `<r><a>1</a><a>2</a></r>`, nil, "2"},
		"the rest of a bad record": {"a int, b int, _corrupt_record string", `<r><a>x</a><b>2</b></r><r><a>3</a></r>`, nil, "(null)|2|<r><a>x</a><b>2</b></r>;3|(null)|(null)"},
		"an element for a number":  {"a int, b int", `<r><a><x/>1</a><b>2</b></r>`, nil, "(null)|2"},
		"not well-formed":          {"a int, _corrupt_record string", `<rs><r><a>1</b></r><r><a>2</a></r></rs>`, nil, "(null)|<r><a>1</b></r>;2|(null)"},
		"unknown entity":           {"a string, _corrupt_record string", `<!DOCTYPE x [<!ENTITY e "xx">]><r><a>&e;</a></r>`, nil, "(null)|<r><a>&e;</a></r>"},
		"cut":                      {"a int, _corrupt_record string", `<r><a>1</a></r><r><a>2`, nil, "1|(null);(null)|<r><a>2"},
		"dropped":                  {"a int", `<r><a>x</a></r><r><a>2</a></r>`, map[string]string{"mode": "DROPMALFORMED"}, "2"},
		"too long":                 {"a string", `<r><a>` + strings.Repeat("x", 100) + `</a></r><r><a>2</a></r>`, map[string]string{"maxRecordBytes": "50"}, "(null);2"},
		"wildcard":                 {"a int, xs_any array<string>", `<r><a>1</a><b>2</b><c><d>3</d></c></r>`, nil, `1|["2","\u003cd\u003e3\u003c/d\u003e"]`},
		"rescued":                  {"a int, s struct<x:int>, _rescued_data string", `<r i="1"><a>z</a><b u="v">2</b><c>3</c><c>4</c><s><x>1</x><y>5</y></s></r>`, map[string]string{"rescuedDataColumn": "_rescued_data"}, `(null)|{"x":1}|{"_i":"1","a":"z","b":{"_u":"v","_VALUE":"2"},"c":["3","4"],"s":{"y":"5"},"_file_path":"f"}`},
		"rescued of an array":      {"a array<struct<x:int>>, _rescued_data string", `<r><a><x>1</x></a><a><x>2</x><y>3</y></a></r>`, map[string]string{"rescuedDataColumn": "_rescued_data"}, `[{"x":1},{"x":2}]|{"a":{"x":"2","y":"3"},"_file_path":"f"}`},
		"no records":               {"a int", `<x/>`, nil, ""},
		"FAILFAST":                 {"a int", `<r><a>x</a></r>`, map[string]string{"mode": "FAILFAST"}, "[MALFORMED_RECORD_IN_PARSING] Malformed records are detected in record parsing: <r><a>x</a></r> (a value does not fit the type INT, at byte 0). Parse Mode: FAILFAST. To process malformed records as null result, try setting the option 'mode' as 'PERMISSIVE'."},
	} {
		t.Run(name, func(t *testing.T) {
			got := shown(t, decoderOf(t, c.schema, c.options).DecodeDocument([]byte(c.text)))
			if name == "FAILFAST" {
				if !strings.Contains(got, "a value does not fit the type INT") {
					t.Errorf("got %s", got)
				}
				return
			}
			if got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestSchemaIsInferred(t *testing.T) {
	for name, c := range map[string]struct {
		text    string
		options map[string]string
		want    string
	}{
		"types":        {`<r><a>1</a><b>1.5</b><c>x</c><d>true</d><e>2024-01-02</e><f>2024-01-02T03:04:05Z</f><g/></r>`, nil, "a BIGINT,b DOUBLE,c STRING,d BOOLEAN,e DATE,f TIMESTAMP,g STRING"},
		"merged":       {`<r><a>1</a><b>1</b></r><r><a>1.5</a><b>x</b></r>`, nil, "a DOUBLE,b STRING"},
		"array":        {`<r><a>1</a><a>2.5</a></r><r><a>3</a></r>`, nil, "a ARRAY<DOUBLE>"},
		"array later":  {`<r><a>1</a></r><r><a>1</a><a>2</a></r>`, nil, "a ARRAY<BIGINT>"},
		"attributes":   {`<r id="1"><a u="x">2</a></r>`, nil, "_id BIGINT,a STRUCT<_VALUE: BIGINT, _u: STRING>"},
		"value joins":  {`<r><a u="x">2</a></r><r><a>2.5</a></r>`, nil, "a STRUCT<_VALUE: DOUBLE, _u: STRING>"},
		"nested":       {`<r><a><b><c>1</c></b></a></r>`, nil, "a STRUCT<b: STRUCT<c: BIGINT>>"},
		"strings":      {`<r><a>1</a></r>`, map[string]string{"inferSchema": "false"}, "a STRING"},
		"decimal":      {`<r><a>1.25</a></r><r><a>100</a></r>`, map[string]string{"prefersDecimal": "true"}, "a DECIMAL(22,2)"},
		"letter case":  {`<r><a>1</a><A>2</A></r>`, nil, "a ARRAY<BIGINT>"},
		"malformed":    {`<r><a>1</a></r><r><a></r>`, nil, "_corrupt_record STRING,a BIGINT"},
		"empty struct": {`<r><a><b/></a></r>`, nil, "a STRUCT<b: STRING>"},
	} {
		t.Run(name, func(t *testing.T) {
			given := map[string]string{"rowTag": "r"}
			maps.Copy(given, c.options)
			opts, err := parseOptions(given)
			if err != nil {
				t.Fatal(err)
			}
			in := NewInference(opts)
			if err := in.AddDocument([]byte(c.text)); err != nil {
				t.Fatal(err)
			}
			if got := types.ToDDL(in.Schema()); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

// A file that is cut at its borders has the same records, however small the reads are.
func TestPiecesHaveTheRecordsOfTheFile(t *testing.T) {
	parts := []string{"<r><a>1</a></r>", "<r/>", "<!-- <r> -->", "<r><r><a>2</a></r><a>3</a></r>", "<x>", "</x>", "text", "<![CDATA[<r>]]>", "<?p <r>?>", "<r a='>'><a>4</a></r>", "<r><a>", "</a></r>", "<rr/>", "<!DOCTYPE r [<!ELEMENT r>]>"}
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(parts), 0, 30).Draw(t, "parts"), "")
		opts := Options{RowTag: "r", MaxRecord: 1 << 20}
		all := func(in *scanner, from int64) (records []string) {
			for in.next() {
				records = append(records, fmt.Sprintf("%d:%s", from+in.offset, in.record))
			}
			return records
		}
		read := func(from, to int64) []string {
			return all(newScanner(&trickle{strings.NewReader(text[from:to])}, &opts), from)
		}
		whole := strings.NewReader(text)
		cutter := NewCutter(int64(len(text)), rapid.Int64Range(1, 40).Draw(t, "apart"), &opts)
		for _, n := range rapid.SliceOfN(rapid.IntRange(0, cutter.Len()-1), 0, 3).Draw(t, "before") { // in any order
			if _, err := cutter.Part(whole, n); err != nil {
				t.Fatal(err)
			}
		}
		var pieces []string
		at := int64(0)
		for n := range cutter.Len() {
			part, err := cutter.Part(whole, n)
			if err != nil || part.Start != at {
				t.Fatal(part, err)
			}
			at = part.End
			if part.Data == nil {
				pieces = append(pieces, read(part.Start, part.End)...)
				continue
			}
			if string(part.Data) != text[part.Start:part.End] {
				t.Fatalf("%q: got %q", text[part.Start:part.End], part.Data)
			}
			pieces = append(pieces, all(newScannerOn(part, &opts), 0)...)
		}
		if want := read(0, int64(len(text))); at != int64(len(text)) || strings.Join(pieces, "\n") != strings.Join(want, "\n") {
			t.Fatalf("%q: got %q, want %q", text, pieces, want)
		}
	})
}

// trickle gives a byte at a time.
type trickle struct{ in *strings.Reader }

func (r *trickle) Read(p []byte) (int, error) { return r.in.Read(p[:1]) }

// FuzzDecode: whatever the text, each record is read once, and inference and reading agree that nothing breaks.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(`<r id="1"><a>1</a><b u="x">y</b><a>2</a><m><k>v</k></m></r>`))
	f.Add([]byte(`<!DOCTYPE r [<!ENTITY a "b">]><r>&a;<![CDATA[x]]></r>`))
	f.Add([]byte("<r><a>\xff</a></r><r"))
	schema, err := types.ParseDDL("_id long, a array<int>, b struct<_u:string,_VALUE:string>, m map<string,int>, _corrupt_record string, _rescued_data string")
	if err != nil {
		f.Fatal(err)
	}
	opts, err := parseOptions(map[string]string{"rowTag": "r", "rescuedDataColumn": "_rescued_data"})
	if err != nil {
		f.Fatal(err)
	}
	opts.Found = &records.Found{}
	d, err := NewDecoder(schema, opts)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var counts batch.Counts
		rows := int64(0)
		for b, err := range d.For(records.Reading{Counts: &counts}).DecodeDocument(data) {
			if err != nil {
				t.Fatal(err)
			}
			rows += b.NumRows()
		}
		if counts.Rows() != rows {
			t.Fatalf("%d rows, counted %+v", rows, counts)
		}
		in := NewInference(opts)
		if err := in.AddDocument(data); err != nil {
			t.Fatal(err)
		}
		if schema := in.Schema(); len(schema.Fields) > 0 {
			own, err := NewDecoder(schema, opts)
			if err != nil {
				return
			}
			n := int64(0)
			for b, err := range own.For(records.Reading{}).Decode(bytes.NewReader(data)) {
				if err != nil {
					t.Fatal(err)
				}
				n += b.NumRows()
			}
			if n != rows {
				t.Fatalf("%d rows with the inferred schema, %d before", n, rows)
			}
		}
	})
}

func orders(n int) []byte {
	return []byte("<rs>" + strings.Repeat(`<r id="12345"><store>STR1</store><amount>12.50</amount><at>2025-02-07T14:30:15Z</at><note>x &amp; y</note><item><sku>A1</sku><n>2</n></item><item><sku>B2</sku><n>3</n></item></r>`+"\n", n) + "</rs>")
}

// BenchmarkStandardLibrary is what encoding/xml takes for the tokens alone, beside BenchmarkRead.
func BenchmarkStandardLibrary(b *testing.B) {
	text := orders(20_000)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		d := xml.NewDecoder(bytes.NewReader(text))
		for {
			if _, err := d.RawToken(); err != nil {
				break
			}
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	text := orders(20_000)
	d := decoderOf(b, "_id bigint, store string, amount double, at timestamp, note string, item array<struct<sku:string,n:int>>", nil)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		for _, err := range d.DecodeDocument(text) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
}

// BenchmarkRead reads a large file, piece by piece, into columns.
func BenchmarkRead(b *testing.B) {
	text := orders(100_000)
	d := decoderOf(b, "_id bigint, store string, amount double, at timestamp, note string, item array<struct<sku:string,n:int>>", nil)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		cutter := NewCutter(int64(len(text)), 4<<20, &d.opts)
		for n := range cutter.Len() {
			part, err := cutter.Part(bytes.NewReader(text), n)
			if err != nil || part.Data == nil {
				b.Fatal(part, err)
			}
			for _, err := range d.DecodePart(part) {
				if err != nil {
					b.Fatal(err)
				}
			}
		}
	}
}

// BenchmarkCut reads a large file as its pieces are read, one after the other.
func BenchmarkCut(b *testing.B) {
	text := orders(100_000)
	opts := Options{RowTag: "r", MaxRecord: 16 << 20}
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		cutter := NewCutter(int64(len(text)), 4<<20, &opts)
		for n := range cutter.Len() {
			if _, err := cutter.Part(bytes.NewReader(text), n); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// Readers that take pieces at once, in any order, have each record once.
func TestPiecesAreReadAtOnce(t *testing.T) {
	text := orders(2000)
	opts := Options{RowTag: "r", MaxRecord: 1 << 20}
	cutter := NewCutter(int64(len(text)), 10_000, &opts)
	var all sync.WaitGroup
	counts := make([]int, cutter.Len())
	for worker := range 4 {
		all.Go(func() {
			for n := cutter.Len() - 1 - worker; n >= 0; n -= 4 {
				part, err := cutter.Part(bytes.NewReader(text), n)
				if err != nil {
					t.Error(err)
					return
				}
				part.Data, part.records = text[part.Start:part.End], nil
				for in := newScannerOn(part, &opts); in.next(); {
					counts[n]++
				}
			}
		})
	}
	all.Wait()
	total := 0
	for _, n := range counts {
		total += n
	}
	if total != 2000 {
		t.Errorf("%d records", total)
	}
}

func parseOptions(given map[string]string) (Options, error) {
	v, err := OptionTable.Parse(given)
	if err != nil {
		return Options{}, err
	}
	return OptionsOf(v)
}
