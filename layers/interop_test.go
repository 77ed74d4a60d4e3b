package layers

import (
	"encoding/json"
	"fmt"
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

// python is an interpreter that has deltalake: $LAKEHOUSE_PYTHON, or python3. The test is skipped without.
func python(t *testing.T) string {
	t.Helper()
	for _, name := range []string{os.Getenv("LAKEHOUSE_PYTHON"), "python3"} {
		if name != "" && exec.Command(name, "-c", "import deltalake, pyarrow").Run() == nil {
			return name
		}
	}
	t.Skip("no python with deltalake and pyarrow: pip install deltalake pyarrow, or name one by LAKEHOUSE_PYTHON")
	return ""
}

// readTable prints a table's rows, one JSON array a line.
const readTable = `
import json, sys, datetime
from deltalake import DeltaTable
t = DeltaTable(sys.argv[1])
def plain(v):
    if isinstance(v, (datetime.date, datetime.datetime)):
        return v.isoformat()
    return v
for row in t.to_pyarrow_table().to_pylist():
    print(json.dumps([plain(v) for v in row.values()]))
`

// Bronze, silver and gold of both pipelines are read back by delta-rs, row for row.
func TestInteropDeltaRsReadsOurTables(t *testing.T) {
	py := python(t)
	root := t.TempDir()
	session, err := medallion.NewSession(medallion.Options{Root: root})
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	suite := testsuite.New(session, Invoices().Suited(Settings{}), t.Output())
	testsuite.Run(t, suite, InvoicesSuite(fixtureFiles(t))...)
	for _, layer := range Invoices().Layers {
		t.Run(layer.Table, func(t *testing.T) {
			dir := filepath.Join(root, "user", "hive", "warehouse", layer.Table)
			out, err := exec.Command(py, "-c", readTable, dir).CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			theirs := strings.Split(strings.TrimSpace(string(out)), "\n")
			for i := range theirs {
				theirs[i] = normal(t, theirs[i])
			}
			rows, err := session.Table(layer.Table).Collect(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			ours := make([]string, len(rows))
			for i, r := range rows {
				ours[i] = normal(t, plainJSON(t, r))
			}
			slices.Sort(theirs)
			slices.Sort(ours)
			if !slices.Equal(ours, theirs) {
				t.Fatalf("delta-rs reads %d rows, we read %d; the first that differ: %s", len(theirs), len(ours), firstDifference(ours, theirs))
			}
			t.Logf("%s: %d rows read alike", layer.Table, len(ours))
		})
	}
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
