package sql

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var rewrite = flag.Bool("rewrite", false, "write the answers into testdata")

// Each file of testdata holds texts, each with the tree it makes or the error it gives:
//
//	text
//	----
//	answer
//
// with an empty line behind it. Lines that begin with # are comments.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) { checkFile(t, file) })
	}
}

func checkFile(t *testing.T, file string) {
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for block := range strings.SplitSeq(strings.TrimSpace(string(content)), "\n\n") {
		text, want, _ := strings.Cut(block+"\n", "\n----\n")
		text = strings.TrimRight(text, "\n")
		comments, input := splitComments(text)
		got := answer(t, input)
		if got != want && !*rewrite {
			t.Errorf("%s\ngot\n%s\nwant\n%s", input, got, want)
		}
		fmt.Fprintf(&out, "%s%s\n----\n%s\n", comments, input, got)
	}
	if *rewrite {
		if err := os.WriteFile(file, []byte(strings.TrimSuffix(out.String(), "\n")), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func splitComments(text string) (comments, input string) {
	for strings.HasPrefix(text, "#") {
		line, rest, _ := strings.Cut(text, "\n")
		comments += line + "\n"
		text = rest
	}
	return comments, text
}

// answer is the tree and its print, or the error. Empty lines would end the block.
func answer(t *testing.T, input string) string {
	tree, err := Parse(input)
	if err != nil {
		return strings.ReplaceAll(err.Error(), "\n\n", "\n") + "\n"
	}
	checkRoundTrip(t, input, tree)
	return dump(tree) + "= " + Format(tree) + "\n"
}
