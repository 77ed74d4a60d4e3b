package medallion

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"lakehouse/internal/expr"
	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

// What a text may cost before it is called a hang.
const fuzzPatience = 20 * time.Second

var sevenDigits = regexp.MustCompile(`\d{7}`)

// FuzzSQL parses, resolves and runs expressions over a tiny table: whatever the text, there are rows or an error for the
// user, soon, and never a fault of ours.
func FuzzSQL(f *testing.F) {
	session, err := NewSession(Options{
		Space: volumes.NewSpaceOn(volumestest.NewMemory()), Conf: map[string]string{confWorkers: "1", confPartitions: "1", confMemoryLimit: "64m"},
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(session.Close)
	table, err := session.SQL(f.Context(), `SELECT * FROM VALUES
		(1, 1L, 1.5D, 1.50, 'a', true, DATE'2026-11-21', TIMESTAMP'2026-11-21 10:00:00', array(1, 2), map('k', 1), named_struct('x', 1), X'00ff', CAST(1 AS tinyint)),
		(-2147483648, -9223372036854775807L, double('NaN'), -99999999.99, '', false, DATE'0001-01-01', TIMESTAMP'1582-10-04 00:00:00', array(), map(), named_struct('x', null), X'', CAST(-128 AS tinyint)),
		(null, null, null, null, null, null, null, null, null, null, null, null, null) AS t(i, l, d, m, s, b, dt, ts, a, mp, st, bin, ti)`)
	if err != nil {
		f.Fatal(err)
	}
	if err := table.CreateOrReplaceTempView(f.Context(), "t"); err != nil {
		f.Fatal(err)
	}
	for _, seed := range sqlSeeds() {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 2000 || strings.Contains(text, "array_repeat") && sevenDigits.MatchString(text) { // it makes what it is asked for
			return
		}
		ctx, cancel := context.WithTimeout(t.Context(), fuzzPatience/2)
		defer cancel()
		began := time.Now()
		for _, query := range []string{"SELECT " + text + " FROM t", "SELECT count(*) FROM t WHERE " + text} {
			if err := runs(ctx, session, query); err != nil && (strings.Contains(strings.ToLower(err.Error()), "internal error") || strings.Contains(err.Error(), "INTERNAL_ERROR")) {
				t.Fatalf("%s: %v", query, err)
			}
		}
		if took := time.Since(began); took > fuzzPatience {
			t.Fatalf("%q took %v", text, took)
		}
	})
}

// runs runs a query, of which no more rows are asked for than somebody would read.
func runs(ctx context.Context, session *Session, query string) error {
	frame, err := session.SQL(ctx, query)
	if err != nil {
		return err
	}
	batches, err := frame.Limit(1000).Batches(ctx)
	if err != nil {
		return err
	}
	for _, err := range batches {
		if err != nil {
			return err
		}
	}
	return nil
}

// sqlSeeds are expressions of every kind and function, and those of Spark's documentation where they are.
func sqlSeeds() []string {
	seeds := []string{
		"*", "i + l * d - m / 2", "CASE WHEN b THEN s ELSE upper(s) END", "CAST(s AS int)", "try_cast(s AS decimal(38,10))", "i IN (1, 2, NULL)", "s LIKE '%a_' ESCAPE '!'", "s RLIKE '(a+)+$'",
		"a[0], mp['k'], st.x", "explode(a)", "sum(i) OVER (ORDER BY i)", "transform(a, x -> x + i)", "filter(a, x -> x > 1)", "aggregate(a, 0, (x, y) -> x + y)", "interval 1 day + ts", "date_format(ts, 'yyyy-MM-dd')",
		"repeat(s, 1000000000)", "sequence(1, 1000000000)", "lpad(s, 2000000000, 'x')", "array_repeat(a, 100000)", "space(2147483647)", "format_number(d, 2000000000)", "regexp_replace(s, '(.*)*x', 'y')",
		"(SELECT max(i) FROM t)", "EXISTS (SELECT 1 FROM t u WHERE u.i = t.i)", "count(DISTINCT s)", "i / 0", "m * 99999999999999999999999999999999999999", "from_json(s, 'a int')", "-(-9223372036854775808)", "l % 0", "+i", "positive(a)[0]", "+ (i + 1)",
		strings.Repeat("(", 500) + "1" + strings.Repeat(")", 500), strings.Repeat("-", 900) + "1", strings.Repeat("NOT ", 300) + "b", "1" + strings.Repeat("+1", 500), "'" + strings.Repeat("x", 1000) + "'",
	}
	if f := flag.Lookup("test.fuzz"); f == nil || f.Value.String() == "" {
		return seeds // each is a query: a plain run of the tests takes only these
	}
	for _, name := range expr.Names() {
		seeds = append(seeds, name+"(s)")
	}
	return append(seeds, capturedExpressions()...)
}

// capturedExpressions are examples of Spark's documentation; none where they are absent.
func capturedExpressions() (all []string) {
	data, err := os.ReadFile(os.Getenv("LAKEHOUSE_DATA") + "/spark-functions/functions.jsonl")
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	for line := range bytes.Lines(data) {
		var example struct {
			SQL string `json:"sql"`
		}
		if json.Unmarshal(line, &example) == nil {
			if text, ok := strings.CutPrefix(example.SQL, "SELECT "); ok {
				all = append(all, strings.TrimSuffix(text, ";"))
			}
		}
	}
	return all
}
