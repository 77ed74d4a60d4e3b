package checkpoint

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"lakehouse/internal/realdata"
)

// captured are the checkpoint files of real Spark runs: by name, with their bytes.
type captured struct{ name, text string }

// captures walks all captured answers for files of the logs, in whatever structure they stand.
func captures(t *testing.T) []captured {
	t.Helper()
	answers, err := filepath.Glob(realdata.Path(t, "programs") + "/*/expected/*.json")
	if err != nil {
		t.Fatal(err)
	}
	var files []captured
	for _, path := range answers {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var tree any
		if err := json.Unmarshal(data, &tree); err != nil {
			continue // lines of JSON: rows
		}
		files = collect(files, tree)
	}
	return files
}

func collect(files []captured, tree any) []captured {
	switch tree := tree.(type) {
	case []any:
		for _, element := range tree {
			files = collect(files, element)
		}
	case map[string]any:
		for name, value := range tree {
			switch content := value.(type) {
			case string:
				if name == metadataFile {
					files = append(files, captured{name, content})
				}
			case []any:
				if isLogFile(name) {
					files = append(files, captured{name, join(content)})
					continue
				}
				files = collect(files, content)
			default:
				files = collect(files, value)
			}
		}
	}
	return files
}

func isLogFile(name string) bool {
	return strings.HasPrefix(name, "offsets/") || strings.HasPrefix(name, "commits/")
}

func join(lines []any) string {
	text := make([]string, len(lines))
	for i, line := range lines {
		text[i], _ = line.(string)
	}
	return strings.Join(text, "\n")
}

// Every file that Spark wrote is read, and written again with the same bytes.
func TestSparkFilesRoundTrip(t *testing.T) {
	seen := map[string]int{}
	for _, file := range captures(t) {
		kind, _, _ := strings.Cut(file.name, "/")
		seen[kind]++
		if got := rewrite(t, kind, file.text); got != file.text {
			t.Errorf("%s\ngot:  %q\nwant: %q", file.name, got, file.text)
		}
	}
	for kind, least := range map[string]int{"metadata": 10, "offsets": 40, "commits": 40} {
		if seen[kind] < least {
			t.Errorf("only %d captured files of %s", seen[kind], kind)
		}
	}
}

func rewrite(t *testing.T, kind, text string) string {
	t.Helper()
	logs := open(t, newStore(t))
	var written []byte
	var err error
	switch kind {
	case "offsets":
		var entry Offsets
		if entry, err = logs.Offsets.parse(0, []byte(text)); err == nil {
			written, err = encodeOffsets(entry)
		}
	case "commits":
		var entry Commit
		if entry, err = logs.Commits.parse(0, []byte(text)); err == nil {
			written, err = encodeCommit(entry)
		}
	default:
		var id string
		if id, err = logs.parseID([]byte(text)); err == nil {
			written, err = json.Marshal(queryMetadata{ID: id})
		}
	}
	if err != nil {
		t.Errorf("%s: %v", kind, err)
	}
	return string(written)
}

// A new query's settings are Spark's, in Spark's order.
func TestDefaultConfIsSparks(t *testing.T) {
	for _, file := range captures(t) {
		if !strings.HasPrefix(file.name, "offsets/") {
			continue
		}
		entry, err := open(t, newStore(t)).Offsets.parse(0, []byte(file.text))
		if err != nil {
			t.Fatal(err)
		}
		if want := DefaultConf(2); !reflect.DeepEqual(entry.Conf, want) {
			t.Errorf("%s\ngot:  %v\nwant: %v", file.name, want, entry.Conf)
		}
	}
}
