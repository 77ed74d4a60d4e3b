package delta

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"lakehouse/deltalog"
	"lakehouse/internal/batch"
	"lakehouse/internal/types"
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
	case name == "columnMapping":
		opts.Purge = func(ctx context.Context) error { return removeMapping(ctx, t, false, rewrite) }
	case strings.HasPrefix(name, "typeWidening"):
		opts.Purge = func(ctx context.Context) error { return forgetTypeChanges(ctx, t, rewrite) }
	}
	return t.Log.DropFeature(ctx, name, opts)
}

// forgetTypeChanges writes the data files of older types by those that the columns have now, and then takes the older ones out of the
// schema. No such file can come in between: the table's property is off.
func forgetTypeChanges(ctx context.Context, t Table, rewrite OptimizeOptions) error {
	snap, err := t.Log.Snapshot(ctx)
	if err != nil {
		return err
	}
	older, err := filesOfOlderTypes(ctx, t, snap, max(1, rewrite.Workers))
	if err != nil {
		return err
	}
	rewrite.Purge, rewrite.Every = true, true
	rewrite.Matches = func(f deltalog.AddFile) bool { return older[f.Path] }
	if _, err := Optimize(ctx, t, rewrite); err != nil {
		return err
	}
	if snap, err = t.Log.Snapshot(ctx); err != nil {
		return err
	}
	meta := snap.Metadata()
	forgotten, err := meta.WithoutTypeChanges()
	if err != nil {
		return err
	}
	schema, err := snap.Schema()
	if err != nil {
		return err
	}
	changed := []json.RawMessage{}
	for _, f := range typesChanged(schema) {
		changed = append(changed, shownField(f, nil))
	}
	columns, err := json.Marshal(changed)
	if err != nil {
		return err
	}
	txn := snap.Begin(deltalog.Operation{Name: "DROP FEATURE", Parameters: deltalog.Parameters{}.With("columns", string(columns))})
	txn.Alone()
	txn.UpdateMetadata(forgotten)
	_, err = txn.Commit(ctx)
	return err
}

// typesChanged are the columns that have had other types, or have parts that did.
func typesChanged(schema types.Struct) []types.Field {
	return slices.DeleteFunc(slices.Clone(schema.Fields), func(f types.Field) bool {
		return !strings.Contains(string(shownField(f, nil)), `"delta.typeChanges"`)
	})
}

// filesOfOlderTypes are those that do not have all columns by the types of now. A file that cannot be looked into counts as one.
func filesOfOlderTypes(ctx context.Context, t Table, snap *deltalog.Snapshot, workers int) (map[string]bool, error) {
	schema, err := snap.Schema()
	if err != nil {
		return nil, err
	}
	meta, changed := snap.Metadata(), typesChanged(schema)
	var mu sync.Mutex
	older := map[string]bool{}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(workers)
	for f, err := range snap.Files(ctx) {
		if err != nil {
			return nil, errors.Join(err, group.Wait())
		}
		group.Go(func() error {
			file := convertedFile{add: f}
			if batch.Guard(func() error { return file.open(ctx, t.Store) }) == nil && sameTypes(meta, changed, file.schema) {
				return nil
			}
			mu.Lock()
			defer mu.Unlock()
			older[f.Path] = true
			return ctx.Err()
		})
	}
	return older, group.Wait()
}

// sameTypes reports whether a file has the columns by the types that they have in the table, or not at all. A struct whose fields are
// called otherwise in files has another type.
func sameTypes(meta deltalog.Metadata, columns []types.Field, file types.Struct) bool {
	for _, f := range columns {
		at := file.Index(meta.StoredName(f))
		if at >= 0 && !types.EqualIgnoringNullability(file.Fields[at].Type, f.Type) {
			return false
		}
	}
	return true
}
