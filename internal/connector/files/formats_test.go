package files

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lakehouse/internal/errclass"
)

// Each file is a row of binaryFile, and its content is read where it is wanted.
func TestBinaryFiles(t *testing.T) {
	space, root := newSpace(t, map[string]string{"in/a b.bin": "\x00\xff", "in/c.txt": "xyz"})
	at := time.Date(2024, 5, 1, 12, 0, 0, 123_456_789, time.UTC)
	for _, name := range []string{"a b.bin", "c.txt"} {
		if err := os.Chtimes(filepath.Join(root, vol, "in", name), at, at); err != nil {
			t.Fatal(err)
		}
	}
	source := func(options map[string]string) *Source {
		s, err := NewSource(t.Context(), SourceOptions{Space: space, Format: "binaryFile", Paths: []string{vol + "in"}, Options: options})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	got, err := scan(source(map[string]string{"pathGlobFilter": "*.bin"}), nil)
	if want := `{"path":"file:/Volumes/main/default/vol/in/a b.bin","modificationTime":"2024-05-01T12:00:00.123Z","length":2,"content":"AP8="}`; err != nil || got != want {
		t.Errorf("got  %s, %v\nwant %s", got, err, want)
	}
	small := source(map[string]string{"maxLength": "2"})
	if got, err := scan(small, []string{"length"}); err != nil || got != `{"length":2} {"length":3}` {
		t.Errorf("got %s, %v", got, err)
	}
	_, err = scan(small, []string{"content"})
	wantClass(t, err, errclass.FailedReadFile)
	if err == nil || !strings.Contains(err.Error(), "exceeds the max length allowed: 2") {
		t.Errorf("got %v", err)
	}
}

func fixture(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// Avro and ORC files are found, inferred, cut, pruned and told of as the other formats' are.
func TestAvroAndORCFiles(t *testing.T) {
	space, _ := newSpace(t, map[string]string{
		"avro/p=1/a.avro": fixture(t, "../../avroio/testdata/snappy.avro"), "avro/p=2/b.avro": fixture(t, "../../avroio/testdata/xz.avro"),
		"orc/a.orc": fixture(t, "../../orcio/testdata/arrow-snappy.orc"),
	})
	for _, c := range []struct{ format, columns, want string }{
		{"avro", "p,i", `{"p":1,"i":-1}`}, {"orc", "s,y", `{"s":"s0","y":-128}`},
	} {
		s, err := NewSource(t.Context(), SourceOptions{Space: space, Format: c.format, Paths: []string{vol + c.format}})
		if err != nil {
			t.Fatal(err)
		}
		rows, err := scanRows(s, strings.Split(c.columns, ","))
		if err != nil || len(rows) < 24 || !strings.Contains(strings.Join(rows, " "), c.want) {
			t.Errorf("%s: %d rows, %v: %.300s", c.format, len(rows), err, rows)
		}
	}
	got, err := read(t, space, "avro", vol+"avro/p=1", structOf(t, "i int, s int"), map[string]string{"rescuedDataColumn": "r"})
	if err != nil || !strings.Contains(got, `\"s\":\"käse 1\"`) || !strings.Contains(got, `\"_file_path\":\"file:///Volumes/main/default/vol/avro/p=1/a.avro\"`) {
		t.Errorf("got %.300s, %v", got, err)
	}
}

// A large file of XML gives its records once, whatever the pieces.
func TestLargeXMLIsCut(t *testing.T) {
	const record = "<r><a>1</a><b>some text that takes room, and more of it</b><!-- </r><r> --></r>\n"
	n := 3 * splitBytes / len(record)
	space, _ := newSpace(t, map[string]string{"in/a.xml": "<rs>" + strings.Repeat(record, n) + "</rs>"})
	s, err := NewSource(t.Context(), SourceOptions{Space: space, Format: "xml", Paths: []string{vol + "in"}, Schema: structOf(t, "a int"), Options: map[string]string{"rowTag": "r"}})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := scanRows(s, []string{})
	if err != nil || len(rows) != n {
		t.Errorf("%d rows, %v, want %d", len(rows), err, n)
	}
}

// The columns of CSV files that differ are merged by their headers, and found by them.
func TestColumnsOfCSVFilesAreMerged(t *testing.T) {
	space, _ := newSpace(t, map[string]string{"in/a.csv": "a,b\n1,x\n", "in/b.csv": "c,A\n2.5,3\n", "in/c.csv": ""})
	for merge, want := range map[string]string{
		"true":  `a int, b string, c double: {"a":1,"b":"x"} {"a":3,"c":2.5}`,
		"false": `a double, b string: {"a":1.0,"b":"x"} {"a":2.5,"b":"3"}`,
	} {
		s, err := NewSource(t.Context(), SourceOptions{Space: space, Format: "csv", Paths: []string{vol + "in"}, Options: map[string]string{
			"header": "true", "inferSchema": "true", "mergeSchema": merge, "readerCaseSensitive": "false",
		}})
		if err != nil {
			t.Fatal(err)
		}
		columns, _, _ := strings.Cut(want, ": ")
		got, err := scan(s, nil)
		if err != nil || s.Schema().String() != structOf(t, columns).String() || columns+": "+got != want {
			t.Errorf("mergeSchema %s: got %v: %s, %v", merge, s.Schema(), got, err)
		}
	}
}
