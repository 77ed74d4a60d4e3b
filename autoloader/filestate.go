package autoloader

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"path"
	"slices"
	"strconv"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"lakehouse/internal/batch"
	"lakehouse/internal/errclass"
	"lakehouse/internal/logical"
	"lakehouse/internal/types"
	"lakehouse/volumes"
)

// FileState is the files that the sources of a query have found, a row each, as cloud_files_state gives them. It changes
// nothing; the query may be running.
type FileState struct {
	store volumes.Store // of the checkpoint
	uri   string
}

var _ logical.Source = (*FileState)(nil)

// fileStateSchema is the columns of cloud_files_state.
var fileStateSchema = types.Struct{Fields: []types.Field{
	{Name: "path", Type: types.String},
	{Name: "size", Type: types.Long, Nullable: true},
	{Name: "create_time", Type: types.Timestamp, Nullable: true},
	{Name: "discovery_time", Type: types.Timestamp, Nullable: true},
	{Name: "processed_time", Type: types.Timestamp, Nullable: true},
	{Name: "commit_time", Type: types.Timestamp, Nullable: true},
	{Name: "archive_time", Type: types.Timestamp, Nullable: true},
	{Name: "archive_mode", Type: types.String, Nullable: true},
	{Name: "move_location", Type: types.String, Nullable: true},
	{Name: "source_id", Type: types.String},
	{Name: "flow_name", Type: types.String, Nullable: true},
	{Name: "ingestion_state", Type: types.String},
}}

// NewFileState looks into a checkpoint. One that is none is an error.
func NewFileState(ctx context.Context, place volumes.Location) (*FileState, error) {
	store, err := place.Sub()
	if err != nil {
		return nil, err
	}
	if _, err := volumes.StatFile(ctx, store, "metadata"); errors.Is(err, fs.ErrNotExist) {
		return nil, errclass.PathNotFound.New("%s holds no checkpoint: it has no metadata file.", wholePath(place.URI)).
			WithHint("Name the checkpointLocation of the query.")
	} else if err != nil {
		return nil, err
	}
	return &FileState{store: store, uri: place.URI}, nil
}

// Schema is the columns.
func (f *FileState) Schema() types.Struct { return fileStateSchema }

// String is the function with the checkpoint that it reads, as plans show it.
func (f *FileState) String() string { return "cloud_files_state " + f.uri }

// Scan gives one piece, which walks the logs as it is read.
func (f *FileState) Scan(_ context.Context, opts logical.ScanOptions) iter.Seq2[batch.Piece, error] {
	return func(yield func(batch.Piece, error) bool) {
		yield(&fileStatePiece{state: f, columns: opts.Columns}, nil)
	}
}

type fileStatePiece struct {
	state   *FileState
	columns []string // nil: all
}

// Size is not known.
func (p *fileStatePiece) Size() int64 { return 1 }

// Read gives the files of all sources, in the order of their batches.
func (p *fileStatePiece) Read(ctx context.Context) batch.Seq {
	return func(yield func(arrow.RecordBatch, error) bool) {
		w := &stateWriter{rows: array.NewRecordBuilder(memory.DefaultAllocator, types.ToArrowSchema(fileStateSchema)), columns: p.columns, yield: yield}
		defer w.rows.Release()
		sources, err := numbered(ctx, p.state.store, "sources")
		for _, n := range sources {
			if err == nil {
				err = p.state.source(ctx, n, w)
			}
		}
		if err != nil && !w.stopped {
			yield(nil, err)
			return
		}
		w.flush()
	}
}

// source writes the files of one source; another kind of source has none.
func (f *FileState) source(ctx context.Context, n int64, w *stateWriter) error {
	log := &sourceLog{store: f.store, dir: path.Join("sources", strconv.FormatInt(n, 10))}
	if isLog, err := log.isOfFiles(ctx); err != nil || !isLog {
		return err
	}
	w.source, w.settled, w.archived = strconv.FormatInt(n, 10), nil, nil
	if err := newLedger(log).load(ctx, beforeAll, func(s settled) { w.settled = append(w.settled, s) }); err != nil {
		return err
	}
	cleaned, err := numbered(ctx, f.store, path.Join(log.dir, archiveFolder))
	if err != nil {
		return err
	}
	var failed error
	err = log.walk(ctx, beforeAll, func(_ int64, entries []entry) {
		for _, e := range entries {
			if failed == nil && !w.stopped {
				failed = w.file(ctx, log, cleaned, e)
			}
		}
	})
	return errors.Join(err, failed)
}

// isOfFiles tells the log of a source of files from the one file that a Kafka source keeps there, which begins with a zero.
func (l *sourceLog) isOfFiles(ctx context.Context) (bool, error) {
	data, err := volumes.ReadFileMax(ctx, l.store, l.name(0), maxLogBytes)
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil // nothing yet, or compacted
	}
	return err == nil && !bytes.HasPrefix(data, []byte{0}), err
}

// removals reads what became of a batch's files.
func (l *sourceLog) removals(ctx context.Context, batch int64) (map[string]removal, error) {
	name := path.Join(l.dir, archiveFolder, strconv.FormatInt(batch, 10))
	data, err := volumes.ReadFileMax(ctx, l.store, name, maxLogBytes)
	if err != nil {
		return nil, fmt.Errorf("read what was cleaned: %w", err)
	}
	out := map[string]removal{}
	for line := range bytes.Lines(data) {
		var r removal
		if err := removalLines.Unmarshal(line, &r); err != nil {
			return nil, fmt.Errorf("read what was cleaned: %s: %w", name, err)
		}
		out[r.Path] = r
	}
	return out, nil
}

// stateWriter makes rows.
type stateWriter struct {
	rows    *array.RecordBuilder
	columns []string
	yield   func(arrow.RecordBatch, error) bool
	stopped bool

	source   string
	settled  []settled          // by batch, from 0 on
	batch    int64              // of archived and found
	archived map[string]removal // by path; nil: none yet
	found    []finding          // of the files still to come, in their order
}

const stateRows = 8192 // of one batch of rows

func (w *stateWriter) file(ctx context.Context, log *sourceLog, cleaned []int64, e entry) (err error) {
	if w.archived == nil || w.batch != e.BatchID {
		w.batch, w.archived = e.BatchID, map[string]removal{}
		if w.found, err = log.found(ctx, e.BatchID); err != nil {
			return err
		}
		if _, ok := slices.BinarySearch(cleaned, e.BatchID); ok {
			if w.archived, err = log.removals(ctx, e.BatchID); err != nil {
				return err
			}
		}
	}
	gone := w.archived[normalURI(e.Path)]
	var done settled
	state := "DISCOVERED"
	if i, ok := slices.BinarySearchFunc(w.settled, e.BatchID, func(s settled, n int64) int { return int(s.Batch - n) }); ok {
		done, state = w.settled[i], "INGESTED"
	}
	var found finding
	if len(w.found) > 0 {
		found, w.found = w.found[0], w.found[1:]
	}
	w.text(0, e.Path)
	w.number(1, found.Size, found.Discovered != 0)
	for i, ms := range []int64{e.Timestamp, found.Discovered, done.Processed, done.Committed, gone.Time} {
		w.moment(2+i, ms)
	}
	w.text(7, gone.Mode)
	w.text(8, gone.To)
	w.text(9, w.source)
	w.text(10, "")
	w.text(11, state)
	if w.rows.Field(0).Len() == stateRows {
		w.flush()
	}
	return nil
}

// text appends a text; an empty one is null.
func (w *stateWriter) text(column int, text string) {
	if text == "" {
		w.rows.Field(column).AppendNull()
		return
	}
	w.rows.Field(column).(*array.StringBuilder).Append(text)
}

func (w *stateWriter) number(column int, n int64, known bool) {
	if !known {
		w.rows.Field(column).AppendNull()
		return
	}
	w.rows.Field(column).(*array.Int64Builder).Append(n)
}

// moment appends a time in milliseconds; 0 is null.
func (w *stateWriter) moment(column int, ms int64) {
	if ms == 0 {
		w.rows.Field(column).AppendNull()
		return
	}
	w.rows.Field(column).(*array.TimestampBuilder).Append(arrow.Timestamp(ms * 1000))
}

// flush gives the rows so far.
func (w *stateWriter) flush() {
	if w.stopped || w.rows.Field(0).Len() == 0 {
		return
	}
	all := w.rows.NewRecordBatch()
	if w.columns != nil {
		all = w.narrow(all)
	}
	w.stopped = !w.yield(all, nil)
}

func (w *stateWriter) narrow(all arrow.RecordBatch) arrow.RecordBatch {
	fields, columns := make([]arrow.Field, len(w.columns)), make([]arrow.Array, len(w.columns))
	for i, name := range w.columns {
		at := fileStateSchema.Index(name)
		fields[i], columns[i] = all.Schema().Field(at), all.Column(at)
		fields[i].Name = name
	}
	return array.NewRecordBatch(arrow.NewSchema(fields, nil), columns, all.NumRows())
}
