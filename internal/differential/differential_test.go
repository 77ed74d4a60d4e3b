package differential

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	python  = flag.String("differential.python", "", "a Python that has pyspark 4.2: live Spark answers; empty: only the kept answers are compared")
	count   = flag.Int("differential.cases", 30, "how many cases are drawn")
	first   = flag.Int("differential.first", 0, "the number of the first")
	seed    = flag.Uint64("differential.seed", 1, "what they are drawn from")
	only    = flag.String("differential.kinds", ".", "a pattern of the names of the cases that are run")
	cache   = flag.String("differential.cache", "", "a folder that keeps Spark's answers between runs")
	shrink  = flag.Bool("differential.shrink", true, "whether the first case that differs is shrunk")
	known   = flag.Bool("differential.known", false, "only the cases whose answers the cache has: no Spark is started")
	rewrite = flag.Bool("rewrite", false, "rewrite the golden files, from a live Spark")
)

// drawn are the cases that the flags ask for.
func drawn(t *testing.T, spark Spark) []Case {
	t.Helper()
	pattern, err := regexp.Compile(*only)
	if err != nil {
		t.Fatal(err)
	}
	var cases []Case
	for n := *first; len(cases) < *count && n < *first+100**count; n++ {
		c := Generate(*seed, uint64(n))
		if _, answered := spark.kept(c); pattern.MatchString(c.Name) && (answered || !*known) {
			cases = append(cases, c)
		}
	}
	return cases
}

func live(t *testing.T) Spark {
	t.Helper()
	if *python == "" {
		t.Skip("no -differential.python: make differential sets it")
	}
	if *cache != "" {
		if err := os.MkdirAll(*cache, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return Spark{Command: append(strings.Fields(*python), filepath.Join("testdata", "spark_worker.py")), Cache: *cache}
}

// Every batch of every drawn case is Spark's: its rows, its watermark, what it tells of its state.
func TestCasesDrawnAgainstLiveSpark(t *testing.T) {
	spark := live(t)
	cases := drawn(t, spark)
	answers, err := spark.Answers(t.Context(), cases)
	if err != nil {
		t.Fatal(err)
	}
	same, failing, onPurpose := 0, 0, 0
	for _, c := range cases {
		ours := Ours(t.Context(), c, t.TempDir())
		if RefusedOnPurpose(answers[c.Name], ours) {
			onPurpose++
			continue
		}
		d := Difference(answers[c.Name], ours)
		if d == "" {
			same++
			if answers[c.Name].Error != "" {
				failing++
			}
			continue
		}
		t.Errorf("%s: %s", c.Name, d)
		if *shrink {
			*shrink = false
			small, err := Shrink(c, DifferFrom(t.Context(), spark, t.TempDir))
			if err != nil {
				t.Error(err)
			}
			t.Logf("the smallest that differs:\n%s\n%s", small.Text(), Explain(t.Context(), spark, small, t.TempDir()))
		}
	}
	t.Logf("differential: %d cases of seed %d are as in Spark, %d of them refused by both; %d refused on purpose; %d differ",
		same, *seed, failing, onPurpose, len(cases)-same-onPurpose)
}

// kept is a case with Spark's answer.
type kept struct {
	Case  Case   `json:"case"`
	Spark Answer `json:"spark"`
}

const golden = "testdata/answers.jsonl"

// The kept answers of Spark hold without Spark.
func TestGoldenAnswersOfSpark(t *testing.T) {
	if *rewrite && *python != "" { // make golden alone leaves Spark's word as it is
		rewriteGolden(t)
	}
	text, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		var k kept
		if err := json.Unmarshal([]byte(line), &k); err != nil {
			t.Fatal(err)
		}
		t.Run(k.Case.Name, func(t *testing.T) {
			if d := Difference(k.Spark, Ours(t.Context(), k.Case, t.TempDir())); d != "" {
				t.Errorf("%s\n%s", d, k.Case.Text())
			}
		})
	}
}

func rewriteGolden(t *testing.T) {
	t.Helper()
	spark := live(t)
	cases := drawn(t, spark)
	answers, err := spark.Answers(t.Context(), cases)
	if err != nil {
		t.Fatal(err)
	}
	var lines strings.Builder
	for _, c := range cases {
		a := answers[c.Name]
		a.Message = firstLine(a.Message)
		lines.WriteString(text(kept{c, a}) + "\n")
	}
	if err := os.WriteFile(golden, []byte(lines.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}
