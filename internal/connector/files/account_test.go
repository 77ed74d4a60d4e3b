package files

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"
	"pgregory.net/rapid"

	"lakehouse/internal/batch"
	"lakehouse/internal/errclass"
	"lakehouse/internal/logical"
	"lakehouse/internal/records"
	"lakehouse/internal/types"
	"lakehouse/volumes"
)

// A sample is a piece of text with a known number of whole and of broken records.
type sample struct {
	text      string
	good, bad int64
}

// corpora are samples for lines of each format.
var corpora = map[string][]sample{
	"json": {
		{text: `{"n":1,"s":"x"}`, good: 1},
		{text: ` {"s":null, "other":[{}]} `, good: 1},
		{text: `[{"n":1},{"n":2}]`, good: 2},
		{text: ` []`},
		{text: ``},
		{text: " \t "},
		{text: `{"n":`, bad: 1},
		{text: `{"n":1}}`, bad: 1},
		{text: `{"n":"a"}`, bad: 1},
		{text: `{"n":1.5}`, bad: 1},
		{text: `{"n":9223372036854775808}`, bad: 1},
		{text: `[{"n":1},5,{"n":"x"}]`, good: 1, bad: 2},
		{text: `[{"n":1},{"n":2`, bad: 1},
		{text: `7`, bad: 1},
		{text: `null`, bad: 1},
		{text: "{\"s\":\"\xff\"}", bad: 1},
		{text: "\x00", bad: 1},
		{text: `{"s":"` + strings.Repeat("long", 40) + `"}`, bad: 1},
	},
	"csv": {
		{text: "1,x", good: 1},
		{text: `2,"quoted, here"`, good: 1},
		{text: ",", good: 1},
		{text: ""},
		{text: "1", bad: 1},
		{text: "x,y", bad: 1},
		{text: "1,b,c", bad: 1},
		{text: "3000000000000000000000,b", bad: 1},
		{text: "1,\xff", bad: 1},
		{text: `1,"never closed`, bad: 1},
		{text: "1," + strings.Repeat("long", 40), bad: 1},
	},
	"text": {
		{text: "a line", good: 1},
		{text: "", good: 1},
		{text: "\xff\x00", good: 1},
	},
}

var accountOptions = map[string]map[string]string{
	"json": {"maxRecordBytes": "100"}, "csv": {"maxRecordBytes": "100"}, "text": {},
}

// Every record of a file is in a row, or dropped, or stops the reading, in every mode, format and way to cut the file.
func TestRecordsAreAccountedFor(outer *testing.T) {
	space, root := newSpace(outer, nil)
	cases := 0
	rapid.Check(outer, func(t *rapid.T) {
		cases++
		format := rapid.SampledFrom(slices.Sorted(maps.Keys(corpora))).Draw(t, "format")
		mode := rapid.SampledFrom([]records.Mode{records.Permissive, records.DropMalformed, records.FailFast}).Draw(t, "mode")
		picked := rapid.SliceOfN(rapid.SampledFrom(corpora[format]), 0, 30).Draw(t, "samples")
		var text strings.Builder
		want := tally{format: format, mode: mode, corrupt: format != "text" && rapid.Bool().Draw(t, "corrupt column")}
		end := rapid.SampledFrom([]string{"\n", "\r\n", "\r"}).Draw(t, "line end")
		for i, s := range picked {
			text.WriteString(s.text)
			if i < len(picked)-1 || s.text == "" || rapid.Bool().Draw(t, "last end") {
				text.WriteString(end)
			}
			want.good += s.good
			want.bad += s.bad
		}
		name := "in." + format + rapid.SampledFrom([]string{"", ".gz"}).Draw(t, "codec")
		packed := text.String()
		cuts := rapid.SliceOfN(rapid.Int64Range(0, int64(len(packed))), 0, 4).Draw(t, "cuts")
		if strings.HasSuffix(name, ".gz") {
			packed, cuts = gzipped(outer, packed), nil
		}
		write(t, root, name, packed)
		want.check(t, readCut(t, space, name, want, accountOptions[format], cuts))
	})
	outer.Logf("%d random files were accounted for", cases)
}

// A document is records up to its first fault; what remains is one more.
func TestRecordsOfADocumentAreAccountedFor(t *testing.T) {
	space, root := newSpace(t, nil)
	rapid.Check(t, func(t *rapid.T) {
		mode := rapid.SampledFrom([]records.Mode{records.Permissive, records.DropMalformed, records.FailFast}).Draw(t, "mode")
		want := tally{format: "json", mode: mode, corrupt: rapid.Bool().Draw(t, "corrupt column")}
		var texts []string
		for _, s := range rapid.SliceOfN(rapid.SampledFrom([]sample{
			{text: `{"n":1}`, good: 1}, {text: "{\n\"s\":\"x\"\n}", good: 1}, {text: `{"n":"a"}`, bad: 1}, {text: `7`, bad: 1}, {text: `[]`, bad: 1},
		}), 0, 20).Draw(t, "records") {
			texts = append(texts, s.text)
			want.good += s.good
			want.bad += s.bad
		}
		text := "[" + strings.Join(texts, ",\r\n") + "]"
		if rest := rapid.SampledFrom([]string{"", "", `, {"n":`, "x", "\x00"}).Draw(t, "fault"); rest != "" {
			text = text[:len(text)-1] + rest
			want.bad++
		}
		write(t, root, "in.json", text)
		want.check(t, readCut(t, space, "in.json", want, map[string]string{"multiLine": "true"}, nil))
	})
}

// A document of CSV holds values of several lines.
func TestRecordsOfACSVDocumentAreAccountedFor(t *testing.T) {
	space, root := newSpace(t, nil)
	rapid.Check(t, func(t *rapid.T) {
		mode := rapid.SampledFrom([]records.Mode{records.Permissive, records.DropMalformed, records.FailFast}).Draw(t, "mode")
		want := tally{format: "csv", mode: mode, corrupt: rapid.Bool().Draw(t, "corrupt column")}
		samples := []sample{{text: "1,x", good: 1}, {text: "2,\"a\nb\"", good: 1}, {text: ""}, {text: "x,y", bad: 1}, {text: "1,\"a\r\n\",3", bad: 1}}
		var text strings.Builder
		for _, s := range rapid.SliceOfN(rapid.SampledFrom(samples), 0, 20).Draw(t, "records") {
			text.WriteString(s.text + "\n")
			want.good += s.good
			want.bad += s.bad
		}
		if rapid.Bool().Draw(t, "a quote never closed") { // it ends with its line: what follows is read line by line
			text.WriteString("5,\"open\n6,x\n7\n")
			want.good++
			want.bad += 2
		}
		write(t, root, "in.csv", text.String())
		want.check(t, readCut(t, space, "in.csv", want, map[string]string{"multiLine": "true"}, nil))
	})
}

// tally is what a file holds, and how it is read.
type tally struct {
	format    string
	mode      records.Mode
	corrupt   bool // with the column for the text of corrupt records
	good, bad int64
}

// outcome is what became of it.
type outcome struct {
	counts       batch.Counts
	rows, marked int64 // and those with a text in the column for corrupt records
	err          error
}

func (w tally) schema() types.Struct {
	schema := types.Struct{Fields: []types.Field{{Name: "n", Type: types.Long, Nullable: true}, {Name: "s", Type: types.String, Nullable: true}}}
	if w.format == "text" {
		schema.Fields = []types.Field{{Name: "value", Type: types.String, Nullable: true}}
	}
	if w.corrupt {
		schema.Fields = append(schema.Fields, types.Field{Name: "_corrupt_record", Type: types.String, Nullable: true})
	}
	return schema
}

func (w tally) check(t *rapid.T, got outcome) {
	want := outcome{counts: batch.Counts{Read: w.good + w.bad}, rows: w.good}
	switch {
	case w.mode == records.FailFast && w.bad > 0:
		if !errors.Is(got.err, errclass.MalformedRecord) {
			t.Fatalf("%+v: got %v", w, got.err)
		}
		return
	case w.mode == records.DropMalformed:
		want.counts.Dropped = w.bad
	case w.mode == records.Permissive:
		want.counts.Corrupt, want.rows = w.bad, w.good+w.bad
		if w.corrupt {
			want.marked = w.bad
		}
	}
	if got != want || got.counts.Rows() != got.rows {
		t.Fatalf("%+v: got %+v, want %+v", w, got, want)
	}
}

func write(t *rapid.T, root, name, text string) {
	place := filepath.Join(root, vol, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(place), 0o755), os.WriteFile(place, []byte(text), 0o644)); err != nil {
		t.Fatal(err)
	}
}

// readCut reads a file in pieces that are cut anywhere.
func readCut(t *rapid.T, space *volumes.Space, name string, want tally, options map[string]string, cuts []int64) (got outcome) {
	options = maps.Clone(options)
	if want.format != "text" {
		options["mode"] = string(want.mode)
	}
	schema := want.schema()
	s, err := NewSource(t.Context(), SourceOptions{Space: space, Format: want.format, Paths: []string{vol + name}, Schema: &schema, Options: options})
	if err != nil {
		t.Fatal(err)
	}
	scan, err := s.format.Scan(s.schema, logical.ScanOptions{})
	if err != nil {
		t.Fatal(err)
	}
	pieces, err := scan.Pieces(t.Context(), s.files[0].Place, s.files[0].Info)
	if err != nil || len(pieces) != 1 {
		t.Fatalf("%d pieces, %v", len(pieces), err)
	}
	whole := *pieces[0].(*textPiece)
	slices.Sort(cuts)
	for start, rest := int64(0), append(cuts, whole.end); len(rest) > 0; start, rest = rest[0], rest[1:] {
		part := whole
		part.start, part.end = start, rest[0]
		var counts batch.Counts
		for b, err := range part.Read(t.Context(), &counts) {
			if err != nil {
				return outcome{err: err}
			}
			got.rows += b.NumRows()
			if want.corrupt {
				got.marked += b.NumRows() - int64(b.Column(len(schema.Fields)-1).(*array.String).NullN())
			}
		}
		got.counts.Add(counts)
	}
	return got
}
