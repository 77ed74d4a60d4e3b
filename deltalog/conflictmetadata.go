package deltalog

import (
	"bytes"
	"maps"
	"slices"
	"strings"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

// checkMetadata refuses the transaction when the winner changed the table in a way that it cannot come behind. What it
// can come behind, as long as it changes no metadata itself: identity columns that went on, and features turned on by
// a property whose rows are right without them.
func (c *conflictChecker) checkMetadata(version int64, before *state, winner *Actions) error {
	if winner.Metadata == nil {
		return nil
	}
	if c.txn.actions.Metadata == nil && before.metadata != nil &&
		(winner.tagged(tagIdentity) || enables(winner.protocolAfter(before), before.metadata, winner.Metadata)) {
		return nil
	}
	return conflict(errclass.DeltaMetadataChanged, version, winner,
		"the metadata of the Delta table has been changed by a concurrent update.")
}

// protocolAfter is the protocol behind the winner.
func (a *Actions) protocolAfter(before *state) Protocol {
	if a.Protocol != nil {
		return *a.Protocol
	}
	return *before.protocol
}

// tagged reports whether the version carries the tag.
func (a *Actions) tagged(name string) bool {
	return a.CommitInfo != nil && strings.EqualFold(a.CommitInfo.Tags[name], "true")
}

// The properties that a transaction survives which did not know of them.
const (
	propRowTracking = "delta.enableRowTracking"
	propVectors     = "delta.enableDeletionVectors"
)

// enables reports whether the new metadata only turns on row tracking, column mapping by name or deletion vectors. Rows
// written without knowing of it are right then: they get row ids when they are committed, files keep their columns'
// names as physical names, and nobody has to write vectors.
func enables(p Protocol, old, now *Metadata) bool {
	for name, value := range now.Configuration {
		if before, had := old.Configuration[name]; (!had || value != before) && !harmless(p, old, now, name) {
			return false
		}
	}
	for name := range old.Configuration {
		if _, kept := now.Configuration[name]; !kept {
			return false
		}
	}
	return now.ID == old.ID && now.Name == old.Name && now.Description == old.Description &&
		now.CreatedTime == old.CreatedTime && now.Format.Provider == old.Format.Provider &&
		maps.Equal(now.Format.Options, old.Format.Options) && slices.Equal(now.PartitionColumns, old.PartitionColumns) &&
		(now.SchemaString == old.SchemaString || mapsByName(old, now) && onlyMapped(old, now))
}

func harmless(p Protocol, old, now *Metadata, property string) bool {
	on := strings.EqualFold(now.Configuration[property], "true")
	features := p.Features()
	switch property {
	case propRowTracking:
		return on && slices.Contains(features, "rowTracking")
	case propRowIDColumn, propCommitVersionColumn:
		return strings.EqualFold(now.Configuration[propRowTracking], "true")
	case propVectors:
		return on && slices.Contains(features, "deletionVectors")
	case propMapping:
		return mapsByName(old, now) && slices.Contains(features, "columnMapping")
	case propMaxColumnID:
		return true
	}
	return false
}

// mapsByName reports whether the new metadata begins to map columns, by name.
func mapsByName(old, now *Metadata) bool {
	return old.ColumnMapping() == MappingNone && now.ColumnMapping() == MappingName
}

// onlyMapped reports whether the columns only got ids, and their own names as physical ones.
func onlyMapped(old, now *Metadata) bool {
	before, err := old.Schema()
	if err != nil {
		return false
	}
	after, err := now.Schema()
	if err != nil {
		return false
	}
	renamed := false
	unmapped := types.MapFields(after, func(f Field) Field {
		renamed = renamed || physicalName(f) != f.Name
		f.Metadata = maps.Clone(f.Metadata)
		for _, key := range []string{keyColumnID, keyPhysicalName, keyNestedIDs} {
			delete(f.Metadata, key)
		}
		return f
	}).(Schema)
	return !renamed && bytes.Equal(types.ToJSON(unmapped), types.ToJSON(before))
}
