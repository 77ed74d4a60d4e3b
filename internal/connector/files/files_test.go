package files

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"

	"lakehouse/internal/batch"
	"lakehouse/internal/errclass"
	"lakehouse/internal/jsonio"
	"lakehouse/internal/logical"
	"lakehouse/internal/types"
	"lakehouse/volumes"
)

const vol = "/Volumes/main/default/vol/"

// newSpace makes a space with files of these contents.
func newSpace(t testing.TB, contents map[string]string) (*volumes.Space, string) {
	t.Helper()
	root := t.TempDir()
	for name, text := range contents {
		path := filepath.Join(root, vol, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	space, err := volumes.NewSpace(root)
	if err != nil {
		t.Fatal(err)
	}
	return space, root
}

func structOf(t testing.TB, ddl string) *types.Struct {
	t.Helper()
	s, err := types.ParseDDL(ddl)
	if err != nil {
		t.Fatal(err)
	}
	return &s
}

// scanShown is scan with blanks in values as ␣.
func scanShown(s *Source) (string, error) {
	rows, err := scanRows(s, nil)
	for i, row := range rows {
		rows[i] = strings.ReplaceAll(row, " ", "␣")
	}
	return strings.Join(rows, " "), err
}

// scan gives the rows as JSON, sorted.
func scan(s *Source, columns []string) (string, error) {
	rows, err := scanRows(s, columns)
	return strings.Join(rows, " "), err
}

func scanRows(s *Source, columns []string) (rows []string, err error) {
	for p, err := range s.Scan(context.Background(), logical.ScanOptions{Columns: columns}) {
		if err != nil {
			return nil, err
		}
		for b, err := range p.Read(context.Background()) {
			if err != nil {
				return nil, err
			}
			enc := jsonio.NewEncoder(wanted(s.Schema(), columns), jsonio.EncodeOptions{})
			rows = append(rows, strings.FieldsFunc(string(enc.AppendRows(nil, b)), func(r rune) bool { return r == '\n' })...)
		}
	}
	slices.Sort(rows)
	return rows, nil
}

func read(t testing.TB, space *volumes.Space, format, path string, schema *types.Struct, options map[string]string) (string, error) {
	t.Helper()
	s, err := NewSource(t.Context(), SourceOptions{Space: space, Format: format, Paths: []string{path}, Schema: schema, Options: options})
	if err != nil {
		return "", err
	}
	return scan(s, nil)
}

func gzipped(t testing.TB, texts ...string) string {
	t.Helper()
	var b bytes.Buffer
	for _, text := range texts {
		w := gzip.NewWriter(&b)
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

// Which files a path means, as Spark read them (programs/files).
func TestWhichFilesAreRead(t *testing.T) {
	space, _ := newSpace(t, map[string]string{
		"flat/plain.json": `{"n":1}`, "flat/a b.json": `{"n":2}`, "flat/ü%20x.json": `{"n":3}`,
		"flat/.hidden.json": `{"n":4}`, "flat/_under.json": `{"n":5}`, "flat/sub/in.json": `{"n":6}`,
		"flat/noext": `{"n":7}`, "flat/empty.json": "", "flat/x.json.gz": gzipped(t, `{"n":8}`+"\n"),
		"parts/day=2025-01-01/a.json": `{"n":9}`,
	})
	n, day := structOf(t, "n int"), structOf(t, "n int, day string")
	for _, c := range []struct {
		name, path string
		schema     *types.Struct
		options    map[string]string
		want       string
	}{
		{"names", "flat", n, nil, `{"n":1} {"n":2} {"n":3} {"n":7} {"n":8}`},
		{"slash at the end", "flat/", n, nil, `{"n":1} {"n":2} {"n":3} {"n":7} {"n":8}`},
		{"sub-folders", "flat", n, map[string]string{"recursiveFileLookup": "true"}, `{"n":1} {"n":2} {"n":3} {"n":6} {"n":7} {"n":8}`},
		{"name filter", "flat", n, map[string]string{"pathGlobFilter": "*.json"}, `{"n":1} {"n":2} {"n":3}`},
		{"glob of folders", "fl*", n, nil, `{"n":1} {"n":2} {"n":3} {"n":7} {"n":8}`},
		{"glob of files", "flat/{plain,noext}*", n, nil, `{"n":1} {"n":7}`},
		{"one file", "flat/plain.json", n, nil, `{"n":1}`},
		{"partition column", "parts", n, nil, `{"n":9,"day":"2025-01-01"}`},
		{"partition column in the schema", "parts", day, nil, `{"n":9,"day":"2025-01-01"}`},
		{"inferred", "flat", nil, nil, `{"n":1} {"n":2} {"n":3} {"n":7} {"n":8}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got, err := read(t, space, "json", vol+c.path, c.schema, c.options); err != nil || got != c.want {
				t.Errorf("got %s, %v, want %s", got, err, c.want)
			}
		})
	}
}

func TestPartitionTypes(t *testing.T) {
	for _, c := range []struct {
		values []string
		want   types.Type
	}{
		{[]string{"1", "-2"}, types.Integer},
		{[]string{"1", "3000000000", nullPartition}, types.Long},
		{[]string{"1", "1.5"}, types.Double},
		{[]string{"2025-01-01"}, types.Date},
		{[]string{"2025-01-01 01:02:03"}, types.Timestamp},
		{[]string{"2025-01"}, types.String},
		{[]string{"1", "a"}, types.String},
		{[]string{"inf"}, types.String},
		{[]string{"0x1p-2"}, types.String},
	} {
		if got := inferPartition(c.values); got != c.want {
			t.Errorf("%q: got %v, want %v", c.values, got, c.want)
		}
	}
}

// The schema's type for a folder's column wins; escapes are undone once; a null folder is null.
func TestPartitionValues(t *testing.T) {
	space, _ := newSpace(t, map[string]string{
		"p/k=a%2Fb/n=01/a.json":                         `{"v":1}`,
		"p/k=__HIVE_DEFAULT_PARTITION__/n=2/b.json":     `{"v":2}`,
		"p/k=%2541/n=__HIVE_DEFAULT_PARTITION__/c.json": `{"v":3}`,
	})
	got, err := read(t, space, "json", vol+"p", structOf(t, "v int"), nil)
	if want := `{"v":1,"k":"a/b","n":1} {"v":2,"n":2} {"v":3,"k":"%41"}`; err != nil || got != want {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
	got, err = read(t, space, "json", vol+"p", structOf(t, "n string, v int"), nil)
	if want := `{"v":1,"k":"a/b","n":"01"} {"v":2,"n":"2"} {"v":3,"k":"%41"}`; err != nil || got != want {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
	if _, err := read(t, space, "json", vol+"p", structOf(t, "k int, v int"), nil); !errors.Is(err, errclass.FailedReadFile) {
		t.Errorf("got %v", err)
	}
}

func TestMistakesAreNamed(t *testing.T) {
	space, _ := newSpace(t, map[string]string{"in/a.json": `{"n":1}`, "bad/a.json": "x", "empty/_x": ""})
	n := structOf(t, "n int")
	for _, c := range []struct {
		name, format, path string
		schema             *types.Struct
		options            map[string]string
		class              errclass.Class
		says               string
	}{
		{"format", "jsonn", "in", n, nil, errclass.DataSourceNotFound, "Did you mean `json`?"},
		{"option", "json", "in", n, map[string]string{"multiLin": "true"}, errclass.InvalidOption, "Did you mean `multiLine`?"},
		{"value", "json", "in", n, map[string]string{"multiLine": "perhaps"}, errclass.InvalidOptionValue, "'perhaps'"},
		{"folder", "json", "nowhere", n, nil, errclass.PathNotFound, "Path does not exist: " + vol + "nowhere."},
		{"glob", "json", "nowhere*", n, nil, errclass.PathNotFound, "nowhere*"},
		{"no schema", "json", "empty", nil, nil, errclass.UnableToInferSchema, "JSON"},
		{"time", "json", "in", n, map[string]string{"modifiedAfter": "soon"}, errclass.InvalidOptionValue, "'soon'"},
		{"only corrupt records", "json", "bad", nil, nil, errclass.UnsupportedOnlyCorruptRecord, "multiLine"},
		{"fail fast", "json", "bad", n, map[string]string{"mode": "FAILFAST"}, errclass.MalformedRecord, vol + "bad/a.json"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := read(t, space, c.format, vol+c.path, c.schema, c.options)
			if !errors.Is(err, c.class) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want %v and %q", err, c.class, c.says)
			}
		})
	}
}

func TestFormats(t *testing.T) {
	space, _ := newSpace(t, map[string]string{
		"csv/a.csv":    "id,name\n1,a\n2,b\n",
		"text/a.txt":   "x\ny",
		"multi/a.json": "[\n{\"a\":1},\n{\"a\":2}\n]",
	})
	for _, c := range []struct {
		format, path string
		schema       *types.Struct
		options      map[string]string
		want         string
	}{
		{"csv", "csv", nil, map[string]string{"header": "true"}, `{"id":"1","name":"a"} {"id":"2","name":"b"}`},
		{"CSV", "csv", nil, map[string]string{"header": "true", "inferSchema": "true"}, `{"id":1,"name":"a"} {"id":2,"name":"b"}`},
		{"text", "text", nil, nil, `{"value":"x"} {"value":"y"}`},
		{"text", "text", nil, map[string]string{"wholetext": "true"}, `{"value":"x\ny"}`},
		{"json", "multi", nil, map[string]string{"multiline": "true", "inferSchema": "True"}, `{"a":1} {"a":2}`},
	} {
		if got, err := read(t, space, c.format, vol+c.path, c.schema, c.options); err != nil || got != c.want {
			t.Errorf("%s: got %s, %v, want %s", c.format, got, err, c.want)
		}
	}
}

// Columns come as asked for, those of the file and those of folders.
func TestWantedColumns(t *testing.T) {
	space, _ := newSpace(t, map[string]string{"p/k=1/a.csv": "1,x,2\n3,y\n"})
	s, err := NewSource(t.Context(), SourceOptions{Space: space, Format: "csv", Paths: []string{vol + "p"}, Schema: structOf(t, "a int, b string, c int")})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := scan(s, []string{"c", "k", "a"}); err != nil || got != `{"c":2,"k":1,"a":1} {"k":1,"a":3}` {
		t.Errorf("got %s, %v", got, err)
	}
	if got, err := scan(s, []string{}); err != nil || got != `{} {}` {
		t.Errorf("got %s, %v", got, err)
	}
	for _, columns := range [][]string{{"c", "k", "a"}, {}} {
		if got := counted(t, s, columns); got != (batch.Counts{Read: 2, Corrupt: 1}) {
			t.Errorf("%v: counted %+v", columns, got)
		}
	}
}

// counted sums up what became of the records of all pieces.
func counted(t *testing.T, s *Source, columns []string) (sum batch.Counts) {
	t.Helper()
	scan, err := s.format.Scan(s.schema, logical.ScanOptions{Columns: columns})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range s.files {
		pieces, err := scan.Pieces(t.Context(), f.Place, f.Info)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range pieces {
			var counts batch.Counts
			for _, err := range p.Read(t.Context(), &counts) {
				if err != nil {
					t.Fatal(err)
				}
			}
			sum.Add(counts)
		}
	}
	return sum
}

func TestModifiedBounds(t *testing.T) {
	space, root := newSpace(t, map[string]string{"in/old.json": `{"n":1}`, "in/new.json": `{"n":2}`})
	for name, at := range map[string]time.Time{"old": time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), "new": time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)} {
		if err := os.Chtimes(filepath.Join(root, vol, "in", name+".json"), at, at); err != nil {
			t.Fatal(err)
		}
	}
	for option, want := range map[string]string{"modifiedBefore": `{"n":1}`, "modifiedAfter": `{"n":2}`} {
		if got, err := read(t, space, "json", vol+"in", structOf(t, "n int"), map[string]string{option: "2022-06-01T00:00:00"}); err != nil || got != want {
			t.Errorf("%s: got %s, %v, want %s", option, got, err, want)
		}
	}
}
