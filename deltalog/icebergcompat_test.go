package deltalog

import (
	"testing"

	"lakehouse/internal/errclass"
	"lakehouse/volumes/volumestest"
)

// What a table for Iceberg's readers may hold, and what it is refused.
func TestIcebergCompat(t *testing.T) {
	list := Schema{Fields: []Field{{Name: "l", Type: Array{Element: Long}, Nullable: true}}}
	day := Schema{Fields: []Field{{Name: "day", Type: String}, {Name: "n", Type: Long}}}
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
		{"arrays in version 2", list, map[string]string{propIcebergV2: "true"}, errclass.DeltaUnsupportedWrite},
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

	table, err := Create(t.Context(), volumestest.NewMemory(), CreateOptions{
		Schema: day, PartitionColumns: []string{"day"}, Configuration: map[string]string{propIcebergV2: "true"}, Options: testOptions(),
	})
	if err != nil {
		t.Fatal(err)
	}
	s, err := table.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	txn := s.Begin(Operation{Name: "WRITE"})
	file := write("a")
	file.PartitionValues = map[string]*string{"day": nil}
	txn.Add(file)
	_, err = txn.Commit(t.Context())
	wantClass(t, err, errclass.DeltaUnsupportedWrite)
}
