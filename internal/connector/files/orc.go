package files

import (
	"context"
	"io"

	"lakehouse/internal/option"
	"lakehouse/internal/orcio"
	"lakehouse/internal/records"
	"lakehouse/internal/types"
)

func newORC(v option.Values) (Format, error) {
	opts, err := orcio.OptionsOf(v)
	if err != nil {
		return nil, err
	}
	return &textFormat{
		binary: true,
		borders: func(_ context.Context, r io.ReaderAt, size int64) ([]int64, error) {
			f, err := orcio.Open(r, size)
			if err != nil {
				return nil, err
			}
			borders := []int64{0}
			for _, at := range f.Stripes() {
				if at-borders[len(borders)-1] >= splitBytes {
					borders = append(borders, at)
				}
			}
			return borders, nil
		},
		newDecoder: func(_, want types.Struct, _ *records.Found) (reads, error) {
			d, err := orcio.NewDecoder(want, opts)
			return func(r records.Reading) decoder { return d.For(r) }, err
		},
		infer: func(ctx context.Context, files []File) (types.Struct, error) {
			return inferORC(ctx, files, opts)
		},
		prunes: func(types.Struct) bool { return true },
	}, nil
}

// inferORC takes the columns of the first file, or, merging, of all.
func inferORC(ctx context.Context, files []File, opts orcio.Options) (merged types.Struct, err error) {
	for _, f := range files {
		if f.Info.Size == 0 {
			continue
		}
		schema, err := orcColumns(ctx, f)
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

func orcColumns(ctx context.Context, f File) (types.Struct, error) {
	in, err := f.Place.Store.Open(ctx, f.Place.Key)
	if err != nil {
		return types.Struct{}, err
	}
	defer in.Close()
	file, err := orcio.Open(stoppable{in, ctx}, in.Info().Size)
	if err != nil {
		return types.Struct{}, err
	}
	return file.Columns()
}
