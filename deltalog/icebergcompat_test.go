package deltalog

import (
	"maps"
	"slices"
	"testing"

	"github.com/parquet-go/parquet-go"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

// What a table for Iceberg's readers may hold, and what it is refused.
func TestIcebergCompat(t *testing.T) {
	list := Schema{Fields: []Field{{Name: "l", Type: Array{Element: Long}, Nullable: true}}}
	widened := Schema{Fields: []Field{{Name: "n", Type: Double, Metadata: map[string]any{keyTypeChanges: []any{map[string]any{"fromType": "integer", "toType": "double"}}}}}}
	tests := []struct {
		name   string
		schema Schema
		more   map[string]string
		class  errclass.Class
	}{
		{"plain columns", peopleSchema, map[string]string{propIcebergV2: "true"}, ""},
		{"version 1", peopleSchema, map[string]string{propIcebergV1: "true"}, ""},
		{"both versions", peopleSchema, map[string]string{propIcebergV1: "true", propIcebergV2: "true"}, errclass.DeltaIcebergCompat},
		{"no mapping", peopleSchema, map[string]string{propIcebergV1: "true", propMapping: "none"}, errclass.DeltaIcebergCompat},
		{"vectors", peopleSchema, map[string]string{propIcebergV2: "true", propVectors: "true"}, errclass.DeltaIcebergCompat},
		{"arrays in version 1", list, map[string]string{propIcebergV1: "true"}, errclass.DeltaIcebergCompat},
		{"arrays in version 2", list, map[string]string{propIcebergV2: "true"}, ""},
		{"a variant", Schema{Fields: []Field{{Name: "v", Type: types.Variant}}}, map[string]string{propIcebergV2: "true"}, errclass.DeltaIcebergType},
		{"a type that Iceberg does not widen", widened, map[string]string{propIcebergV2: "true", "delta.enableTypeWidening": "true"}, errclass.DeltaIcebergCompat},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			table, err := Create(t.Context(), volumestest.NewMemory(), CreateOptions{Schema: test.schema, Configuration: test.more, Options: testOptions()})
			if test.class != "" {
				wantClass(t, err, test.class)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			s, err := table.Snapshot(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if m := s.Metadata(); m.ColumnMapping() != MappingName {
				t.Errorf("mapping %s", m.ColumnMapping())
			}
			txn := s.Begin(Operation{Name: "WRITE"})
			unknown := write("a")
			unknown.Stats = ""
			txn.Add(unknown)
			_, err = txn.Commit(t.Context())
			wantClass(t, err, errclass.DeltaIcebergCompat)
			txn = s.Begin(Operation{Name: "WRITE"})
			txn.Add(write("a"))
			if _, err = txn.Commit(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

// What is inside of arrays and maps has ids of its own, in the table's schema and in its data files; a column keeps them, and new ones get
// others. Partition columns stand in the data files, behind all others.
func TestIcebergCompatDataFiles(t *testing.T) {
	deep := Map{Key: String, Value: Array{Element: Schema{Fields: []Field{{Name: "x", Type: Array{Element: Long, ContainsNull: true}, Nullable: true}}}}}
	schema := Schema{Fields: []Field{{Name: "day", Type: String, Nullable: true}, {Name: "m", Type: deep, Nullable: true}}}
	store := volumestest.NewMemory()
	table, err := Create(t.Context(), store, CreateOptions{
		Schema: schema, PartitionColumns: []string{"day"}, Configuration: map[string]string{propIcebergV2: "true"}, Options: testOptions(),
	})
	if err != nil {
		t.Fatal(err)
	}
	row := `{"day":"a","m":[{"key":"k","value":[{"x":[1,null]}]}]}`
	if _, err := table.Append(t.Context(), FromRecords(jsonRows(t, schema, "["+row+"]")), WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	s, err := table.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	m := s.Metadata()
	withIDs, err := m.Schema()
	if err != nil {
		t.Fatal(err)
	}
	name := physicalName(withIDs.Fields[1])
	want := map[string]int64{name + ".key": 4, name + ".value": 5, name + ".value.element": 6}
	if got := nestedIDs(withIDs.Fields[1]); !maps.Equal(got, want) {
		t.Errorf("ids %v, want %v", got, want)
	}
	inner := deepField(withIDs.Fields[1].Type)
	if got := nestedIDs(inner); !maps.Equal(got, map[string]int64{physicalName(inner) + ".element": 7}) || m.Configuration[propMaxColumnID] != "7" {
		t.Errorf("inside: %v, greatest %s", got, m.Configuration[propMaxColumnID])
	}

	for f, err := range s.Files(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if f.Tags[tagIcebergCompat] != "2" {
			t.Errorf("tags %v", f.Tags)
		}
		if got, want := idsOfFile(t, store, f.Path), []int64{2, 4, 5, 6, 3, 7, 1}; !slices.Equal(got, want) {
			t.Errorf("field ids %v, want %v", got, want)
		}
	}
	if got := scanned(t, table, ScanOptions{}); len(got) != 1 {
		t.Errorf("rows %q", got)
	}

	wider := withIDs
	wider.Fields = append(slices.Clone(withIDs.Fields), Field{Name: "l", Type: Array{Element: Long}, Nullable: true})
	txn := s.Begin(Operation{Name: "ADD COLUMNS"})
	txn.UpdateMetadata(m.WithSchema(wider))
	after, err := txn.metadata().Schema()
	if err != nil {
		t.Fatal(err)
	}
	added := physicalName(after.Fields[2])
	if got := nestedIDs(after.Fields[2]); got[added+".element"] != 9 || !maps.Equal(nestedIDs(after.Fields[1]), want) {
		t.Errorf("after: %v, %v", got, nestedIDs(after.Fields[1]))
	}

	txn = s.Begin(Operation{Name: "CREATE OR REPLACE TABLE"})
	other := m.WithSchema(schema)
	other.PartitionColumns = nil
	txn.UpdateMetadata(other)
	_, err = txn.Commit(t.Context())
	wantClass(t, err, errclass.DeltaIcebergPartition)
	wantClass(t, err, errclass.DeltaIcebergCompat)
}

func deepField(t Type) Field {
	return t.(Map).Value.(Array).Element.(Schema).Fields[0]
}

// idsOfFile are the field ids of a data file, in the order of its schema.
func idsOfFile(t *testing.T, store volumes.Store, name string) []int64 {
	t.Helper()
	in, err := store.Open(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	file, err := parquet.OpenFile(in, in.Info().Size)
	if err != nil {
		t.Fatal(err)
	}
	var ids []int64
	for _, e := range file.Metadata().Schema {
		if e.FieldID != 0 {
			ids = append(ids, int64(e.FieldID))
		}
	}
	return ids
}
