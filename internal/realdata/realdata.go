// Package realdata finds the real tables, files and Spark answers that tests compare with. They are
// not part of the project: $LAKEHOUSE_DATA names their folder, by default ../shared/data beside it.
package realdata

import (
	"os"
	"path/filepath"
	"testing"
)

// Path gives the path of a file or folder of the real data, and skips the test where it is absent.
func Path(t testing.TB, elem ...string) string {
	t.Helper()
	dir := os.Getenv("LAKEHOUSE_DATA")
	if dir == "" {
		dir = filepath.Join(root(t), "..", "shared", "data")
	}
	path := filepath.Join(append([]string{dir}, elem...)...)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("no real data: %s is absent; set LAKEHOUSE_DATA to the folder that holds it", path)
	}
	return path
}

func root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			t.Fatal("no go.mod above the test")
		}
		dir = parent
	}
}
