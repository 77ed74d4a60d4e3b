package delta

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"regexp"
	"slices"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/arrow/scalar"

	"lakehouse/deltalog"
	"lakehouse/internal/batch"
	"lakehouse/internal/errclass"
	"lakehouse/internal/logical"
	"lakehouse/internal/option"
	"lakehouse/internal/parquetio"
	"lakehouse/internal/predicate"
	"lakehouse/internal/types"
	"lakehouse/volumes"
)

// ReadOptions says what of a table is read.
type ReadOptions struct {
	values    option.Values
	streaming bool
	Session   Session        // of streams
	exclude   *regexp.Regexp // nil: nothing
}

// A Session is what a stream asks of the session that it belongs to.
type Session struct {
	Resolve func(path string) (volumes.Location, error)
	Conf    func(name string) string // a setting; empty: not set
}

// tracking is where a stream keeps how its table's columns change; empty: nowhere.
func (o ReadOptions) tracking() string {
	return cmp.Or(o.values.String("schemaTrackingLocation"), o.values.String("schemaLocation"))
}

// excludes tells whether a data file is passed over.
func (o ReadOptions) excludes(path string) bool {
	return o.exclude != nil && o.exclude.MatchString(path)
}

// changeFeed tells whether the change data feed is read.
func (o ReadOptions) changeFeed() bool {
	return o.values.Bool("readChangeFeed") || o.values.Bool("readChangeData")
}

// ReadOptionTable lists the options of batch reads; StreamOptionTable, those of streams.
var (
	ReadOptionTable = option.Table{
		{Name: "versionAsOf", Kind: option.Count, Doc: "The version to read."},
		{Name: "timestampAsOf", Doc: "The time whose version is read."},
		{Name: "readChangeFeed", Kind: option.Bool, Default: "false", Doc: "Reads what the versions from startingVersion to endingVersion have changed, with the columns _change_type, _commit_version and _commit_timestamp."},
		{Name: "readChangeData", Kind: option.Bool, Default: "false", Doc: "An old name of readChangeFeed."},
		{Name: "startingVersion", Doc: "With readChangeFeed, the first version."},
		{Name: "startingTimestamp", Doc: "Likewise, the time from which on versions are read."},
		{Name: "endingVersion", Kind: option.Count, Doc: "With readChangeFeed, the last version; without it, the newest."},
		{Name: "endingTimestamp", Doc: "Likewise, the time up to which versions are read."},
	}
	StreamOptionTable = option.Table{
		{Name: "maxFilesPerTrigger", Kind: option.Positive, Default: "1000", Doc: "How many files of the table a batch takes at the most."},
		{Name: "maxBytesPerTrigger", Kind: option.Bytes, Doc: "About how many bytes a batch takes; at least one file."},
		{Name: "startingVersion", Doc: "The first version to read, or latest; without it, the table as it is comes first."},
		{Name: "startingTimestamp", Doc: "The time from which on versions are read."},
		{Name: "ignoreDeletes", Kind: option.Bool, Default: "false", Doc: "Lets versions pass that only delete files."},
		{Name: "skipChangeCommits", Kind: option.Bool, Default: "false", Doc: "Passes over versions that delete or rewrite files."},
		{Name: "ignoreChanges", Kind: option.Bool, Default: "false", Doc: "Reads rewritten files again."},
		{Name: "ignoreFileDeletion", Kind: option.Bool, Default: "false", Doc: "An old name of ignoreChanges."},
		{Name: "failOnDataLoss", Kind: option.Bool, Default: "true", Doc: "Whether versions that are gone from the log are an error."},
		{Name: "excludeRegex", Doc: "Data files whose path matches are passed over."},
		{Name: "readChangeFeed", Kind: option.Bool, Default: "false", Doc: "Reads what each version has changed, with the columns _change_type, _commit_version and _commit_timestamp; the table as it is comes first, as inserts."},
		{Name: "readChangeData", Kind: option.Bool, Default: "false", Doc: "An old name of readChangeFeed."},
		{Name: "withEventTimeOrder", Kind: option.Bool, Default: "false", Doc: "Reads the table as it is at the start in the order of the watermark's column, so that no row of it comes late."},
		{Name: "schemaTrackingLocation", Doc: "A folder inside of the checkpoint, where the stream keeps the table's columns by which it reads: it then goes on, after a restart, behind columns that were renamed, dropped or widened."},
		{Name: "schemaLocation", Doc: "An old name of schemaTrackingLocation."},
		{Name: "streamingSourceTrackingId", Doc: "With schemaTrackingLocation, tells two streams from one table apart."},
		{Name: "allowSourceColumnDrop", Doc: "With schemaTrackingLocation, always, or the version up to which columns were dropped: the query goes on behind that."},
		{Name: "allowSourceColumnRename", Doc: "Likewise for columns that were renamed."},
		{Name: "allowSourceColumnTypeChange", Doc: "Likewise for columns whose type was widened."},
	}
)

// ParseReadOptions checks the options of a read.
func ParseReadOptions(given map[string]string, streaming bool) (ReadOptions, error) {
	table := ReadOptionTable
	if streaming {
		table = StreamOptionTable
	}
	values, err := table.Parse(given)
	o := ReadOptions{values: values, streaming: streaming}
	if err != nil || !streaming || !values.Has("excludeRegex") {
		return o, err
	}
	o.exclude, err = regexp.Compile(values.String("excludeRegex"))
	if err != nil {
		err = errclass.DeltaRegexSyntax.New("Please recheck your syntax for 'excludeRegex': %w", err)
	}
	return o, err
}

// snapshot is the version that the options name.
func (o ReadOptions) snapshot(ctx context.Context, t Table) (*deltalog.Snapshot, error) {
	switch {
	case o.values.Has("versionAsOf"):
		return t.Log.SnapshotAt(ctx, o.values.Int("versionAsOf"))
	case o.values.Has("timestampAsOf"):
		at, err := parseTime(o.values.String("timestampAsOf"))
		if err != nil {
			return nil, err
		}
		return t.Log.SnapshotAsOf(ctx, at)
	}
	return t.Log.Snapshot(ctx)
}

// parseTime reads a timestamp option: a date, or a time in UTC unless it names a zone.
func parseTime(text string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02 15:04:05.999999", "2006-01-02T15:04:05.999999", "2006-01-02"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, nil
		}
	}
	return time.Time{}, errclass.InvalidOptionValue.New("'%s' is no timestamp.", text).WithHint("Write it as 2026-01-31 or 2026-01-31 12:00:00.")
}

// A Source is one version of a table, or some of its files.
type Source struct {
	columns
	table  Table
	name   string
	files  func(ctx context.Context, where predicate.Predicate) iter.Seq2[deltalog.AddFile, error]
	newest bool    // it was the newest version when it was opened
	bucket *bucket // of all rows, those with these event times; nil: all
}

// NewSource opens a version of a table for reading.
func NewSource(ctx context.Context, t Table, opts ReadOptions) (*Source, error) {
	if opts.changeFeed() {
		return changesSource(ctx, t, opts)
	}
	for _, name := range []string{"startingVersion", "startingTimestamp", "endingVersion", "endingTimestamp"} {
		if opts.values.Has(name) {
			return nil, errclass.InvalidOption.New("option '%s' of a batch read goes with readChangeFeed=true.", name)
		}
	}
	snap, err := opts.snapshot(ctx, t)
	if err != nil {
		return nil, err
	}
	columns, err := columnsOf(snap.Metadata())
	if err != nil {
		return nil, err
	}
	return &Source{
		columns: columns, newest: !opts.values.Has("versionAsOf") && !opts.values.Has("timestampAsOf"),
		table: t, name: fmt.Sprintf("delta %s@%d", t.URI, snap.Version()),
		files: func(ctx context.Context, where predicate.Predicate) iter.Seq2[deltalog.AddFile, error] {
			return matching(ctx, snap, where)
		},
	}, nil
}

// Renew opens the version that is the newest now, unless another was asked for. The columns are those that were there at first;
// if one of them is gone or of another type, the query has to be written anew.
func (s *Source) Renew(ctx context.Context) (logical.Source, error) {
	if !s.newest {
		return s, nil
	}
	opts, err := ParseReadOptions(nil, false)
	if err != nil {
		return nil, err
	}
	now, err := NewSource(ctx, s.table, opts)
	if err != nil {
		return nil, err
	}
	for _, f := range s.schema.Fields {
		i := slices.IndexFunc(now.schema.Fields, func(g types.Field) bool { return g.Name == f.Name })
		if i < 0 || !types.Equal(types.AsNullable(now.schema.Fields[i].Type), types.AsNullable(f.Type)) || now.schema.Fields[i].Nullable && !f.Nullable {
			return nil, errclass.DeltaSchemaChangedSince.New("The schema of your Delta table has changed in an incompatible way since your DataFrame or DeltaTable object was created: column %s of %s.", f.Name, s.table.URI).
				WithHint("Please redefine your DataFrame or DeltaTable object: stop the query and start it again.")
		}
	}
	now.schema = s.schema // of the columns that are there now
	return now, nil
}

// matching is the files of a version that may hold rows for which the condition holds.
func matching(ctx context.Context, snap *deltalog.Snapshot, where predicate.Predicate) iter.Seq2[deltalog.AddFile, error] {
	if where == nil {
		return snap.Files(ctx)
	}
	return func(yield func(deltalog.AddFile, error) bool) {
		scan, err := snap.Scan(deltalog.ScanOptions{Where: where})
		if err != nil {
			yield(deltalog.AddFile{}, err)
			return
		}
		for f, err := range scan.Files(ctx) {
			if !yield(f.AddFile, err) {
				return
			}
		}
	}
}

// filesSource is given files of a table, for a micro-batch.
func filesSource(t Table, c columns, name string, files []deltalog.AddFile) *Source {
	return &Source{
		columns: c, table: t, name: name,
		files: func(context.Context, predicate.Predicate) iter.Seq2[deltalog.AddFile, error] {
			return func(yield func(deltalog.AddFile, error) bool) {
				for _, f := range files {
					if !yield(f, nil) {
						return
					}
				}
			}
		},
	}
}

// Schema is the table's at this version.
func (s *Source) Schema() types.Struct { return s.schema }

func (s *Source) String() string { return s.name }

// Scan gives the row groups of the files that statistics do not rule out.
func (s *Source) Scan(ctx context.Context, opts logical.ScanOptions) iter.Seq2[batch.Piece, error] {
	return func(yield func(batch.Piece, error) bool) {
		want, err := s.wanted(opts.Columns)
		if err != nil {
			yield(nil, err)
			return
		}
		for file, err := range s.files(ctx, opts.Where) {
			if err != nil {
				yield(nil, err)
				return
			}
			for _, piece := range s.pieces(ctx, file, want, opts.Where) {
				if !yield(piece, nil) {
					return
				}
			}
		}
	}
}

// pieces shares a data file out.
func (s *Source) pieces(ctx context.Context, file deltalog.AddFile, want types.Struct, where predicate.Predicate) []batch.Piece {
	open := func(ctx context.Context) (parquetio.Input, int64, error) {
		in, err := s.table.Store.Open(ctx, file.Path)
		if err != nil {
			return nil, 0, err
		}
		return in, in.Info().Size, nil
	}
	asked := want
	if s.bucket != nil {
		where = s.bucket.where(file.Path, where)
		if want.Index(s.bucket.column) < 0 {
			want = types.Struct{Fields: append(slices.Clip(want.Fields), s.schema.Fields[s.schema.Index(s.bucket.column)])}
		}
	}
	var stored types.Struct
	for _, f := range want.Fields {
		if !s.isConstant(file, f.Name) {
			stored.Fields = append(stored.Fields, s.stored.Fields[s.stored.Index(f.Name)])
		}
	}
	pieces := parquetio.Split(ctx, open, file.Size, parquetio.ReadOptions{Schema: stored, Find: s.find, Where: where})
	for i, p := range pieces {
		pieces[i] = &filePiece{Piece: p, source: s, file: file, want: want, asked: asked}
	}
	return pieces
}

func (s *Source) wanted(names []string) (types.Struct, error) {
	if names == nil {
		return s.schema, nil
	}
	var want types.Struct
	for _, n := range names {
		i := s.schema.Index(n)
		if i < 0 {
			return want, fmt.Errorf("internal error: no column %q in %s", n, s.name)
		}
		want.Fields = append(want.Fields, s.schema.Fields[i])
	}
	return want, nil
}

// isConstant tells whether a column is the same in all rows of a file, and not in the file. The type of a change is so in most
// files of the feed, but not in those that hold changes of all types.
func (s *Source) isConstant(file deltalog.AddFile, name string) bool {
	if !slices.Contains(s.partition, name) {
		return false
	}
	_, told := file.PartitionValues[s.key(name)]
	return told || name != changeTypeColumn
}

// filePiece is row groups of a data file, with the columns that the file does not hold.
type filePiece struct {
	batch.Piece
	source *Source
	file   deltalog.AddFile
	want   types.Struct // to be read
	asked  types.Struct // to be given
}

// Read gives the rows, partition columns filled in.
func (p *filePiece) Read(ctx context.Context) batch.Seq {
	return func(yield func(arrow.RecordBatch, error) bool) {
		for b, err := range batch.Transform(p.Piece.Read(ctx), p.complete) {
			if err != nil {
				yield(nil, p.failed(err))
				return
			}
			if !yield(b, nil) {
				return
			}
		}
	}
}

// failed says which data file could not be read.
func (p *filePiece) failed(err error) error {
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, fs.ErrNotExist):
		return errclass.DeltaFileNotFound.New("File %s referenced in the transaction log cannot be found. This occurs when data has been manually deleted from the file system rather than using the table `DELETE` statement: %w",
			p.source.table.URI+"/"+p.file.Path, err).WithHint("Restore the file, or read a version that does not need it.")
	}
	return errclass.FailedReadFile.New("Encountered error while reading file %s: %w", p.source.table.URI+"/"+p.file.Path, err)
}

// complete puts the partition columns, constant in a file, among those read.
func (p *filePiece) complete(b arrow.RecordBatch) (arrow.RecordBatch, error) {
	b, err := p.withConstants(b)
	if err != nil || p.source.bucket == nil {
		return b, err
	}
	return p.source.bucket.keep(p.file.Path, b, p.asked)
}

func (p *filePiece) withConstants(b arrow.RecordBatch) (arrow.RecordBatch, error) {
	if int(b.NumCols()) == len(p.want.Fields) {
		return b, nil
	}
	columns := make([]arrow.Array, len(p.want.Fields))
	next := 0
	for i, f := range p.want.Fields {
		if !p.source.isConstant(p.file, f.Name) {
			columns[i] = b.Column(next)
			next++
			continue
		}
		c, err := p.constant(f, int(b.NumRows()))
		if err != nil {
			return nil, err
		}
		columns[i] = c
	}
	return array.NewRecordBatch(types.ToArrowSchema(p.want), columns, b.NumRows()), nil
}

func (p *filePiece) constant(f types.Field, rows int) (arrow.Array, error) {
	value, err := deltalog.ParsePartitionValue(f.Type, p.file.PartitionValues[p.source.key(f.Name)])
	if err != nil {
		return nil, fmt.Errorf("partition column %s: %w", f.Name, err)
	}
	if value == nil {
		return array.MakeArrayOfNull(memory.DefaultAllocator, types.ToArrow(f.Type), rows), nil
	}
	s, err := partitionScalar(value, f.Type)
	if err != nil {
		return nil, err
	}
	return scalar.MakeArrayFromScalar(s, rows, memory.DefaultAllocator)
}

// partitionScalar is a predicate.Value as an Arrow scalar of a column's type.
func partitionScalar(v predicate.Value, t types.Type) (scalar.Scalar, error) {
	n, isInt := v.(int64)
	switch to := types.ToArrow(t).(type) {
	case *arrow.Int8Type:
		return scalar.NewInt8Scalar(int8(n)), nil
	case *arrow.Int16Type:
		return scalar.NewInt16Scalar(int16(n)), nil
	case *arrow.Int32Type:
		return scalar.NewInt32Scalar(int32(n)), nil
	case *arrow.Date32Type:
		return scalar.NewDate32Scalar(arrow.Date32(n)), nil
	case *arrow.TimestampType:
		return scalar.NewTimestampScalar(arrow.Timestamp(n), to), nil
	case *arrow.Float32Type:
		f, _ := v.(float64)
		return scalar.NewFloat32Scalar(float32(f)), nil
	default:
		if isInt {
			return scalar.NewInt64Scalar(n), nil
		}
		return scalar.MakeScalarParam(v, to)
	}
}
