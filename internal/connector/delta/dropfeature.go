package delta

import (
	"context"
	"strings"

	"lakehouse/deltalog"
)

// DropFeature takes a feature out of what the table demands of its readers and writers. Data files that only those can read who know the
// feature are written anew.
func DropFeature(ctx context.Context, t Table, name string, opts deltalog.DropFeatureOptions, rewrite OptimizeOptions) error {
	switch {
	case name == "deletionVectors":
		opts.Purge = func(ctx context.Context) error {
			rewrite.Purge = true
			_, err := Optimize(ctx, t, rewrite)
			return err
		}
	case strings.HasPrefix(name, "typeWidening"):
		opts.Purge = func(ctx context.Context) error { return forgetTypeChanges(ctx, t, rewrite) }
	}
	return t.Log.DropFeature(ctx, name, opts)
}

// forgetTypeChanges writes all data files by the types that the columns have now, and then takes the older ones out of the schema. No
// file of an older type can come in between: the table's property is off.
func forgetTypeChanges(ctx context.Context, t Table, rewrite OptimizeOptions) error {
	rewrite.Purge, rewrite.Every = true, true
	if _, err := Optimize(ctx, t, rewrite); err != nil {
		return err
	}
	snap, err := t.Log.Snapshot(ctx)
	if err != nil {
		return err
	}
	meta := snap.Metadata()
	forgotten, err := meta.WithoutTypeChanges()
	if err != nil {
		return err
	}
	txn := snap.Begin(deltalog.Operation{Name: "DROP FEATURE", Parameters: deltalog.Parameters{}.With("featureName", "typeWidening")})
	txn.ReadWholeTable()
	txn.UpdateMetadata(forgotten)
	_, err = txn.Commit(ctx)
	return err
}
