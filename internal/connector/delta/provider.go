package delta

import (
	"context"
	"errors"

	"lakehouse/internal/errclass"
	"lakehouse/internal/stream"
	"lakehouse/internal/types"
)

// A Provider is a table to be read as a stream.
type Provider struct {
	columns
	table   Table
	opts    ReadOptions
	version int64 // whose columns they are
	changes bool  // the change data feed is read
	seq     int64 // of the tracking log's entry that the columns are from; -1: from the table as it is
}

var _ stream.Provider = (*Provider)(nil)

// NewProvider looks the table's columns up.
func NewProvider(ctx context.Context, t Table, opts ReadOptions) (*Provider, error) {
	snap, err := t.Log.Snapshot(ctx)
	if errors.Is(err, errclass.DeltaTableNotFound) {
		return nil, errclass.DeltaSchemaNotSet.New("Table schema is not set. Write data into it or use CREATE TABLE to set the schema. (%s)", t.URI)
	}
	if err != nil {
		return nil, err
	}
	meta, version, seq := snap.Metadata(), snap.Version(), int64(-1)
	if opts.tracking() != "" {
		log, err := opts.trackingLog(ctx, t, meta.ID)
		if err != nil {
			return nil, err
		}
		if log.current != nil {
			if meta, err = log.current.metadata(meta); err != nil {
				return nil, err
			}
			version, seq = log.current.DeltaCommitVersion, log.seq
		}
	}
	columns, err := columnsOf(meta, snap.Protocol())
	if err != nil {
		return nil, err
	}
	if opts.values.Has("startingVersion") && opts.values.Has("startingTimestamp") {
		return nil, errclass.InvalidOption.New("Please either provide 'startingVersion' or 'startingTimestamp', not both.")
	}
	p := &Provider{columns: columns, table: t, opts: opts, version: version, seq: seq, changes: opts.changeFeed()}
	if p.changes {
		if !meta.RecordsChanges() {
			return nil, missingChanges(snap.Version(), t.URI)
		}
		if p.columns, err = columns.withChanges(); err != nil {
			return nil, err
		}
	}
	return p, p.checkBeginning(ctx)
}

// checkBeginning finds a beginning that no table could have, or this one not yet: at load, before a query runs. A
// version that is gone is no mistake here, for a query that is under way does not look back to it.
func (p *Provider) checkBeginning(ctx context.Context) error {
	if !p.opts.values.Has("startingVersion") && !p.opts.values.Has("startingTimestamp") {
		return nil
	}
	at, err := (&source{Provider: p, latest: -1}).beginning(ctx)
	if !errors.Is(err, errclass.DeltaVersionNotFound) {
		return err
	}
	latest, latestErr := p.table.Log.LatestVersion(ctx)
	if latestErr == nil && at.ReservoirVersion <= latest {
		return nil
	}
	return err
}

// Schema is the table's.
func (p *Provider) Schema() types.Struct { return p.schema }

// String is "delta" and the folder of the table.
func (p *Provider) String() string { return "delta " + p.table.URI }

// Open makes the source for a query.
func (p *Provider) Open(ctx context.Context, start stream.SourceStart) (stream.Source, error) {
	snap, err := p.table.Log.Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	s := &source{
		Provider: p, id: snap.Metadata().ID, protocol: snap.Protocol(), latest: -1,
	}
	if err := s.openTracking(ctx, start, snap); err != nil {
		return nil, err
	}
	if err := s.orderByEventTime(start); err != nil {
		return nil, err
	}
	if start.First { // a start that is not there is told at once
		if _, err := s.beginning(ctx); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// TableID is the id of the table, as its newest version has it.
func (p *Provider) TableID(ctx context.Context) (string, error) {
	snap, err := p.table.Log.Snapshot(ctx)
	if err != nil {
		return "", err
	}
	return snap.Metadata().ID, nil
}
