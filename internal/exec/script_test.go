package exec_test

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lakehouse/internal/logical"
	"lakehouse/internal/types"
)

var rewrite = flag.Bool("rewrite", false, "write what the scripts in testdata answer now")

// The scripts in testdata answer as they say. A script is blocks, with an empty line between them:
//
//	table name            gives the result of a query a name
//	SELECT …
//
//	query                 the columns with their types, then the rows, behind the line of dashes
//	SELECT …
//	----
//	a int, b string not null
//	1	x
//
//	error                 the class and text, without the place
//	SELECT …
//	----
//	[CLASS] text
//
//	plan                  the optimized plan
//	SELECT …
//	----
//	Project [a]
//
// Every query runs with one worker and with four, which give the same rows.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.test")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".test"), func(t *testing.T) { runScript(t, file) })
	}
}

func runScript(t *testing.T, file string) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	catalog := tables{}
	blocks := strings.Split(strings.TrimSpace(string(text)), "\n\n")
	for i, block := range blocks {
		head, body, _ := strings.Cut(block, "\n")
		question, want, _ := strings.Cut(body, "\n----\n")
		kind, name, _ := strings.Cut(head, " ")
		if strings.HasPrefix(head, "#") {
			continue
		}
		if !slices.Contains([]string{"table", "query", "error", "plan"}, kind) {
			t.Fatalf("%s: block %d begins with %q", file, i+1, head)
		}
		if kind == "table" {
			defineTable(t, catalog, name, body)
			continue
		}
		got := answerBlock(t, kind, question, catalog)
		if *rewrite {
			blocks[i] = head + "\n" + strings.TrimSuffix(question, "\n----") + "\n----\n" + got
			continue
		}
		if got != want {
			t.Errorf("%s\ngot\n%s\nwant\n%s", question, got, want)
		}
	}
	if *rewrite {
		if err := os.WriteFile(file, []byte(strings.Join(blocks, "\n\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func defineTable(t *testing.T, catalog tables, name, query string) {
	t.Helper()
	schema, rows, err := run(t.Context(), query, catalog, 1)
	if err != nil {
		t.Fatalf("table %s: %v", name, err)
	}
	relation := logical.NewLocalRelation(schema, rows)
	relation.Name = []string{"spark_catalog", "default", name}
	catalog[strings.ToLower(name)] = relation
}

func answerBlock(t *testing.T, kind, question string, catalog tables) string {
	t.Helper()
	question = strings.TrimSuffix(question, "\n----")
	if kind == "plan" {
		node, err := resolve(question, catalog)
		if err != nil {
			return err.Error()
		}
		return strings.TrimSpace(logical.Explain(logical.Optimize(node)))
	}
	schema, rows, err := run(t.Context(), question, catalog, 1)
	if err != nil {
		line, _, _ := strings.Cut(err.Error(), " (line ")
		if kind != "error" {
			return "error " + line
		}
		return line
	}
	lines := linesOf(texts(schema, rows))
	if kind == "error" {
		t.Errorf("%s\nwas to fail", question)
	}
	_, parallel, err := run(t.Context(), question, catalog, 4)
	if err != nil {
		return "error with 4 workers " + err.Error()
	}
	more := linesOf(texts(schema, parallel))
	if !slices.Equal(slices.Sorted(slices.Values(lines)), slices.Sorted(slices.Values(more))) {
		t.Errorf("%s\none worker\n%s\nfour workers\n%s", question, strings.Join(lines, "\n"), strings.Join(more, "\n"))
	}
	return strings.Join(append([]string{columnsOf(schema)}, lines...), "\n")
}

func linesOf(rows [][]string) []string {
	lines := make([]string, len(rows))
	for i, r := range rows {
		lines[i] = strings.Join(r, "\t")
	}
	return lines
}

func columnsOf(schema types.Struct) string {
	parts := make([]string, len(schema.Fields))
	for i, f := range schema.Fields {
		parts[i] = f.Name + " " + f.Type.String()
		if !f.Nullable {
			parts[i] += " not null"
		}
	}
	return strings.Join(parts, ", ")
}
