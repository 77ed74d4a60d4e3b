package files

import (
	"context"
	"io"

	"lakehouse/internal/csvio"
	"lakehouse/internal/jsonio"
	"lakehouse/internal/types"
)

// inferJSON finds the columns of JSON files: all records of all files, unless samplingRatio says less.
func inferJSON(ctx context.Context, files []File, opts jsonio.Options, source plainSource) (types.Struct, error) {
	return infer(ctx, files, opts.MultiLine, source, jsonio.NewInference(opts))
}

// inferCSV finds the columns of CSV files.
func inferCSV(ctx context.Context, files []File, opts csvio.Options, source plainSource) (types.Struct, error) {
	return infer(ctx, files, opts.MultiLine, source, csvio.NewInference(opts))
}

// inference learns columns from the records that it is shown.
type inference interface {
	Add(r io.Reader) error
	AddDocument(data []byte) error
	Schema() types.Struct
	Done() bool // more files would tell nothing new
}

func infer(ctx context.Context, files []File, whole bool, source plainSource, in inference) (types.Struct, error) {
	for _, f := range files {
		if in.Done() {
			break
		}
		err := withPlain(ctx, f, source, func(r io.Reader) error {
			if !whole {
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
func withPlain(ctx context.Context, f File, source plainSource, use func(io.Reader) error) error {
	in, err := f.Place.Store.Open(ctx, f.Place.Key)
	if err != nil {
		return err
	}
	defer in.Close()
	plain, err := source(f.Place.Key, io.NewSectionReader(stoppable{in, ctx}, 0, in.Info().Size))
	if err != nil {
		return err
	}
	defer plain.Close()
	return use(plain)
}
