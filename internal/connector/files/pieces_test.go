package files

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lakehouse/internal/batch"
	"lakehouse/internal/errclass"
	"lakehouse/internal/logical"
)

// A file larger than a piece is cut, and each record is read once.
func TestLargeFileIsCut(t *testing.T) {
	var text strings.Builder
	rows := 0
	for ; text.Len() < 3*splitBytes; rows++ {
		fmt.Fprintf(&text, "{\"n\":%d,\"s\":%q}\r\n", rows, strings.Repeat("x", rows%200))
	}
	space, _ := newSpace(t, map[string]string{"big.json": text.String(), "big.json.gz": gzipped(t, text.String())})
	for name, pieces := range map[string]int{"big.json": 4, "big.json.gz": 1} {
		s, err := NewSource(t.Context(), SourceOptions{Space: space, Format: "json", Paths: []string{vol + name}, Schema: structOf(t, "n bigint")})
		if err != nil {
			t.Fatal(err)
		}
		n, seen := 0, int64(0)
		for p, err := range s.Scan(t.Context(), logical.ScanOptions{Columns: []string{}}) {
			if err != nil {
				t.Fatal(err)
			}
			n++
			for b, err := range p.Read(t.Context()) {
				if err != nil {
					t.Fatal(err)
				}
				seen += b.NumRows()
			}
		}
		if n != pieces || seen != int64(rows) || counted(t, s, nil) != (batch.Counts{Read: seen}) {
			t.Errorf("%s: %d pieces, %d rows, want %d, %d", name, n, seen, pieces, rows)
		}
	}
}

// Where the separator begins as it ends, only who reads from the beginning knows where records are: such a file is not cut.
func TestFilesOfOverlappingSeparatorsAreNotCut(t *testing.T) {
	text := "{\"n\":1}" + strings.Repeat("\n", 2*splitBytes+1) + "{\"n\":2}"
	space, _ := newSpace(t, map[string]string{"a.json": text})
	for separator, pieces := range map[string]int{"\n\n": 1, "\n": 3} {
		s, err := NewSource(t.Context(), SourceOptions{Space: space, Format: "json", Paths: []string{vol + "a.json"}, Schema: structOf(t, "n bigint"), Options: map[string]string{"lineSep": separator}})
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, err := range s.Scan(t.Context(), logical.ScanOptions{}) {
			if n++; err != nil {
				t.Fatal(err)
			}
		}
		if got, err := scan(s, nil); n != pieces || err != nil || got != `{"n":1} {"n":2}` {
			t.Errorf("%q: %d pieces, %s, %v", separator, n, got, err)
		}
	}
}

func TestCompressedFiles(t *testing.T) {
	whole := gzipped(t, `{"n":1}`+"\n", `{"n":2}`+"\n")
	bomb := gzipped(t, strings.Repeat("\n", 1<<20))
	space, _ := newSpace(t, map[string]string{
		"members.json.gz": whole, "cut.json.gz": whole[:len(whole)-10], "wrong.json.gz": "no gzip at all", "behind.json.gz": whole + "xxxxxxxxxxxxxxxx",
		"empty.json.gz": "", "bomb.json.gz": bomb, "wrong.json.zst": "no zstd", "wrong.json.bz2": "no bzip2", "wrong.json.snappy": "\x00\x00\x00\x05\xff\xff\xff\xff",
		"wrong.json.deflate": "xx",
		"good.json.snappy":   "\x00\x00\x00\x08\x00\x00\x00\x0a\x08\x1c{\"n\":3}\n",
		"good.json.lz4":      "\x00\x00\x00\x08\x00\x00\x00\x09\x80{\"n\":3}\n", "wrong.json.lz4": "\x00\x00\x00\x05\x00\x00\x00\x02\xff\xff",
	})
	n := structOf(t, "n int")
	for name, want := range map[string]string{"members.json.gz": `{"n":1} {"n":2}`, "empty.json.gz": "", "good.json.snappy": `{"n":3}`, "good.json.lz4": `{"n":3}`, "bomb.json.gz": ""} {
		if got, err := read(t, space, "json", vol+name, n, nil); err != nil || got != want {
			t.Errorf("%s: got %s, %v, want %s", name, got, err, want)
		}
	}
	for _, name := range []string{"cut.json.gz", "wrong.json.gz", "behind.json.gz", "wrong.json.zst", "wrong.json.bz2", "wrong.json.snappy", "wrong.json.lz4", "wrong.json.deflate"} {
		_, err := read(t, space, "json", vol+name, n, nil)
		if !errors.Is(err, errclass.FailedReadFile) || !strings.Contains(fmt.Sprint(err), vol+name) || !strings.Contains(fmt.Sprint(err), "near byte") {
			t.Errorf("%s: got %v", name, err)
		}
		if _, err := read(t, space, "json", vol+name, n, map[string]string{"ignoreCorruptFiles": "true"}); err != nil {
			t.Errorf("%s: got %v", name, err)
		}
	}
	_, err := read(t, space, "json", vol+"bomb.json.gz", n, map[string]string{"maxDecompressedBytes": "64k"})
	if !errors.Is(err, errclass.FailedReadFile) || !strings.Contains(fmt.Sprint(err), "maxDecompressedBytes") {
		t.Errorf("got %v", err)
	}
}

// A file that changes, or vanishes, after it was listed fails the read, unless that is asked for.
func TestFilesChangeUnderTheReader(t *testing.T) {
	space, root := newSpace(t, map[string]string{"in/a.json": `{"n":1}` + "\n"})
	n := structOf(t, "n int")
	s, err := NewSource(t.Context(), SourceOptions{Space: space, Format: "json", Paths: []string{vol + "in"}, Schema: n})
	if err != nil {
		t.Fatal(err)
	}
	lenient, err := NewSource(t.Context(), SourceOptions{
		Space: space, Format: "json", Paths: []string{vol + "in"}, Schema: n, Options: map[string]string{"ignoreMissingFiles": "true"},
	})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(root, vol, "in/a.json")
	if err := os.WriteFile(file, []byte(`{"n":1}`+"\n"+`{"n":2}`+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if got, err := scan(s, nil); !errors.Is(err, errclass.FailedReadFile) || !strings.Contains(fmt.Sprint(err), "changed") {
		t.Errorf("got %s, %v", got, err)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if got, err := scan(s, nil); !errors.Is(err, fs.ErrNotExist) || !errors.Is(err, errclass.FailedReadFile) {
		t.Errorf("got %s, %v", got, err)
	}
	if got, err := scan(lenient, nil); got != "" || err != nil {
		t.Errorf("got %s, %v", got, err)
	}
}
