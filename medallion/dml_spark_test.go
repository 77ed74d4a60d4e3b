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
	"merge inserts defaults":          "Delta does not know DEFAULT in MERGE",
	"replace using":                   "Delta 4.4 has no REPLACE USING",
	"replace using a partition":       "Delta 4.4 has no REPLACE USING",
	"replace using an unknown column": "Delta 4.4 has no REPLACE USING",
	"replace on":                      "Delta 4.4 has no REPLACE ON",
	"replace on with change data":     "Delta 4.4 has no REPLACE ON",
}

// otherFiles are cases in which Spark writes as many files as it has tasks, or copies rows that a deletion vector could leave where they are;
// its text of the condition of REPLACE WHERE has more parentheses.
var otherFiles = map[string][]string{
	"merge on no equality":                {"numTargetFilesAdded"},
	"replace where":                       {"numFiles", "predicate"},
	"replace where a partition":           {"predicate"},
	"replace where by name":               {"numFiles", "predicate"},
	"replace where with change data":      {"numFiles", "numAddedChangeFiles", "predicate"},
	"replace where with deletion vectors": {"numFiles", "numCopiedRows", "numOutputRows", "predicate"},
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
	if want.History != nil {
		for _, name := range otherFiles[c.Name] {
			delete(want.History.Metrics, name)
			delete(want.History.Parameters, name)
		}
	}
	checkHistory(t, s, before, want, otherFiles[c.Name])
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

// What the history has other texts for than Spark's: tests for null, casts that nobody wrote, BETWEEN and IN.
var (
	nullTests = regexp.MustCompile(`is(not)?null\((\w+)\)`)
	lists     = regexp.MustCompile(`(\w+) IN \(([^()]*)\)`)
	casts     = regexp.MustCompile(`cast\((\w+) as \w+\)`)
	betweens  = regexp.MustCompile(`\(\((\w+) >= (\w+)\) AND \((\w+) <= (\w+)\)\)`)
)

func checkHistory(t *testing.T, s *Session, before int, want dmlAnswer, but []string) {
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
	parameters, metrics := texts(last[1]), texts(last[2])
	for _, name := range but {
		delete(parameters, name)
		delete(metrics, name)
	}
	compareTexts(t, "operationParameters", parameters, parametersOf(want))
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
		text = lists.ReplaceAllStringFunc(text, func(in string) string {
			found := lists.FindStringSubmatch(in)
			return "(" + found[1] + " IN (" + strings.ReplaceAll(found[2], ",", ", ") + "))"
		})
		text = betweens.ReplaceAllString(casts.ReplaceAllString(text, "$1"), "between($1, $2, $4)")
		all[k] = nullTests.ReplaceAllStringFunc(text, func(test string) string { // the history has another text than a column's name
			found := nullTests.FindStringSubmatch(test)
			return "(" + found[2] + " IS " + map[string]string{"not": "NOT "}[found[1]] + "NULL)"
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
	schema, err := changes.Schema(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	columns := slices.DeleteFunc(schema.Names(), func(name string) bool { return strings.HasPrefix(name, "_c") })
	got := jsonRows(t, s, "SELECT _change_type || ' ' || to_json(struct("+strings.Join(columns, ", ")+"), map('ignoreNullFields', 'false')) FROM changes")
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
