package deltalog

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"lakehouse/internal/errclass"
	"lakehouse/volumes/volumestest"
)

// A table whose protocol names a feature, listed or by the version that implies it, is read and written as the table of features says: what
// is not, is refused by the feature's name. One of writers alone keeps nobody from reading.
func TestWhatIsDoneOfEachFeature(t *testing.T) {
	all := append(features(), feature{name: "teleport", readerWriter: true}, feature{name: "teleport-writers", read: true})
	for _, f := range all {
		t.Run(f.name, func(t *testing.T) {
			p := Protocol{MinReaderVersion: 1, MinWriterVersion: 7, WriterFeatures: []string{f.name}}
			if f.readerWriter {
				p.MinReaderVersion, p.ReaderFeatures = 3, []string{f.name}
			}
			store := volumestest.NewMemory()
			tellFeature(t, store, p)
			s, err := Open(store, Options{}).Snapshot(t.Context())
			if !f.read {
				wantRefusalOf(t, f.name, err, errclass.DeltaUnsupportedRead)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			wantNames(t, s, "1.parquet")
			x := s.Begin(Operation{Name: "WRITE"})
			x.Add(write("2.parquet"))
			_, err = x.Commit(t.Context())
			switch {
			case !f.write:
				wantRefusalOf(t, f.name, err, errclass.DeltaUnsupportedWrite)
			case err != nil:
				t.Error(err)
			}
			if f.minWriter > 0 {
				legacy := Protocol{MinReaderVersion: max(f.minReader, 1), MinWriterVersion: f.minWriter}
				if !slices.Contains(legacy.Features(), f.name) {
					t.Errorf("protocol %+v does not imply it", legacy)
				}
			}
		})
	}
}

func wantRefusalOf(t *testing.T, name string, err error, class errclass.Class) {
	t.Helper()
	wantClass(t, err, class)
	if err != nil && !strings.Contains(err.Error(), `"`+name+`"`) {
		t.Errorf("%v does not name %s", err, name)
	}
}

// tellFeature makes a table with a protocol and one file.
func tellFeature(t *testing.T, store *volumestest.Memory, p Protocol) {
	t.Helper()
	line, err := encodeJSON(map[string]Protocol{"protocol": p})
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Put(t.Context(), commitName(0), []byte(first(string(line), plainMetadata, plainAdd))); err != nil {
		t.Fatal(err)
	}
}

// FEATURES.md is true: it has every feature, what is done of it, and names tests that there are.
func TestFeaturesAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../FEATURES.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string][]string{}
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(line, " | ")
		if len(cells) == 6 && cells[0] != "| feature" {
			rows[strings.TrimPrefix(cells[0], "| ")] = cells
		}
	}
	for _, f := range features() {
		cells, told := rows[f.name]
		if !told {
			t.Errorf("FEATURES.md lacks %s", f.name)
			continue
		}
		delete(rows, f.name)
		done := map[bool]string{true: "yes", false: "refused"}
		if !strings.HasPrefix(cells[2], done[f.read]) || !strings.HasPrefix(cells[3], done[f.write]) {
			t.Errorf("FEATURES.md says of %s read %q, write %q; it is %v, %v", f.name, cells[2], cells[3], f.read, f.write)
		}
		if strings.HasPrefix(cells[1], "readers") != f.readerWriter {
			t.Errorf("FEATURES.md says that %s is asked of %s", f.name, cells[1])
		}
		wantTests(t, f.name, cells[5])
	}
	for name := range rows {
		t.Errorf("FEATURES.md has %q, which is no feature", name)
	}
}

var namedTest = regexp.MustCompile("`(\\w+)\\.(Test\\w+)`")

// wantTests finds each test that is named in its package.
func wantTests(t *testing.T, name, cell string) {
	t.Helper()
	named := namedTest.FindAllStringSubmatch(cell, -1)
	if len(named) == 0 {
		t.Errorf("FEATURES.md names no test of %s", name)
	}
	folders := map[string]string{"deltalog": ".", "medallion": "../medallion", "interop": "../internal/interop"}
	for _, n := range named {
		files, err := filepath.Glob(filepath.Join(folders[n[1]], "*_test.go"))
		if err != nil || folders[n[1]] == "" {
			t.Fatal(n[1], err)
		}
		if !slices.ContainsFunc(files, func(file string) bool {
			text, err := os.ReadFile(file)
			return err == nil && strings.Contains(string(text), "func "+n[2]+"(")
		}) {
			t.Errorf("%s is said to be tested by %s.%s, which is not there", name, n[1], n[2])
		}
	}
}
