package medallion

import (
	"path/filepath"
	"strings"
	"testing"

	"lakehouse/internal/errclass"
	"lakehouse/internal/realdata"
)

// A table with variants gets the feature, takes rows, and gives them back, in nested columns, too.
func TestTablesHoldVariants(t *testing.T) {
	d := newDesk(t)
	d.frame("CREATE TABLE t (id INT, v VARIANT, s STRUCT<w: VARIANT>, l ARRAY<VARIANT>, m MAP<STRING, VARIANT>)")
	d.frame(`INSERT INTO t SELECT id, parse_json(j), named_struct('w', parse_json(j)), array(parse_json(j)), map('k', parse_json(j))
		FROM VALUES (1, '{"a":1,"b":[1.50,null]}'), (2, 'null'), (3, CAST(NULL AS STRING)) AS x(id, j)`)
	got := d.rows("SELECT id, v, s.w, l[0], m['k'], v:b[0]::decimal(4,2) FROM t")
	want := `1 {"a":1,"b":[1.5,null]} {"a":1,"b":[1.5,null]} {"a":1,"b":[1.5,null]} {"a":1,"b":[1.5,null]} 1.50; ` +
		`2 null null null null <nil>; 3 <nil> <nil> <nil> <nil> <nil>`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := d.rows("SELECT id FROM t WHERE v IS NULL"); got != "3" {
		t.Errorf("null in row %s", got)
	}
	if got := d.rows("DESCRIBE DETAIL t"); !strings.Contains(got, "variantType") {
		t.Errorf("no feature variantType: %s", got)
	}
	_, err := d.SQL(t.Context(), "CREATE TABLE p (id INT, v VARIANT) PARTITIONED BY (v)")
	d.refused("a partition column", err, errclass.InvalidPartitionType)
}

// Tables that Databricks wrote, with the feature before it got its name, whole and shredded, are read.
func TestForeignVariantTablesAreRead(t *testing.T) {
	for _, name := range []string{"spark-variant-checkpoint", "spark-shredded-variant-preview-delta"} {
		d := newDesk(t)
		path := filepath.Join(realdata.Path(t, "delta-tables"), name)
		f, err := d.Read().Format("delta").Load(t.Context(), path)
		d.must(err)
		rows, err := f.Collect(d.Context())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		t.Log(name, len(rows), rows[0])
	}
}
