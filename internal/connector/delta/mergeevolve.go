package delta

import (
	"lakehouse/deltalog"
	"lakehouse/internal/logical"
	"lakehouse/internal/types"
)

// Evolution says how a table's columns follow those of rows that are merged into it: columns and fields that it lacks are added, and
// types widened where it has type widening.
func Evolution(snap *deltalog.Snapshot, widening Widening) logical.Evolve {
	meta := snap.Metadata()
	return func(table, rows types.Struct) types.Struct {
		if meta.TypeWidening() {
			table, _ = deltalog.Evolve(table, rows, widening.rule())
		}
		if unknownField(table, rows) == "" {
			return table
		}
		return withUnknownFields(table, rows)
	}
}
