package delta

import (
	"context"
	"strconv"
	"time"

	"lakehouse/deltalog"
	"lakehouse/internal/types"
)

// Truncate takes all rows out of the table.
func Truncate(ctx context.Context, t Table) error {
	begun := time.Now() //nolint:forbidigo // how long the statement takes is no matter of the session's clock
	snap, err := t.Log.Snapshot(ctx)
	if err != nil {
		return err
	}
	txn := snap.Begin(deltalog.Operation{Name: "TRUNCATE", Parameters: deltalog.Parameters{}})
	txn.ReadFiles(nil)
	removed := 0
	for f, err := range snap.Files(ctx) {
		if err != nil {
			return err
		}
		txn.Remove(f)
		removed++
	}
	txn.SetMetrics(map[string]string{
		"numRemovedFiles": strconv.Itoa(removed),
		"executionTimeMs": strconv.FormatInt(time.Since(begun).Milliseconds(), 10),
	})
	_, err = txn.Commit(ctx)
	return err
}

// A Definition is what a table was made with, to make another like it.
type Definition struct {
	Schema      types.Struct // with what generated, identity and default columns are
	PartitionBy []string
	ClusterBy   [][]string
	Comment     string
	Properties  map[string]string // with those that turn on the table's features
}

// Definition is the table's now.
func (t Table) Definition(ctx context.Context) (Definition, error) {
	snap, err := t.Log.Snapshot(ctx)
	if err != nil {
		return Definition{}, err
	}
	schema, err := snap.Schema()
	if err != nil {
		return Definition{}, err
	}
	d := Definition{PartitionBy: snap.Metadata().PartitionColumns, Comment: snap.Metadata().Description, Properties: map[string]string{}}
	d.Schema, _ = withoutStorage(schema).(types.Struct) // of a struct, a struct
	for name, value := range snap.Metadata().Configuration {
		if checkProperty(name, value) == nil { // not Delta's own book-keeping
			d.Properties[name] = value
		}
	}
	protocol := snap.Protocol()
	if protocol.Supports("allowColumnDefaults") {
		d.Properties[featurePrefix+"allowColumnDefaults"] = "supported"
	}
	d.ClusterBy, err = clusteringOf(ctx, snap)
	return d, err
}

// withoutStorage is a schema without what belongs to one table's data files alone: ids, physical names, types of older files, and how far
// identity columns have counted.
func withoutStorage(t types.Type) types.Type {
	return types.MapFields(t, func(f types.Field) types.Field {
		for _, key := range []string{"delta.columnMapping.id", "delta.columnMapping.physicalName", "delta.columnMapping.nested.ids", "delta.typeChanges", KeyIdentityMark} {
			if f.Metadata[key] != nil {
				f = withNote(f, key, nil)
			}
		}
		return f
	})
}
