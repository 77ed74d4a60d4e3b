package arch_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	namedTest = regexp.MustCompile("`(Test[A-Za-z0-9]+|…[A-Za-z0-9]+)`")
	testFunc  = regexp.MustCompile(`(?m)^func (Test[A-Za-z0-9]+)\(`)
)

// Every promise of README.md names tests that exist. A name that begins with dots is the end of one.
func TestPromisesAreHeldByTestsThatExist(t *testing.T) {
	root := moduleRoot(t)
	tests := allTests(t, root)
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	promises := 0
	for line := range strings.SplitSeq(string(readme), "\n") {
		if !strings.HasPrefix(line, "| P") {
			continue
		}
		promises++
		names := namedTest.FindAllStringSubmatch(line, -1)
		if len(names) == 0 {
			t.Errorf("no test holds %.60s…", line)
		}
		for _, name := range names {
			if !exists(tests, name[1]) {
				t.Errorf("README.md names the test %s, which is none", name[1])
			}
		}
	}
	if promises < 8 {
		t.Errorf("%d promises found in README.md", promises)
	}
}

func exists(tests map[string]bool, name string) bool {
	end, short := strings.CutPrefix(name, "…")
	if !short {
		return tests[name]
	}
	for test := range tests {
		if strings.HasSuffix(test, end) {
			return true
		}
	}
	return false
}

func allTests(t *testing.T, root string) map[string]bool {
	t.Helper()
	tests := map[string]bool{}
	err := filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(file, "_test.go") {
			return err
		}
		text, err := os.ReadFile(file)
		for _, found := range testFunc.FindAllSubmatch(text, -1) {
			tests[string(found[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return tests
}
