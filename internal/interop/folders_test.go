package interop

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/ipc"

	"lakehouse/deltalog"
	"lakehouse/internal/types"
	"lakehouse/volumes"
)

// Every row of other projects' tables is what delta-rs reads, or DuckDB where delta-rs refuses the table. The folders that hold the tables
// are named by LAKEHOUSE_DELTA_TABLES, a python with both by LAKEHOUSE_PYTHON. What one side reads and the other does not is told, for a
// person to judge; rows that differ fail the test.
func TestRowsOfTablesOfOtherProjects(t *testing.T) {
	folders, python := os.Getenv("LAKEHOUSE_DELTA_TABLES"), os.Getenv("LAKEHOUSE_PYTHON")
	if folders == "" || python == "" {
		t.Skip("name folders with Delta tables by LAKEHOUSE_DELTA_TABLES and a python with delta-rs and DuckDB by LAKEHOUSE_PYTHON")
	}
	judge := startRowJudge(t, python)
	same, all := 0, 0
	for _, root := range filepath.SplitList(folders) {
		for _, dir := range deltaTablesBelow(t, root) {
			all++
			stream, refused := rowsAsStream(t, dir)
			verdict := judge(dir, stream)
			switch {
			case verdict.Same:
				same++
			case verdict.Differ != "":
				t.Errorf("%s: %s says %s", dir, verdict.By, verdict.Differ)
			case refused != nil && verdict.Refused == "":
				t.Logf("%s: refused here, read by %s (%d rows): %v", dir, verdict.By, verdict.Count, refused)
			case refused != nil:
				t.Logf("%s: refused by all: %v", dir, refused)
			default:
				t.Logf("%s: read here alone; %s", dir, verdict.Refused)
			}
		}
	}
	t.Logf("%d tables of %d read the same", same, all)
}

type rowVerdict struct {
	By, Differ, Refused string
	Same                bool
	Count               int64
}

// startRowJudge starts the reader that the rows are compared with.
func startRowJudge(t *testing.T, python string) func(dir, stream string) rowVerdict {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), python, filepath.Join("testdata", "rows.py"))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait()
	})
	answers := bufio.NewScanner(out)
	answers.Buffer(nil, 1<<20)
	return func(dir, stream string) rowVerdict {
		var v rowVerdict
		if _, err := fmt.Fprintf(in, "%s\t%s\n", dir, stream); err != nil {
			t.Fatal(err)
		}
		if !answers.Scan() {
			t.Fatalf("no answer for %s: %v", dir, answers.Err())
		}
		if err := json.Unmarshal(answers.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// rowsAsStream reads a table and leaves its rows in a file of Arrow; empty: the table was refused.
func rowsAsStream(t *testing.T, dir string) (name string, refused error) {
	t.Helper()
	store, err := volumes.OpenLocal(dir)
	if err != nil {
		return "", err
	}
	snapshot, err := deltalog.Open(store, deltalog.Options{}).Snapshot(t.Context())
	if err != nil {
		return "", err
	}
	scan, err := snapshot.Scan(deltalog.ScanOptions{})
	if err != nil {
		return "", err
	}
	name = filepath.Join(t.TempDir(), "rows.arrow")
	file, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	out := ipc.NewWriter(file, ipc.WithSchema(types.ToArrowSchema(deltalog.UserSchema(scan.Schema()))))
	for b, err := range scan.Batches(t.Context()) {
		if err != nil {
			return "", err
		}
		if err := out.Write(b); err != nil {
			return "", err
		}
	}
	return name, out.Close()
}

// deltaTablesBelow are the folders with a log.
func deltaTablesBelow(t *testing.T, root string) []string {
	t.Helper()
	var tables []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && d.Name() == "_delta_log" {
			tables = append(tables, filepath.Dir(path))
			return fs.SkipDir
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return tables
}
