package medallion

import (
	"context"
	"errors"
	"strings"

	"lakehouse/deltalog"
	"lakehouse/internal/catalog"
	"lakehouse/internal/connector/delta"
	"lakehouse/internal/errclass"
	"lakehouse/internal/plan"
)

const cloneColumns = "source_table_size bigint, source_num_of_files bigint, num_removed_files bigint, num_copied_files bigint, " +
	"removed_files_size bigint, copied_files_size bigint"

// clone is CREATE TABLE … SHALLOW CLONE.
func (s *Session) clone(ctx context.Context, c *plan.Clone) (*DataFrame, error) {
	if len(c.Source) == 2 && isPath(c.Source) && !isDeltaPath(c.Source) {
		return nil, errclass.UnsupportedFeature.New("Unsupported clone source '%s', whose format is %s. The supported format is 'delta'.", c.Source[1], c.Source[0]).
			WithHint("CONVERT TO DELTA makes a table of Parquet files.")
	}
	from, err := s.tableOf(ctx, c.Source)
	if err != nil {
		return nil, err
	}
	source, err := s.snapshotOf(ctx, from, c.From)
	if err != nil {
		return nil, err
	}
	into, register, err := s.cloneTarget(ctx, c)
	if err != nil {
		return nil, err
	}
	if into.Log == nil { // it exists, and may
		return s.answer(cloneColumns, nil)
	}
	if into.URI == from.URI {
		return nil, errclass.DeltaCloneSameTable.New("You tried to REPLACE an existing table (%s) with CLONE. This operation is unsupported.", into.URI).
			WithHint("Try a different target for CLONE or delete the table at the current target.")
	}
	name := "delta.`" + strings.TrimPrefix(from.URI, "file://") + "`"
	if !isDeltaPath(c.Source) {
		name = s.fullName(c.Source)
	}
	reach, err := s.reachOf(ctx, from)
	if err == nil {
		err = s.catalog.SetReach(ctx, into.URI, reach)
	}
	if err != nil {
		return nil, err
	}
	done, err := into.Log.ShallowClone(ctx, source, deltalog.CloneOptions{
		Location: outsideURI(from), Source: name, Replace: c.OrReplace, Adopt: !isDeltaPath(c.Name), Properties: c.Properties,
	})
	if err != nil {
		return nil, err
	}
	if err := register(); err != nil {
		return nil, err
	}
	return s.answer(cloneColumns, [][]any{{done.SourceSize, done.SourceFiles, done.Removed, int64(0), done.RemovedSize, int64(0)}})
}

// snapshotOf is a version of a table.
func (s *Session) snapshotOf(ctx context.Context, table delta.Table, at plan.TimeTravel) (*deltalog.Snapshot, error) {
	switch {
	case at.VersionAsOf != nil:
		return table.Log.SnapshotAt(ctx, *at.VersionAsOf)
	case at.TimestampAsOf != nil:
		when, err := s.constantTime(ctx, at.TimestampAsOf)
		if err != nil {
			return nil, err
		}
		return table.Log.SnapshotAsOf(ctx, when)
	}
	return table.Log.Snapshot(ctx)
}

// cloneTarget opens the place of the clone, and gives it its name when it is made. The table has no log where one is there already, and
// the statement says IF NOT EXISTS.
func (s *Session) cloneTarget(ctx context.Context, c *plan.Clone) (delta.Table, func() error, error) {
	nothing := func() error { return nil }
	if isDeltaPath(c.Name) {
		if c.Location != "" {
			return delta.Table{}, nil, errclass.InvalidSyntax.New("Two paths were provided as the CLONE target so it is ambiguous which to use: LOCATION '%s' and delta.`%s`.", c.Location, c.Name[1])
		}
		table, err := s.deltaTable(strings.TrimRight(c.Name[1], "/"))
		if err != nil || !c.IfNotExists {
			return table, nothing, err
		}
		exists, err := table.Exists(ctx)
		if exists {
			table.Log = nil
		}
		return table, nothing, err
	}
	name, err := s.qualify(c.Name)
	if err != nil {
		return delta.Table{}, nil, err
	}
	t := newTable{location: strings.TrimRight(c.Location, "/"), replace: c.OrReplace, tolerate: c.IfNotExists}
	entry, table, err := s.place(ctx, name, t)
	if c.IfNotExists && errors.Is(err, errclass.TableAlreadyExists) {
		return delta.Table{}, nothing, nil
	}
	return table, func() error { return s.named(ctx, entry, t) }, err
}

func (s *Session) named(ctx context.Context, entry catalog.Table, t newTable) error {
	_, err := s.register(ctx, entry, t)
	return err
}
