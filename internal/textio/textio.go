package textio

import (
	"bytes"
	"io"
	"sync"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/batch"
	"lakehouse/internal/errclass"
	"lakehouse/internal/lines"
	"lakehouse/internal/option"
	"lakehouse/internal/records"
	"lakehouse/internal/types"
)

// OptionTable declares the options of the text reader.
var OptionTable = option.Table{
	{Name: "wholeText", Kind: option.Bool, Default: "false", Doc: "Each file is one value."},
	{Name: "lineSep", Doc: "What separates lines; without it, \\n, \\r\\n and \\r."},
	{Name: "encoding", Default: "UTF-8", Doc: "The encoding of the files, as for json."},
	{Name: "charset", Default: "UTF-8", Doc: "Another name of encoding."},
	{Name: "maxRecordBytes", Kind: option.Bytes, Default: "16m", Doc: "A longer line fails the read."},
	{Name: "inferSchema", Kind: option.Enum, Default: "true", Values: []string{"true"}, Doc: "Accepted, without meaning: there is one column, value."},
	{Name: "maxDecompressedBytes", Kind: option.Bytes, Default: "1t", Doc: "A compressed file that holds more fails the read."},
}

// Options says how to read text.
type Options struct {
	WholeText bool
	LineSep   string // "": \n, \r\n and \r
	MaxRecord int    // bytes; 0: 16 MiB
}

// OptionsOf takes the options from parsed values whose table holds [OptionTable].
func OptionsOf(v option.Values) (Options, error) {
	if v.Has("lineSep") && v.String("lineSep") == "" {
		return Options{}, errclass.InvalidOptionValue.New("'lineSep' cannot be an empty string.")
	}
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

// A Decoder reads text files. It is safe for concurrent use.
type Decoder struct {
	*shared
	reading records.Reading
}

// shared is what decoders of one schema have in common.
type shared struct {
	opts  Options
	rules records.Rules // its schema has one column for the value, or none where only the number of lines is asked for
	idle  sync.Pool     // of *records.Collector: what has read one file reads the next
}

// NewDecoder makes a decoder. The schema has one string column of any name, or none.
func NewDecoder(schema types.Struct, opts Options) (*Decoder, error) {
	if len(schema.Fields) > 1 || len(schema.Fields) == 1 && schema.Fields[0].Type != types.Type(types.String) {
		return nil, errclass.UnsupportedDatatype.New("Text data source supports only a single column of type STRING, not %s.", types.SQL(schema))
	}
	return &Decoder{shared: &shared{opts: opts, rules: records.Rules{
		Schema: schema, Arrow: types.ToArrowSchema(schema), Corrupt: -1,
	}}}, nil
}

// Counting is a decoder that sets counts at the end of what it decodes, one reading at a time.
func (d *Decoder) Counting(counts *batch.Counts) *Decoder {
	return d.For(records.Reading{Counts: counts})
}

// For is a decoder for one reading.
func (d *Decoder) For(r records.Reading) *Decoder { return &Decoder{d.shared, r} }

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
		rows := d.rows()
		whole := rows.Lines(open(), func(in *lines.Reader) error {
			if in.Truncated() {
				return tooLong(in.Offset())
			}
			return d.add(rows, in.Bytes())
		}, yield)
		if whole {
			d.idle.Put(rows)
		}
	}
}

// rows are those of an earlier decoding that has ended, or new.
func (d *Decoder) rows() *records.Collector {
	idle, ok := d.idle.Get().(*records.Collector)
	if !ok {
		idle = records.NewCollector(&d.rules)
	}
	idle.Begin(d.reading)
	return idle
}

func tooLong(offset int64) error {
	return errclass.FailedReadFile.New("the line at byte %d is longer than maxRecordBytes.", offset).
		WithHint("Raise option 'maxRecordBytes', or set option 'lineSep'.")
}

// DecodeDocument gives a whole file as one value.
func (d *Decoder) DecodeDocument(data []byte) batch.Seq {
	text, err := lines.Document(data)
	if err != nil {
		return batch.Fail(err)
	}
	rows := d.rows()
	defer rows.End()
	if len(data) == 0 { // Spark reads no empty file
		return batch.Of(rows.Last())
	}
	if err := d.add(rows, text); err != nil {
		return batch.Fail(err)
	}
	return batch.Of(rows.Last())
}

// add adds a row. Bytes that are not UTF-8 become U+FFFD, as in Spark's strings.
func (d *Decoder) add(rows *records.Collector, text []byte) error {
	rows.Took(len(text))
	if root := rows.Root; len(root.Children) == 1 {
		if !utf8.Valid(text) {
			text = bytes.ToValidUTF8(text, []byte("\uFFFD"))
		}
		root.Children[0].AppendBytes(text)
	}
	rows.Root.Len++
	return rows.Keep(text, 0, "")
}
