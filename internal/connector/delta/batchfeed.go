package delta

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"lakehouse/deltalog"
	"lakehouse/internal/errclass"
)

// changesSource is the change data feed of some versions, at rest.
func changesSource(ctx context.Context, t Table, opts ReadOptions) (*Source, error) {
	values := opts.values
	if values.Has("versionAsOf") || values.Has("timestampAsOf") {
		return nil, errclass.InvalidOption.New("Cannot read the change data feed of one version: versionAsOf and timestampAsOf do not go with readChangeFeed.").
			WithHint("Say from where to where by startingVersion and endingVersion.")
	}
	snap, err := t.Log.Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	meta := snap.Metadata()
	if !meta.RecordsChanges() {
		return nil, missingChanges(snap.Version(), t.URI)
	}
	columns, err := changedColumnsOf(snap)
	if err != nil {
		return nil, err
	}
	s := &source{Provider: &Provider{columns: columns, table: t, opts: opts, version: snap.Version(), changes: true}, id: snap.Metadata().ID, latest: -1}
	first, last, err := s.changeRange(ctx)
	if err != nil {
		return nil, err
	}
	if meta.ColumnMapping() != deltalog.MappingNone && last < snap.Version() {
		if snap, err = t.Log.SnapshotAt(ctx, last); err != nil {
			return nil, err
		}
		if columns, err = changedColumnsOf(snap); err != nil {
			return nil, err
		}
		s.Provider = &Provider{columns: columns, table: t, opts: opts, version: last, changes: true}
	}
	files, err := s.filesOfChanges(ctx, first, last)
	if err != nil {
		return nil, err
	}
	return filesSource(t, columns, fmt.Sprintf("delta %s, changes of %d to %d", t.URI, first, last), files), nil
}

// changedColumnsOf are a version's columns and those of the change data feed.
func changedColumnsOf(snap *deltalog.Snapshot) (columns, error) {
	c, err := columnsOf(snap.Metadata(), snap.Protocol())
	if err != nil {
		return c, err
	}
	return c.withChanges()
}

// filesOfChanges are the files with the changes of some versions, which all must have columns that can be read as the source's.
func (s *source) filesOfChanges(ctx context.Context, first, last int64) (files []deltalog.ChangedFile, err error) {
	start, err := s.table.Log.SnapshotAt(ctx, first)
	if err != nil {
		return nil, err
	}
	then := start.Metadata()
	if !then.RecordsChanges() {
		return nil, missingChanges(first, s.table.URI)
	}
	for commit, err := range s.table.Log.Changes(ctx, first) {
		if err != nil {
			return nil, err
		}
		if commit.Version > last {
			break
		}
		if m := commit.Actions.Metadata; m != nil && commit.Version > first {
			if !m.RecordsChanges() {
				return nil, missingChanges(commit.Version, s.table.URI)
			}
			if err := s.checkChanges(*m, commit.Version, first, last); err != nil {
				return nil, err
			}
		}
		changed, err := commit.ChangedFiles(s.meta)
		if err != nil {
			return nil, fmt.Errorf("read changes of %s: %w", s.table.URI, err)
		}
		files = append(files, changed...)
	}
	return files, s.checkChanges(then, first, first, last)
}

// checkChanges refuses columns that a version gave the table, from the first version on, where its rows cannot be read as the source's.
func (s *source) checkChanges(m deltalog.Metadata, version, first, last int64) error {
	s.id = m.ID // a table that was replaced is read on
	err := s.checkSchema(m, version)
	switch {
	case !errors.Is(err, errclass.DeltaStreamIncompatible) && !errors.Is(err, errclass.DeltaSchemaChangedInStream):
		return err
	case version == first:
		return errclass.DeltaChangesOtherSchema.New("Retrieving table changes between version %d and %d failed because of an incompatible data schema. Your read schema is %s at version %d, but we found an incompatible data schema at version %d.",
			first, last, s.meta.SchemaString, s.version, version).WithHint("Begin at a later version.")
	}
	return errclass.DeltaChangesSchemaChange.New("Retrieving table changes between version %d and %d failed because of an incompatible schema change. Your read schema is %s at version %d, but we found an incompatible schema change at version %d.",
		first, last, s.meta.SchemaString, s.version, version).WithHint("If possible, please query table changes separately from version %d to %d, and from version %d to %d.", first, version-1, version, last)
}

// changeRange is the first and the last version that the options ask for.
func (s *source) changeRange(ctx context.Context) (first, last int64, err error) {
	values := s.opts.values
	switch one, other := values.Has("startingVersion"), values.Has("startingTimestamp"); {
	case one == other:
		return 0, 0, errclass.InvalidOption.New("readChangeFeed needs to know where to begin: give either startingVersion or startingTimestamp.")
	case one:
		first, err = s.namedVersion(ctx, values.String("startingVersion"))
		if n, _ := strconv.ParseInt(values.String("startingVersion"), 10, 64); n > s.version {
			err = errclass.DeltaStartAfterLatest.New("Start version %d for change data feed exceeds the latest table version %d.", n, s.version)
		}
	default:
		first, err = s.versionAt(ctx, "startingTimestamp")
	}
	if err != nil {
		return 0, 0, err
	}
	switch {
	case values.Has("endingVersion") && values.Has("endingTimestamp"):
		return 0, 0, errclass.InvalidOption.New("Please either provide 'endingVersion' or 'endingTimestamp', not both.")
	case values.Has("endingVersion"):
		last = min(values.Int("endingVersion"), s.version)
	case values.Has("endingTimestamp"):
		at, err := s.opts.time("endingTimestamp")
		if err != nil {
			return 0, 0, err
		}
		snap, err := s.table.Log.SnapshotAsOf(ctx, at)
		if err != nil {
			return 0, 0, err
		}
		last = snap.Version()
	default:
		last = s.version
	}
	if first > last {
		return 0, 0, errclass.DeltaInvalidChangeRange.New("CDC range from start %d to end %d was invalid. End cannot be before start.", first, last)
	}
	return first, last, nil
}
