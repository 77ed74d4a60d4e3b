package layers

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lakehouse/internal/programs"
)

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
		commits[name] = programs.Actions(r.T, actions)
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
				programs.Equal(t, name, strings.Join(got[name], "\n"), strings.Join(programs.Actions(t, actions), "\n"))
			}
			programs.Equal(t, "versions", len(got), len(commits))
		})
	}
	folders := map[string]string{"bronze": "invoices_bz", "silver": "invoice_line_items"}
	for layer, files := range programs.Answer[map[string]map[string]any](t, "invoices", "checkpoint.json") {
		t.Run(layer+" checkpoint", func(t *testing.T) {
			r.AssertCheckpoint(InvoicesBase+"/chekpoint/"+folders[layer], files)
		})
	}
}
