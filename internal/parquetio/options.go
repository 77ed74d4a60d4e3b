package parquetio

import (
	"strings"

	"github.com/parquet-go/parquet-go/format"

	"lakehouse/internal/datetime"
	"lakehouse/internal/errclass"
	"lakehouse/internal/predicate"
	"lakehouse/internal/types"
)

// WriterOptions shape a file. The zero value is what Spark's readers like: snappy, row groups of
// 128 MB or 262,144 rows, pages of 1 MB or 32,768 rows.
type WriterOptions struct {
	// Compression is a codec by Spark's name, in any letter case: snappy (the default), zstd, gzip,
	// lz4_raw, none or uncompressed.
	Compression string
	// RowGroupBytes ends a row group when its encoded columns reach this size: 0 is 128 MB.
	RowGroupBytes int64
	// RowGroupRows ends a row group after so many rows: 0 is 262,144. Row groups are what readers
	// share out between cores, so that a file of a few hundred thousand rows should have several.
	RowGroupRows int64
	// PageBytes ends a page when its values, before compression, reach this size: 0 is 1 MB.
	PageBytes int
	// CreatedBy names the writer in the footer: "" is createdBy. Readers know bugs of writers by it, and
	// want "name version number".
	CreatedBy string
	// OmitVoid leaves columns and fields of type VOID out of the file, as in data files of Delta tables. Default: they are refused.
	OmitVoid bool
}

// ReadOptions say what a reader wants of a file.
type ReadOptions struct {
	// Schema has the wanted columns, and of structs the wanted fields. What the file does not have
	// reads as null.
	Schema types.Struct
	// Where skips row groups whose statistics refute it. It does not filter rows. What it says of columns that Schema does
	// not have refutes nothing.
	Where predicate.Predicate
	// Find says by what the columns are found, at any depth. The zero value: by their names.
	Find Finder
	// CaseSensitive finds columns by their exact names only.
	CaseSensitive bool
	// DatetimeRebase and Int96Rebase say how old days and timestamps are read of files whose writer does not say by which
	// calendar it went. Files of Spark do.
	DatetimeRebase, Int96Rebase datetime.RebaseMode
	// RowIndex adds a last column, row_index: the position of each row in the file.
	RowIndex bool
	// BatchRows is how many rows a batch has at most: 0 is batch.TargetRows. Wide rows make smaller ones.
	BatchRows int
}

const (
	defaultRowGroupBytes = 128 << 20
	defaultRowGroupRows  = 1 << 18
	defaultPageBytes     = 1 << 20
	createdBy            = application + " version 1"
	application          = "lakehouse"
	// pageRows bounds the rows of a page, so that a reader that wants few of them can skip pages
	// of a column that a dictionary has made tiny.
	pageRows = 1 << 15
)

func (o WriterOptions) withDefaults() WriterOptions {
	if o.RowGroupBytes <= 0 {
		o.RowGroupBytes = defaultRowGroupBytes
	}
	if o.RowGroupRows <= 0 {
		o.RowGroupRows = defaultRowGroupRows
	}
	if o.PageBytes <= 0 {
		o.PageBytes = defaultPageBytes
	}
	if o.CreatedBy == "" {
		o.CreatedBy = createdBy
	}
	return o
}

// codecNames are Spark's names for what it can write and we can too.
var codecNames = map[string]format.CompressionCodec{
	"":             format.Snappy,
	"snappy":       format.Snappy,
	"zstd":         format.Zstd,
	"gzip":         format.Gzip,
	"lz4_raw":      format.Lz4Raw,
	"lz4raw":       format.Lz4Raw,
	"none":         format.Uncompressed,
	"uncompressed": format.Uncompressed,
}

// Codecs are the names that WriterOptions.Compression takes, as Spark spells them.
func Codecs() []string { return []string{"snappy", "zstd", "gzip", "lz4_raw", "none", "uncompressed"} }

// Extension is what Spark puts before ".parquet" in the name of a file of that compression: ".snappy", or nothing.
func Extension(compression string) string {
	switch name := strings.ToLower(compression); name {
	case "":
		return ".snappy"
	case "gzip":
		return ".gz"
	case "lz4_raw":
		return ".lz4raw"
	case "none", "uncompressed":
		return ""
	default:
		return "." + name
	}
}

func codecOf(name string) (format.CompressionCodec, error) {
	codec, ok := codecNames[strings.ToLower(name)]
	if !ok {
		return 0, errclass.InvalidOptionValue.New("Parquet compression %q is unknown.", name).
			WithHint("Use one of %s. %s", strings.Join(Codecs(), ", "), errclass.DidYouMean(name, Codecs()))
	}
	return codec, nil
}
