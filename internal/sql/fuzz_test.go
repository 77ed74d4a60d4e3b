package sql

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Whatever the text, there is an answer: a tree that prints as text of the same tree, or an error.
func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for block := range strings.SplitSeq(string(content), "\n\n") {
			text, _, _ := strings.Cut(block, "\n----\n")
			f.Add(text)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		Split(text)
		tree, err := Parse(text)
		if err != nil {
			if err.Error() == "" {
				t.Fatal("an error without a text")
			}
			return
		}
		checkRoundTrip(t, text, tree)
	})
}
