package medallion

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// dmlCase is a statement of testdata/dml/cases.json.
type dmlCase struct {
	Name    string
	Setup   []string
	Run     string
	Changes bool
}

// dmlAnswer is what Spark said to it: testdata/dml/ask.py asks.
type dmlAnswer struct {
	Partial bool // nothing was kept of its history, and of its rows and changes only what is here
	Columns []string
	Result  [][]any
	Error   string
	Message string
	Rows    []string
	Schema  string
	Changes []string
	History *dmlHistory
}

type dmlHistory struct {
	Operation  string
	Parameters map[string]any
	Metrics    map[string]string
	Timing     []string
}

// differing are cases that are meant to end otherwise than in Spark.
var differing = map[string]string{
	"update to a subquery":   "a subquery is no new value here",
	"merge inserts defaults": "Delta does not know DEFAULT in MERGE",
}

// DELETE, UPDATE, MERGE and INSERT … REPLACE give the rows, the answer, the change data and the history that Spark gives.
func TestStatementsThatChangeRowsEndAsInSpark(t *testing.T) {
	cases, answers := dmlCases(t)
	for _, c := range cases {
		want, ok := answers[c.Name]
		if !ok {
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			if why := differing[c.Name]; why != "" {
				t.Skip(why)
			}
			checkStatement(t, c, want)
		})
	}
}

func dmlCases(t *testing.T) (cases []dmlCase, answers map[string]dmlAnswer) {
	for file, into := range map[string]any{"cases.json": &cases, "spark.json": &answers} {
		data, err := os.ReadFile("testdata/dml/" + file)
		if err == nil {
			err = json.Unmarshal(data, into)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return cases, answers
}

func checkStatement(t *testing.T, c dmlCase, want dmlAnswer) {
	s := newDesk(t).Session
	for _, text := range c.Setup {
		if _, err := s.SQL(t.Context(), text); err != nil {
			t.Skipf("%s: %v", text, err)
		}
	}
	before := len(collectRows(t, s, "DESCRIBE HISTORY t"))
	answer, err := s.SQL(t.Context(), c.Run)
	if want.Error != "" {
		checkError(t, err, want)
	} else if err != nil {
		t.Fatal(err)
	} else {
		checkAnswer(t, answer, want)
	}
	if want.Partial && want.Rows == nil {
		return
	}
	if got := jsonRows(t, s, "SELECT to_json(struct(*), map('ignoreNullFields', 'false')) FROM t"); !slices.Equal(got, want.Rows) {
		t.Errorf("rows\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want.Rows, "\n"))
	}
	if want.Partial {
		return
	}
	checkHistory(t, s, before, want)
	if c.Changes && want.Changes != nil {
		checkChanges(t, s, want)
	}
}

func checkAnswer(t *testing.T, answer *DataFrame, want dmlAnswer) {
	schema, err := answer.Schema(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !want.Partial && !slices.Equal(schema.Names(), want.Columns) {
		t.Errorf("columns %v, want %v", schema.Names(), want.Columns)
	}
	rows, err := answer.Collect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got [][]any
	for _, r := range rows {
		got = append(got, r.Values)
	}
	if fmt.Sprint(got) != fmt.Sprint(want.Result) {
		t.Errorf("answer %v, want %v", got, want.Result)
	}
}

func checkError(t *testing.T, err error, want dmlAnswer) {
	if err == nil {
		t.Fatalf("no error, want %s", want.Message)
	}
	class := want.Error
	if found := regexp.MustCompile(`\[([A-Z_]+(\.[A-Z_]+)?)\]`).FindStringSubmatch(want.Message); found != nil && !strings.Contains(class, "_") {
		class = found[1]
	}
	if class != "INTERNAL_ERROR" && !strings.HasPrefix(err.Error(), "["+class) {
		t.Errorf("%v\nwant %s: %s", err, class, want.Message)
	}
}

// withoutIDs are texts of expressions without the numbers that Spark gives columns.
var withoutIDs = regexp.MustCompile(`#\d+L?`)

var nullTests = regexp.MustCompile(`is(not )?null\((\w+)\)`)

func checkHistory(t *testing.T, s *Session, before int, want dmlAnswer) {
	versions, err := s.SQL(t.Context(), "DESCRIBE HISTORY t")
	if err != nil {
		t.Fatal(err)
	}
	rows, err := versions.Select(Col("operation"), Col("operationParameters"), Col("operationMetrics")).Collect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if want.History == nil {
		if len(rows) != before {
			t.Errorf("%d versions, want %d: there was nothing to commit", len(rows), before)
		}
		return
	}
	if len(rows) != before+1 {
		t.Fatalf("%d versions, want %d", len(rows), before+1)
	}
	last := rows[0].Values
	if last[0] != want.History.Operation {
		t.Errorf("operation %v, want %s", last[0], want.History.Operation)
	}
	compareTexts(t, "operationParameters", texts(last[1]), parametersOf(want))
	metrics := texts(last[2])
	for _, name := range want.History.Timing {
		if _, ok := metrics[name]; !ok {
			t.Errorf("no metric %s", name)
		}
		delete(metrics, name)
	}
	compareTexts(t, "operationMetrics", metrics, want.History.Metrics)
}

func parametersOf(want dmlAnswer) map[string]string {
	all := map[string]string{}
	for k, v := range want.History.Parameters {
		text := withoutIDs.ReplaceAllString(fmt.Sprint(v), "")
		all[k] = nullTests.ReplaceAllStringFunc(text, func(test string) string { // the history has another text than a column's name
			found := nullTests.FindStringSubmatch(test)
			return "(" + found[2] + " IS " + strings.TrimPrefix(strings.ToUpper(found[1]), "NULL") + "NULL)"
		})
	}
	return all
}

func texts(v any) map[string]string {
	all := map[string]string{}
	if m, ok := v.(Map); ok {
		for _, e := range m {
			all[fmt.Sprint(e.Key)] = fmt.Sprint(e.Value)
		}
	}
	return all
}

func compareTexts(t *testing.T, what string, got, want map[string]string) {
	t.Helper()
	for _, k := range slices.Sorted(maps.Keys(want)) {
		if got[k] != want[k] {
			t.Errorf("%s.%s is %q, want %q", what, k, got[k], want[k])
		}
		delete(got, k)
	}
	for k, v := range got {
		t.Errorf("%s.%s is %q, and not there in Spark", what, k, v)
	}
}

func checkChanges(t *testing.T, s *Session, want dmlAnswer) {
	last := len(collectRows(t, s, "DESCRIBE HISTORY t")) - 1
	changes := s.Read().Option("readChangeFeed", "true").Option("startingVersion", fmt.Sprint(last)).Table("t")
	if err := changes.CreateOrReplaceTempView(t.Context(), "changes"); err != nil {
		t.Fatal(err)
	}
	got := jsonRows(t, s, "SELECT _change_type || ' ' || to_json(struct(* EXCEPT (_change_type, _commit_version, _commit_timestamp)), map('ignoreNullFields', 'false')) FROM changes")
	if !slices.Equal(got, want.Changes) {
		t.Errorf("changes\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want.Changes, "\n"))
	}
}

func jsonRows(t *testing.T, s *Session, query string) []string {
	t.Helper()
	var all []string
	for _, r := range collectRows(t, s, query) {
		all = append(all, fmt.Sprint(r.Values[0]))
	}
	slices.Sort(all)
	return all
}

func collectRows(t *testing.T, s *Session, query string) []Row {
	t.Helper()
	frame, err := s.SQL(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := frame.Collect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return rows
}
