package files

import (
	"context"
	"io"

	"lakehouse/internal/jsonio"
	"lakehouse/internal/types"
)

// inferJSON finds the columns of JSON files: all records of all files, unless samplingRatio says less.
func inferJSON(ctx context.Context, files []File, opts jsonio.Options) (types.Struct, error) {
	in := jsonio.NewInference(opts)
	for _, f := range files {
		err := withPlain(ctx, f, func(r io.Reader) error {
			if !opts.MultiLine {
				return in.Add(r)
			}
			data, err := wholeDocument(r)
			if err != nil {
				return err
			}
			return in.AddDocument(data)
		})
		if err != nil {
			return types.Struct{}, failed(f.Place, err)
		}
	}
	return in.Schema(), nil
}

// withPlain opens a file and unpacks it.
func withPlain(ctx context.Context, f File, use func(io.Reader) error) error {
	in, err := f.Place.Store.Open(ctx, f.Place.Key)
	if err != nil {
		return err
	}
	defer in.Close()
	plain, err := unpack(f.Place.Key, io.NewSectionReader(in, 0, in.Info().Size))
	if err != nil {
		return err
	}
	defer plain.Close()
	return use(plain)
}
