package medallion

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// Each alteration is one version, whose operation and parameters are those of Spark 4.2 with Delta 4.4.
func TestAlterationsLeaveSparksHistory(t *testing.T) {
	s, err := NewSession(Options{Root: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	run := func(text string) *DataFrame {
		t.Helper()
		frame, err := s.SQL(t.Context(), text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		return frame
	}
	tests := []struct{ statement, operation, parameters string }{
		{"CREATE TABLE h (id INT, s STRUCT<x: INT, y: INT>, z STRING NOT NULL) CLUSTER BY (id, s.x)", "CREATE TABLE", `clusterBy=["id","s.x"] isManaged=true partitionBy=[] properties={}`},
		{"ALTER TABLE h CLUSTER BY (z)", "CLUSTER BY", `newClusteringColumns=z oldClusteringColumns=id,s.x`},
		{"ALTER TABLE h CLUSTER BY NONE", "CLUSTER BY", `newClusteringColumns= oldClusteringColumns=z`},
		{"ALTER TABLE h ADD COLUMN n1 INT COMMENT 'c1' FIRST", "ADD COLUMNS", `columns=[{"column":{"name":"n1","type":"integer","nullable":true,"metadata":{"comment":"c1"}},"position":"FIRST"}]`},
		{"ALTER TABLE h ADD COLUMNS (n2 INT AFTER id, s.w STRING)", "ADD COLUMNS", `columns=[{"column":{"name":"n2","type":"integer","nullable":true,"metadata":{}},"position":"AFTER id"},{"column":{"name":"s.w","type":"string","nullable":true,"metadata":{}}}]`},
		{"ALTER TABLE h ALTER COLUMN id COMMENT 'the id'", "CHANGE COLUMN", `column={"name":"id","type":"integer","nullable":true,"metadata":{"comment":"the id"}}`},
		{"ALTER TABLE h ALTER COLUMN id AFTER z", "CHANGE COLUMN", `column={"name":"id","type":"integer","nullable":true,"metadata":{"comment":"the id"}} position=AFTER z`},
		{"ALTER TABLE h ALTER COLUMN s.y FIRST", "CHANGE COLUMN", `column={"name":"s.y","type":"integer","nullable":true,"metadata":{}} position=FIRST`},
		{"ALTER TABLE h ALTER COLUMN z DROP NOT NULL", "CHANGE COLUMN", `column={"name":"z","type":"string","nullable":true,"metadata":{}}`},
		{"ALTER TABLE h ADD CONSTRAINT Pos CHECK (id>0)", "ADD CONSTRAINT", `expr=id > 0 name=Pos`},
		{"ALTER TABLE h DROP CONSTRAINT IF EXISTS nope", "DROP CONSTRAINT", `existed=false name=nope`},
		{"ALTER TABLE h DROP CONSTRAINT POS", "DROP CONSTRAINT", `existed=true expr=id > 0 name=POS`},
		{"ALTER TABLE h SET TBLPROPERTIES ('delta.columnMapping.mode' = 'name', 'user.x' = '1')", "SET TBLPROPERTIES", `properties={"delta.columnMapping.mode":"name","user.x":"1"}`},
		{"ALTER TABLE h UNSET TBLPROPERTIES ('user.x')", "UNSET TBLPROPERTIES", `ifExists=true properties=["user.x"]`},
		{"ALTER TABLE h RENAME COLUMN id TO id2", "RENAME COLUMN", `newColumnPath=id2 oldColumnPath=id`},
		{"ALTER TABLE h RENAME COLUMN s.x TO xx", "RENAME COLUMN", `newColumnPath=s.xx oldColumnPath=s.x`},
		{"ALTER TABLE h DROP COLUMNS (n1, s.w)", "DROP COLUMNS", `columns=["n1","s.w"]`},
		{"COMMENT ON TABLE h IS 'world'", "SET TBLPROPERTIES", `properties={"comment":"world"}`},
		{"COMMENT ON TABLE h IS NULL", "SET TBLPROPERTIES", `properties={"comment":""}`},
		{"TRUNCATE TABLE h", "TRUNCATE", ``},
	}
	for n, test := range tests {
		run(test.statement)
		rows, err := run("DESCRIBE HISTORY h LIMIT 1").Collect(t.Context())
		if err != nil || len(rows) != 1 {
			t.Fatalf("%v, %v", rows, err)
		}
		version, operation, parameters := rows[0].Get("version"), rows[0].Get("operation"), rows[0].Get("operationParameters")
		if version != int64(n) || operation != test.operation || shownParameters(parameters) != test.parameters {
			t.Errorf("%s\ngot  %v %v %s\nwant %d %s %s", test.statement, version, operation, shownParameters(parameters), n, test.operation, test.parameters)
		}
	}
}

func shownParameters(v any) string {
	var all []string
	for _, e := range v.(Map) {
		all = append(all, fmt.Sprintf("%v=%v", e.Key, e.Value))
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}
