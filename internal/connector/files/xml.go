package files

import (
	"context"

	"lakehouse/internal/option"
	"lakehouse/internal/records"
	"lakehouse/internal/types"
	"lakehouse/internal/xmlio"
)

func newXML(v option.Values) (Format, error) {
	opts, err := xmlio.OptionsOf(v)
	if err != nil {
		return nil, err
	}
	charset, err := charsetOf(v)
	if err != nil {
		return nil, err
	}
	unpack := newUnpacker(v.Bytes("maxDecompressedBytes"))
	bad, err := badRecordsPath(v)
	return &textFormat{
		badPath: bad,
		unpack:  unpack, corrupt: opts.CorruptColumn, rescued: opts.Rescued, charset: charset,
		cutter: func(size int64) *xmlio.Cutter { return xmlio.NewCutter(size, splitBytes, &opts) },
		newDecoder: func(_, want types.Struct, found *records.Found) (reads, error) {
			opts := opts
			opts.Found = found
			d, err := xmlio.NewDecoder(want, opts)
			return func(r records.Reading) decoder { return d.For(r) }, err
		},
		infer: func(ctx context.Context, files []File) (types.Struct, error) {
			return infer(ctx, files, false, sourceOf(unpack, charset), xmlio.NewInference(opts))
		},
		prunes: func(want types.Struct) bool {
			return opts.Mode == records.Permissive && want.Index(opts.CorruptColumn) < 0 &&
				want.Index(opts.Wildcard) < 0 && bad == "" && (opts.Rescued == "" || want.Index(opts.Rescued) < 0)
		},
	}, err
}
