package delta

import (
	"maps"
	"slices"

	"lakehouse/deltalog"
	"lakehouse/internal/errclass"
	"lakehouse/internal/logical"
)

// ReadBy is the version of the table that queries read, the oldest where they read several: the one that a statement stands on which
// writes the query's rows into the table. Nil: the query does not read the table, or only versions that were asked for by number or time,
// which stay what they are.
func (t Table) ReadBy(queries ...logical.Node) *deltalog.Snapshot {
	var read *deltalog.Snapshot
	for _, query := range queries {
		found := t.ReadBy(query.Children()...)
		if r, ok := query.(*logical.Relation); ok {
			if s, ok := r.Source.(*Source); ok && s.newest && s.snap != nil && s.table.URI == t.URI {
				found = s.snap
			}
		}
		if found != nil && (read == nil || found.Version() < read.Version()) {
			read = found
		}
	}
	return read
}

// Reading has a statement that was resolved over a version of its table stand on the one that its query reads, and tells its transaction
// that all of the table was read.
func (o *ChangeOptions) Reading(read *deltalog.Snapshot) error {
	if read == nil {
		return nil
	}
	if !sameMetadata(read.Metadata(), o.Snapshot.Metadata()) {
		return errclass.DeltaMetadataChanged.New("The metadata of the Delta table has been changed by a concurrent update.").
			WithHint("Please try the operation again.")
	}
	o.Snapshot, o.readsItself = read, true
	return nil
}

func sameMetadata(a, b deltalog.Metadata) bool {
	return a.ID == b.ID && a.SchemaString == b.SchemaString && slices.Equal(a.PartitionColumns, b.PartitionColumns) &&
		maps.Equal(a.Configuration, b.Configuration)
}
