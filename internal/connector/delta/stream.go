package delta

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"lakehouse/deltalog"
	"lakehouse/internal/errclass"
	"lakehouse/internal/logical"
	"lakehouse/internal/stream"
	"lakehouse/internal/types"
)

// baseIndex stands before the first file of a version.
const baseIndex = -1

// offset is a position in a table's history: everything before file Index of version Version has been read, Index
// included. Its JSON is Delta's.
type offset struct {
	SourceVersion     int64  `json:"sourceVersion"`
	ReservoirID       string `json:"reservoirId"`
	ReservoirVersion  int64  `json:"reservoirVersion"`
	Index             int64  `json:"index"`
	IsStartingVersion bool   `json:"isStartingVersion"`
}

func (o offset) json() stream.Offset {
	data, err := json.Marshal(o)
	if err != nil {
		return nil // not reachable: strings and numbers only
	}
	return data
}

// A Provider is a table to be read as a stream.
type Provider struct {
	table  Table
	opts   ReadOptions
	schema types.Struct
}

var _ stream.Provider = (*Provider)(nil)

// NewProvider looks the table's columns up.
func NewProvider(ctx context.Context, t Table, opts ReadOptions) (*Provider, error) {
	schema, err := t.Schema(ctx)
	if errors.Is(err, errclass.DeltaTableNotFound) {
		return nil, errclass.DeltaSchemaNotSet.New("Table schema is not set. Write data into it or use CREATE TABLE to set the schema. (%s)", t.URI)
	}
	if err != nil {
		return nil, err
	}
	if opts.values.Has("startingVersion") && opts.values.Has("startingTimestamp") {
		return nil, errclass.InvalidOption.New("Please either provide 'startingVersion' or 'startingTimestamp', not both.")
	}
	p := &Provider{table: t, opts: opts, schema: schema}
	return p, p.checkBeginning(ctx)
}

// checkBeginning finds a beginning that no table could have, or this one not yet: at load, before a query runs. A
// version that is gone is no mistake here, for a query that is under way does not look back to it.
func (p *Provider) checkBeginning(ctx context.Context) error {
	if !p.opts.values.Has("startingVersion") && !p.opts.values.Has("startingTimestamp") {
		return nil
	}
	at, err := (&source{Provider: p}).beginning(ctx)
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
	if start.First { // a start that is not there is told at once
		if _, err := s.beginning(ctx); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// source reads a table version by version. What it gives between two offsets never changes: versions don't.
type source struct {
	*Provider
	id        string
	partition []string
	latest    int64 // under availableNow: the last version to read; -1: no bound
}

// indexedFile is a file with the offset that stands behind it.
type indexedFile struct {
	file deltalog.AddFile
	end  offset
}

// Description is Spark's.
func (s *source) Description() string { return "DeltaSource[" + s.table.description() + "]" }

// Stop does nothing: the source has no goroutines.
func (s *source) Stop() error { return nil }

// Commit does nothing: a table keeps its history by its own rules.
func (s *source) Commit(context.Context, stream.Offset) error { return nil }

// Freeze bounds the stream by the version that is the latest now.
func (s *source) Freeze(ctx context.Context) error {
	snap, err := s.table.Log.Snapshot(ctx)
	if err != nil {
		return err
	}
	s.latest = snap.Version()
	return nil
}

// Latest takes files from start on, as many as the limits allow.
func (s *source) Latest(ctx context.Context, _ int64, start stream.Offset, limit stream.ReadLimit) (stream.Offset, error) {
	at, err := s.position(ctx, start)
	if err != nil {
		return nil, err
	}
	files, bytesLeft := s.limits(limit)
	end := at
	for f, err := range s.from(ctx, at) {
		if err != nil {
			return nil, err
		}
		if f.file.Path != "" { // a version without files is passed at no cost
			if files == 0 || bytesLeft <= 0 {
				break
			}
			files--
			bytesLeft -= f.file.Size
		}
		end = f.end
	}
	if end == at && start != nil {
		return start, nil
	}
	return end.json(), nil
}

func (s *source) limits(limit stream.ReadLimit) (files, size int64) {
	const unlimited = 1 << 62
	if limit == stream.LimitNone {
		return unlimited, unlimited
	}
	files, size = s.opts.values.Int("maxFilesPerTrigger"), unlimited
	if s.opts.values.Has("maxBytesPerTrigger") {
		size = s.opts.values.Bytes("maxBytesPerTrigger")
	}
	return files, size
}

// position reads an offset of the checkpoint; nil is where a new query starts.
func (s *source) position(ctx context.Context, o stream.Offset) (offset, error) {
	if o == nil {
		return s.beginning(ctx)
	}
	var at offset
	d := json.NewDecoder(bytes.NewReader(o))
	if err := d.Decode(&at); err != nil || at.ReservoirID == "" {
		return at, errclass.MalformedLogFile.New("the checkpoint's offset %.200s is none of a Delta table.", o).
			WithHint("Was this checkpoint made by another query? Give each query a checkpoint folder of its own.")
	}
	if at.ReservoirID != s.id {
		return at, errclass.DeltaSourceOtherTable.New("The streaming query was reading from an unexpected Delta table (id = '%s'). It used to read from another Delta table (id = '%s') according to checkpoint.", s.id, at.ReservoirID).
			WithHint("This may happen when you changed the code to read from a new table or you deleted and re-created a table. Please revert your change or delete your streaming query checkpoint to restart from scratch.")
	}
	return at, nil
}

func (s *source) beginning(ctx context.Context) (offset, error) {
	at := offset{SourceVersion: 1, ReservoirID: s.id, Index: baseIndex}
	values := s.opts.values
	switch {
	case values.Has("startingTimestamp"):
		when, err := parseTime(values.String("startingTimestamp"))
		if err != nil {
			return at, err
		}
		snap, err := s.table.Log.SnapshotAsOf(ctx, when)
		if errors.Is(err, errclass.DeltaTimestampBeforeFirst) {
			return at, nil // everything is later
		}
		if err != nil {
			return at, err
		}
		at.ReservoirVersion = snap.Version()
		if snap.Timestamp().Before(when) {
			at.ReservoirVersion++
		}
		return at, nil
	case strings.EqualFold(values.String("startingVersion"), "latest"):
		snap, err := s.table.Log.Snapshot(ctx)
		if err != nil {
			return at, err
		}
		at.ReservoirVersion = snap.Version() + 1
		return at, nil
	case values.Has("startingVersion"):
		if _, err := fmt.Sscan(values.String("startingVersion"), &at.ReservoirVersion); err != nil || at.ReservoirVersion < 0 {
			return at, errclass.InvalidOptionValue.New("Invalid value '%s' for option 'startingVersion', must be greater than or equal to zero, or latest", values.String("startingVersion"))
		}
		if _, err := s.table.Log.SnapshotAt(ctx, at.ReservoirVersion); err != nil {
			return at, err
		}
		return at, nil
	}
	snap, err := s.table.Log.Snapshot(ctx)
	if err != nil {
		return at, err
	}
	at.ReservoirVersion, at.IsStartingVersion = snap.Version(), true
	return at, nil
}

// from walks the files behind an offset: those of the initial snapshot, or those of the versions that
// follow. No batch mixes the two: the first batch of a query has no start in the log, and from its end alone one
// can tell which snapshot it read. The end of a version without files is an element without a file.
func (s *source) from(ctx context.Context, at offset) iter.Seq2[indexedFile, error] {
	return func(yield func(indexedFile, error) bool) {
		if at.IsStartingVersion {
			s.initial(ctx, at, yield)
			return
		}
		s.tail(ctx, at, yield)
	}
}

// initial walks the snapshot that the stream began with, in the order of time and path.
func (s *source) initial(ctx context.Context, at offset, yield func(indexedFile, error) bool) {
	files, err := s.snapshotFiles(ctx, at.ReservoirVersion)
	if err != nil {
		yield(indexedFile{}, err)
		return
	}
	next := offset{SourceVersion: 1, ReservoirID: s.id, ReservoirVersion: at.ReservoirVersion + 1, Index: baseIndex}
	for i := at.Index + 1; i < int64(len(files)); i++ {
		end := offset{SourceVersion: 1, ReservoirID: s.id, ReservoirVersion: at.ReservoirVersion, Index: i, IsStartingVersion: true}
		if i == int64(len(files))-1 {
			end = next
		}
		if !yield(indexedFile{files[i], end}, nil) {
			return
		}
	}
	if len(files) == 0 {
		yield(indexedFile{end: next}, nil)
	}
}

func (s *source) snapshotFiles(ctx context.Context, version int64) ([]deltalog.AddFile, error) {
	snap, err := s.table.Log.SnapshotAt(ctx, version)
	if err != nil {
		return nil, err
	}
	var files []deltalog.AddFile
	for f, err := range snap.Files(ctx) {
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	slices.SortFunc(files, func(a, b deltalog.AddFile) int {
		if a.ModificationTime != b.ModificationTime {
			return int(min(1, max(-1, a.ModificationTime-b.ModificationTime)))
		}
		return strings.Compare(a.Path, b.Path)
	})
	return files, nil
}

// tail walks versions from an offset on, up to the latest, or to where availableNow froze.
func (s *source) tail(ctx context.Context, at offset, yield func(indexedFile, error) bool) {
	for commit, err := range s.table.Log.Changes(ctx, at.ReservoirVersion) {
		if err != nil {
			yield(indexedFile{}, err)
			return
		}
		if s.latest >= 0 && commit.Version > s.latest {
			return
		}
		files, err := s.readable(commit)
		if err != nil {
			yield(indexedFile{}, err)
			return
		}
		next := offset{SourceVersion: 1, ReservoirID: s.id, ReservoirVersion: commit.Version + 1, Index: baseIndex}
		first := int64(0)
		if commit.Version == at.ReservoirVersion {
			first = at.Index + 1
		}
		for i := first; i < int64(len(files)); i++ {
			end := next
			if i < int64(len(files))-1 {
				end = offset{SourceVersion: 1, ReservoirID: s.id, ReservoirVersion: commit.Version, Index: i}
			}
			if !yield(indexedFile{files[i], end}, nil) {
				return
			}
		}
		if len(files) == 0 && !yield(indexedFile{end: next}, nil) {
			return
		}
	}
}

// readable is the files that a version adds. One that takes rows away, or changes the columns, is refused
// unless the options say otherwise: what was read before would no longer be true.
func (s *source) readable(commit deltalog.CommitFile) ([]deltalog.AddFile, error) {
	var adds []deltalog.AddFile
	var removed string
	operation := "WRITE"
	for _, a := range commit.Actions.Adds {
		if a.DataChange {
			adds = append(adds, a)
		}
	}
	for _, r := range commit.Actions.Removes {
		if r.DataChange {
			removed = r.Path
		}
	}
	if info := commit.Actions.CommitInfo; info != nil {
		operation = info.Operation
	}
	if m := commit.Actions.Metadata; m != nil {
		if err := s.checkSchema(*m, commit.Version); err != nil {
			return nil, err
		}
	}
	values := s.opts.values
	switch {
	case removed == "":
		return adds, nil
	case values.Bool("skipChangeCommits"):
		return nil, nil
	case values.Bool("ignoreChanges") || len(adds) == 0 && values.Bool("ignoreDeletes"):
		return adds, nil
	}
	return nil, errclass.DeltaSourceIgnoreChanges.New("Detected a data update (for example %s) in the source table at version %d. This is currently not supported.", operation, commit.Version).
		WithHint("If this is going to happen regularly and you are okay to skip changes, set the option 'skipChangeCommits' to 'true'. If you would like the data update to be reflected, please restart this query with a fresh checkpoint directory.")
}

func (s *source) checkSchema(m deltalog.Metadata, version int64) error {
	if m.ID != s.id {
		return errclass.DeltaSourceOtherTable.New("version %d replaced the table: its id is '%s', the stream began on '%s'.", version, m.ID, s.id)
	}
	schema, err := types.FromJSON([]byte(m.SchemaString))
	if err != nil {
		return fmt.Errorf("version %d: decode schema: %w", version, err)
	}
	if !types.EqualIgnoringNullability(schema, s.schema) {
		return errclass.DeltaMetadataChanged.New("the columns of %s changed at version %d while the stream was running.", s.table.URI, version).
			WithHint("Restart the query: it goes on with the new columns.")
	}
	return nil
}

// Rows gives the files between two offsets.
func (s *source) Rows(ctx context.Context, start, end stream.Offset) (logical.Source, error) {
	to, err := s.position(ctx, end)
	if err != nil {
		return nil, err
	}
	at, err := s.startOf(start, to)
	if err != nil {
		return nil, err
	}
	var files []deltalog.AddFile
	for f, err := range s.from(ctx, at) {
		if err != nil {
			return nil, err
		}
		if after(f.end, to) {
			break
		}
		if f.file.Path != "" {
			files = append(files, f.file)
		}
		if f.end == to {
			break
		}
	}
	return filesSource(s.table, s.schema, s.partition, s.Description(), files), nil
}

// startOf is where a batch begins. A first batch has no start in the log: it began with the snapshot that its end
// names, or, when it read all of it, with the version before its end.
func (s *source) startOf(start stream.Offset, to offset) (offset, error) {
	if start != nil {
		return s.position(context.Background(), start)
	}
	at := offset{SourceVersion: 1, ReservoirID: s.id, Index: baseIndex}
	values := s.opts.values
	if values.Has("startingVersion") || values.Has("startingTimestamp") {
		return s.beginning(context.Background())
	}
	at.IsStartingVersion = true
	at.ReservoirVersion = to.ReservoirVersion
	if !to.IsStartingVersion {
		at.ReservoirVersion--
	}
	return at, nil
}

// after reports whether a lies behind b.
func after(a, b offset) bool {
	if a.ReservoirVersion != b.ReservoirVersion {
		return a.ReservoirVersion > b.ReservoirVersion
	}
	return a.Index > b.Index
}
