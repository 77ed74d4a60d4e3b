package layers

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lakehouse/internal/realdata"
	"lakehouse/medallion"
	"lakehouse/testsuite"
)

// The sales program gives Spark's tables at each of its steps: three files, then a file with one row for every way to
// be lost or kept, then a single object and a file that is cut short.
func TestSalesGivesSparksTables(t *testing.T) {
	input := realdata.Path(t, "programs", "sales", "input")
	expected := realdata.Path(t, "programs", "sales", "expected")
	ctx := t.Context()
	session := newSession(t)
	suite := testsuite.New(session, Sales().Suited(Settings{}), t.Output())
	if err := Sales().Prepare(ctx, session); err != nil {
		t.Fatal(err)
	}
	ingest := func(names ...string) {
		t.Helper()
		for _, name := range names {
			path, err := filepath.Abs(filepath.Join(input, name))
			if err != nil {
				t.Fatal(err)
			}
			if err := suite.Ingest(ctx, path, SalesBase+"/json", name); err != nil {
				t.Fatal(err)
			}
		}
	}
	start := func() {
		t.Helper()
		if err := suite.Start(ctx); err != nil {
			t.Fatal(err)
		}
	}
	check := func(step string) {
		t.Helper()
		if err := suite.Settle(ctx); err != nil {
			t.Fatal(err)
		}
		for table, file := range map[string]string{
			"bronze_sales_spark2": "bronze", "silver_sales_spark2": "silver", "gold_sales_summary_spark2": "gold",
		} {
			assertJSONL(t, session, table, filepath.Join(expected, step, file+".jsonl"))
		}
	}
	ingest("sales_1.json", "sales_2.json", "sales_3.json")
	start()
	check("step1")
	if err := suite.Stop(); err != nil {
		t.Fatal(err)
	}
	start()
	check("restart")
	ingest("sales_4_edge.json")
	check("step2_edge")
	ingest("sales_5_one_object.json")
	if err := suite.Settle(ctx); err != nil {
		t.Fatal(err)
	}
	if err := suite.Stop(); err != nil {
		t.Fatal(err)
	}
}

// assertJSONL compares a table's rows, in any order, with captured ones.
func assertJSONL(t *testing.T, session *medallion.Session, table, file string) {
	t.Helper()
	rows, err := session.Table(table).Collect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range rows {
		values := map[string]any{}
		for i, name := range r.Names {
			values[name] = r.Values[i]
		}
		line, err := json.Marshal(values)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, string(line))
	}
	want := jsonLines(t, file)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("%s holds\n%s\nwant (%s)\n%s", table, strings.Join(got, "\n"), file, strings.Join(want, "\n"))
	}
}

// jsonLines reads objects, each printed again with sorted keys.
func jsonLines(t *testing.T, file string) []string {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var lines []string
	for in := bufio.NewScanner(f); in.Scan(); {
		values := map[string]any{}
		if err := json.Unmarshal(in.Bytes(), &values); err != nil {
			t.Fatal(err)
		}
		line, err := json.Marshal(values)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, string(line))
	}
	slices.Sort(lines)
	return lines
}
