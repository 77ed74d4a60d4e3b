package programs

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// What two runs of one program never share; Spark's captures and ours are compared without.
var ofOneRun = []string{
	"id", "txnId", "queryId", "appId", "reservoirId", "engineInfo", "timestamp", "createdTime", "lastUpdated",
	"modificationTime", "batchTimestampMs", "path", "size", "numAddedFiles", "numRemovedFiles", "numOutputBytes",
}

// Masked is JSON without the values that belong to one run.
func Masked(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			if slices.Contains(ofOneRun, key) {
				v[key] = "…"
				continue
			}
			v[key] = Masked(value)
		}
	case []any:
		for i := range v {
			v[i] = Masked(v[i])
		}
	case string: // JSON within JSON: schemas and statistics
		var inner any
		if strings.HasPrefix(v, "{") && json.Unmarshal([]byte(v), &inner) == nil {
			return Masked(inner)
		}
	}
	return v
}

// Actions is a commit, or a capture of one, as a line for each action.
func Actions(t *testing.T, actions []map[string]any) []string {
	t.Helper()
	var lines []string
	for _, a := range actions {
		lines = append(lines, JSONText(t, Masked(a)))
	}
	return lines
}

// AssertCheckpoint compares the files of a checkpoint with captured ones: texts, lists of lines, or "<binary, n bytes>".
func (l *Lake) AssertCheckpoint(folder string, want map[string]any) {
	l.Helper()
	for _, name := range l.Files(folder) {
		if _, captured := want[name]; !captured {
			l.Errorf("Spark has no %s", name)
		}
	}
	for name, text := range want {
		content, err := os.ReadFile(filepath.Join(l.Root, filepath.FromSlash(folder), name))
		if err != nil {
			l.Error(err)
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
		if size, binary := text.(string); binary && strings.HasPrefix(size, "<binary, ") {
			continue // compressed otherwise; what is in it, the tests of state compare
		}
		Equal(l.T, name, JSONText(l.T, Masked(have)), JSONText(l.T, Masked(text)))
	}
}
