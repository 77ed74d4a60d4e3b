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
	table   Table
	opts    ReadOptions
	schema  types.Struct
	version int64 // whose columns the schema is
	changes bool  // the change data feed is read
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
	schema, err := snap.Schema()
	if err != nil {
		return nil, err
	}
	if opts.values.Has("startingVersion") && opts.values.Has("startingTimestamp") {
		return nil, errclass.InvalidOption.New("Please either provide 'startingVersion' or 'startingTimestamp', not both.")
	}
	p := &Provider{table: t, opts: opts, schema: schema, version: snap.Version(), changes: opts.changeFeed()}
	if p.changes {
		if !recordsChanges(snap.Metadata()) {
			return nil, missingChanges(snap.Version(), t.URI)
		}
		if p.schema, err = withChangeColumns(schema); err != nil {
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

func (p *Provider) String() string { return "delta " + p.table.URI }

// Open makes the source for a query.
func (p *Provider) Open(ctx context.Context, start stream.SourceStart) (stream.Source, error) {
	snap, err := p.table.Log.Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	s := &source{
		Provider: p, id: snap.Metadata().ID, partition: snap.Metadata().PartitionColumns, latest: -1,
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
