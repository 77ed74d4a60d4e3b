package differential

import (
	"strings"
	"testing"
)

// The same seed and number give the same case, and many cases have every kind.
func TestCasesComeFromTheirSeed(t *testing.T) {
	seen := map[string]bool{}
	for n := range uint64(200) {
		c := Generate(7, n)
		if again := Generate(7, n); c.Text() != again.Text() {
			t.Fatalf("case %d is once %s and once %s", n, c.Text(), again.Text())
		}
		kind, _, _ := strings.Cut(c.Name, "-")
		seen[kind] = true
	}
	if len(seen) != len(kinds) {
		t.Errorf("200 cases are of the kinds %v", seen)
	}
}

// Whatever an answer tells is compared: a test that cannot fail would show nothing.
func TestEachDifferenceIsFound(t *testing.T) {
	answer := func(change func(*Answer)) Answer {
		a := Answer{Schema: "struct<k:string,n:double>", Batches: []Batch{{
			ID: 0, Rows: [][]any{{"a", 1.0}, {nil, 2.5}}, Watermark: "1970-01-01T00:00:00.000Z", Input: 2,
			State: []State{{Operator: "stateStoreSave", Total: 2, Updated: 2}},
		}, {ID: 1, Rows: [][]any{}}}}
		change(&a)
		return a
	}
	same := func(*Answer) {}
	for name, c := range map[string]struct {
		change func(*Answer)
		found  string
	}{
		"nothing":              {same, ""},
		"the order of rows":    {func(a *Answer) { a.Batches[0].Rows = [][]any{{nil, 2.5}, {"a", 1.0}} }, ""},
		"a double's last bits": {func(a *Answer) { a.Batches[0].Rows[1] = []any{nil, 2.5000000000000004} }, ""},
		"a value":              {func(a *Answer) { a.Batches[0].Rows[1] = []any{nil, 2.6} }, "rows"},
		"a null":               {func(a *Answer) { a.Batches[0].Rows[1] = []any{"", 2.5} }, "rows"},
		"a row twice":          {func(a *Answer) { a.Batches[0].Rows = append(a.Batches[0].Rows, []any{"a", 1.0}) }, "rows"},
		"a batch":              {func(a *Answer) { a.Batches = a.Batches[:1] }, "missing"},
		"a batch more":         {func(a *Answer) { a.Batches = append(a.Batches, Batch{ID: 2}) }, "a batch more"},
		"a batch's number":     {func(a *Answer) { a.Batches[1].ID = 2 }, "batch 2"},
		"the watermark":        {func(a *Answer) { a.Batches[0].Watermark = "" }, "watermark"},
		"the rows of state":    {func(a *Answer) { a.Batches[0].State = []State{{Operator: "stateStoreSave", Total: 3, Updated: 2}} }, "state"},
		"the rows dropped": {func(a *Answer) {
			a.Batches[0].State = []State{{Operator: "stateStoreSave", Total: 2, Updated: 2, Dropped: 1}}
		}, "state"},
		"an operator": {func(a *Answer) { a.Batches[0].State = nil }, "state operators"},
		"the schema":  {func(a *Answer) { a.Schema = "struct<k:string,n:bigint>" }, "schema"},
		"an error":    {func(a *Answer) { a.Error = "DIVIDE_BY_ZERO" }, "error"},
	} {
		d := Difference(answer(same), answer(c.change))
		if (d == "") != (c.found == "") || !strings.Contains(d, c.found) {
			t.Errorf("%s: %q, want %q", name, d, c.found)
		}
	}
	refused := func(class string) Answer { return Answer{Error: class} }
	if d := Difference(refused("AnalysisException"), refused("UNSUPPORTED_STREAMING_OPERATION")); d != "" {
		t.Errorf("where Spark has no class, any will do: %s", d)
	}
	if d := Difference(refused("DIVIDE_BY_ZERO"), refused("CAST_INVALID_INPUT")); d == "" {
		t.Error("two classes are not the same")
	}
}

// A case is shrunk to what it differs for.
func TestShrinkLeavesWhatDiffers(t *testing.T) {
	c := Generate(1, 12)
	row := `{"id":7777}`
	c.Runs[len(c.Runs)-1][0][c.Sources[0].Name] = append(c.Runs[len(c.Runs)-1][0][c.Sources[0].Name], row)
	small, err := Shrink(c, func(cases []Case) ([]bool, error) {
		differs := make([]bool, len(cases))
		for i, c := range cases {
			differs[i] = strings.Contains(c.Text(), "7777")
		}
		return differs, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for _, run := range small.Runs {
		for _, files := range run {
			for _, lines := range files {
				rows += len(lines)
			}
		}
	}
	if rows != 1 || len(small.Runs) != 1 || small.Name != c.Name {
		t.Errorf("%d rows are left: %s", rows, small.Text())
	}
}
