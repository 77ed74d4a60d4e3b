package deltalog

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"lakehouse/internal/errclass"
	"lakehouse/internal/predicate"
	"lakehouse/internal/types"
	"lakehouse/volumes/volumestest"
)

func parsedSchema(t *testing.T, ddl string) Schema {
	t.Helper()
	schema, err := types.ParseDDL(ddl)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// mapped is metadata as a transaction would commit it on top of other metadata.
func mapped(t *testing.T, ddl, mode string, old *Metadata) Metadata {
	t.Helper()
	m := Metadata{Configuration: map[string]string{propMapping: mode}}.WithSchema(parsedSchema(t, ddl))
	n := 'a'
	if old != nil {
		n = 'A'
	}
	if err := m.assignColumns(old, func() string { n++; return string(n - 1) }); err != nil {
		t.Fatal(err)
	}
	if err := m.checkMapping(old); err != nil {
		t.Fatal(err)
	}
	return m
}

// names tells the fields of a schema with ids and physical names.
func mappedNames(t *testing.T, m Metadata) string {
	t.Helper()
	schema, err := m.Schema()
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	mapFields(schema, func(f Field, path []string) Field {
		id, _ := ColumnID(f)
		all = append(all, strings.Join(path, ".")+"="+itoa(id)+":"+physicalName(f))
		return f
	})
	return strings.Join(all, " ") + " of " + m.Configuration[propMaxColumnID]
}

// Columns get ids and physical names once, at any depth; what an overwrite keeps, keeps its own; a table that becomes a mapped one
// keeps the names that its data files have.
func TestColumnsAreMappedOnce(t *testing.T) {
	ddl := "id long, s struct<x: int, l: array<struct<y: int>>>"
	first := mapped(t, ddl, "name", nil)
	want := "id=1:col-a s=2:col-b s.x=3:col-c s.l=4:col-d s.l.element.y=5:col-e of 5"
	if got := mappedNames(t, first); got != want {
		t.Errorf("made: %s, want %s", got, want)
	}
	again := first.clone()
	if err := again.assignColumns(&first, nil); err != nil || again.SchemaString != first.SchemaString {
		t.Errorf("again: %v, %s", err, again.SchemaString)
	}
	over := mapped(t, "id long, s struct<x: int, l: array<struct<y: long>>>, n int", "name", &first)
	if got, want := mappedNames(t, over), "id=1:col-a s=6:col-A s.x=3:col-c s.l=7:col-B s.l.element.y=8:col-C n=9:col-D of 9"; got != want {
		t.Errorf("overwritten: %s, want %s", got, want)
	}
	plain := Metadata{}.WithSchema(parsedSchema(t, ddl))
	if got, want := mappedNames(t, mapped(t, ddl, "name", &plain)), "id=1:id s=2:s s.x=3:x s.l=4:l s.l.element.y=5:y of 5"; got != want {
		t.Errorf("became mapped: %s, want %s", got, want)
	}
	for _, change := range [][2]string{{"none", "id"}, {"name", "none"}, {"name", "id"}, {"id", "name"}} {
		old, m := Metadata{Configuration: map[string]string{propMapping: change[0]}}, Metadata{Configuration: map[string]string{propMapping: change[1]}}
		if err := m.checkMapping(&old); !errors.Is(err, errclass.DeltaColumnMappingMode) {
			t.Errorf("from %s to %s: %v", change[0], change[1], err)
		}
	}
	m := Metadata{Configuration: map[string]string{propMapping: "position"}}
	if err := m.checkMapping(nil); !errors.Is(err, errclass.InvalidParameterValue) {
		t.Errorf("an unknown mode: %v", err)
	}
}

// Files are found by statistics and partition values under the physical names.
func TestScanOfMappedColumns(t *testing.T) {
	store := volumestest.NewMemory()
	table, err := Create(t.Context(), store, CreateOptions{
		Schema: parsedSchema(t, "`a b` long, p int"), PartitionColumns: []string{"p"}, Configuration: map[string]string{propMapping: "name"},
	})
	if err != nil {
		t.Fatal(err)
	}
	s, err := table.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if p := s.Protocol(); p.MinReaderVersion != 2 || p.ReaderFeatures != nil || !slices.Contains(p.WriterFeatures, "columnMapping") {
		t.Errorf("the protocol is %+v", p)
	}
	m := s.Metadata()
	opts, err := m.StatsOptions()
	if err != nil {
		t.Fatal(err)
	}
	column, key := opts.Schema.Fields[0].Name, opts.PartitionColumns[0]
	if !strings.HasPrefix(column, "col-") || !strings.HasPrefix(key, "col-") {
		t.Fatalf("statistics of %s, partitions of %s", column, key)
	}
	txn := s.Begin(Operation{Name: "WRITE"})
	for i, text := range []string{"1", "2"} {
		stats := MakeStats(1, []ColumnStats{{Path: []string{column}, Min: int64(10 * i), Max: int64(10*i + 1)}}, opts)
		txn.Add(AddFile{Path: text + ".parquet", PartitionValues: map[string]*string{key: &text}, DataChange: true, Stats: stats})
	}
	if _, err := txn.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s, err = table.Snapshot(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		column string
		value  int64
		want   string
	}{{"a b", 10, "2.parquet"}, {"p", 1, "1.parquet"}} {
		scan, err := s.Scan(ScanOptions{Where: predicate.Compare{Column: []string{test.column}, Op: predicate.Equal, Value: test.value}})
		if err != nil {
			t.Fatal(err)
		}
		var found []string
		for f, err := range scan.Files(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			found = append(found, f.Path)
		}
		if strings.Join(found, " ") != test.want {
			t.Errorf("%s = %d: %v, want %s", test.column, test.value, found, test.want)
		}
	}
}
