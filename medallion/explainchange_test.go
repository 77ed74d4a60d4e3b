package medallion

import (
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"
)

var rewriteExplained = flag.Bool("rewrite-explained", false, "write testdata/explainchange.txt from what EXPLAIN says")

// explained are statements that are explained, each followed by what EXPLAIN says of it.
const explainedFile = "testdata/explainchange.txt"

// EXPLAIN of a statement that changes rows says which files of its table it would open and why it passes over the others, and changes nothing.
func TestExplainTellsWhatAChangeReads(t *testing.T) {
	d := newDesk(t)
	d.frame("CREATE TABLE t (day STRING, n INT) USING delta PARTITIONED BY (day)")
	for _, rows := range []string{"('mon', 1)", "('mon', 100)", "('tue', 2)", "('wed', 3)"} {
		d.frame("INSERT INTO t VALUES " + rows)
	}
	d.frame("CREATE TABLE s (k INT, v STRING) USING delta")
	d.frame("INSERT INTO s VALUES (2, 'a'), (3, 'b'), (null, 'c')")
	before := d.rows("DESCRIBE HISTORY t")
	text, err := os.ReadFile(explainedFile)
	if err != nil {
		t.Fatal(err)
	}
	bytes := regexp.MustCompile(`\(\d+ bytes\)`)
	var out strings.Builder
	for block := range strings.SplitSeq(string(text), "\n====\n") {
		statement, want, _ := strings.Cut(strings.TrimSpace(block), "\n----\n")
		got := strings.TrimSpace(bytes.ReplaceAllString(d.rows("EXPLAIN "+statement), "(… bytes)"))
		if got != strings.TrimSpace(want) && !*rewriteExplained {
			t.Errorf("%s\ngot\n%s\nwant\n%s", statement, got, want)
		}
		if out.Len() > 0 {
			out.WriteString("\n====\n")
		}
		out.WriteString(statement + "\n----\n" + got + "\n")
	}
	if *rewriteExplained {
		if err := os.WriteFile(explainedFile, []byte(out.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	d.want("history", d.rows("DESCRIBE HISTORY t"), before)
}
