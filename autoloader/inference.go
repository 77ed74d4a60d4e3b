package autoloader

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"lakehouse/internal/connector/files"
	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
	"lakehouse/volumes"
)

// Inferrer is a Decoder that can find the columns of files.
type Inferrer interface {
	Infer(ctx context.Context, files []files.File) (types.Struct, error)
}

// The sample from which the columns of a new stream are inferred: as many files as both allow, the oldest first.
const (
	DefaultSampleFiles = 1000
	DefaultSampleBytes = 50 << 30
)

// hasTypes tells that files of a format say what type a value is.
func hasTypes(format string) bool {
	return !slices.Contains([]string{"json", "csv", "xml"}, format)
}

// settleColumns finds the columns of a stream: those given, or the newest in the schema location, or those of the files that
// are there.
func (p *Provider) settleColumns(ctx context.Context) (err error) {
	if p.config.Infer == nil {
		return p.given()
	}
	in := &p.config.Inference
	if in.Evolution == EvolveByDefault {
		in.Evolution = AddNewColumns
	}
	if in.SchemaLocation == "" {
		return errclass.InvalidOption.New("Please provide a schema location using cloudFiles.schemaLocation for storing inferred schema and supporting schema evolution.").
			WithHint("It may be the checkpointLocation. Or give a schema.")
	}
	if p.schemas, err = openSchemaLog(p.config.Space, strings.TrimRight(in.SchemaLocation, "/")); err != nil {
		return err
	}
	if p.version, p.columns, err = p.schemas.latest(ctx); err != nil {
		return err
	}
	if p.version < 0 {
		if p.columns, err = p.firstColumns(ctx); err != nil {
			return err
		}
	}
	p.columns, err = p.withHints(p.columns)
	return err
}

// given takes a schema from the user.
func (p *Provider) given() error {
	in := &p.config.Inference
	if in.Evolution.adds() {
		return errclass.InvalidOption.New("option 'cloudFiles.schemaEvolutionMode' = %s is not allowed when the schema of the stream is given.", in.Evolution).
			WithHint("Give cloudFiles.schemaHints and a cloudFiles.schemaLocation in place of the schema.")
	}
	if in.Evolution == EvolveByDefault {
		in.Evolution = EvolveNever
	}
	if in.Hints != "" {
		p.config.Log.Warn("cloudFiles.schemaHints say nothing where the schema of the stream is given", "path", p.config.Path)
	}
	for _, name := range in.Partitions {
		if p.config.Schema.Index(name) < 0 {
			return errclass.InvalidOption.New("option 'cloudFiles.partitionColumns' names `%s`, which the given schema has not.", name).
				WithHint("Add the column to the schema, with its type.")
		}
	}
	p.columns = columns{data: p.config.Schema, partitions: types.Struct{Fields: p.config.Partitions}}
	return nil
}

// firstColumns infers those of a new stream.
func (p *Provider) firstColumns(ctx context.Context) (columns, error) {
	sample, err := p.sample(ctx)
	if err != nil {
		return columns{}, err
	}
	c := columns{partitions: types.Struct{Fields: p.config.Partitions}}
	if len(sample) > 0 {
		c.data, err = p.infer(ctx, sample)
		return c, err
	}
	in := p.config.Inference
	if in.Hints == "" && (!in.Evolution.adds() || !in.GoOn) {
		return c, errclass.CloudFilesEmptyFolder.New("Cannot infer schema when the input path `%s` is empty.", p.config.Path).
			WithHint("Start the stream when there are files, name the columns in cloudFiles.schemaHints, or set cloudFiles.schemaEvolution.restart = auto: " +
				"the query then waits for the first file and takes its columns.")
	}
	p.config.Log.InfoContext(ctx, "the folder is empty: the stream begins with the columns of its schema hints, and takes those of the first file when it arrives", "path", p.config.Path)
	return c, nil
}

// sample takes the first files of the folder.
func (p *Provider) sample(ctx context.Context) ([]files.File, error) {
	l := p.listing()
	limit, maxBytes := p.config.SampleFiles, p.config.SampleBytes
	first, _, _, err := gather(p.samples(ctx, l), max(limit, 1), oldestFirst)
	if err != nil {
		return nil, err
	}
	var out []files.File
	for _, f := range first {
		if maxBytes <= 0 && len(out) > 0 {
			break
		}
		maxBytes -= f.size
		place := l.Base.Join(relative(l.Base, f.key))
		info, err := place.Store.Stat(ctx, place.Key)
		if err != nil {
			return nil, fmt.Errorf("infer the columns of %s: %w", p.config.Path, err)
		}
		out = append(out, files.File{Place: place, Info: info})
	}
	return out, nil
}

func (p *Provider) samples(ctx context.Context, l files.Listing) iter.Seq2[file, error] {
	return func(yield func(file, error) bool) {
		for info, err := range l.Files(ctx) {
			if err == nil && !p.bounds.holds(info.ModTime) {
				continue
			}
			if !yield(file{key: info.Name, size: info.Size, modified: info.ModTime.UnixMilli()}, err) || err != nil {
				return
			}
		}
	}
}

// infer finds the columns of files. What does not belong to evolution is left out: the columns of folders, and that of
// rescued values.
func (p *Provider) infer(ctx context.Context, sample []files.File) (types.Struct, error) {
	found, err := p.config.Infer.Infer(ctx, sample)
	if err != nil {
		return types.Struct{}, err
	}
	out := types.Struct{}
	for _, f := range found.Fields {
		if strings.EqualFold(f.Name, p.config.RescuedColumn) || strings.EqualFold(f.Name, p.config.CorruptColumn) || slices.ContainsFunc(p.config.Partitions, sameName(f.Name)) {
			continue
		}
		if !p.config.Inference.ColumnTypes && !hasTypes(p.config.Format) {
			f.Type = types.String
		}
		f.Nullable, f.Type = true, types.AsNullable(f.Type)
		out.Fields = append(out.Fields, f)
	}
	return out, nil
}

func sameName(name string) func(types.Field) bool {
	return func(f types.Field) bool { return strings.EqualFold(f.Name, name) }
}

// withHints applies the schema hints, to columns of folders as well.
func (p *Provider) withHints(c columns) (columns, error) {
	hints, err := parseHints(p.config.Inference.Hints)
	if err != nil {
		return c, err
	}
	var own, folders []hint
	for _, h := range hints {
		if slices.ContainsFunc(c.partitions.Fields, sameName(h.path[0])) {
			folders = append(folders, h)
		} else {
			own = append(own, h)
		}
	}
	data, err := withHints(c.data, own)
	partitions, folderErr := withHints(c.partitions, folders)
	return columns{data, partitions}, errors.Join(err, folderErr)
}

// persist writes the first version of the columns, when the query starts.
func (p *Provider) persist(ctx context.Context) error {
	if p.schemas == nil || p.version >= 0 {
		return nil
	}
	return p.schemas.add(ctx, 0, p.columns)
}

// fileAt is a file as it is now.
func fileAt(ctx context.Context, place volumes.Location) (files.File, error) {
	info, err := place.Store.Stat(ctx, place.Key)
	return files.File{Place: place, Info: info}, err
}
