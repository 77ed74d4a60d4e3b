package medallion

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"lakehouse/internal/errclass"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A desk is a session on an empty root, and what tests do with it. Their files lie under /Volumes: other paths are
// those of the machine.
type desk struct {
	*testing.T
	*Session
}

func newDesk(t *testing.T) desk {
	t.Helper()
	s, err := NewSession(Options{Root: t.TempDir(), Conf: map[string]string{confWorkers: "2", confPartitions: "2"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return desk{t, s}
}

// frame is a query's.
func (d desk) frame(query string) *DataFrame {
	d.Helper()
	f, err := d.SQL(d.Context(), query)
	if err != nil {
		d.Fatalf("%s: %v", query, err)
	}
	return f
}

// rows are a query's rows as texts, sorted.
func (d desk) rows(query string) string {
	d.Helper()
	all, err := d.frame(query).Collect(d.Context())
	if err != nil {
		d.Fatalf("%s: %v", query, err)
	}
	var lines []string
	for _, r := range all {
		lines = append(lines, strings.TrimSpace(fmt.Sprintln(r.Values...)))
	}
	slices.Sort(lines)
	return strings.Join(lines, "; ")
}

func (d desk) must(err error) {
	d.Helper()
	if err != nil {
		d.Fatal(err)
	}
}

func (d desk) want(what, got, want string) {
	d.Helper()
	if got != want {
		d.Errorf("%s: got %s, want %s", what, got, want)
	}
}

func (d desk) refused(what string, err error, class errclass.Class) {
	d.Helper()
	if !errors.Is(err, class) {
		d.Errorf("%s: got %v, want %v", what, err, class)
	}
}

func TestModesOfAWriteToATableThatIsThere(t *testing.T) {
	tests := []struct {
		mode string
		want string // empty: refused
	}{
		{"append", "1 a; 2 b"},
		{"overwrite", "2 b"},
		{"Overwrite", "2 b"},
		{"ignore", "1 a"},
		{"error", ""},
		{"errorifexists", ""},
		{"default", ""},
	}
	writes := map[string]func(DataFrameWriter, context.Context) error{
		"saveAsTable": func(w DataFrameWriter, ctx context.Context) error { return w.SaveAsTable(ctx, "t") },
		"save":        func(w DataFrameWriter, ctx context.Context) error { return w.Save(ctx, "/user/hive/warehouse/t") },
	}
	for _, test := range tests {
		for name, write := range writes {
			t.Run(test.mode+" "+name, func(t *testing.T) {
				d := newDesk(t)
				d.must(write(d.frame("SELECT 1 AS id, 'a' AS name").Write().Mode(test.mode), t.Context())) // there is none yet
				err := write(d.frame("SELECT 2 AS id, 'b' AS name").Write().Mode(test.mode), t.Context())
				want := test.want
				if want == "" {
					d.refused("the second write", err, errclass.TableAlreadyExists)
					want = "1 a"
				} else {
					d.must(err)
				}
				d.want("rows", d.rows("SELECT * FROM delta.`/user/hive/warehouse/t`"), want)
			})
		}
	}
}

func TestInsertIntoGoesByPosition(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	d.frame("CREATE TABLE t (id INT, name STRING)")
	d.must(d.frame("SELECT 1 AS name, 'a' AS id").Write().InsertInto(ctx, "t"))
	d.must(d.frame("SELECT 2, 'b'").Write().Mode("append").InsertInto(ctx, "default.t"))
	d.want("rows", d.rows("SELECT * FROM t"), "1 a; 2 b")
	d.must(d.frame("SELECT 3, 'c'").Write().Mode("overwrite").InsertInto(ctx, "t"))
	d.want("rows after overwrite", d.rows("SELECT * FROM t"), "3 c")
	d.refused("too many columns", d.frame("SELECT 1, 'a', 2").Write().InsertInto(ctx, "t"), errclass.DeltaInsertArity)
	d.refused("no such table", d.frame("SELECT 1").Write().InsertInto(ctx, "nowhere"), errclass.TableNotFound)
	d.refused("partitionBy", d.frame("SELECT 1, 'a'").Write().PartitionBy("id").InsertInto(ctx, "t"), errclass.UnsupportedFeature)
	d.refused("an unknown option", d.frame("SELECT 1, 'a'").Write().Option("mergeSchem", "true").InsertInto(ctx, "t"), errclass.InvalidOption)
	d.want("rows in the end", d.rows("SELECT * FROM t"), "3 c")
}

func TestPartitionByMakesAPartitionedTable(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	d.must(d.frame("SELECT * FROM VALUES (1, 'x'), (2, 'y'), (3, 'x') t(id, part)").Write().PartitionBy("part").SaveAsTable(ctx, "t"))
	d.want("rows", d.rows("SELECT * FROM t WHERE part = 'x'"), "1 x; 3 x")
	detail, err := d.frame("DESCRIBE DETAIL t").Select(Col("partitionColumns")).Collect(ctx)
	d.must(err)
	d.want("partition columns", fmt.Sprint(detail[0].Values[0]), "[part]")
	d.refused("another partition", d.frame("SELECT 1 AS id, 'x' AS part").Write().Mode("append").PartitionBy("id").SaveAsTable(ctx, "t"), errclass.DeltaSchemaMismatch)
	d.refused("no such column", d.frame("SELECT 1 AS id").Write().PartitionBy("nope").SaveAsTable(ctx, "u"), errclass.UnresolvedColumn)
}

func TestMistakesInAWriteAreToldBeforeItBegins(t *testing.T) {
	d := newDesk(t)
	one := d.frame("SELECT 1 AS id")
	d.refused("mode", one.Write().Mode("upsert").Save(t.Context(), "/Volumes/a/b/c/t"), errclass.InvalidSaveMode)
	d.refused("format", one.Write().Format("oracle").Save(t.Context(), "/Volumes/a/b/c/t"), errclass.DataSourceNotFound)
	d.refused("path", one.Write().Save(t.Context()), errclass.PathRequired)
	d.refused("option", one.Write().Option("overwriteSchem", "true").Save(t.Context(), "/Volumes/a/b/c/t"), errclass.InvalidOption)
	d.refused("column", one.SelectCols("nope").Write().Save(t.Context(), "/Volumes/a/b/c/t"), errclass.UnresolvedColumn)
	if _, err := d.Read().Load(t.Context(), "/Volumes/a/b/c/t"); err == nil {
		t.Error("a refused write made a table")
	}
}

// Rows come in the order of the files, whatever the number of workers, and an early end leaves no goroutine.
func TestBatchesKeepTheOrderOfFiles(t *testing.T) {
	d := newDesk(t)
	var want []string
	for i := range 20 {
		name := fmt.Sprintf("/Volumes/a/b/c/in/%02d.json", i)
		d.must(d.FS().Put(t.Context(), name, fmt.Appendf(nil, "{\"n\":%d}\n{\"n\":%d}\n", 2*i, 2*i+1)))
		want = append(want, fmt.Sprint(2*i), fmt.Sprint(2*i+1))
	}
	frame, err := d.Read().Format("json").Schema("n bigint").Load(t.Context(), "/Volumes/a/b/c/in")
	d.must(err)
	rows, err := frame.Collect(t.Context())
	d.must(err)
	var got []string
	for _, r := range rows {
		got = append(got, fmt.Sprint(r.Values...))
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v", got)
	}
	first, ok, err := frame.First(t.Context())
	if err != nil || !ok || fmt.Sprint(first.Values...) != "0" {
		t.Errorf("first: %v, %v, %v", first, ok, err)
	}
	batches, err := frame.Batches(t.Context())
	d.must(err)
	for _, err := range batches {
		d.must(err)
		break
	}
}

func TestShowPrintsAsSpark(t *testing.T) {
	d := newDesk(t)
	tests := []struct {
		query string
		opts  ShowOptions
		want  string
	}{
		{"SELECT 1 AS id, 'a' AS name", ShowOptions{}, "+---+----+\n| id|name|\n+---+----+\n|  1|   a|\n+---+----+\n\n"},
		{"SELECT 1 AS id WHERE false", ShowOptions{}, "+---+\n| id|\n+---+\n+---+\n\n"},
		{"SELECT 'a text of more than twenty characters' AS t", ShowOptions{}, "+--------------------+\n|                   t|\n+--------------------+\n|a text of more th...|\n+--------------------+\n\n"},
		{"SELECT 'a text of more than twenty characters' AS t, NULL AS n", ShowOptions{Full: true}, "+-------------------------------------+----+\n|t                                    |n   |\n+-------------------------------------+----+\n|a text of more than twenty characters|NULL|\n+-------------------------------------+----+\n\n"},
		{"SELECT id FROM range(3)", ShowOptions{Rows: 2}, "+---+\n| id|\n+---+\n|  0|\n|  1|\n+---+\nonly showing top 2 rows\n\n"},
		{"SELECT id FROM range(3)", ShowOptions{Rows: 1}, "+---+\n| id|\n+---+\n|  0|\n+---+\nonly showing top 1 row\n\n"},
		{"SELECT struct(1, NULL) AS s, array(1, NULL) AS a, map('k', NULL) AS m, X'4142' AS b", ShowOptions{}, "+---------+---------+-----------+-------+\n|        s|        a|          m|      b|\n+---------+---------+-----------+-------+\n|{1, NULL}|[1, NULL]|{k -> NULL}|[41 42]|\n+---------+---------+-----------+-------+\n\n"},
	}
	for _, test := range tests {
		var out strings.Builder
		d.must(d.frame(test.query).ShowRows(t.Context(), &out, test.opts))
		if out.String() != test.want {
			t.Errorf("%s\ngot\n%s\nwant\n%s", test.query, out.String(), test.want)
		}
	}
}

func TestPrintSchemaPrintsAsSpark(t *testing.T) {
	d := newDesk(t)
	var out strings.Builder
	d.must(d.frame("SELECT 1 AS id, named_struct('b', array(map('k', 1.5BD))) AS deep, CAST(NULL AS TIMESTAMP) AS at").PrintSchema(t.Context(), &out))
	want := `root
 |-- id: integer (nullable = false)
 |-- deep: struct (nullable = false)
 |    |-- b: array (nullable = false)
 |    |    |-- element: map (containsNull = false)
 |    |    |    |-- key: string
 |    |    |    |-- value: decimal(2,1) (valueContainsNull = false)
 |-- at: timestamp (nullable = true)
`
	if strings.TrimRight(out.String(), "\n") != strings.TrimRight(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}

// What Databricks writes of its jobs, notebooks and clusters is shown as there; our own versions have none.
func TestHistoryShowsTheJobsOfOthers(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	d.frame("CREATE TABLE t (a int)")
	version := `{"commitInfo":{"timestamp":1763700000000,"operation":"WRITE","operationParameters":{},"job":{"jobId":"7","triggerType":"manual"},` +
		`"notebook":{"notebookId":"42"},"clusterId":"c-1","readVersion":0,"isBlindAppend":true}}`
	if err := d.FS().Put(ctx, "/user/hive/warehouse/t/_delta_log/00000000000000000001.json", []byte(version)); err != nil {
		t.Fatal(err)
	}
	rows, err := d.frame("DESCRIBE HISTORY t").SelectExpr("job.jobId", "job.triggerType", "job.runId", "notebook.notebookId", "clusterId", "isBlindAppend").Collect(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(rows), "[[7, manual, null, 42, c-1, true] [null, null, null, null, null, true]]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
