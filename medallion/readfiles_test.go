package medallion

import (
	"errors"
	"strings"
	"testing"

	"lakehouse/internal/errclass"
)

func TestReadFiles(t *testing.T) {
	c := newCloud(t)
	c.land("day=2025-01-01/a.json", `{"n":1,"s":"x"}`+"\n")
	c.land("day=2025-01-02/b.json", `{"n":2,"m":2.5}`+"\n")
	c.land("c.txt", "line\n")
	read := func(args string) string { return "read_files('" + cloudIn + "'" + args + ")" }
	for _, q := range []struct {
		query string
		want  []string
	}{
		{"SELECT n, s, m, _rescued_data, string(day) FROM " + read(", format => 'json', fileNamePattern => '*.json'"), []string{"[1, x, null, null, 2025-01-01]", "[2, null, 2.5, null, 2025-01-02]"}},
		{"SELECT n + 1 FROM " + read(", pathGlobFilter => '*.json', schema => 'n int'"), []string{"[2]", "[3]"}},
		{"SELECT typeof(n), typeof(m) FROM " + read(", format => 'json', pathGlobFilter => 'a.json', schemaHints => 'n short, m date'"), []string{"[smallint, date]"}},
		{"SELECT typeof(n) FROM " + read(", format => 'json', pathGlobFilter => 'a.json', inferColumnTypes => false"), []string{"[string]"}},
		{"SELECT * FROM " + read(", format => 'json', pathGlobFilter => 'a.json', partitionColumns => ''"), []string{"[1, x, null]"}},
		{"SELECT value, _metadata.file_name FROM read_files('" + cloudIn + "/c.txt')", []string{"[line, c.txt]"}},
		{"SELECT count(*) FROM read_files('" + cloudVolume + "/*/*.json', format => 'json')", []string{"[2]"}},
	} {
		c.wantRows(q.query, q.want...)
	}
	for args, want := range map[string]string{
		", format => 'json', maxFilesPerTrigger => 1":     "is one of streams",
		", format => 'json', formt => 1":                  "CF_UNKNOWN_OPTION_KEYS_ERROR",
		", format => 'json', schemaHints => 'n shortt'":   "shortt",
		", format => 'json', queueUrl => 'https://queue'": "cloudFiles.useNotifications",
		", format => 'json', mode => 'FASTFAIL'":          "FASTFAIL",
		", format => 'json', cleanSource => 'MOVE'":       "is one of streams",
	} {
		if _, err := c.SQL(t.Context(), "SELECT * FROM "+read(args)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", args, err, want)
		}
	}
}

// STREAM read_files is a stream of Auto Loader.
func TestStreamReadFiles(t *testing.T) {
	c := newCloud(t)
	c.land("a.json", `{"n":1}`+"\n")
	run := func(query string) error {
		frame, err := c.SQL(t.Context(), query)
		if err != nil {
			return err
		}
		return c.drain(frame)
	}
	query := "SELECT n, n + 1 AS m FROM STREAM read_files('" + cloudIn + "', format => 'json', schemaLocation => '" + cloudVolume + "/cp', maxFilesPerTrigger => 1)"
	for i := range 3 {
		if err := run(query); err != nil {
			t.Fatal(err)
		}
		c.land(string(rune('b'+i))+".json", `{"n":2}`+"\n")
	}
	c.wantRows("SELECT * FROM bronze", "[1, 2]", "[2, 3]", "[2, 3]")
	if err := run("SELECT * FROM STREAM read_files('" + cloudIn + "', format => 'json')"); !errors.Is(err, errclass.InvalidOption) || !strings.Contains(err.Error(), "schemaLocation") {
		t.Errorf("got %v", err)
	}
	star := "SELECT * FROM STREAM read_files('" + cloudIn + "', format => 'json', schemaLocation => '" + cloudVolume + "/cp', `schemaEvolution.restart` => 'auto')"
	c.land("e.json", `{"n":5,"new":true}`+"\n")
	if err := run(star); err != nil {
		t.Fatal(err)
	}
	c.wantRows("SELECT n, m, new FROM bronze WHERE new", "[5, null, true]")
}
