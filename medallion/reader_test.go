package medallion

import (
	"os"
	"path/filepath"
	"testing"

	"lakehouse/internal/types"
)

// A stream without a schema takes it from the files that it will read, with the options that it was given.
func TestAStreamInfersItsSchemaFromTheFilesItReads(t *testing.T) {
	root := t.TempDir()
	for name, text := range map[string]string{"in/a.csv": "n,at\n1,x\n", "in/sub/b.csv": "m\nx\n", "in/other.txt": "text"} {
		path := filepath.Join(root, "Volumes/main/default/v", name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s, err := NewSession(Options{Root: root, Conf: map[string]string{"spark.sql.streaming.schemaInference": "true"}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, c := range []struct {
		inferred, want string
	}{{"false", "n STRING,at STRING"}, {"true", "n INT,at STRING"}} {
		d, err := s.ReadStream().Format("csv").Option("header", "true").Option("inferSchema", c.inferred).
			Option("pathGlobFilter", "*.csv").Load(t.Context(), "/Volumes/main/default/v/in")
		if err != nil {
			t.Fatal(err)
		}
		schema, err := d.Schema(t.Context())
		if got := types.ToDDL(schema); err != nil || got != c.want {
			t.Errorf("inferSchema %s: got %s, %v, want %s", c.inferred, got, err, c.want)
		}
	}
}
