package delta

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"lakehouse/deltalog"
	"lakehouse/internal/plan"
)

// removeMapping writes all data files by the names that the columns have now, and takes their physical names and ids out of the schema, by one
// version. The table's property stays, as "none", where it is kept.
func removeMapping(ctx context.Context, t Table, keepProperty bool, opts OptimizeOptions) error {
	snap, err := t.Log.Snapshot(ctx)
	if err != nil {
		return err
	}
	opts.Purge, opts.Every = true, true
	o, err := newOptimizing(ctx, t, snap, opts.withDefaults())
	if err != nil {
		return err
	}
	if err := o.plan(ctx); err != nil {
		return err
	}
	plain, err := o.meta.WithoutColumnMapping(keepProperty)
	if err != nil {
		return err
	}
	o.meta = plain // what writes the files goes by it
	if err := o.rewrite(ctx); err != nil {
		return err
	}
	return o.commitUnmapped(ctx)
}

func (o *optimizing) commitUnmapped(ctx context.Context) error {
	var written int64
	txn := o.snap.Begin(deltalog.Operation{Name: "REMOVE COLUMN MAPPING", Parameters: deltalog.Parameters{}})
	txn.Unmap()
	txn.KeepsRowIDs()
	txn.UpdateMetadata(o.meta)
	for i := range o.adds {
		written += o.adds[i].Size
	}
	txn.Add(o.adds...)
	now := txn.Now()
	for i := range o.bins {
		for _, f := range o.bins[i].files {
			txn.RemoveFile(f.Removed(now, false))
		}
	}
	txn.SetMetrics(map[string]string{"numOutputBytes": strconv.FormatInt(written, 10)})
	if err := o.clusterUnmapped(ctx, txn); err != nil {
		return err
	}
	_, err := txn.Commit(ctx)
	return err
}

// clusterUnmapped names the columns that the table is clustered by as its files call them from now on.
func (o *optimizing) clusterUnmapped(ctx context.Context, txn *deltalog.Txn) error {
	columns, err := clusteringOf(ctx, o.snap)
	if err == nil && slices.ContainsFunc(columns, func(c []string) bool { return len(c) > 0 }) {
		txn.SetDomain(clusteringMetadata(columns))
	}
	return err
}

const propMapping = "delta.columnMapping.mode"

// withoutUnmapping is what more a statement does that takes column mapping off the table by its property; nil: nothing.
func (a *altering) withoutUnmapping(action plan.AlterAction) (rest plan.AlterAction, removes bool) {
	if a.meta.ColumnMapping() == deltalog.MappingNone {
		return action, false
	}
	switch c := action.(type) {
	case *plan.SetProperties:
		others := cloned(c.Properties)
		maps.DeleteFunc(others, func(key, value string) bool {
			return strings.EqualFold(key, propMapping) && strings.EqualFold(value, string(deltalog.MappingNone))
		})
		if len(others) > 0 {
			rest = &plan.SetProperties{Properties: others}
		}
		return rest, len(others) < len(c.Properties)
	case *plan.UnsetProperties:
		others := slices.DeleteFunc(slices.Clone(c.Keys), func(key string) bool { return strings.EqualFold(key, propMapping) })
		if len(others) > 0 {
			copied := *c
			copied.Keys = others
			rest = &copied
		}
		return rest, len(others) < len(c.Keys)
	}
	return action, false
}

// unmap takes column mapping off the table, and then does what more the statement asks for.
func (a *altering) unmap(action, rest plan.AlterAction) error {
	_, keep := action.(*plan.SetProperties)
	if err := removeMapping(a.ctx, a.table, keep, OptimizeOptions{Workers: a.opts.Workers}); err != nil || rest == nil {
		return err
	}
	return Alter(a.ctx, a.table, rest, a.opts)
}
