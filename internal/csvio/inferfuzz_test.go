package csvio

import (
	"errors"
	"strings"
	"testing"

	"lakehouse/internal/batch"
	"lakehouse/internal/errclass"
)

// What is inferred of a text without faults reads it without faults.
func FuzzInfer(f *testing.F) {
	for _, text := range []string{"a,b\n1,x\n2.5,\"y\nz\"\n", "a,a,\n1,2,3", "d\n2026-01-01\n2026-01-01T10:00:00Z", "n\n9223372036854775808\n1e400\nNaN", "\"a\n", ",\n"} {
		f.Add(text, false)
		f.Add(text, true)
	}
	f.Fuzz(func(t *testing.T, text string, document bool) {
		opts, err := parseOptions(options{"header": "true", "inferSchema": "true"})
		if err != nil {
			t.Fatal(err)
		}
		in := NewInference(opts)
		if document {
			err = in.AddDocument([]byte(text))
		} else {
			err = in.Add(strings.NewReader(text))
		}
		if err != nil {
			return
		}
		schema := in.Schema()
		d, err := NewDecoder(schema, schema, opts)
		if err != nil {
			t.Fatal(err)
		}
		seq := d.Decode(strings.NewReader(text))
		if document {
			seq = d.DecodeDocument([]byte(text))
		}
		if _, err := batch.Collect(seq); err != nil && !errors.Is(err, errclass.FailedReadFile) {
			t.Fatalf("%q by %s: %v", text, schema, err)
		}
	})
}
