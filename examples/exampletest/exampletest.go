// Package exampletest compares what an example prints with what a person has read.
package exampletest

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"lakehouse/examples/example"
)

var rewrite = flag.Bool("rewrite", false, "rewrite the outputs of the examples")

// Check runs an example and compares its output with testdata/output.txt.
func Check(t *testing.T, p example.Program) {
	t.Helper()
	var out bytes.Buffer
	if err := example.Run(t.Context(), &out, p); err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	file := filepath.Join("testdata", "output.txt")
	if *rewrite {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, out.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if out.String() != string(want) {
		t.Errorf("it printed\n%s\nwant\n%s", &out, want)
	}
}
