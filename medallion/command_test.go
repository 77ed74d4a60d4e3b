package medallion

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"lakehouse/internal/errclass"
)

// Each file of testdata/command is the talk with one session, on a root of its own: a statement, a line of dashes, and
// what Spark 4 with Delta answers: the rows, or the error. Lines that begin with # are comments; an empty line
// ends the answer.
func TestCommands(t *testing.T) {
	files, err := filepath.Glob("testdata/command/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			talk(t, file)
		})
	}
}

func talk(t *testing.T, file string) {
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewSession(Options{Root: t.TempDir(), Clock: func() time.Time { return time.UnixMilli(1763700000000) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	var out strings.Builder
	for block := range strings.SplitSeq(strings.TrimSpace(string(content)), "\n\n") {
		text, want, _ := strings.Cut(block+"\n", "----\n")
		got := reply(s, withoutComments(text))
		if got != want && !*rewrite {
			t.Errorf("%sgot\n%swant\n%s", text, got, want)
		}
		fmt.Fprintf(&out, "%s----\n%s\n", text, got)
	}
	if *rewrite {
		if err := os.WriteFile(file, []byte(strings.TrimSuffix(out.String(), "\n")), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func withoutComments(text string) string {
	for strings.HasPrefix(text, "#") {
		_, text, _ = strings.Cut(text, "\n")
	}
	return strings.TrimSpace(text)
}

// dataFile is the name of a data file: each is another.
var dataFile = regexp.MustCompile(`part-\S+\.parquet`)

// reply is the rows of a statement, a line each, or its error without the statement.
func reply(s *Session, statement string) string {
	ctx := context.Background()
	var rows []Row
	frame, err := s.SQL(ctx, statement)
	if err == nil {
		rows, err = frame.Collect(ctx)
	}
	if err != nil {
		text, _, _ := strings.Cut(err.Error(), "\n\n== SQL ==")
		text = dataFile.ReplaceAllString(text, "part-…")
		return strings.ReplaceAll(text, "\n\n", "\n") + "\n"
	}
	var out strings.Builder
	for _, r := range rows {
		cells := make([]string, len(r.Values))
		for i, v := range r.Values {
			cells[i] = strings.ReplaceAll(strings.TrimSuffix(fmt.Sprint(v), "\n"), "\n", "\\n")
			if v == nil {
				cells[i] = "NULL"
			}
		}
		line := strings.TrimRight(strings.Join(cells, " | "), " |")
		out.WriteString(cmp.Or(line, "''") + "\n") // an empty line would end the answer
	}
	return out.String()
}

// A name that is given to a table which lies there already obeys the mode: nothing is replaced unasked.
func TestSaveAsTableOverATableInPlace(t *testing.T) {
	tests := []struct{ mode, rows string }{
		{"append", "[1 2]"},
		{"overwrite", "[2]"},
		{"ignore", "[1]"},
		{"errorifexists", "[1]"},
	}
	for _, test := range tests {
		t.Run(test.mode, func(t *testing.T) {
			ctx := context.Background()
			s, err := NewSession(Options{Root: t.TempDir()})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			one := s.Range(1, 2).SelectExpr("id")
			if err := one.Write().Save(ctx, "/Volumes/main/ext/v/t"); err != nil {
				t.Fatal(err)
			}
			err = s.Range(2, 3).Write().Mode(test.mode).Option("path", "/Volumes/main/ext/v/t").SaveAsTable(ctx, "t")
			if refused := errors.Is(err, errclass.DeltaLocationNotEmpty); refused != (test.mode == "errorifexists") || err != nil && !refused {
				t.Fatalf("saved: %v", err)
			}
			rows, err := s.Table("delta.`/Volumes/main/ext/v/t`").OrderBy(Col("id").Asc()).Collect(ctx)
			if err != nil {
				t.Fatal(err)
			}
			got := make([]any, len(rows))
			for i, r := range rows {
				got[i] = r.Values[0]
			}
			if fmt.Sprint(got) != test.rows {
				t.Errorf("got %v, want %s", got, test.rows)
			}
		})
	}
}
