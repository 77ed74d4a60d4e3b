package delta

import (
	"context"
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
	if meta := snap.Metadata(); !meta.RecordsChanges() {
		return nil, missingChanges(snap.Version(), t.URI)
	}
	columns, err := columnsOf(snap.Metadata(), snap.Protocol())
	if err == nil {
		columns, err = columns.withChanges()
	}
	if err != nil {
		return nil, err
	}
	s := &source{Provider: &Provider{columns: columns, table: t, opts: opts, version: snap.Version(), changes: true}, id: snap.Metadata().ID, latest: -1}
	first, last, err := s.changeRange(ctx)
	if err != nil {
		return nil, err
	}
	var files []deltalog.ChangedFile
	for commit, err := range t.Log.Changes(ctx, first) {
		if err != nil {
			return nil, err
		}
		if commit.Version > last {
			break
		}
		changed, err := s.changedFiles(commit)
		if err != nil {
			return nil, err
		}
		files = append(files, changed...)
	}
	return filesSource(t, columns, fmt.Sprintf("delta %s, changes of %d to %d", t.URI, first, last), files), nil
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
		first, err = s.versionAt(ctx)
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
