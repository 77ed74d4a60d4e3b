package medallion

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"lakehouse/internal/errclass"
	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

func (c *cloud) exec(statement string) []Row {
	c.Helper()
	frame, err := c.SQL(c.Context(), statement)
	if err != nil {
		c.Fatalf("%s: %v", statement, err)
	}
	rows, err := frame.Collect(c.Context())
	if err != nil {
		c.Fatal(err)
	}
	return rows
}

func (c *cloud) copied(statement string, want int64) {
	c.Helper()
	if rows := c.exec(statement); len(rows) != 1 || rows[0].String() != fmt.Sprintf("[%d, %[1]d, 0]", want) {
		c.Errorf("%s: got %v, want %d rows", statement, rows, want)
	}
}

func TestCopyIntoLoadsEachFileOnce(t *testing.T) {
	c := newCloud(t)
	c.exec("CREATE TABLE t (n int, s string)")
	c.land("a.json", `{"n":1,"s":"x"}`+"\n"+`{"n":2}`+"\n")
	c.land("day/b.json", `{"n":3}`+"\n")
	from := "COPY INTO t FROM '" + cloudIn + "' FILEFORMAT = JSON "
	c.copied(from, 2)
	c.copied(from, 0)
	c.land("a.json", `{"n":9}`+"\n") // written anew: it was loaded all the same
	c.land("c.json", `{"n":4}`+"\n")
	c.copied(from, 1)
	c.copied(from+"FORMAT_OPTIONS ('recursiveFileLookup' = 'true')", 1)
	c.copied(from+"FORMAT_OPTIONS ('recursiveFileLookup' = 'true') COPY_OPTIONS ('force' = 'true')", 3)
	c.copied(from, 0)
	c.wantRows("SELECT n, count(*) FROM t GROUP BY n", "[1, 1]", "[2, 1]", "[3, 2]", "[4, 2]", "[9, 1]")

	c.land("more.json", `{"n":5,"extra":1.5}`+"\n")
	if _, err := c.SQL(t.Context(), from); !errors.Is(err, errclass.DeltaSchemaMismatch) {
		t.Errorf("got %v", err)
	}
	c.copied(from+"COPY_OPTIONS ('mergeSchema' = 'true')", 1)
	c.wantRows("SELECT * FROM t WHERE extra > 0", "[5, null, 1.5]")
	c.wantRows("SELECT count(*) FROM t", "[8]")
}

func TestCopyIntoChoosesFilesAndColumns(t *testing.T) {
	c := newCloud(t)
	c.exec("CREATE TABLE t (n int, s string, f string)")
	for i := range 4 {
		c.land(fmt.Sprintf("%d.csv", i), fmt.Sprintf("n,s\n%d,x%d\n", i, i))
	}
	chosen := "COPY INTO t FROM (SELECT n::int, upper(s) AS s, _metadata.file_name AS f FROM '" + cloudIn + "') FILEFORMAT = CSV "
	header := " FORMAT_OPTIONS ('header' = 'true')"
	c.copied(chosen+"FILES = ('0.csv', '2.csv')"+header, 2)
	c.copied(chosen+"PATTERN = '[01].csv'"+header, 1)
	c.copied(chosen+header, 1)
	c.wantRows("SELECT * FROM t", "[0, X0, 0.csv]", "[1, X1, 1.csv]", "[2, X2, 2.csv]", "[3, X3, 3.csv]")
	c.exec("CREATE TABLE p (a int, b string)")
	c.copied("COPY INTO p BY POSITION FROM '"+cloudIn+"' FILEFORMAT = CSV"+header, 4)
	c.copied("COPY INTO p (b) FROM (SELECT s FROM '"+cloudIn+"') FILEFORMAT = CSV"+header+" COPY_OPTIONS ('force' = true)", 4)
	c.wantRows("SELECT count(a), count(b) FROM p", "[4, 8]")
	for statement, want := range map[string]string{
		"COPY INTO t FROM '" + cloudIn + "' FILEFORMAT = CVS":                                   "Did you mean",
		"COPY INTO t FROM '" + cloudIn + "' FILEFORMAT = CSV VALIDATE 0 ROWS":                   "PARSE_SYNTAX_ERROR",
		"COPY INTO t FROM '" + cloudIn + "' FILEFORMAT = CSV COPY_OPTIONS ('forse' = 'true')":   "Did you mean `force`?",
		"COPY INTO t FROM '" + cloudIn + "' FILEFORMAT = CSV FORMAT_OPTIONS ('heder' = 'true')": "Did you mean `header`?",
		"COPY INTO nowhere FROM '" + cloudIn + "' FILEFORMAT = CSV":                             "TABLE_OR_VIEW_NOT_FOUND",
		"COPY INTO t FROM '" + cloudIn + "/nowhere' FILEFORMAT = CSV":                           "PATH_NOT_FOUND",
		"COPY INTO t FROM '" + cloudIn + "' FILEFORMAT = CSV FILES = ('9.csv')":                 "PATH_NOT_FOUND",
		"COPY INTO t FROM 's3://b/x' WITH (CREDENTIAL c) FILEFORMAT = CSV":                      "CREDENTIAL",
	} {
		if _, err := c.SQL(t.Context(), statement); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", statement, err, want)
		}
	}
}

// VALIDATE shows rows as they would be written, finds what would fail, and writes nothing.
func TestCopyIntoValidates(t *testing.T) {
	c := newCloud(t)
	c.exec("CREATE TABLE t (n int, s string)")
	c.land("a.json", strings.Repeat(`{"n":1,"s":"x"}`+"\n", 60))
	from := "COPY INTO t FROM '" + cloudIn + "' FILEFORMAT = JSON "
	for clause, want := range map[string]int{"VALIDATE": 50, "VALIDATE ALL": 50, "VALIDATE 3 ROWS": 3, "VALIDATE 55 ROWS": 50} {
		if rows := c.exec(from + clause); len(rows) != want || rows[0].String() != "[1, x]" {
			t.Errorf("%s: %d rows, %v", clause, len(rows), rows)
		}
	}
	c.land("b.json", `{"n":99999999999}`+"\n")
	if _, err := c.SQL(t.Context(), from+"VALIDATE"); !errors.Is(err, errclass.CastOverflow) {
		t.Errorf("got %v", err)
	}
	c.exec(from + "VALIDATE 1 ROWS FILES = ('a.json')")
	c.land("c.json", `{"extra":1}`+"\n")
	if _, err := c.SQL(t.Context(), from+"VALIDATE FILES = ('c.json')"); !errors.Is(err, errclass.DeltaSchemaMismatch) {
		t.Errorf("got %v", err)
	}
	if rows := c.exec(from + "VALIDATE ALL FILES = ('c.json') COPY_OPTIONS ('mergeSchema' = 'true')"); len(rows) != 1 || rows[0].String() != "[null, null, 1]" {
		t.Errorf("got %v", rows)
	}
	c.wantRows("SELECT count(*) FROM t", "[0]")
	c.copied(from+"FILES = ('a.json')", 60)
	if rows := c.exec(from + "VALIDATE FILES = ('a.json')"); len(rows) != 0 {
		t.Errorf("files that are loaded: got %v", rows)
	}
}

// Of statements that load the same files at once, one loads each file.
func TestCopyIntoAtOnce(t *testing.T) {
	c := newCloud(t)
	c.exec("CREATE TABLE t (n bigint)")
	for i := range 8 {
		c.land(fmt.Sprintf("%d.json", i), fmt.Sprintf(`{"n":%d}`, i)+"\n")
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			_, err := c.SQL(t.Context(), "COPY INTO t FROM '"+cloudIn+"' FILEFORMAT = JSON")
			if err != nil && !errors.Is(err, errclass.DeltaConcurrentTransaction) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	c.copied("COPY INTO t FROM '"+cloudIn+"' FILEFORMAT = JSON", 0)
	c.wantRows("SELECT count(*), count(DISTINCT n) FROM t", "[8, 8]")
}

// A statement that dies before or after any storage operation, and is said again, has loaded each file once.
func TestCopyIntoSurvivesEveryCrashPoint(t *testing.T) {
	run := func(ctx context.Context, store volumes.Store) (string, error) {
		s, err := NewSession(Options{Space: volumes.NewSpaceOn(store), Conf: map[string]string{confWorkers: "1"}})
		if err != nil {
			return "", err
		}
		defer s.Close()
		for _, statement := range []string{
			"CREATE TABLE IF NOT EXISTS t (n bigint)",
			"COPY INTO t FROM '" + cloudIn + "' FILEFORMAT = JSON FILES = ('0.json', '1.json')",
			"COPY INTO t FROM '" + cloudIn + "' FILEFORMAT = JSON",
		} {
			if _, err := s.SQL(ctx, statement); err != nil {
				return "", err
			}
		}
		rows, err := s.Table("t").OrderBy(Col("n").Asc()).Collect(ctx)
		return fmt.Sprint(rows), err
	}
	landed := func() *volumestest.Memory {
		store := volumestest.NewMemory()
		for i := range 3 {
			if err := store.Put(t.Context(), fmt.Sprintf("%s/%d.json", cloudIn[1:], i), fmt.Appendf(nil, `{"n":%d}`, i)); err != nil {
				t.Fatal(err)
			}
		}
		return store
	}
	record := volumestest.Record(landed())
	want, err := run(t.Context(), record)
	if err != nil || want != "[[0] [1] [2]]" {
		t.Fatal(want, err)
	}
	ops := record.Ops()
	for n := range ops {
		for when, fault := range map[string]func(volumes.Store, int) *volumestest.Faulty{"before": volumestest.StopBefore, "after": volumestest.StopAfter} {
			store := landed()
			if _, err := run(t.Context(), fault(store, n)); err != nil && !errors.Is(err, volumestest.ErrStopped) {
				t.Errorf("%s %d: the crash came out as %v", when, n, err)
			}
			if got, err := run(t.Context(), store); err != nil || got != want {
				t.Errorf("%s %s %d: got %s, %v", when, ops[n].Kind, n, got, err)
			}
		}
	}
	t.Logf("%d crash points", 2*len(ops))
}
