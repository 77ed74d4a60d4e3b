package textio

import (
	"bytes"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/batch"
	"lakehouse/internal/errclass"
	"lakehouse/internal/lines"
	"lakehouse/internal/option"
	"lakehouse/internal/records"
	"lakehouse/internal/types"
)

const batchBytes = 8 << 20 // of text; a batch of more is handed on before it has all its rows

// OptionTable declares the options of the text reader.
var OptionTable = option.Table{
	{Name: "wholeText", Kind: option.Bool, Default: "false", Doc: "Each file is one value."},
	{Name: "lineSep", Doc: "What separates lines; without it, \\n, \\r\\n and \\r."},
	{Name: "encoding", Kind: option.Enum, Default: "UTF-8", Values: records.UTF8Names, Same: records.UTF8Names, Doc: "The encoding of the files, of which UTF-8 (and so ASCII) is read; convert others first."},
	{Name: "maxRecordBytes", Kind: option.Bytes, Default: "16m", Doc: "A longer line fails the read."},
	{Name: "inferSchema", Kind: option.Enum, Default: "true", Values: []string{"true"}, Doc: "Accepted, without meaning: there is one column, value."},
	{Name: "maxDecompressedBytes", Kind: option.Bytes, Default: "1t", Doc: "A compressed file that holds more fails the read."},
}

// Options says how to read text.
type Options struct {
	WholeText bool
	LineSep   string        // "": \n, \r\n and \r
	MaxRecord int           // bytes; 0: 16 MiB
	Counts    *batch.Counts // nil: not counted
}

// OptionsOf takes the options from parsed values whose table holds [OptionTable]. It never fails; the other formats' may.
func OptionsOf(v option.Values) (Options, error) {
	return Options{
		WholeText: v.Bool("wholeText"),
		LineSep:   v.String("lineSep"),
		MaxRecord: int(min(v.Bytes("maxRecordBytes"), lines.MaxDocument)),
	}, nil
}

// Schema is the schema of text files: the column value.
func Schema() types.Struct {
	return types.Struct{Fields: []types.Field{{Name: "value", Type: types.String, Nullable: true}}}
}

// A Decoder reads text files. It is immutable and safe for concurrent use.
type Decoder struct {
	opts  Options
	arrow *arrow.Schema
	// columns is one for the value, or none where only the number of lines is asked for.
	schema types.Struct
}

// NewDecoder makes a decoder. The schema has one string column of any name, or none.
func NewDecoder(schema types.Struct, opts Options) (*Decoder, error) {
	if len(schema.Fields) > 1 || len(schema.Fields) == 1 && schema.Fields[0].Type != types.Type(types.String) {
		return nil, errclass.UnsupportedDatatype.New("Text data source supports only a single column of type STRING, not %s.", types.SQL(schema))
	}
	return &Decoder{opts: opts, arrow: types.ToArrowSchema(schema), schema: schema}, nil
}

// Decode reads a file line by line.
func (d *Decoder) Decode(r io.Reader) batch.Seq {
	return d.decode(func() *lines.Reader { return lines.NewReader(r, d.lines()) })
}

// DecodeRange reads the lines that begin in [start, end) of a file of that size.
func (d *Decoder) DecodeRange(r io.ReaderAt, size, start, end int64) batch.Seq {
	return d.decode(func() *lines.Reader { return lines.NewRange(r, size, start, end, d.lines()) })
}

func (d *Decoder) lines() lines.Options {
	return lines.Options{Separator: d.opts.LineSep, MaxBytes: d.opts.MaxRecord}
}

func (d *Decoder) decode(open func() *lines.Reader) batch.Seq {
	return func(yield func(arrow.RecordBatch, error) bool) {
		root, err := records.NewBuilder(d.schema)
		if err != nil {
			yield(nil, err)
			return
		}
		in, size := open(), 0
		for in.Next() {
			if in.Truncated() {
				yield(nil, tooLong(in.Offset()))
				return
			}
			d.add(root, in.Bytes())
			if size += len(in.Bytes()); root.Len >= batch.TargetRows || size >= batchBytes {
				size = 0
				if !yield(root.FinishRows(d.arrow), nil) {
					return
				}
			}
		}
		if err := in.Err(); err != nil {
			yield(nil, fmt.Errorf("read: %w", err))
			return
		}
		if root.Len > 0 {
			yield(root.FinishRows(d.arrow), nil)
		}
	}
}

func tooLong(offset int64) error {
	return errclass.FailedReadFile.New("the line at byte %d is longer than maxRecordBytes.", offset).
		WithHint("Raise option 'maxRecordBytes', or set option 'lineSep'.")
}

// DecodeDocument gives a whole file as one value.
func (d *Decoder) DecodeDocument(data []byte) batch.Seq {
	root, err := records.NewBuilder(d.schema)
	if err != nil {
		return batch.Fail(err)
	}
	text, err := lines.Document(data)
	if err != nil {
		return batch.Fail(err)
	}
	d.add(root, text)
	return batch.Of(root.FinishRows(d.arrow))
}

// add adds a row. Bytes that are not UTF-8 become U+FFFD, as in Spark's strings.
func (d *Decoder) add(root *records.Builder, text []byte) {
	if d.opts.Counts != nil {
		d.opts.Counts.Read.Add(1)
	}
	if len(root.Children) == 1 {
		if !utf8.Valid(text) {
			text = bytes.ToValidUTF8(text, []byte("\uFFFD"))
		}
		root.Children[0].AppendBytes(text)
	}
	root.Len++
}
