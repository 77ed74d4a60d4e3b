package programs_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"lakehouse/internal/programs"
	"lakehouse/medallion"
)

const filesVolume = "/Volumes/main/default/vol"

// flatFiles are names of every kind in one folder, and what they hold.
func flatFiles(t *testing.T) map[string]string {
	t.Helper()
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	if _, err := w.Write([]byte(`{"n":8}` + "\n")); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return map[string]string{
		"plain.json": `{"n":1}`, "a b.json": `{"n":2}`, "ü%20x.json": `{"n":3}`, ".hidden.json": `{"n":4}`, "_under.json": `{"n":5}`,
		"noext": `{"n":7}`, "empty.json": "", "x.json.gz": zipped.String(), "sub/in.json": `{"n":6}`, "day=2025-01-01/p.json": `{"n":9}`,
	}
}

// Which names of a folder a stream reads, and how its log writes them, is what Spark does.
func TestFileNamesOfAFolder(t *testing.T) {
	captured := programs.Answer[map[string]json.RawMessage](t, "files", "results.json")
	for name, c := range map[string]struct {
		files   []string
		path    string
		schema  string
		options []string
	}{
		"names in one folder":                            {[]string{"plain.json", "a b.json", "ü%20x.json", ".hidden.json", "_under.json", "noext", "empty.json", "x.json.gz"}, "flat", "n int", nil},
		"plain sub-folder":                               {[]string{"plain.json", "sub/in.json"}, "flat", "n int", nil},
		"plain sub-folder, recursiveFileLookup":          {[]string{"plain.json", "sub/in.json"}, "flat", "n int", []string{"recursiveFileLookup", "true"}},
		"partition folder, column day in the schema":     {[]string{"day=2025-01-01/p.json"}, "flat", "n int, day date", nil},
		"pathGlobFilter *.json over the flat folder":     {[]string{"plain.json", "a b.json", "ü%20x.json", "noext", "x.json.gz"}, "flat", "n int", []string{"pathGlobFilter", "*.json"}},
		"glob in the path":                               {[]string{"plain.json", "a b.json", "ü%20x.json", ".hidden.json", "noext", "x.json.gz"}, "fl*", "n int", nil},
		"partition folder, column day not in the schema": {[]string{"day=2025-01-01/p.json"}, "flat", "n int", nil},
	} {
		t.Run(name, func(t *testing.T) {
			l := programs.NewLake(t)
			content := flatFiles(t)
			for _, f := range c.files {
				if err := l.Session.FS().Put(t.Context(), filesVolume+"/flat/"+f, []byte(content[f])); err != nil {
					t.Fatal(err)
				}
			}
			reader := l.Session.ReadStream().Format("json").Schema(c.schema)
			for i := 0; i < len(c.options); i += 2 {
				reader = reader.Option(c.options[i], c.options[i+1])
			}
			frame, err := reader.Load(t.Context(), filesVolume+"/"+c.path)
			if err != nil {
				t.Fatal(err)
			}
			l.Run(frame.WriteStream().Option("checkpointLocation", filesVolume+"/cp").Trigger(medallion.AvailableNow()).Start(t.Context(), filesVolume+"/out"))
			got := l.Rows("SELECT * FROM delta.`" + filesVolume + "/out`")
			slices.Sort(got)
			programs.Equal(t, "rows", strings.Join(got, "\n"), strings.Join(capturedFileRows(t, captured[name]), "\n"))
		})
	}
}

// capturedFileRows are the rows of a captured answer, whichever way it holds them.
func capturedFileRows(t *testing.T, answer json.RawMessage) []string {
	t.Helper()
	var shape struct {
		Rows  []any  `json:"rows"`
		Read  []any  `json:"rows read"`
		Value string `json:"value"` // as Python prints them
	}
	err := json.Unmarshal(answer, &shape)
	if shape.Value != "" {
		err = json.Unmarshal([]byte(strings.ReplaceAll(shape.Value, "'", `"`)), &shape.Rows)
	}
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, r := range append(shape.Rows, shape.Read...) {
		lines = append(lines, programs.JSONText(t, r))
	}
	slices.Sort(lines)
	return lines
}
