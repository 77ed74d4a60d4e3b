package files

import (
	"context"
	"path"

	"lakehouse/internal/errclass"
	"lakehouse/internal/option"
	"lakehouse/internal/records"
	"lakehouse/internal/types"
	"lakehouse/internal/xmlio"
	"lakehouse/internal/xsd"
	"lakehouse/volumes"
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
	bad, err := badRecordsPath(v)
	f := textFormat{badPath: bad, unpack: newUnpacker(v.Bytes("maxDecompressedBytes")), charset: charset}
	if name := v.String("rowValidationXSDPath"); name != "" {
		f.prepare = func(ctx context.Context, space *volumes.Space) (*textFormat, error) {
			opts := opts
			var err error
			opts.Valid, err = loadSchema(ctx, space, name)
			return xmlFormat(f, opts), err
		}
	}
	return xmlFormat(f, opts), err
}

// xmlFormat reads XML as the options say.
func xmlFormat(f textFormat, opts xmlio.Options) *textFormat {
	if opts.Valid != nil {
		f.prepare = nil
	}
	f.corrupt, f.rescued = opts.CorruptColumn, opts.Rescued
	f.cutter = func(size int64) *xmlio.Cutter { return xmlio.NewCutter(size, splitBytes, &opts) }
	f.newDecoder = func(_, want types.Struct, found *records.Found) (reads, error) {
		opts := opts
		opts.Found = found
		d, err := xmlio.NewDecoder(want, opts)
		return func(r records.Reading) decoder { return d.For(r) }, err
	}
	f.infer = func(ctx context.Context, files []File) (types.Struct, error) {
		return infer(ctx, files, false, sourceOf(f.unpack, f.charset), xmlio.NewInference(opts))
	}
	f.prunes = func(want types.Struct) bool {
		return opts.Mode == records.Permissive && want.Index(opts.CorruptColumn) < 0 &&
			want.Index(opts.Wildcard) < 0 && f.badPath == "" && (opts.Rescued == "" || want.Index(opts.Rescued) < 0)
	}
	return &f
}

// maxSchemaBytes bounds a file of an XML Schema.
const maxSchemaBytes = 16 << 20

// loadSchema reads an XML Schema, and from its folder what it is made of.
func loadSchema(ctx context.Context, space *volumes.Space, name string) (*xsd.Schema, error) {
	at, err := space.Resolve(name)
	if err != nil {
		return nil, err
	}
	schema, err := xsd.Load(path.Base(at.Key), func(file string) ([]byte, error) {
		return volumes.ReadFileMax(ctx, at.Store, path.Join(path.Dir(at.Key), file), maxSchemaBytes)
	})
	if err != nil {
		return nil, errclass.InvalidOptionValue.New("Invalid value '%s' for option 'rowValidationXSDPath': the XML Schema cannot be used: %w.", name, err)
	}
	return schema, nil
}
