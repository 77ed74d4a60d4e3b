package interop

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"lakehouse/medallion"
)

// Spark reads variants that were written here, in a table and in files, and adds to the table what is read here again.
func TestInteropVariants(t *testing.T) {
	python := os.Getenv("LAKEHOUSE_PYTHON")
	if python == "" || testing.Short() {
		t.Skip("Spark is not installed: `make interop` does, or name a python that has it by LAKEHOUSE_PYTHON")
	}
	root := t.TempDir()
	s, err := medallion.NewSession(medallion.Options{Root: root})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	query := func(text string) *medallion.DataFrame {
		f, err := s.SQL(t.Context(), text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		return f
	}
	const rows = `SELECT id, parse_json(j) v, named_struct('w', parse_json(j)) s, array(parse_json(j), NULL) l
		FROM VALUES (1, '{"b":[1,2.50,null],"a":{"x":"é"}}'), (2, '70000'), (3, 'null'), (4, CAST(NULL AS STRING)) AS t(id, j)`
	table, folder := filepath.Join(root, "table"), filepath.Join(root, "folder")
	if err := query(rows).Write().Format("delta").Save(t.Context(), table); err != nil {
		t.Fatal(err)
	}
	if err := query(rows).Write().Format("parquet").Save(t.Context(), folder); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(python, "-B", filepath.Join("testdata", "variants.py"), table, folder).Output()
	if err != nil {
		t.Fatal(err)
	}
	const want = `[[1, "{\"a\":{\"x\":\"\u00e9\"},\"b\":[1,2.5,null]}", "OBJECT<a: OBJECT<x: STRING>, b: ARRAY<DECIMAL(21,1)>>", true, ` +
		`"{\"w\":{\"a\":{\"x\":\"\u00e9\"},\"b\":[1,2.5,null]}}", "[{\"a\":{\"x\":\"\u00e9\"},\"b\":[1,2.5,null]},null]"], ` +
		`[2, "70000", "BIGINT", true, "{\"w\":70000}", "[70000,null]"], [3, "null", "VOID", true, "{\"w\":null}", "[null,null]"], ` +
		`[4, null, null, null, "{}", "[null,null]"]]`
	const schema = "struct<id:int,v:variant,s:struct<w:variant>,l:array<variant>>"
	if got := strings.TrimSpace(string(out)); got != strings.Join([]string{want, schema, want, schema}, "\n") {
		t.Errorf("Spark read\n%s\nwant, twice\n%s\n%s", got, want, schema)
	}
	added, err := query("SELECT v FROM delta.`" + table + "` WHERE id = 9").Collect(t.Context())
	if err != nil || len(added) != 1 || added[0].Values[0].(medallion.VariantVal).String() != `{"from":["spark",1.5]}` {
		t.Errorf("of Spark's row we read %v, %v", added, err)
	}
}
