package deltalog

import (
	"testing"

	"lakehouse/internal/errclass"
	"lakehouse/volumes/volumestest"
)

// A table is told of which columns its files shall have statistics only where they can.
func TestStatsColumnsAreChecked(t *testing.T) {
	schema := `{"type":"struct","fields":[{"name":"id","type":"integer","nullable":true,"metadata":{}},{"name":"b","type":"boolean","nullable":true,"metadata":{}},` +
		`{"name":"s","type":{"type":"struct","fields":[{"name":"x","type":"integer","nullable":true,"metadata":{}},{"name":"y","type":"binary","nullable":true,"metadata":{}}]},"nullable":true,"metadata":{}},` +
		`{"name":"p","type":"string","nullable":true,"metadata":{}}]}`
	for columns, want := range map[string]errclass.Class{
		"id": "", "id,s": "", "`id`, s.x": "", "s.y": "",
		"nope": errclass.DeltaColumnNotInSchema, "s.z": errclass.DeltaColumnNotInSchema, "b": errclass.DeltaSkippingType, "p": errclass.DeltaSkippingPartition,
		"id,ID": errclass.DeltaSkippingTwice, "s,s.x": errclass.DeltaSkippingTwice,
	} {
		table := Open(volumestest.NewMemory(), Options{})
		txn := table.BeginCreate(Operation{Name: "CREATE TABLE"})
		txn.UpdateMetadata(Metadata{SchemaString: schema, PartitionColumns: []string{"p"}, Configuration: map[string]string{propStatsColumns: columns}})
		_, err := txn.Commit(t.Context())
		if want == "" {
			if err != nil {
				t.Errorf("%q: %v", columns, err)
			}
			continue
		}
		wantClass(t, err, want)
	}
}
