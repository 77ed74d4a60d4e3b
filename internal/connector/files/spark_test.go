package files

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"lakehouse/internal/jsonio"
	"lakehouse/internal/logical"
	"lakehouse/internal/types"
)

const quotes = "a quote is doubled inside quotes (RFC 4180) without escape set to it; a quote without end stays part of its value"

// differs are the cases in which ours is not Spark's answer, and why that is right.
var differs = map[string]string{
	"xml bad value alone":       "the corrupt record is the record's text, not the whole file's",
	"csv STOP_AT_DELIMITER":     quotes,
	"csv STOP_AT_CLOSING_QUOTE": quotes,
	"csv BACK_TO_DELIMITER":     quotes,
	"csv SKIP_VALUE":            quotes,
}

// What Spark 4.2 reads of these files, with these options, is what is read here: columns and rows.
func TestFilesAreReadAsBySpark(t *testing.T) {
	var cases map[string]struct {
		Format, Schema string
		Files, Options map[string]string
	}
	var answers map[string]struct {
		Schema, Error string
		Rows          []string
	}
	for name, to := range map[string]any{"cases.json": &cases, "answers.json": &answers} {
		text, err := os.ReadFile("testdata/spark/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, to); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			want := answers[name]
			contents := map[string]string{}
			for file, text := range c.Files {
				contents["in/"+file] = text
			}
			space, _ := newSpace(t, contents)
			o := SourceOptions{Space: space, Format: c.Format, Paths: []string{vol + "in"}, Options: c.Options}
			if c.Schema != "" {
				o.Schema = structOf(t, c.Schema)
			}
			schema, rows, err := readAll(t, o)
			same := err == nil && want.Error == "" && schema == want.Schema && slices.Equal(rows, want.Rows) || err != nil && want.Error != ""
			if why, ok := differs[name]; ok {
				if same {
					t.Errorf("agrees with Spark now, and need not be listed: %s", why)
				}
				return
			}
			if !same {
				t.Errorf("got  %s %s %v\nwant %s %s %s", schema, strings.Join(rows, " "), err, want.Schema, strings.Join(want.Rows, " "), want.Error)
			}
		})
	}
}

// readAll is the columns, as Spark's simpleString, and the rows as to_json writes them, sorted.
func readAll(t *testing.T, o SourceOptions) (schema string, rows []string, err error) {
	t.Helper()
	s, err := NewSource(t.Context(), o)
	if err != nil {
		return "", nil, err
	}
	for p, err := range s.Scan(t.Context(), logical.ScanOptions{}) {
		if err != nil {
			return "", nil, err
		}
		for b, err := range p.Read(t.Context()) {
			if err != nil {
				return "", nil, err
			}
			enc := jsonio.NewEncoder(s.Schema(), jsonio.EncodeOptions{})
			for i := range int(b.NumRows()) {
				rows = append(rows, string(enc.AppendRow(nil, b, i)))
			}
		}
	}
	slices.Sort(rows)
	return types.AsNullable(s.Schema()).String(), rows, nil
}
