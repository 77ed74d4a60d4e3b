package layers

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lakehouse/internal/programs"
)

// What two runs of one program never share; Spark's captures and ours are compared without.
var ofOneRun = []string{
	"id", "txnId", "queryId", "appId", "reservoirId", "engineInfo", "timestamp", "createdTime", "lastUpdated",
	"modificationTime", "batchTimestampMs", "path", "size", "numAddedFiles", "numRemovedFiles", "numOutputBytes",
}

// masked is JSON without the values that belong to one run.
func masked(v any) any {
	switch v := v.(type) {
	case map[string]any:
		delete(v, "InvoiceLineItems") // Spark counts an array column's nulls, we do not
		for key, value := range v {
			if slices.Contains(ofOneRun, key) {
				v[key] = "…"
				continue
			}
			v[key] = masked(value)
		}
	case []any:
		for i := range v {
			v[i] = masked(v[i])
		}
	case string: // JSON within JSON: schemas and statistics
		var inner any
		if strings.HasPrefix(v, "{") && json.Unmarshal([]byte(v), &inner) == nil {
			return masked(inner)
		}
	}
	return v
}

// actionsOf is a commit, or a capture of one, as a line for each action.
func actionsOf(t *testing.T, actions []map[string]any) []string {
	t.Helper()
	var lines []string
	for _, a := range actions {
		lines = append(lines, programs.JSONText(t, masked(a)))
	}
	return lines
}

// commitActions reads a table's commits.
func (r *invoicesRun) commitActions(table string) map[string][]string {
	r.Helper()
	commits := map[string][]string{}
	for _, name := range r.versions(table) {
		text, err := os.ReadFile(filepath.Join(r.Root, "user", "hive", "warehouse", table, "_delta_log", name))
		if err != nil {
			r.Fatal(err)
		}
		var actions []map[string]any
		for line := range bytes.Lines(text) {
			var action map[string]any
			if err := json.Unmarshal(line, &action); err != nil {
				r.Fatalf("%s: %v", name, err)
			}
			actions = append(actions, action)
		}
		commits[name] = actionsOf(r.T, actions)
	}
	return commits
}

// The invoices program leaves Delta logs and checkpoints like Spark's: the same versions, actions, operations, statistics,
// files and fields, but for ids, times and names of data files.
func TestInvoicesWritesSparksLogsAndCheckpoints(t *testing.T) {
	r := newInvoicesRun(t)
	r.through()
	for table, commits := range programs.Answer[map[string]map[string][]map[string]any](t, "invoices", "delta_log.json") {
		t.Run(table, func(t *testing.T) {
			got := r.commitActions(table)
			for name, actions := range commits {
				programs.Equal(t, name, strings.Join(got[name], "\n"), strings.Join(actionsOf(t, actions), "\n"))
			}
			programs.Equal(t, "versions", len(got), len(commits))
		})
	}
	folders := map[string]string{"bronze": "invoices_bz", "silver": "invoice_line_items"}
	for layer, files := range programs.Answer[map[string]map[string]any](t, "invoices", "checkpoint.json") {
		t.Run(layer+" checkpoint", func(t *testing.T) {
			assertCheckpoint(t, r.Lake, InvoicesBase+"/chekpoint/"+folders[layer], files)
		})
	}
}

// assertCheckpoint compares a checkpoint's files with captured ones: texts, or lists of lines.
func assertCheckpoint(t *testing.T, l *programs.Lake, folder string, want map[string]any) {
	t.Helper()
	got := l.Files(folder)
	for _, name := range got {
		if _, captured := want[name]; !captured {
			t.Errorf("Spark has no %s", name)
		}
	}
	for name, text := range want {
		content, err := os.ReadFile(filepath.Join(l.Root, filepath.FromSlash(folder), name))
		if err != nil {
			t.Error(err)
			continue
		}
		var have any = string(content)
		if _, ofLines := text.([]any); ofLines {
			lines := []any{}
			for line := range strings.SplitSeq(string(content), "\n") {
				lines = append(lines, line)
			}
			have = lines
		}
		programs.Equal(t, name, programs.JSONText(t, masked(have)), programs.JSONText(t, masked(text)))
	}
}
