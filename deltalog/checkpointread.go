package deltalog

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/parquetio"
	"lakehouse/volumes"
)

// readCheckpointState reads all of a checkpoint but its files: row groups that hold only files are
// skipped.
func readCheckpointState(ctx context.Context, store volumes.Store, checkpoint *checkpointFiles) (state, error) {
	s := emptyState()
	for _, part := range checkpoint.parts {
		if err := s.readPart(ctx, store, part); err != nil {
			return state{}, fmt.Errorf("%s: %w", part.name, err)
		}
	}
	s.version, s.files = checkpoint.version, fileCount{}
	if s.protocol == nil || s.metadata == nil {
		return state{}, fmt.Errorf("checkpoint of version %d has no protocol or no metaData", checkpoint.version)
	}
	return s, nil
}

func (s *state) readPart(ctx context.Context, store volumes.Store, part logFile) error {
	if part.json() {
		actions, err := readManifest(ctx, store, part)
		if err == nil {
			*s = s.replay(&digest{Actions: *actions, version: part.version, compacted: true})
		}
		return err
	}
	file, err := openPart(ctx, store, part.name)
	if err != nil {
		return err
	}
	defer file.Close()
	wanted := Schema{Fields: []Field{
		structOf("txn", txnFields()), structOf("metaData", metadataFields()),
		structOf("protocol", protocolFields()), structOf("domainMetadata", domainFields()),
	}}
	where := Or{has("txn", "appId"), has("metaData", "id"), has("protocol", "minReaderVersion"), has("domainMetadata", "domain")}
	for b, err := range file.batches(ctx, parquetio.ReadOptions{Schema: wanted, Where: where}) {
		if err != nil {
			return err
		}
		for i, read := range []func(arrow.Array) error{s.readTxns, s.readMetadata, s.readProtocol, s.readDomains} {
			if err := read(b.Column(i)); err != nil {
				return err
			}
		}
	}
	return nil
}

func has(path ...string) Predicate { return IsNull{Column: path, Not: true} }

// A fileAction is how one kind of file action is found in checkpoints.
type fileAction[Action any] struct {
	column Field
	at     func(group, int) (Action, error) // a row of Parquet
	of     func(*Actions) []Action          // the lines of a JSON checkpoint
}

// readCheckpointAdds gives the files of a checkpoint; nil has none.
func readCheckpointAdds(ctx context.Context, store volumes.Store, checkpoint *checkpointFiles) iter.Seq2[AddFile, error] {
	return readActions(ctx, store, checkpoint, addAction())
}

func addAction() *fileAction[AddFile] {
	return &fileAction[AddFile]{structOf("add", addFields()), group.addAt, func(a *Actions) []AddFile { return a.Adds }}
}

// readCheckpointRemoves gives the tombstones of a checkpoint; nil has none.
func readCheckpointRemoves(ctx context.Context, store volumes.Store, checkpoint *checkpointFiles) iter.Seq2[RemoveFile, error] {
	return readActions(ctx, store, checkpoint, &fileAction[RemoveFile]{
		structOf("remove", removeFields()), group.removeAt, func(a *Actions) []RemoveFile { return a.Removes },
	})
}

// readSidecarAdds gives the files of sidecars.
func readSidecarAdds(ctx context.Context, store volumes.Store, sidecars []sidecar) iter.Seq2[AddFile, error] {
	return func(yield func(AddFile, error) bool) { addAction().readSidecars(ctx, store, sidecars, yield) }
}

// readFileKeys gives the keys of the files of a sidecar, which costs less than the files.
func readFileKeys(ctx context.Context, store volumes.Store, name string) iter.Seq2[fateKey, error] {
	keys := fileAction[fateKey]{column: structOf("add", []Field{column("path", String), vectorField()}), at: group.keyAt}
	return func(yield func(fateKey, error) bool) { keys.readParquet(ctx, store, name, yield) }
}

// readActions gives the actions of one kind: those in the checkpoint's own files, then those of the sidecars that these name.
func readActions[Action any](
	ctx context.Context, store volumes.Store, checkpoint *checkpointFiles, kind *fileAction[Action],
) iter.Seq2[Action, error] {
	return func(yield func(Action, error) bool) {
		if checkpoint == nil {
			return
		}
		for _, part := range checkpoint.parts {
			if !kind.readPart(ctx, store, part, yield) {
				return
			}
		}
	}
}

func (k *fileAction[Action]) readPart(ctx context.Context, store volumes.Store, part logFile, yield func(Action, error) bool) (more bool) {
	if part.json() {
		return k.readJSON(ctx, store, part, yield)
	}
	sidecars, more := k.readParquet(ctx, store, part.name, yield)
	return more && k.readSidecars(ctx, store, sidecars, yield)
}

func (k *fileAction[Action]) readJSON(ctx context.Context, store volumes.Store, part logFile, yield func(Action, error) bool) (more bool) {
	actions, err := readManifest(ctx, store, part)
	if err != nil {
		return fail(yield, part.name, err)
	}
	for _, action := range k.of(actions) {
		if !yield(action, nil) {
			return false
		}
	}
	return k.readSidecars(ctx, store, actions.sidecars, yield)
}

func (k *fileAction[Action]) readSidecars(ctx context.Context, store volumes.Store, sidecars []sidecar, yield func(Action, error) bool) (more bool) {
	for i := range sidecars {
		name, err := sidecars[i].name()
		if err != nil {
			return fail(yield, sidecarDir, err)
		}
		if _, more := k.readParquet(ctx, store, name, yield); !more {
			return false
		}
	}
	return true
}

// readParquet gives the actions of one file, and the sidecars that it names.
func (k *fileAction[Action]) readParquet(ctx context.Context, store volumes.Store, name string, yield func(Action, error) bool) (sidecars []sidecar, more bool) {
	file, err := openPart(ctx, store, name)
	if err != nil {
		return nil, fail(yield, name, err)
	}
	defer file.Close()
	if sidecars, err = file.sidecars(ctx); err != nil {
		return nil, fail(yield, name, err)
	}
	wanted, err := file.withParsedStats(k.column)
	if err != nil {
		return nil, fail(yield, name, err)
	}
	for b, err := range file.batches(ctx, parquetio.ReadOptions{Schema: Schema{Fields: []Field{wanted}}, Where: has(wanted.Name, "path")}) {
		if err != nil {
			return nil, fail(yield, name, err)
		}
		column, err := newGroup(b.Column(0))
		if err != nil {
			return nil, fail(yield, name, err)
		}
		for row := range column.Len() {
			if !column.IsValid(row) {
				continue
			}
			action, err := k.at(column, row)
			if err != nil {
				return nil, fail(yield, name, err)
			}
			if !yield(action, nil) {
				return nil, false
			}
		}
	}
	return sidecars, true
}

// fail ends a sequence with an error.
func fail[Action any](yield func(Action, error) bool, name string, err error) (more bool) {
	var none Action
	yield(none, fmt.Errorf("%s: %w", name, err))
	return false
}

// A checkpointPartFile is an open Parquet file of a checkpoint.
type checkpointPartFile struct {
	*parquetio.File
	volumes.Reader
}

func openPart(ctx context.Context, store volumes.Store, name string) (checkpointPartFile, error) {
	reader, err := store.Open(ctx, name)
	if err != nil {
		return checkpointPartFile{}, err
	}
	file, err := parquetio.Open(reader, reader.Info().Size)
	if err != nil {
		return checkpointPartFile{}, errors.Join(err, reader.Close())
	}
	return checkpointPartFile{file, reader}, nil
}

func (f checkpointPartFile) batches(ctx context.Context, opts parquetio.ReadOptions) iter.Seq2[arrow.RecordBatch, error] {
	return func(yield func(arrow.RecordBatch, error) bool) {
		pieces, err := f.Pieces(opts)
		if err != nil {
			yield(nil, err)
			return
		}
		for _, piece := range pieces {
			for b, err := range piece.Read(ctx) {
				if !yield(b, err) || err != nil {
					return
				}
			}
		}
	}
}

// sidecars are those that the file names. Only V2 checkpoints have the column.
func (f checkpointPartFile) sidecars(ctx context.Context) ([]sidecar, error) {
	schema, err := f.Schema()
	if err != nil || schema.Index(sidecarColumn) < 0 {
		return nil, err
	}
	var named Actions
	wanted := Schema{Fields: []Field{structOf(sidecarColumn, sidecarFields())}}
	for b, err := range f.batches(ctx, parquetio.ReadOptions{Schema: wanted, Where: has(sidecarColumn, "path")}) {
		if err == nil {
			err = named.readSidecars(b.Column(0))
		}
		if err != nil {
			return nil, err
		}
	}
	return named.sidecars, nil
}

// readManifest reads a V2 checkpoint that is written as JSON.
func readManifest(ctx context.Context, store volumes.Store, part logFile) (*Actions, error) {
	d, err := wholeDigest.readCompaction(ctx, store, part)
	if err != nil {
		return nil, err
	}
	actions := &d.Actions
	if actions.checkpoint == nil || actions.checkpoint.Version != part.version {
		err = fmt.Errorf("no checkpointMetadata of version %d", part.version)
	}
	return actions, err
}

// json reports whether a checkpoint's file is written as JSON.
func (f *logFile) json() bool { return strings.HasSuffix(f.name, ".json") }

func (s *state) readTxns(a arrow.Array) error {
	g, err := newGroup(a)
	if err != nil {
		return err
	}
	for row := range g.Len() {
		if g.IsValid(row) {
			app := g.text(0, row)
			s.txns[app] = SetTransaction{AppID: app, Version: g.int64(1, row), LastUpdated: g.int64(2, row)}
		}
	}
	return nil
}

func (s *state) readMetadata(a arrow.Array) error {
	g, err := newGroup(a)
	if err != nil {
		return err
	}
	for row := range g.Len() {
		if !g.IsValid(row) {
			continue
		}
		if s.metadata != nil {
			return errors.New("a second metaData action")
		}
		format, err := newGroup(g.Field(3))
		if err != nil {
			return err
		}
		s.metadata = &Metadata{
			ID: g.text(0, row), Name: g.text(1, row), Description: g.text(2, row),
			Format:       Format{Provider: format.text(0, row), Options: plain(format.textMap(1, row))},
			SchemaString: g.text(4, row), PartitionColumns: g.texts(5, row), Configuration: plain(g.textMap(6, row)),
			CreatedTime: g.int64(7, row),
		}
	}
	return nil
}

func (s *state) readProtocol(a arrow.Array) error {
	g, err := newGroup(a)
	if err != nil {
		return err
	}
	for row := range g.Len() {
		if !g.IsValid(row) {
			continue
		}
		if s.protocol != nil {
			return errors.New("a second protocol action")
		}
		s.protocol = &Protocol{
			MinReaderVersion: int(g.int32(0, row)), MinWriterVersion: int(g.int32(1, row)),
			ReaderFeatures: g.texts(2, row), WriterFeatures: g.texts(3, row),
		}
	}
	return nil
}

func (s *state) readDomains(a arrow.Array) error {
	g, err := newGroup(a)
	if err != nil {
		return err
	}
	for row := range g.Len() {
		if g.IsValid(row) {
			d := DomainMetadata{Domain: g.text(0, row), Configuration: g.text(1, row), Removed: g.bool(2, row)}
			s.domains[d.Domain] = d
		}
	}
	return nil
}

// plain is a map without its nulls.
func plain(m map[string]*string) map[string]string {
	out := make(map[string]string, len(m))
	for key, v := range m {
		if v != nil {
			out[key] = *v
		}
	}
	return out
}
