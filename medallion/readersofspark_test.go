package medallion

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lakehouse/internal/errclass"
)

// A sparkRead is one read of files that Spark wrote, and what it gave: testdata/readers/spark.jsonl, written by ask_readers.py.
type sparkRead struct {
	Format, Path, Schema string
	Options              map[string]string
	Columns              string
	Rows                 []string
	Error                string
}

func (r sparkRead) String() string {
	text := r.Path
	if r.Schema != "" {
		text += " as " + r.Schema
	}
	for _, name := range slices.Sorted(maps.Keys(r.Options)) {
		text += " " + name + "=" + r.Options[name]
	}
	return text
}

// Where this engine gives something else than Spark, and what.
var unlikeSparksReaders = map[string]string{
	// Spark takes the footers in no particular order.
	"orc/more mergeSchema=true": "struct<a:int,b:string,c:double>",
	// Spark's ORC makes null of what does not fit, without a word.
	"orc/types.orc as l int": "a column of the ORC file is BIGINT and cannot be read as INT",
	"orc/types.orc as s int": "a column of the ORC file is STRING and cannot be read as INT",
	// ORC's conversions to text and decimal are not there: a cast says the same.
	"orc/types.orc as i string":        "a column of the ORC file is INT and cannot be read as STRING",
	"orc/types.orc as i decimal(12,2)": "a column of the ORC file is INT and cannot be read as DECIMAL(12,2)",
	// Spark takes the columns of one file, whatever the option says.
	"avro/more mergeSchema=true": "struct<a:int,b:string,c:double>",
	// The columns of folders above what is read are not found: read the folder above, and filter.
	"parquet/parts/k=1 basePath=FILES/parquet/parts": "unknown option 'basePath'",
	"orc/parts/k=1 basePath=FILES/orc/parts":         "unknown option 'basePath'",
	"avro/parts/k=1 basePath=FILES/avro/parts":       "unknown option 'basePath'",
	// Spark reads any bytes as UTF-8, and knows no option encoding of text: it makes replacement characters of it.
	"text/utf16.txt":                     "begins with a UTF-16 byte order mark",
	"text/utf16.txt wholetext=true":      "begins with a UTF-16 byte order mark",
	"text/utf16.txt encoding=UTF-16LE":   "käse",
	"text/latin.txt encoding=ISO-8859-1": "käse",
	// A byte order mark is no text.
	"text/bom.txt wholetext=true": `{"value":"one\ntwo"}`,
}

// Files that Spark wrote are read as Spark reads them: every type, codec and old form, under each option. What Spark refuses is refused.
func TestFilesOfSparkUnderOptions(t *testing.T) {
	text, err := os.ReadFile("testdata/readers/spark.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	files := filesOfSpark(t)
	d := newDesk(t)
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, 1<<20)
	read, refused := 0, 0
	for lines.Scan() {
		var want sparkRead
		if err := json.Unmarshal(lines.Bytes(), &want); err != nil {
			t.Fatal(err)
		}
		t.Run(want.String(), func(t *testing.T) {
			got := readLikeSpark(t, d, files, want)
			if got.Error != "" {
				refused++
			}
			read++
			same := got.Error == "" && want.Error == "" && got.Columns == want.Columns && slices.Equal(got.Rows, want.Rows) || got.Error != "" && want.Error != ""
			own, known := unlikeSparksReaders[want.String()]
			if known && (same || !strings.Contains(got.Error+got.Columns+strings.Join(got.Rows, "\n"), own)) {
				t.Errorf("got %s, want in it %s, and not Spark's answer", told(got), own)
			}
			if !known && !same {
				t.Errorf("got  %s\nwant %s", told(got), told(want))
			}
		})
	}
	t.Logf("%d reads, of which %d are refused; %d are answered otherwise than by Spark, by intent", read, refused, len(unlikeSparksReaders))
}

func told(r sparkRead) string {
	if r.Error != "" {
		return r.Error
	}
	return r.Columns + "\n  " + strings.Join(r.Rows, "\n  ")
}

func readLikeSpark(t *testing.T, d desk, files string, want sparkRead) (got sparkRead) {
	t.Helper()
	reader := d.Read().Format(want.Format)
	for name, value := range want.Options {
		reader = reader.Option(name, strings.ReplaceAll(value, "FILES", files))
	}
	if want.Schema != "" {
		reader = reader.Schema(want.Schema)
	}
	frame, err := reader.Load(t.Context(), filepath.Join(files, want.Path))
	var schema Schema
	if err == nil {
		schema, err = frame.Schema(t.Context())
	}
	if err == nil {
		got.Columns = schema.String()
		frame = frame.SelectExpr("to_json(struct(*), map('ignoreNullFields', 'false', 'timestampFormat', 'yyyy-MM-dd HH:mm:ss.SSSSSS', " +
			"'timestampNTZFormat', 'yyyy-MM-dd HH:mm:ss.SSSSSS'))")
		var rows []Row
		rows, err = frame.Collect(t.Context())
		got.Rows = []string{}
		for _, r := range rows {
			got.Rows = append(got.Rows, fmt.Sprint(r.Values[0]))
		}
		slices.Sort(got.Rows)
	}
	if err != nil {
		if e, classed := errors.AsType[*errclass.Error](err); !classed {
			t.Errorf("an error without a class: %v", err)
		} else {
			got = sparkRead{Error: string(e.Class) + " " + e.Detail}
		}
	}
	return got
}

// filesOfSpark copies the files, with the times that Spark saw.
func filesOfSpark(t *testing.T) string {
	t.Helper()
	from, to := "testdata/readers/files", t.TempDir()
	err := filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name := filepath.Join(to, strings.TrimPrefix(path, from))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(name, data, 0o600); err != nil {
			return err
		}
		at := time.Unix(1_700_000_000, 0)
		switch base := filepath.Base(filepath.Dir(path)); {
		case base != "more" && base != "wide":
		case strings.HasPrefix(filepath.Base(path), "a."):
			at = at.Add(time.Second)
		default:
			at = at.Add(2 * time.Second)
		}
		return os.Chtimes(name, at, at)
	})
	if err != nil {
		t.Fatal(err)
	}
	return to
}
