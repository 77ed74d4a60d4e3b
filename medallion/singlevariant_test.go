package medallion

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"lakehouse/internal/errclass"
)

// A variantReading is a file that Spark 4.2 was given to read into variants, and what it made of it.
type variantReading struct {
	Format, File, Schema, Error string
	Options                     map[string]string
	Rows, Text                  [][]any
}

func (v variantReading) String() string {
	return fmt.Sprintf("%s %s %q %v", v.Format, v.File, v.Schema, v.Options)
}

func variantReadings(t *testing.T) (all []variantReading) {
	raw, err := os.ReadFile("testdata/variant/answers.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(bytes.NewReader(raw)); lines.Scan(); {
		var v variantReading
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		all = append(all, v)
	}
	return all
}

// louderThanSpark are the files of which Spark passes something over in silence, and what becomes of it here.
var louderThanSpark = map[string]string{
	"a.json": "two documents on a line: Spark takes the first; here the line is malformed",
	"c.json": "a second document in a file: Spark takes the first; here the second is a malformed record",
	"b.xml":  "behind a broken record: Spark reads no more of the file; here the records behind it are read",
}

// Option singleVariantColumn, and columns of type VARIANT, give what Spark gives, byte for byte.
func TestFilesAreReadIntoVariantsAsSparkDoes(t *testing.T) {
	d := newDesk(t)
	for _, name := range []string{"a.json", "b.json", "c.json", "d.json", "a.csv", "b.csv", "c.csv", "d.csv", "a.xml", "b.xml", "c.xml"} {
		raw, err := os.ReadFile(filepath.Join("testdata/variant", name))
		d.must(err)
		d.put("/Volumes/main/default/vol/"+name, raw)
	}
	for _, v := range variantReadings(t) {
		if louderThanSpark[v.File] != "" && v.Error == "" {
			continue
		}
		r := d.Read().Format(v.Format)
		for name, value := range v.Options {
			r = r.Option(name, value)
		}
		if v.Schema != "" {
			r = r.Schema(v.Schema)
		}
		f, err := r.Load(t.Context(), "/Volumes/main/default/vol/"+v.File)
		var rows []Row
		if err == nil {
			rows, err = f.Collect(t.Context())
		}
		if v.Options["singleVariantColumn"] == "" && len(v.Rows) > 0 && v.Schema == "" {
			d.refused(v.String(), err, errclass.InvalidOptionValue)
			continue
		}
		if v.Error != "" {
			if !errors.Is(err, errclass.Class(v.Error)) {
				t.Errorf("%s: %v, want %s", v, err, v.Error)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", v, err)
			continue
		}
		for i, want := range v.Rows {
			if i >= len(rows) {
				t.Errorf("%s: %d rows, want %d", v, len(rows), len(v.Rows))
				break
			}
			have, _ := json.Marshal(plainValue(rows[i].Values, false))
			if text, _ := json.Marshal(want); !bytes.Equal(have, text) {
				t.Errorf("%s, row %d: %v, want %v", v, i, rows[i].Values, v.Text[i])
			}
		}
		if len(rows) > len(v.Rows) {
			t.Errorf("%s: %d rows, want %d", v, len(rows), len(v.Rows))
		}
	}
}
