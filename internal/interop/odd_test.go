package interop

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Tables as their many writers make them, in files of every encoding and of neighbouring types, by odd paths and by odd logs, are read as one of the
// others reads them. What is read here alone, or here alone is not, stands below with its reason.
func TestInteropOddTables(t *testing.T) {
	peers := startPeers(t)
	root := t.TempDir()
	if out, err := exec.Command(os.Getenv("LAKEHOUSE_PYTHON"), "-B", "testdata/odd_tables.py", root).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	reasons := map[string]struct{ verdict, says string }{
		"int64 as integer":          {weRefuse, "cannot be read as INT"},     // as Spark: others cast, and fail at the first that does not fit
		"decimal wider":             {weRefuse, "cannot be read as DECIMAL"}, // as Spark
		"text uuid":                 {weRefuse, "(UUID)"},                    // Spark and delta-rs refuse it, too
		"mapped by id, without ids": {weRefuse, "the file has none"},         // as Spark: others go by names
		"mapped by id":              {unlike, "2 lines are only ours"},       // the kernel goes by names, and finds nulls
		"log with a mark":           {theyRefuse, "Encountered unexpected"},  // Spark reads it
		"partition oddly":           {theyRefuse, "Failed to parse value"},   // Spark reads it
	}
	l := newLake(t)
	read := 0
	for _, found := range tablesBelow(t, root) {
		_, name, _ := strings.Cut(found.name, "/")
		verdict, why := l.judge(t, peers, found)
		want, odd := reasons[name]
		switch {
		case !odd && verdict != alike, odd && (verdict != want.verdict || !strings.Contains(why, want.says)):
			// With Spark among the readers, what it reads as we do is alike.
			if odd && verdict == alike && named(peers, "Spark") != nil {
				break
			}
			t.Errorf("%s: %s: %s", name, verdict, why)
		case verdict == alike:
			read++
		}
	}
	t.Logf("%d tables are read alike", read)
}
