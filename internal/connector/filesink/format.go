package filesink

import (
	"io"
	"slices"
	"strings"
	"time"

	"lakehouse/internal/connector/datafiles"
	"lakehouse/internal/errclass"
	"lakehouse/internal/option"
	"lakehouse/internal/parquetio"
	"lakehouse/internal/types"
)

// openFile begins the content of a file.
type openFile func(out io.Writer, schema types.Struct) (datafiles.Encoder, error)

// A format is what files can be written as.
type format struct {
	options option.Table
	// extension ends the names of the files: ".snappy.parquet".
	extension func(v option.Values) string
	// holds tells whether a column's type can be written; the columns are those of the files.
	holds func(t types.Type) bool
	open  func(v option.Values, zone *time.Location) (openFile, error)
}

var formats = map[string]format{
	"parquet": {parquetOptions, parquetExtension, func(t types.Type) bool { return !containsNull(t) }, openParquet},
	"json":    {jsonOptions, textExtension(".json"), func(types.Type) bool { return true }, openJSON},
	"csv":     {csvOptions, textExtension(".csv"), isAtomic, openCSV},
	"text":    {textOptions, textExtension(".txt"), func(t types.Type) bool { return t == types.Type(types.String) }, openText},
}

// Names lists the formats.
func Names() []string { return []string{"csv", "json", "parquet", "text"} }

// Known reports whether files can be written in a format, by Spark's name in any letter case.
func Known(name string) bool { return slices.Contains(Names(), strings.ToLower(name)) }

// sharedOptions are those of every format.
var sharedOptions = option.Table{
	{Name: "maxRecordsPerFile", Kind: option.Count, Default: "0", Doc: "A file of so many rows is followed by another; 0: no limit."},
}

// batchOptions are those of a batch write alone, and StreamOnlyOptions of a stream.
var (
	batchOptions = option.Table{
		{Name: "partitionOverwriteMode", Kind: option.Enum, Values: []string{"static", "dynamic"}, Default: "static", Doc: "Whether an overwrite replaces all files, or those of the partitions that it writes."},
	}
	StreamOnlyOptions = option.Table{
		{Name: "retention", Kind: option.Duration, Doc: "Files older than this are left out of what the sink's log names; by default none is."},
	}
)

// OptionTable is the options of a batch write in a format; StreamOptionTable, of a stream.
func OptionTable(name string) (option.Table, error) { return optionTable(name, batchOptions) }

// StreamOptionTable is the options of a stream into files.
func StreamOptionTable(name string) (option.Table, error) {
	return optionTable(name, StreamOnlyOptions)
}

func optionTable(name string, own option.Table) (option.Table, error) {
	f, err := lookUp(name)
	return slices.Concat(f.options, sharedOptions, own), err
}

func lookUp(name string) (format, error) {
	f, ok := formats[strings.ToLower(name)]
	if ok {
		return f, nil
	}
	if notWritten := strings.ToLower(name); notWritten == "orc" || notWritten == "avro" || notWritten == "xml" {
		return f, errclass.UnsupportedFeature.New("files of format %s are not written by this build.", notWritten).
			WithHint("The formats of files are %s.", strings.Join(Names(), ", "))
	}
	e := errclass.DataSourceNotFound.New("Failed to find the data source: %s. Make sure the provider name is correct.", name)
	if near := errclass.DidYouMean(name, append(Names(), "delta")); near != "" {
		return f, e.WithHint("%s", near)
	}
	return f, e.WithHint("The formats of files are %s.", strings.Join(Names(), ", "))
}

// check refuses columns that a format cannot hold, or tell apart.
func (f format) check(name string, schema types.Struct, partition []string) error {
	seen := map[string]bool{}
	columns := 0
	for _, field := range schema.Fields {
		lower := strings.ToLower(field.Name)
		if seen[lower] {
			return errclass.ColumnAlreadyExists.New("The column `%s` already exists.", lower).
				WithHint("Choose another name or rename the existing column.")
		}
		seen[lower] = true
		if slices.Contains(partition, field.Name) {
			continue
		}
		columns++
		if !f.holds(field.Type) {
			return errclass.UnsupportedDataSourceType.New("The %s datasource doesn't support the column `%s` of the type \"%s\".",
				sourceNames[strings.ToLower(name)], field.Name, types.SQL(field.Type))
		}
	}
	if strings.EqualFold(name, "text") && columns != 1 {
		return errclass.TextColumns.New("Text data source supports only a single column, and you have %d columns.", columns)
	}
	return nil
}

// sourceNames are Spark's for its messages.
var sourceNames = map[string]string{"parquet": "Parquet", "json": "JSON", "csv": "CSV", "text": "Text"}

func containsNull(t types.Type) bool {
	switch t := t.(type) {
	case types.Struct:
		return slices.ContainsFunc(t.Fields, func(f types.Field) bool { return containsNull(f.Type) })
	case types.Array:
		return containsNull(t.Element)
	case types.Map:
		return containsNull(t.Key) || containsNull(t.Value)
	}
	return t == types.Type(types.Null)
}

// isAtomic tells the types that a CSV file can hold.
func isAtomic(t types.Type) bool {
	switch t.(type) {
	case types.Struct, types.Array, types.Map:
		return false
	}
	return t != types.Type(types.Variant)
}

var parquetOptions = option.Table{
	{Name: "compression", Kind: option.Enum, Values: parquetio.Codecs(), Default: "snappy", Doc: "The codec of the files."},
}

func parquetExtension(v option.Values) string {
	return parquetio.Extension(v.String("compression")) + ".parquet"
}

func openParquet(v option.Values, _ *time.Location) (openFile, error) {
	opts := parquetio.WriterOptions{Compression: v.String("compression")}
	return func(out io.Writer, schema types.Struct) (datafiles.Encoder, error) {
		w, err := parquetio.NewWriter(out, schema, opts)
		return &parquetFile{Writer: w}, err
	}, nil
}

// parquetFile is a Parquet file of which nobody wants statistics.
type parquetFile struct{ *parquetio.Writer }

// Close writes the footer.
func (f *parquetFile) Close() error {
	_, err := f.Writer.Close()
	return err
}
