package files

import (
	"context"
	"path"
	"strings"

	"lakehouse/internal/avroio"
	"lakehouse/internal/option"
	"lakehouse/internal/records"
	"lakehouse/internal/types"
)

func newAvro(v option.Values) (Format, error) {
	opts, err := avroio.OptionsOf(v)
	if err != nil {
		return nil, err
	}
	return &textFormat{
		rescued: opts.Rescued, binary: true,
		newDecoder: func(_, want types.Struct, found *records.Found) (reads, error) {
			opts := opts
			opts.Found = found
			d, err := avroio.NewDecoder(want, opts)
			return func(r records.Reading) decoder { return d.For(r) }, err
		},
		infer: func(ctx context.Context, files []File) (types.Struct, error) {
			return inferAvro(ctx, files, opts)
		},
		prunes: func(want types.Struct) bool { return opts.Rescued == "" || want.Index(opts.Rescued) < 0 },
		passes: func(name string) bool {
			return opts.AnyName || strings.HasSuffix(strings.ToLower(path.Base(name)), ".avro")
		},
	}, nil
}

// inferAvro takes the columns of the reader's schema, or of the first file, or, merging, of all.
func inferAvro(ctx context.Context, files []File, opts avroio.Options) (merged types.Struct, err error) {
	if opts.Reader != nil {
		return opts.Reader.Columns(&opts)
	}
	for _, f := range files {
		if f.Info.Size == 0 || !opts.AnyName && !strings.HasSuffix(strings.ToLower(f.Info.Name), ".avro") {
			continue
		}
		schema, err := avroColumns(ctx, f, &opts)
		if err != nil {
			return merged, failed(f.Place, err)
		}
		if merged, err = mergeColumns(merged, schema); err != nil {
			return merged, failed(f.Place, err)
		}
		if !opts.Merge {
			break
		}
	}
	return merged, nil
}

func avroColumns(ctx context.Context, f File, opts *avroio.Options) (types.Struct, error) {
	in, err := f.Place.Store.Open(ctx, f.Place.Key)
	if err != nil {
		return types.Struct{}, err
	}
	defer in.Close()
	schema, err := avroio.SchemaOf(stoppable{in, ctx}, in.Info().Size)
	if err != nil {
		return types.Struct{}, err
	}
	return schema.Columns(opts)
}
