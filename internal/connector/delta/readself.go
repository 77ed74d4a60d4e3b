package delta

import (
	"maps"
	"slices"

	"lakehouse/deltalog"
	"lakehouse/internal/errclass"
	"lakehouse/internal/logical"
)

// ReadBy is the version of the table that a query reads, the oldest where it reads several: the one that a statement stands on which
// writes the query's rows into the table. Nil: the query does not read the table, or only versions that were asked for by number or time,
// which stay what they are.
func (t Table) ReadBy(query logical.Node) *deltalog.Snapshot {
	var read *deltalog.Snapshot
	if r, ok := query.(*logical.Relation); ok {
		if s, ok := r.Source.(*Source); ok && s.newest && s.snap != nil && s.table.URI == t.URI {
			read = s.snap
		}
	}
	for _, child := range query.Children() {
		if below := t.ReadBy(child); below != nil && (read == nil || below.Version() < read.Version()) {
			read = below
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
