package files

import (
	"context"
	"strings"

	"lakehouse/internal/avroio"
	"lakehouse/internal/batch"
	"lakehouse/internal/csvio"
	"lakehouse/internal/errclass"
	"lakehouse/internal/jsonio"
	"lakehouse/internal/logical"
	"lakehouse/internal/option"
	"lakehouse/internal/orcio"
	"lakehouse/internal/textio"
	"lakehouse/internal/types"
	"lakehouse/internal/xmlio"
	"lakehouse/volumes"
)

// A Format reads files.
type Format interface {
	// Scan settles, once for all files, how they are read: the columns that opts wants of schema, in that order.
	Scan(schema types.Struct, opts logical.ScanOptions) (Scan, error)
	// Infer finds the columns of files.
	Infer(ctx context.Context, files []File) (types.Struct, error)
}

// A Scan takes files apart into pieces of rows.
type Scan interface {
	// Pieces gives those of one file, which must be as info says when they are read.
	Pieces(ctx context.Context, file volumes.Location, info volumes.Info) ([]Piece, error)
}

// A Piece is a part of a file, with the records that begin there.
type Piece interface {
	// Size estimates the bytes to read.
	Size() int64
	// Read gives the piece's rows in their order, and sets counts, when it ends, to what became of the records.
	Read(ctx context.Context, counts *batch.Counts) batch.Seq
}

// A File is a file and where it lies.
type File struct {
	Place volumes.Location
	Info  volumes.Info
}

// formats lists what can be read, by Spark's names in lower case.
var formats = map[string]struct {
	options option.Table
	open    func(option.Values) (Format, error)
}{
	"json":       {jsonio.OptionTable, newJSON},
	"avro":       {avroio.OptionTable, newAvro},
	"binaryfile": {binaryOptions, newBinary},
	"csv":        {csvio.OptionTable, newCSV},
	"text":       {textio.OptionTable, newText},
	"orc":        {orcio.OptionTable, newORC},
	"parquet":    {parquetOptions, newParquet},
	"xml":        {xmlio.OptionTable, newXML},
}

// Names lists the formats.
func Names() []string {
	return []string{"avro", "binaryFile", "csv", "json", "orc", "parquet", "text", "xml"}
}

// Known reports whether there is a format of that name, in any letter case.
func Known(name string) bool {
	_, ok := formats[strings.ToLower(name)]
	return ok
}

// OptionTable is the options of a format.
func OptionTable(format string) (option.Table, error) {
	f, ok := formats[strings.ToLower(format)]
	if !ok {
		return nil, unknown(format)
	}
	return f.options, nil
}

// NewFormat makes a format with options of its own table.
func NewFormat(name string, options map[string]string) (Format, error) {
	f, ok := formats[strings.ToLower(name)]
	if !ok {
		return nil, unknown(name)
	}
	values, err := f.options.Parse(options)
	if err != nil {
		return nil, err
	}
	return f.open(values)
}

func unknown(name string) error {
	e := errclass.DataSourceNotFound.New("Failed to find the data source: %s. Make sure the provider name is correct.", name)
	all := append(Names(), "delta", "cloudFiles")
	if near := errclass.DidYouMean(name, all); near != "" {
		return e.WithHint("%s", near)
	}
	return e.WithHint("The data sources are %s.", strings.Join(all, ", "))
}

// wanted is the columns that a scan asks for, in its order.
func wanted(schema types.Struct, columns []string) types.Struct {
	if columns == nil {
		return schema
	}
	var want types.Struct
	for _, name := range columns {
		if i := schema.Index(name); i >= 0 {
			want.Fields = append(want.Fields, schema.Fields[i])
		}
	}
	return want
}
