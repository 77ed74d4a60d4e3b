package delta

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"regexp"
	"slices"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"lakehouse/deltalog"
	"lakehouse/internal/batch"
	"lakehouse/internal/datetime"
	"lakehouse/internal/errclass"
	"lakehouse/internal/logical"
	"lakehouse/internal/option"
	"lakehouse/internal/predicate"
	"lakehouse/internal/types"
	"lakehouse/volumes"
)

// ReadOptions says what of a table is read.
type ReadOptions struct {
	values    option.Values
	streaming bool
	Session   Session        // of streams
	Zone      *time.Location // of times that name none; nil: UTC
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
		{Name: "timestampAsOf", Doc: "The time whose version is read; in the session's zone unless it names one."},
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
		at, err := o.time("timestampAsOf")
		if err != nil {
			return nil, err
		}
		return t.Log.SnapshotAsOf(ctx, at)
	}
	return t.Log.Snapshot(ctx)
}

// time reads an option that is a time: a date, or a date and a time of day, in the options' zone unless it names one.
func (o ReadOptions) time(name string) (time.Time, error) {
	text := o.values.String(name)
	micros, _, ok := datetime.ParseTimestamp([]byte(text), cmp.Or(o.Zone, time.UTC))
	if !ok {
		return time.Time{}, errclass.DeltaTimestampInvalid.New("The provided timestamp ('%s') cannot be converted to a valid timestamp.", text).WithHint("Write it as 2026-01-31 or 2026-01-31 12:00:00.")
	}
	return time.UnixMicro(micros).UTC(), nil
}

// A Source is one version of a table, or some of its files.
type Source struct {
	columns
	table  Table
	name   string
	files  func(ctx context.Context, where predicate.Predicate) iter.Seq2[deltalog.ChangedFile, error]
	newest bool               // it was the newest version when it was opened
	bucket *bucket            // of all rows, those with these event times; nil: all
	snap   *deltalog.Snapshot // the version, where the source is all of its files; nil: it is some
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
	columns, err := columnsOf(snap.Metadata(), snap.Protocol())
	if err != nil {
		return nil, err
	}
	return &Source{
		columns: columns, newest: !opts.values.Has("versionAsOf") && !opts.values.Has("timestampAsOf"),
		table: t, name: fmt.Sprintf("delta %s@%d", t.URI, snap.Version()), snap: snap,
		files: func(ctx context.Context, where predicate.Predicate) iter.Seq2[deltalog.ChangedFile, error] {
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
func matching(ctx context.Context, snap *deltalog.Snapshot, where predicate.Predicate) iter.Seq2[deltalog.ChangedFile, error] {
	return func(yield func(deltalog.ChangedFile, error) bool) {
		if where == nil {
			for f, err := range snap.Files(ctx) {
				if !yield(deltalog.ChangedFile{AddFile: f}, err) {
					return
				}
			}
			return
		}
		where, _ := withGenerated(snap.Metadata(), where)
		scan, err := snap.Scan(deltalog.ScanOptions{Where: where})
		if err != nil {
			yield(deltalog.ChangedFile{}, err)
			return
		}
		for f, err := range scan.Files(ctx) {
			if !yield(deltalog.ChangedFile{AddFile: f.AddFile}, err) {
				return
			}
		}
	}
}

// filesSource is given files of a table, for a micro-batch.
func filesSource(t Table, c columns, name string, files []deltalog.ChangedFile) *Source {
	return &Source{
		columns: c, table: t, name: name,
		files: func(context.Context, predicate.Predicate) iter.Seq2[deltalog.ChangedFile, error] {
			return func(yield func(deltalog.ChangedFile, error) bool) {
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

// String is the name by which plans call the table, with its version.
func (s *Source) String() string { return s.name }

// Scan gives the row groups of the files that statistics do not rule out.
func (s *Source) Scan(ctx context.Context, opts logical.ScanOptions) iter.Seq2[batch.Piece, error] {
	return func(yield func(batch.Piece, error) bool) {
		columns, at := s.splitMetadata(opts.Columns)
		opts.Columns = columns
		rows, err := s.reader(opts, at >= 0)
		if err != nil {
			yield(nil, err)
			return
		}
		for file, err := range s.files(ctx, opts.Where) {
			var pieces []batch.Piece
			if err == nil {
				pieces, err = rows.pieces(ctx, file)
			}
			if err != nil {
				yield(nil, err)
				return
			}
			for _, piece := range pieces {
				if at >= 0 {
					piece = s.metadataPiece(piece, at, rows.Schema(), file.AddFile)
				}
				if !yield(piece, nil) {
					return
				}
			}
		}
	}
}

// wanted is the columns with these names, in their order; nil: all.
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

// rowReader reads the rows of a source's files.
type rowReader struct {
	*deltalog.RowReader
	where predicate.Predicate

	bucket *bucket // of all rows, those with these event times; nil: all
	times  int     // the column of the event times
	added  bool    // which is not asked for
}

// reader reads the rows, with their metadata behind them where the metadata column is asked for.
func (s *Source) reader(opts logical.ScanOptions, withMetadata bool) (*rowReader, error) {
	want, err := s.wanted(opts.Columns)
	if err != nil {
		return nil, err
	}
	r := &rowReader{where: opts.Where, bucket: s.bucket}
	read := deltalog.ReadOptions{Columns: append([]string{}, want.Names()...), Where: opts.Where, Constants: s.constants}
	if s.bucket != nil {
		if r.times = want.Index(s.bucket.column); r.times < 0 {
			r.times, r.added = len(read.Columns), true
			read.Columns = append(read.Columns, s.bucket.column)
		}
	}
	if withMetadata {
		read.Metadata = s.rowMetadata()
	}
	r.RowReader, err = s.table.Log.Reader(s.meta, read)
	return r, err
}

// Schema is the columns of the pieces' rows.
func (r *rowReader) Schema() types.Struct {
	given := r.RowReader.Schema()
	if r.added {
		given.Fields = slices.Delete(slices.Clone(given.Fields), r.times, r.times+1)
	}
	return given
}

func (r *rowReader) pieces(ctx context.Context, file deltalog.ChangedFile) ([]batch.Piece, error) {
	if r.bucket == nil {
		return r.ChangedPieces(ctx, file)
	}
	pieces, err := r.Where(r.bucket.where(file.Path, r.where)).ChangedPieces(ctx, file)
	for i, p := range pieces {
		pieces[i] = &bucketPiece{p, r, file.Path}
	}
	return pieces, err
}

// bucketPiece is the rows of a piece that belong to a bucket of event times.
type bucketPiece struct {
	batch.Piece
	reader *rowReader
	path   string
}

// Read gives the rows.
func (p *bucketPiece) Read(ctx context.Context) batch.Seq {
	schema := types.ToArrowSchema(p.reader.Schema())
	return batch.Transform(p.Piece.Read(ctx), func(b arrow.RecordBatch) (arrow.RecordBatch, error) {
		b, err := p.reader.bucket.keep(p.path, b, p.reader.times)
		if err != nil || !p.reader.added {
			return b, err
		}
		columns := slices.Delete(slices.Clone(b.Columns()), p.reader.times, p.reader.times+1)
		return array.NewRecordBatch(schema, columns, b.NumRows()), nil
	})
}
