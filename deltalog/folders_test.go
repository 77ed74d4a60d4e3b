package deltalog

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lakehouse/volumes"
)

// askDeltaRS reads names of folders from stdin and answers each with a line of JSON.
const askDeltaRS = `
import json, sys
from deltalake import DeltaTable
for line in sys.stdin:
    try:
        t = DeltaTable(line.strip())
        names = [f.name for f in t.schema().fields]
        try:
            files = len(t.file_uris())
        except BaseException as e:
            files = -1
        out = {"version": t.version(), "files": files, "columns": names}
    except BaseException as e:
        out = {"error": str(e)}
    print(json.dumps(out), flush=True)
`

type rsAnswer struct {
	Version int64    `json:"version"`
	Files   int64    `json:"files"`
	Columns []string `json:"columns"`
	Error   string   `json:"error"`
}

// Tables of other projects' tests read as delta-rs reads them. The folders that hold them are named by LAKEHOUSE_DELTA_TABLES,
// a python with delta-rs by LAKEHOUSE_PYTHON. Differences are told, for a person to judge: each side reads features that the other does not.
func TestTablesOfOtherProjects(t *testing.T) {
	folders, python := os.Getenv("LAKEHOUSE_DELTA_TABLES"), os.Getenv("LAKEHOUSE_PYTHON")
	if folders == "" || python == "" {
		t.Skip("name folders with Delta tables by LAKEHOUSE_DELTA_TABLES and a python with delta-rs by LAKEHOUSE_PYTHON")
	}
	tables := tablesBelow(t, filepath.SplitList(folders))
	theirs := deltaRS(t, python, tables)
	same := 0
	for i, dir := range tables {
		ours := openedAs(t, dir)
		if fmt.Sprint(ours) == fmt.Sprint(theirs[i]) {
			same++
			continue
		}
		t.Logf("%s\n\tours:     %+v\n\tdelta-rs: %+v", dir, ours, theirs[i])
	}
	t.Logf("%d of %d tables open the same", same, len(tables))
}

func tablesBelow(t *testing.T, folders []string) []string {
	var tables []string
	for _, folder := range folders {
		err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
			if err == nil && entry.IsDir() && entry.Name() == logDir {
				tables = append(tables, filepath.Dir(path))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(tables)
	return tables
}

func deltaRS(t *testing.T, python string, tables []string) []rsAnswer {
	command := exec.CommandContext(t.Context(), python, "-c", askDeltaRS)
	command.Stdin = strings.NewReader(strings.Join(tables, "\n"))
	out, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	var answers []rsAnswer
	lines := bufio.NewScanner(strings.NewReader(string(out)))
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var answer rsAnswer
		if err := json.Unmarshal(lines.Bytes(), &answer); err != nil {
			t.Fatal(err)
		}
		answers = append(answers, answer)
	}
	if len(answers) != len(tables) {
		t.Fatalf("%d answers about %d tables", len(answers), len(tables))
	}
	return answers
}

func openedAs(t *testing.T, dir string) rsAnswer {
	store, err := volumes.OpenLocal(dir)
	if err != nil {
		return rsAnswer{Error: err.Error()}
	}
	s, err := Open(store, Options{}).Snapshot(t.Context())
	if err != nil {
		return rsAnswer{Error: err.Error()}
	}
	schema, err := s.Schema()
	if err != nil {
		return rsAnswer{Error: err.Error()}
	}
	answer := rsAnswer{Version: s.Version(), Columns: schema.Names()}
	for _, err := range s.Files(t.Context()) {
		if err != nil {
			return rsAnswer{Error: err.Error()}
		}
		answer.Files++
	}
	if told, err := s.NumFiles(t.Context()); err != nil || told != answer.Files {
		return rsAnswer{Error: fmt.Sprintf("NumFiles is %d, %v; there are %d", told, err, answer.Files)}
	}
	return answer
}
