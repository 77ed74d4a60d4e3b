package files

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/batch"
	"lakehouse/internal/datetime"
	"lakehouse/internal/errclass"
	"lakehouse/internal/logical"
	"lakehouse/internal/option"
	"lakehouse/internal/records"
	"lakehouse/internal/types"
	"lakehouse/volumes"
)

// SourceOptionTable lists what a batch read takes besides its format's options.
var SourceOptionTable = option.Table{
	{Name: "pathGlobFilter", Doc: "Only files whose base name matches."},
	{Name: "recursiveFileLookup", Kind: option.Bool, Default: "false", Doc: "Plain sub-folders too; key=value folders then add no columns."},
	{Name: "ignoreMissingFiles", Kind: option.Bool, Default: "false", Doc: "A file that vanishes after it was listed gives no rows."},
	{Name: "ignoreCorruptFiles", Kind: option.Bool, Default: "false", Doc: "A file that cannot be read gives the rows before the fault."},
	{Name: "modifiedBefore", Doc: "Only files modified before this time."},
	{Name: "modifiedAfter", Doc: "Only files modified after this time."},
	{Name: "timeZone", Default: "UTC", Doc: "The zone of the two times before, of timestamps in the names of folders, and of timestamps that name none."},
}

// SourceOptions says what a batch read reads.
type SourceOptions struct {
	Space   *volumes.Space
	Format  string
	Paths   []string      // files, folders or globs
	Schema  *types.Struct // nil: inferred
	Options map[string]string
	Now     func() time.Time // names the folder of bad records; nil: no time

	Keep       func(File) bool                                     // of the files that are there; nil: all
	Partitions func(found []types.Field) []types.Field             // the columns of folders, given those found; nil: these
	Infer      func(context.Context, []File) (types.Struct, error) // in place of the format's, without a Schema; nil: the format's
	Loose      bool                                                // stars stand for folders too
}

// A Source is files at rest.
type Source struct {
	name                        string
	format                      Format
	schema                      types.Struct
	metadata                    types.Field
	files                       []File
	ignoreMissing, ignoreBroken bool
	ofSink                      bool // the files are those that the log of a streaming file sink names
}

// NewSource finds the files, and their columns where none are given. An unknown format, option or path is an error here.
func NewSource(ctx context.Context, o SourceOptions) (*Source, error) {
	table, err := OptionTable(o.Format)
	if err != nil {
		return nil, err
	}
	values, err := slices.Concat(SourceOptionTable, table).Parse(o.Options)
	if err != nil {
		return nil, err
	}
	format, err := formats[strings.ToLower(o.Format)].open(values)
	if err != nil {
		return nil, err
	}
	if format, err = With(ctx, format, Settings{Space: o.Space, Now: o.Now}); err != nil {
		return nil, err
	}
	s := &Source{
		name: o.Format + " " + strings.Join(o.Paths, ", "), format: format,
		ignoreMissing: values.Bool("ignoreMissingFiles"), ignoreBroken: values.Bool("ignoreCorruptFiles"),
	}
	var parts Partitions
	for _, p := range o.Paths {
		if err := s.find(ctx, o, p, values, &parts); err != nil {
			return nil, err
		}
	}
	return s, s.settle(ctx, o, parts)
}

// find adds the files of one path.
func (s *Source) find(ctx context.Context, o SourceOptions, name string, values option.Values, parts *Partitions) error {
	place, err := o.Space.Resolve(strings.TrimRight(name, "/"))
	if err != nil {
		return err
	}
	zone, err := records.ParseZone(values)
	if err != nil {
		return err
	}
	modified, err := parseModified(values, zone)
	if err != nil {
		return err
	}
	l := NewListing(place, values.String("pathGlobFilter"), values.Bool("recursiveFileLookup"))
	l.Loose = o.Loose
	keep := func(f File) {
		if o.Keep == nil || o.Keep(f) {
			s.files = append(s.files, f)
		}
	}
	if len(l.Pattern) == 0 {
		info, err := l.Base.Store.Stat(ctx, l.Base.Key)
		if errors.Is(err, fs.ErrNotExist) {
			return errclass.PathNotFound.New("Path does not exist: %s.", name)
		}
		if err != nil {
			return err
		}
		if !info.IsDir {
			keep(File{place, info})
			return nil
		}
	}
	before := len(s.files)
	for info, err := range l.Files(ctx) {
		if err != nil {
			return err
		}
		if !modified.holds(info.ModTime) {
			continue
		}
		at := l.Base.Join(strings.TrimPrefix(strings.TrimPrefix(info.Name, l.Base.Key), "/"))
		keep(File{at, info})
	}
	if len(l.Pattern) > 0 && len(s.files) == before {
		if found, err := l.AnyMatch(ctx); found || err != nil {
			return err // a folder without files, or none of the time asked for
		}
		return errclass.PathNotFound.New("Path does not exist: %s.", name).WithHint("The pattern matches nothing.")
	}
	found, err := FindPartitions(ctx, l, zone)
	if err != nil {
		return err
	}
	*parts = parts.join(found)
	if len(o.Paths) == 1 {
		s.ofSink, err = l.OfSink(ctx)
	}
	return err
}

// modified bounds the time at which files were modified; a zero bound is none.
type modified struct{ before, after time.Time }

func parseModified(v option.Values, zone *time.Location) (m modified, err error) {
	for name, bound := range map[string]*time.Time{"modifiedBefore": &m.before, "modifiedAfter": &m.after} {
		text := v.String(name)
		if text == "" {
			continue
		}
		micros, _, ok := datetime.ParseTimestamp([]byte(text), zone)
		if !ok {
			return m, errclass.InvalidOptionValue.New("Invalid value '%s' for option '%s', must be a timestamp such as 2024-01-31T13:00:00", text, name)
		}
		*bound = time.UnixMicro(micros)
	}
	return m, nil
}

func (m modified) holds(t time.Time) bool {
	return (m.before.IsZero() || t.Before(m.before)) && (m.after.IsZero() || t.After(m.after))
}

func (s *Source) settle(ctx context.Context, o SourceOptions, parts Partitions) error {
	var err error
	if o.Schema, err = SingleVariant(o.Format, o.Options, o.Schema); err != nil {
		return err
	}
	if o.Partitions != nil {
		parts.Fields = o.Partitions(parts.Fields)
	}
	if o.Schema != nil {
		s.schema = types.AsNullable(*o.Schema).(types.Struct)
	} else {
		infer := o.Infer
		if infer == nil {
			infer = s.format.Infer
		}
		inferred, err := infer(ctx, s.files)
		if err != nil {
			return err
		}
		if len(inferred.Fields) == 0 {
			return errclass.UnableToInferSchema.New("Unable to infer schema for %s. It must be specified manually.", strings.ToUpper(o.Format))
		}
		s.schema = inferred
	}
	merge := WithPartitions
	if s.ofSink && o.Schema != nil {
		merge = withPartitionsInPlace
	}
	s.schema = merge(WithRescued(s.format, s.schema), parts)
	s.metadata = Metadata(o.Format)
	s.format = Partitioned{s.format, parts}
	return nil
}

// Files are those that are read.
func (s *Source) Files() []File { return s.files }

// MetadataColumns is the column that is there for who names it.
func (s *Source) MetadataColumns() []types.Field { return []types.Field{s.metadata} }

// Schema is the files' columns and those of their folders.
func (s *Source) Schema() types.Struct { return s.schema }

// String is the name by which plans call the files: the format and where they are.
func (s *Source) String() string { return s.name }

// Scan gives the pieces of all files, in the order of their listing.
func (s *Source) Scan(ctx context.Context, opts logical.ScanOptions) iter.Seq2[batch.Piece, error] {
	return func(yield func(batch.Piece, error) bool) {
		scan, err := s.format.Scan(s.schema, opts)
		if err != nil {
			yield(nil, err)
			return
		}
		for _, f := range s.files {
			pieces, err := scan.Pieces(ctx, f.Place, f.Info)
			if err != nil {
				yield(nil, fmt.Errorf("read %s: %w", f.Place.URI, err))
				return
			}
			for _, piece := range pieces {
				var p batch.Piece = &listed{piece, f}
				if s.ignoreMissing || s.ignoreBroken {
					p = &lenient{p, s}
				}
				if !yield(p, nil) {
					return
				}
			}
		}
	}
}

// listed is a piece of a file that must not change until it is read: that its name led to the same file when it was opened
// does not tell that it was not written to since.
type listed struct {
	piece Piece
	file  File
}

// Size is the piece's.
func (l *listed) Size() int64 { return l.piece.Size() }

// Read holds the file against what was listed, after its last row.
func (l *listed) Read(ctx context.Context) batch.Seq {
	return func(yield func(arrow.RecordBatch, error) bool) {
		var counts batch.Counts // nobody asks
		for b, err := range l.piece.Read(ctx, &counts) {
			if !yield(b, err) || err != nil {
				return
			}
		}
		if err := l.unchanged(ctx); err != nil {
			yield(nil, failed(l.file.Place, err))
		}
	}
}

func (l *listed) unchanged(ctx context.Context) error {
	now, err := l.file.Place.Store.Stat(ctx, l.file.Place.Key)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // what was opened has been read, whatever became of its name
	}
	if err != nil {
		return err
	}
	return unchanged(l.file.Info, now)
}

// lenient is a piece whose faults are passed over, as the options say.
type lenient struct {
	batch.Piece
	source *Source
}

// IsCorrupt tells whether an error of a piece speaks of a file's content: it cannot be unpacked or decoded to its end. Not
// so a malformed record in mode FAILFAST, a file that changed, and what the storage refused.
func IsCorrupt(err error) bool {
	var storage *fs.PathError
	return errors.Is(err, errclass.FailedReadFile) && !errors.Is(err, errclass.MalformedRecord) &&
		!errors.Is(err, errclass.SourceFileChanged) && !errors.As(err, &storage) &&
		!errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded)
}

// Read ends where the fault is.
func (l *lenient) Read(ctx context.Context) batch.Seq {
	return func(yield func(arrow.RecordBatch, error) bool) {
		for b, err := range l.Piece.Read(ctx) {
			missing := errors.Is(err, fs.ErrNotExist) && l.source.ignoreMissing
			if missing || IsCorrupt(err) && l.source.ignoreBroken {
				return
			}
			if !yield(b, err) || err != nil {
				return
			}
		}
	}
}
