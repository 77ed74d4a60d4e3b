package jsonio

import (
	"io"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/batch"
	"lakehouse/internal/lines"
	"lakehouse/internal/records"
	"lakehouse/internal/types"
)

// A Decoder reads JSON records of one schema. It is safe for concurrent use.
type Decoder struct {
	*shared
	reading records.Reading
}

// shared is what decoders of one schema have in common.
type shared struct {
	opts  Options
	rules records.Rules
	idle  sync.Pool // of *rows: what has read one file reads the next
}

// NewDecoder makes a decoder for records of the schema, whose fields all count as nullable.
func NewDecoder(schema types.Struct, opts Options) (*Decoder, error) {
	rules, err := records.NewRules(schema, opts.Policy)
	if err != nil {
		return nil, err
	}
	return &Decoder{shared: &shared{opts: opts, rules: rules}}, nil
}

// Counting is a decoder that sets counts at the end of what it decodes, one reading at a time.
func (d *Decoder) Counting(counts *batch.Counts) *Decoder {
	return d.For(records.Reading{Counts: counts})
}

// For is a decoder for one reading.
func (d *Decoder) For(r records.Reading) *Decoder { return &Decoder{d.shared, r} }

// Schema is the batches' schema.
func (d *Decoder) Schema() types.Struct { return d.rules.Schema }

// Decode reads a stream of records, one a line. Blank lines are passed over.
func (d *Decoder) Decode(r io.Reader) batch.Seq {
	return d.decode(func() *lines.Reader { return lines.NewReader(r, d.opts.lines()) })
}

// DecodeRange reads the records that begin in [start, end) of a file of that size.
func (d *Decoder) DecodeRange(r io.ReaderAt, size, start, end int64) batch.Seq {
	return d.decode(func() *lines.Reader { return lines.NewRange(r, size, start, end, d.opts.lines()) })
}

func (d *Decoder) decode(open func() *lines.Reader) batch.Seq {
	return func(yield func(arrow.RecordBatch, error) bool) {
		rows := d.rows()
		if rows.Lines(open(), rows.line, yield) {
			d.idle.Put(rows)
		}
	}
}

// DecodeDocument reads a whole file: an array of records, or one record. What follows a fault is one malformed
// record; the rows before it are kept.
func (d *Decoder) DecodeDocument(data []byte) batch.Seq {
	return func(yield func(arrow.RecordBatch, error) bool) {
		text, err := lines.Document(data)
		if err != nil {
			yield(nil, err)
			return
		}
		rows, whole := d.rows(), false
		defer func() { d.done(rows, whole) }()
		stopped := false
		err = rows.document(text, func() bool {
			if rows.Full() {
				stopped = !yield(rows.Flush(), nil)
			}
			return !stopped
		})
		switch {
		case stopped:
		case err != nil:
			yield(nil, err)
		default:
			rows.Rest(yield)
			whole = true
		}
	}
}
