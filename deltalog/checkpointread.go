package deltalog

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/parquetio"
	"lakehouse/volumes"
)

// readCheckpointState reads all of a checkpoint but its files: row groups that hold only files are
// skipped.
func readCheckpointState(ctx context.Context, store volumes.Store, checkpoint *checkpointFiles) (state, error) {
	s := emptyState()
	s.version, s.files = checkpoint.version, fileCount{}
	wanted := Schema{Fields: []Field{
		structOf("txn", txnFields()), structOf("metaData", metadataFields()),
		structOf("protocol", protocolFields()), structOf("domainMetadata", domainFields()),
	}}
	where := Or{has("txn", "appId"), has("metaData", "id"), has("protocol", "minReaderVersion"), has("domainMetadata", "domain")}
	for b, err := range readCheckpoint(ctx, store, checkpoint, wanted, where) {
		if err != nil {
			return state{}, err
		}
		if err := s.readTxns(b.Column(0)); err != nil {
			return state{}, err
		}
		if err := s.readMetadata(b.Column(1)); err != nil {
			return state{}, err
		}
		if err := s.readProtocol(b.Column(2)); err != nil {
			return state{}, err
		}
		if err := s.readDomains(b.Column(3)); err != nil {
			return state{}, err
		}
	}
	if s.protocol == nil || s.metadata == nil {
		return state{}, fmt.Errorf("checkpoint of version %d has no protocol or no metaData", checkpoint.version)
	}
	return s, nil
}

func has(path ...string) Predicate { return IsNull{Column: path, Not: true} }

// readCheckpointAdds gives the files of a checkpoint; nil has none.
func readCheckpointAdds(ctx context.Context, store volumes.Store, checkpoint *checkpointFiles) iter.Seq2[AddFile, error] {
	return readActions(ctx, store, checkpoint, structOf("add", addFields()), group.addAt)
}

// readCheckpointRemoves gives the tombstones of a checkpoint; nil has none.
func readCheckpointRemoves(ctx context.Context, store volumes.Store, checkpoint *checkpointFiles) iter.Seq2[RemoveFile, error] {
	return readActions(ctx, store, checkpoint, structOf("remove", removeFields()), group.removeAt)
}

// readActions gives the actions of one column of a checkpoint; at reads one row of it.
func readActions[Action any](
	ctx context.Context, store volumes.Store, checkpoint *checkpointFiles, wanted Field,
	at func(group, int) (Action, error),
) iter.Seq2[Action, error] {
	return func(yield func(Action, error) bool) {
		if checkpoint == nil {
			return
		}
		var none Action
		for b, err := range readCheckpoint(ctx, store, checkpoint, Schema{Fields: []Field{wanted}}, has(wanted.Name, "path")) {
			if err != nil {
				yield(none, err)
				return
			}
			column, err := newGroup(b.Column(0))
			if err != nil {
				yield(none, err)
				return
			}
			for row := range column.Len() {
				if !column.IsValid(row) {
					continue
				}
				action, err := at(column, row)
				if !yield(action, err) || err != nil {
					return
				}
			}
		}
	}
}

// readCheckpoint reads columns of a checkpoint, part by part.
func readCheckpoint(ctx context.Context, store volumes.Store, checkpoint *checkpointFiles, wanted Schema, where Predicate) iter.Seq2[arrow.RecordBatch, error] {
	return func(yield func(arrow.RecordBatch, error) bool) {
		for _, part := range checkpoint.parts {
			more, err := readPart(ctx, store, part.name, parquetio.ReadOptions{Schema: wanted, Where: where}, yield)
			if err != nil {
				yield(nil, fmt.Errorf("%s: %w", part.name, err))
				return
			}
			if !more {
				return
			}
		}
	}
}

func readPart(ctx context.Context, store volumes.Store, name string, opts parquetio.ReadOptions, yield func(arrow.RecordBatch, error) bool) (more bool, err error) {
	reader, err := store.Open(ctx, name)
	if err != nil {
		return false, err
	}
	defer reader.Close()
	file, err := parquetio.Open(reader, reader.Info().Size)
	if err != nil {
		return false, err
	}
	pieces, err := file.Pieces(opts)
	if err != nil {
		return false, err
	}
	for _, piece := range pieces {
		for b, err := range piece.Read(ctx) {
			if err != nil {
				return false, err
			}
			if !yield(b, nil) {
				return false, nil
			}
		}
	}
	return true, nil
}

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
