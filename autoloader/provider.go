package autoloader

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"strings"
	"time"

	"lakehouse/internal/connector/files"
	"lakehouse/internal/datetime"
	"lakehouse/internal/errclass"
	"lakehouse/internal/stream"
	"lakehouse/internal/types"
	"lakehouse/volumes"
)

// A Config says what to stream.
type Config struct {
	Path   string // a folder, or a glob of folders
	Space  *volumes.Space
	Schema types.Struct // of the files and folders; with Infer, nothing
	Options
	Decoder Decoder

	// Infer finds the columns of the files: those that are there when the stream is new, and those of a batch that has more.
	// Nil: Schema says them.
	Infer         Inferrer
	Partitions    []types.Field // with Infer: the columns of key=value folders
	RescuedColumn string        // with Infer: takes what no other column takes; empty: none
	CorruptColumn string        // with Infer: of malformed records; it is not inferred
	SampleFiles   int           // with Infer: how much of the files that are there is looked at
	SampleBytes   int64
	Watch         func() (Watch, error) // makes a decoder that notes new fields; nil: they are not noticed

	// Workers is how much the source may do at once. With 1 it cleans up within Commit, so that a
	// run always makes the same storage operations in the same order.
	Workers int
	// Zone is that of ModifiedAfter and ModifiedBefore. Nil: UTC.
	Zone *time.Location
	// Clock says when files were found, and whether they were kept long enough. Only cloudFiles needs it.
	Clock func() time.Time
	// Log hears of files that could not be cleaned up, or changed. Nil: nobody does.
	Log *slog.Logger
}

// A Provider makes the source when a query starts.
type Provider struct {
	name    string // "FileStreamSource" or "CloudFilesSource"
	config  Config
	place   volumes.Location // as given: globs included
	archive volumes.Location // with CleanArchive; the destination, with CleanMoveLater
	bounds  bounds
	schema  types.Struct

	columns columns
	version int64      // of columns in schemas; -1: not written yet
	schemas *schemaLog // nil: the columns were given
	lineage *lineage
}

var _ stream.Provider = (*Provider)(nil)

// New prepares a stream of files; source is the name it was asked for, "cloudFiles" or a file format.
// It finds what is wrong with the path and the archive at once, not when the query runs.
func New(ctx context.Context, source string, config Config) (*Provider, error) {
	if config.Path == "" {
		return nil, errclass.PathRequired.New("'path' is not specified.").WithHint("Give the folder to load().")
	}
	if len(config.Schema.Fields) == 0 && config.Infer == nil {
		return nil, errclass.StreamSchemaRequired.New("Schema must be specified when creating a streaming source DataFrame. " +
			"If some files already exist in the directory, then depending on the file format you may be able to create " +
			"a static DataFrame on that directory with 'spark.read.load(directory)' and infer schema from it.")
	}
	place, err := config.Space.Resolve(config.Path)
	if err != nil {
		return nil, err
	}
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	p := &Provider{name: sourceName(source), config: config, place: place, schema: config.Schema}
	p.lineage = &lineage{newest: p}
	if err := p.checkFolder(ctx); err != nil {
		return nil, err
	}
	if p.bounds, err = parseBounds(config); err != nil {
		return nil, err
	}
	switch config.CleanSource {
	case CleanArchive:
		p.archive, err = archivePlace(config, place)
	case CleanMoveLater:
		p.archive, err = movePlace(config, files.NewListing(place, "", false).Base)
	case CleanOff, CleanDelete, CleanDeleteLater: // nothing goes anywhere
	}
	if err == nil && p.cloud() {
		err = p.settleColumns(ctx)
	}
	if err == nil && config.Infer != nil {
		p.schema = p.rowSchema()
	}
	if len(config.Unchecked) > 0 {
		config.Log.WarnContext(ctx, "options that nobody knows are not looked at, as cloudFiles.validateOptions = false asks", "options", config.Unchecked)
	}
	return p, err
}

// cloud tells that the stream was asked for by the name of Auto Loader.
func (p *Provider) cloud() bool { return p.name == cloudFilesSource }

// IsCloudFiles reports whether the stream was asked for by the name of Auto Loader.
func (p *Provider) IsCloudFiles() bool { return p.cloud() }

// bounds is when files must have been modified; a zero time does not bound.
type bounds struct{ after, before time.Time }

func parseBounds(config Config) (b bounds, err error) {
	zone := cmp.Or(config.Zone, time.UTC)
	for _, bound := range []struct {
		name, text string
		at         *time.Time
	}{{"modifiedAfter", config.ModifiedAfter, &b.after}, {"modifiedBefore", config.ModifiedBefore, &b.before}} {
		if bound.text == "" {
			continue
		}
		micros, _, ok := datetime.ParseTimestamp([]byte(bound.text), zone)
		if !ok {
			return b, errclass.InvalidOptionValue.New("Invalid value '%s' for option '%s', must be a timestamp such as 2024-01-31T13:00:00", bound.text, bound.name)
		}
		*bound.at = time.UnixMicro(micros)
	}
	return b, nil
}

func (b bounds) holds(t time.Time) bool {
	return (b.after.IsZero() || t.After(b.after)) && (b.before.IsZero() || t.Before(b.before))
}

const (
	cloudFilesSource = "CloudFilesSource"
	fileStreamSource = "FileStreamSource"
)

func sourceName(source string) string {
	if strings.EqualFold(source, CloudFiles) {
		return cloudFilesSource
	}
	return fileStreamSource
}

// checkFolder: a load path without globs is a folder that exists.
func (p *Provider) checkFolder(ctx context.Context) error {
	l := p.listing()
	info, err := l.Base.Store.Stat(ctx, l.Base.Key)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return pathNotFound(p.config.Path)
	case err != nil:
		return fmt.Errorf("load %s: %w", p.config.Path, err)
	case !info.IsDir:
		return errclass.InvalidOption.New("Option 'basePath' must be a directory").
			WithHint("A stream reads folders: load the folder of %s, and name the file with pathGlobFilter.", p.config.Path)
	case len(l.Pattern) == 0:
		return p.checkCleaning(ctx, l)
	}
	found, err := l.AnyMatch(ctx)
	if err == nil && !found {
		return pathNotFound(p.config.Path)
	}
	return err
}

// checkCleaning: what a streaming sink has written is its log's to delete.
func (p *Provider) checkCleaning(ctx context.Context, l files.Listing) error {
	if p.config.CleanSource == CleanOff {
		return nil
	}
	ofSink, err := l.OfSink(ctx)
	if err == nil && ofSink {
		err = errclass.InvalidOption.New("Clean up source files is not supported when reading from the output directory of FileStreamSink.").
			WithHint("Leave out cleanSource.")
	}
	return err
}

// listing is how the source's files are found.
func (p *Provider) listing() files.Listing {
	l := files.NewListing(p.place, p.config.PathGlobFilter, p.config.RecursiveFileLookup)
	l.Loose = p.config.LooseGlobs
	return l
}

func pathNotFound(path string) error {
	return errclass.PathNotFound.New("Path does not exist: %s.", path)
}

// Schema is that of the rows: the files' columns and those of key=value folders.
func (p *Provider) Schema() types.Struct { return p.schema }

// String is Spark's description: "FileStreamSource[file:/…]".
func (p *Provider) String() string {
	if p.cloud() {
		return p.name + "[" + wholePath(p.place.URI) + "]"
	}
	return p.name + "[file:" + wholePath(p.place.URI) + "]"
}

// Open makes the source of a query that starts.
func (p *Provider) Open(ctx context.Context, start stream.SourceStart) (stream.Source, error) {
	if err := p.persist(ctx); err != nil {
		return nil, err
	}
	return newSource(ctx, p, start), nil
}
