package programs

import (
	"encoding/json"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"lakehouse/internal/realdata"
	"lakehouse/medallion"
)

// Answer decodes one of the captured answers of a program.
func Answer[T any](t *testing.T, program, file string) T {
	t.Helper()
	var answer T
	text, err := os.ReadFile(realdata.Path(t, "programs", program, "expected", file))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		t.Fatalf("%s/%s: %v", program, file, err)
	}
	return answer
}

// AnswerText is one of the captured answers that is plain text.
func AnswerText(t *testing.T, program, file string) string {
	t.Helper()
	text, err := os.ReadFile(realdata.Path(t, "programs", program, "expected", file))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// A Lake is a session with its root folder. It has one worker, and so cleans finished files within the batch that
// may: what a test finds in the archive depends on no timing.
type Lake struct {
	*testing.T
	Root    string
	Session *medallion.Session
}

// NewLake makes one in a folder of the test.
func NewLake(t *testing.T) *Lake {
	t.Helper()
	return NewLakeWith(t, nil)
}

// NewLakeWith is NewLake with a console.
func NewLakeWith(t *testing.T, console io.Writer) *Lake {
	t.Helper()
	root := t.TempDir()
	session, err := medallion.NewSession(medallion.Options{
		Root: root, Out: console, Conf: map[string]string{"lakehouse.workers": "1", "spark.sql.shuffle.partitions": "2"},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(session.Close)
	return &Lake{t, root, session}
}

// CopyIn puts a file of the real data into a folder of the lake.
func (l *Lake) CopyIn(from, folder, name string) {
	l.Helper()
	data, err := os.ReadFile(from)
	if err != nil {
		l.Fatal(err)
	}
	if err := l.Session.FS().Put(l.Context(), folder+"/"+name, data); err != nil {
		l.Fatal(err)
	}
}

// Read is the content of a file of the lake.
func (l *Lake) Read(name string) ([]byte, error) {
	return os.ReadFile(filepath.Join(l.Root, filepath.FromSlash(name)))
}

// Files lists a folder of the lake and those under it, without hidden files; none when it is not there.
func (l *Lake) Files(folder string) []string {
	l.Helper()
	dir := filepath.Join(l.Root, filepath.FromSlash(folder))
	names := []string{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || strings.HasPrefix(e.Name(), ".") {
			return err
		}
		name, err := filepath.Rel(dir, path)
		names = append(names, filepath.ToSlash(name))
		return err
	})
	if err != nil && !os.IsNotExist(err) {
		l.Fatal(err)
	}
	return names
}

// Count is the number of rows of a table.
func (l *Lake) Count(table string) int64 {
	l.Helper()
	n, err := l.Session.Table(table).Count(l.Context())
	if err != nil {
		l.Fatal(err)
	}
	return n
}

// Rows are a query's rows as JSON objects with sorted keys, in their order.
func (l *Lake) Rows(query string) []string {
	l.Helper()
	frame, err := l.Session.SQL(l.Context(), query)
	if err != nil {
		l.Fatalf("%s: %v", query, err)
	}
	rows, err := frame.Collect(l.Context())
	if err != nil {
		l.Fatalf("%s: %v", query, err)
	}
	lines := make([]string, len(rows))
	for i, r := range rows {
		lines[i] = JSONText(l.T, Plain(r))
	}
	return lines
}

// Settle waits until the queries, each reading from the one before, have nothing left to do.
func (l *Lake) Settle(queries ...*medallion.StreamingQuery) {
	l.Helper()
	for _, q := range queries {
		if err := q.ProcessAllAvailable(l.Context()); err != nil {
			l.Fatal(err)
		}
	}
}

// Stop stops the queries, and fails the test if one had failed.
func (l *Lake) Stop(queries ...*medallion.StreamingQuery) {
	l.Helper()
	for _, q := range queries {
		q.Stop()
		if _, err := q.AwaitTermination(l.Context()); err != nil {
			l.Fatal(err)
		}
	}
}

// Run lets a query that ends by itself do so.
func (l *Lake) Run(q *medallion.StreamingQuery, err error) *medallion.StreamingQuery {
	l.Helper()
	if err != nil {
		l.Fatal(err)
	}
	if ended, err := q.AwaitTermination(l.Context()); err != nil || !ended {
		l.Fatalf("the query ended: %v, %v", ended, err)
	}
	return q
}

// Batches are [batch id, input rows] of a query's reports.
func Batches(q *medallion.StreamingQuery) [][2]int64 {
	all := [][2]int64{}
	for _, p := range q.RecentProgress() {
		all = append(all, [2]int64{p.BatchID, p.NumInputRows})
	}
	return all
}

// BatchesWithRows leaves out reports of batches without input.
func BatchesWithRows(q *medallion.StreamingQuery) [][2]int64 {
	return slices.DeleteFunc(Batches(q), func(b [2]int64) bool { return b[1] == 0 })
}

// Equal compares what is with what Spark answered.
func Equal[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n got %v\nwant %v", what, got, want)
	}
}

// Plain is a row's value as JSON has it: structs as objects, dates as texts.
func Plain(v any) any {
	switch v := v.(type) {
	case medallion.Row:
		object := map[string]any{}
		for i, name := range v.Names {
			object[name] = Plain(v.Values[i])
		}
		return object
	case []any:
		list := make([]any, len(v))
		for i, e := range v {
			list[i] = Plain(e)
		}
		return list
	case time.Time:
		return v.Format("2006-01-02")
	}
	return v
}

// JSONText is a value as JSON, the keys of objects sorted.
func JSONText(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// AnswerLines reads captured rows, one a line, each printed again with sorted keys, in the order of the texts.
func AnswerLines(t *testing.T, program, file string) []string {
	t.Helper()
	text, err := os.ReadFile(realdata.Path(t, "programs", program, "expected", file))
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(string(text)) {
		var row any
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatalf("%s/%s: %v", program, file, err)
		}
		lines = append(lines, JSONText(t, row))
	}
	slices.Sort(lines)
	return lines
}
