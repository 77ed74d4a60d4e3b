package delta

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"lakehouse/deltalog"
	"lakehouse/internal/errclass"
	"lakehouse/internal/stream"
	"lakehouse/internal/types"
)

// A stream with a schema tracking location reads each version by the columns that the table had then. A change of the table's columns,
// properties or protocol ends a batch: an offset stands at it (metadataChangeIndex). When that batch is in the sink for good, the change
// goes into the tracking log, and the query fails; started again, it reads by the new columns. The batch after it, without rows, ends
// behind the change (afterMetadataIndex): it is there so that the one before is told to be done.

// tracking is what a running stream knows of its tracking log.
type tracking struct {
	log  *trackingLog
	path string // the source's folder in the checkpoint, as Spark spells it
}

// tracks reports whether the stream reads by tracked columns.
func (s *source) tracks() bool { return s.tracking != nil && s.tracking.log.current != nil }

// trackingLog opens the log at load. Changes that follow each other without rows in between are one: what the query is written for is
// the last of them.
func (o ReadOptions) trackingLog(ctx context.Context, t Table, id string) (*trackingLog, error) {
	if !o.values.Bool("failOnDataLoss") {
		return nil, errclass.InvalidOption.New("option 'schemaTrackingLocation' cannot be used with failOnDataLoss=false: the columns of lost versions are not known.")
	}
	log, err := o.openLog(ctx, id)
	if err != nil || log.current == nil {
		return log, err
	}
	merged, err := mergedChanges(ctx, t.Log, *log.current)
	if err != nil || merged.DeltaCommitVersion == log.current.DeltaCommitVersion {
		return log, err
	}
	return log, log.add(ctx, merged, true)
}

func (o ReadOptions) openLog(ctx context.Context, id string) (*trackingLog, error) {
	if o.Session.Resolve == nil {
		return nil, errclass.InvalidOption.New("option 'schemaTrackingLocation' needs a session that knows where that is.")
	}
	at, err := o.Session.Resolve(strings.TrimRight(o.tracking(), "/"))
	if err != nil {
		return nil, err
	}
	return openTracking(ctx, at, id, o.values.String("streamingSourceTrackingId"))
}

// mergedChanges is the entry with the changes of the versions that follow and have no files.
func mergedChanges(ctx context.Context, table *deltalog.Table, e trackedMetadata) (trackedMetadata, error) {
	meta, err := e.metadata(deltalog.Metadata{ID: e.TableID})
	if err != nil {
		return e, err
	}
	protocol, err := e.protocol(deltalog.Protocol{})
	if err != nil {
		return e, err
	}
	version := e.DeltaCommitVersion
	for commit, err := range table.Changes(ctx, e.DeltaCommitVersion) {
		if err != nil {
			return e, err
		}
		a := commit.Actions
		if len(a.Adds)+len(a.Removes)+len(a.CDC) > 0 || a.Metadata == nil && a.Protocol == nil {
			break
		}
		if a.Metadata != nil {
			meta = *a.Metadata
		}
		if a.Protocol != nil {
			protocol = *a.Protocol
		}
		version = commit.Version
	}
	if version == e.DeltaCommitVersion {
		return e, nil
	}
	return track(meta, protocol, version, e.SourceMetadataPath)
}

// openTracking finds the log of a stream that starts, and whether the stream may go on.
func (s *source) openTracking(ctx context.Context, start stream.SourceStart, snap *deltalog.Snapshot) error {
	if s.opts.tracking() == "" {
		return nil
	}
	log, err := s.opts.openLog(ctx, s.id)
	if err != nil {
		return err
	}
	if outside := log.uri != start.Location && !strings.HasPrefix(log.uri, start.Location+"/"); start.Location != "" && outside {
		return errclass.DeltaTrackingOutside.New("Schema location '%s' must be placed under checkpoint location '%s'.", s.opts.tracking(), start.Location)
	}
	s.tracking = &tracking{log, hadoopURI(start.Location) + "/" + start.Dir}
	if log.current == nil {
		return nil
	}
	if log.current.SourceMetadataPath != s.tracking.path {
		return errclass.DeltaTrackingConflict.New("the schema location '%s' is that of the source '%s', and this one is '%s'.", log.uri, log.current.SourceMetadataPath, s.tracking.path).
			WithHint("Please provide a new unique `schemaTrackingLocation` path or `streamingSourceTrackingId` as a reader option for one of the streams from this table.")
	}
	meta, err := log.current.metadata(snap.Metadata())
	if err != nil {
		return err
	}
	if s.protocol, err = log.current.protocol(s.protocol); err != nil {
		return err
	}
	if log.seq != s.seq && !sameTable(meta, s.meta) {
		return errclass.DeltaStreamOtherSchema.New("The streaming query's schema does not match the current table schema.\nQuery schema (from analysis): %s\nCurrent table schema: %s", s.meta.SchemaString, meta.SchemaString).
			WithHint("The table schema has changed since this streaming query was created. Please create a new streaming DataFrame to pick up the current schema.")
	}
	if err := s.checkConsent(); err != nil {
		return err
	}
	return log.secure(ctx)
}

// beginTracking makes the first entry of the log, at the version that the stream goes on from. Where the offset stands at a change, end
// is where the stream goes next: behind it.
func (s *source) beginTracking(ctx context.Context, at offset, first bool) (end stream.Offset, pending bool, err error) {
	if s.tracking == nil {
		return nil, false, nil
	}
	if !s.tracks() {
		return nil, false, s.trackFrom(ctx, at, first)
	}
	switch at.Index {
	case metadataChangeIndex:
		at.Index = afterMetadataIndex
		return at.json(), true, nil
	case afterMetadataIndex:
		return nil, false, s.Commit(ctx, at.json()) // a run that was killed has not come to it
	}
	return nil, false, nil
}

func (s *source) trackFrom(ctx context.Context, at offset, first bool) error {
	version := at.ReservoirVersion
	if !first && !at.IsStartingVersion && at.Index == baseIndex {
		version-- // nothing of it has been read
	}
	newest, err := s.table.Log.LatestVersion(ctx)
	if err != nil {
		return err
	}
	snap, err := s.table.Log.SnapshotAt(ctx, max(0, min(version, newest)))
	if err != nil {
		return fmt.Errorf("track the columns from version %d on: %w", version, err)
	}
	meta, protocol := snap.Metadata(), snap.Protocol()
	if !sameTable(meta, s.meta) || !sameProtocol(protocol, s.protocol) {
		return s.evolve(ctx, meta, protocol, snap.Version(), false)
	}
	e, err := track(meta, protocol, snap.Version(), s.tracking.path)
	if err != nil {
		return err
	}
	return s.tracking.log.add(ctx, e, false)
}

// evolve notes other metadata in the log, and ends the query.
func (s *source) evolve(ctx context.Context, m deltalog.Metadata, p deltalog.Protocol, version int64, replacement bool) error {
	e, err := track(m, p, version, s.tracking.path)
	if err != nil {
		return err
	}
	if err := s.tracking.log.add(ctx, e, replacement); err != nil {
		return err
	}
	schema, err := m.Schema()
	if err != nil {
		return err
	}
	var conf []string
	for name, value := range m.Configuration {
		conf = append(conf, name+":"+value)
	}
	slices.Sort(conf)
	return errclass.DeltaStreamMetadataEvolution.New("The schema, table configuration or protocol of your Delta table has changed during streaming.\nThe schema or metadata tracking log has been updated.\nUpdated schema: %s.\nUpdated table configurations: %s.\nUpdated table protocol: %d,%d.",
		types.TreeString(deltalog.UserSchema(schema)), strings.Join(conf, ", "), p.MinReaderVersion, p.MinWriterVersion).
		WithHint("Please restart the stream to continue processing using the updated metadata.")
}

// changesMetadata reports whether a version changes what the stream reads by.
func (s *source) changesMetadata(commit deltalog.CommitFile) bool {
	if !s.tracks() || s.tracking.log.current.DeltaCommitVersion >= commit.Version {
		return false
	}
	a := commit.Actions
	return a.Protocol != nil && !sameProtocol(*a.Protocol, s.protocol) || a.Metadata != nil && !sameTable(*a.Metadata, s.meta)
}

func (s *source) commitAt(ctx context.Context, version int64) (deltalog.CommitFile, error) {
	for commit, err := range s.table.Log.Changes(ctx, version) {
		return commit, err
	}
	return deltalog.CommitFile{}, errclass.DeltaVersionNotFound.New("version %d of %s is not in its log.", version, s.table.URI)
}

// Commit looks whether what is in the sink for good ends at a change of the table's columns: then the query has to begin anew with
// those. The table itself keeps its history by its own rules.
func (s *source) Commit(ctx context.Context, end stream.Offset) error {
	if !s.tracks() {
		return nil
	}
	at, err := s.parse(end)
	if err != nil || !at.atMetadataChange() {
		return err
	}
	commit, err := s.commitAt(ctx, at.ReservoirVersion)
	if err != nil || !s.changesMetadata(commit) {
		return err
	}
	meta, protocol := s.meta, s.protocol
	if m := commit.Actions.Metadata; m != nil {
		meta = *m
	}
	if p := commit.Actions.Protocol; p != nil {
		protocol = *p
	}
	return s.evolve(ctx, meta, protocol, at.ReservoirVersion, false)
}

// trackSnapshot holds the snapshot that a stream begins with against the columns that it reads by: a query that was started, and ended
// before it had read anything, begins with a later one.
func (s *source) trackSnapshot(ctx context.Context, snap *deltalog.Snapshot) error {
	if !s.tracks() || snap.Version() <= s.tracking.log.current.DeltaCommitVersion {
		return nil
	}
	meta, protocol := snap.Metadata(), snap.Protocol()
	if sameTable(meta, s.meta) && sameProtocol(protocol, s.protocol) {
		return nil
	}
	return s.evolve(ctx, meta, protocol, snap.Version(), true)
}

// checkColumns holds the columns of the version that a stream goes on from, once, against those that it reads by: what has changed
// between the two and now is told by no version that follows.
func (s *source) checkColumns(ctx context.Context, at offset) error {
	if s.checked || s.tracks() || s.meta.ColumnMapping() == deltalog.MappingNone {
		return nil
	}
	newest, err := s.table.Log.LatestVersion(ctx)
	if err != nil {
		return err
	}
	snap, err := s.table.Log.SnapshotAt(ctx, min(at.ReservoirVersion, newest))
	if err != nil {
		return errclass.DeltaStreamNoSnapshot.New("Failed to obtain Delta log snapshot for the start version when checking column mapping schema changes: %w", err).
			WithHint("Please choose a different start version.")
	}
	s.checked = true
	return s.checkSchema(snap.Metadata(), snap.Version())
}

// checkMapped refuses, without tracking, columns that were renamed or dropped, and another partitioning.
func (s *source) checkMapped(m deltalog.Metadata, version int64) error {
	from, to := s.meta, m
	if version <= s.version {
		from, to = m, s.meta
	}
	e, err := evolved(from, to)
	if err != nil {
		return err
	}
	lost := from.ColumnMapping() != deltalog.MappingNone && to.ColumnMapping() == deltalog.MappingNone
	mapped := to.ColumnMapping() != deltalog.MappingNone && len(e.renamed)+len(e.dropped) > 0
	if !lost && !mapped && slices.EqualFunc(from.PartitionColumns, to.PartitionColumns, strings.EqualFold) {
		return nil
	}
	return errclass.DeltaStreamIncompatible.New("Streaming read is not supported on tables with read-incompatible schema changes (e.g. rename or drop or datatype changes). Version %d of %s. Read schema: %s. Incompatible data schema: %s.",
		version, s.table.URI, from.SchemaString, to.SchemaString).
		WithHint("Please provide a 'schemaTrackingLocation' to enable non-additive schema evolution for Delta stream processing.")
}
