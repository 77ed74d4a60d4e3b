package layers

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"lakehouse/internal/realdata"
	"lakehouse/medallion"
)

// sparkAnswer decodes one of the captured answers of a program.
func sparkAnswer[T any](t *testing.T, program, file string) T {
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

// A lake is a session with its root folder. It has one worker, and so cleans finished files within the batch that
// may: what a test finds in the archive depends on no timing.
type lake struct {
	*testing.T
	root    string
	session *medallion.Session
}

func newLake(t *testing.T) *lake {
	t.Helper()
	root := t.TempDir()
	session, err := medallion.NewSession(medallion.Options{
		Root: root, Conf: map[string]string{"lakehouse.workers": "1", "spark.sql.shuffle.partitions": "2"},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(session.Close)
	return &lake{t, root, session}
}

// copyIn puts a file of the real data into a folder of the lake.
func (l *lake) copyIn(from, folder, name string) {
	l.Helper()
	data, err := os.ReadFile(from)
	if err != nil {
		l.Fatal(err)
	}
	if err := l.session.FS().Put(l.Context(), folder+"/"+name, data); err != nil {
		l.Fatal(err)
	}
}

// files lists a folder of the lake and those under it, without hidden files; none when it is not there.
func (l *lake) files(folder string) []string {
	l.Helper()
	dir := filepath.Join(l.root, filepath.FromSlash(folder))
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

// count is the number of rows of a table.
func (l *lake) count(table string) int64 {
	l.Helper()
	n, err := l.session.Table(table).Count(l.Context())
	if err != nil {
		l.Fatal(err)
	}
	return n
}

// rows are a query's rows as JSON objects with sorted keys, in their order.
func (l *lake) rows(query string) []string {
	l.Helper()
	frame, err := l.session.SQL(l.Context(), query)
	if err != nil {
		l.Fatalf("%s: %v", query, err)
	}
	rows, err := frame.Collect(l.Context())
	if err != nil {
		l.Fatalf("%s: %v", query, err)
	}
	lines := make([]string, len(rows))
	for i, r := range rows {
		lines[i] = jsonText(l.T, plainValue(r))
	}
	return lines
}

// settle waits until the queries, each reading from the one before, have nothing left to do.
func (l *lake) settle(queries ...*medallion.StreamingQuery) {
	l.Helper()
	for _, q := range queries {
		if err := q.ProcessAllAvailable(l.Context()); err != nil {
			l.Fatal(err)
		}
	}
}

// stop stops the queries, and fails the test if one had failed.
func (l *lake) stop(queries ...*medallion.StreamingQuery) {
	l.Helper()
	for _, q := range queries {
		q.Stop()
		if _, err := q.AwaitTermination(l.Context()); err != nil {
			l.Fatal(err)
		}
	}
}

// run lets a query that ends by itself do so.
func (l *lake) run(q *medallion.StreamingQuery, err error) *medallion.StreamingQuery {
	l.Helper()
	if err != nil {
		l.Fatal(err)
	}
	if ended, err := q.AwaitTermination(l.Context()); err != nil || !ended {
		l.Fatalf("the query ended: %v, %v", ended, err)
	}
	return q
}

// batches are [batch id, input rows] of a query's reports.
func batches(q *medallion.StreamingQuery) [][2]int64 {
	all := [][2]int64{}
	for _, p := range q.RecentProgress() {
		all = append(all, [2]int64{p.BatchID, p.NumInputRows})
	}
	return all
}

// batchesWithRows leaves out reports of batches without input.
func batchesWithRows(q *medallion.StreamingQuery) [][2]int64 {
	return slices.DeleteFunc(batches(q), func(b [2]int64) bool { return b[1] == 0 })
}

// equal compares what is with what Spark answered.
func equal[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n got %v\nwant %v", what, got, want)
	}
}

// jsonText is a value as JSON, the keys of objects sorted.
func jsonText(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
