package layers

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lakehouse/internal/programs"
	"lakehouse/medallion"
	"lakehouse/testsuite"
)

// pythonWith is an interpreter that has modules: $LAKEHOUSE_PYTHON, or python3. The test is skipped without.
func pythonWith(t testing.TB, modules ...string) string {
	t.Helper()
	for _, name := range []string{os.Getenv("LAKEHOUSE_PYTHON"), "python3"} {
		if name != "" && exec.Command(name, "-c", "import "+strings.Join(modules, ", ")).Run() == nil {
			return name
		}
	}
	t.Skipf("no python with %s: install by pip, or name one by LAKEHOUSE_PYTHON", strings.Join(modules, " and "))
	return ""
}

// readTable prints a table's rows, one JSON array a line.
const readTable = `
import json, os, sys, datetime
from deltalake import DeltaTable
t = DeltaTable(sys.argv[1])
def plain(v):
    if isinstance(v, (datetime.date, datetime.datetime)):
        return v.isoformat()
    return v
for row in t.to_pyarrow_table().to_pylist():
    print(json.dumps([plain(v) for v in row.values()]))
sys.stdout.flush()
os._exit(0) # the interpreter's own end is at times aborted by pyarrow's threads
`

// Bronze, silver and gold of both pipelines are read back by delta-rs, row for row.
func TestInteropDeltaRsReadsOurTables(t *testing.T) {
	py := pythonWith(t, "deltalake", "pyarrow")
	for _, c := range []struct {
		pipeline Pipeline
		steps    []testsuite.Step
	}{
		{Invoices(), InvoicesSuite(fixtureFiles(t))},
		{Sales(), SalesSuite(salesFixtures(t))},
	} {
		root := t.TempDir()
		session, err := medallion.NewSession(medallion.Options{Root: root})
		if err != nil {
			t.Fatal(err)
		}
		defer session.Close()
		testsuite.Run(t, testsuite.New(session, c.pipeline.Suited(Settings{}), io.Discard), c.steps...)
		for _, layer := range c.pipeline.Layers {
			t.Run(layer.Table, func(t *testing.T) {
				theirs := readByDeltaRs(t, py, filepath.Join(root, "user", "hive", "warehouse", layer.Table))
				ours := readByUs(t, session, layer.Table)
				if !slices.Equal(ours, theirs) {
					t.Fatalf("delta-rs reads %d rows, we read %d; the first that differ: %s", len(theirs), len(ours), firstDifference(ours, theirs))
				}
				t.Logf("%s: %d rows read alike", layer.Table, len(ours))
			})
		}
	}
}

// readByDeltaRs gives a table's rows as JSON, sorted.
func readByDeltaRs(t *testing.T, py, dir string) []string {
	t.Helper()
	var errs bytes.Buffer
	cmd := exec.Command(py, "-c", readTable, dir)
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, errs.String())
	}
	rows := strings.Split(strings.TrimSpace(string(out)), "\n")
	for i := range rows {
		rows[i] = normal(t, rows[i])
	}
	slices.Sort(rows)
	return rows
}

// readByUs gives the same of our own reader.
func readByUs(t *testing.T, session *medallion.Session, table string) []string {
	t.Helper()
	collected, err := session.Table(table).Collect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	rows := make([]string, len(collected))
	for i, r := range collected {
		rows[i] = normal(t, plainJSON(t, r))
	}
	slices.Sort(rows)
	return rows
}

// normal prints JSON again, with numbers in one way.
func normal(t *testing.T, line string) string {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(line), &v); err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	out, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func firstDifference(a, b []string) string {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("%s and %s", a[i], b[i])
		}
	}
	return "one has more"
}

// plainJSON is a row's values as the script prints them: structs as objects, dates as texts.
func plainJSON(t *testing.T, r medallion.Row) string {
	t.Helper()
	values := make([]any, len(r.Values))
	for i, v := range r.Values {
		values[i] = programs.Plain(v)
	}
	out, err := json.Marshal(values)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}
