package jsonio

import (
	"strings"
	"testing"

	"lakehouse/internal/batch"
)

// The schema inferred of a text is one that a decoder reads it by.
func FuzzInfer(f *testing.F) {
	for _, text := range []string{`{"a":1}` + "\n" + `{"a":"x","b":[1,{"c":null}]}`, `[{"a":1},{"A":2}]`, `{"a":{"b":{}}}`, "x\n{}", `{"a":1e400,"b":12345678901234567890123456789012345678901}`, `{"":1}`, `{"_corrupt_record":1}` + "\nx"} {
		f.Add(text, false)
		f.Add(text, true)
	}
	f.Fuzz(func(t *testing.T, text string, document bool) {
		opts := sparkOptions(t, map[string]string{"prefersDecimal": "true"})
		in := NewInference(opts)
		var err error
		if document {
			err = in.AddDocument([]byte(text))
		} else {
			err = in.Add(strings.NewReader(text))
		}
		if err != nil {
			return
		}
		d, err := NewDecoder(in.Schema(), opts)
		if err != nil {
			return // of a column of nothing, or a corrupt-record column that is no string
		}
		seq := d.Decode(strings.NewReader(text))
		if document {
			seq = d.DecodeDocument([]byte(text))
		}
		if _, err := batch.Collect(seq); err != nil {
			t.Fatalf("%q by %s: %v", text, in.Schema(), err)
		}
	})
}
