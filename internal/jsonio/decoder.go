package jsonio

import (
	"fmt"
	"io"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/batch"
	"lakehouse/internal/errclass"
	"lakehouse/internal/lines"
	"lakehouse/internal/records"
	"lakehouse/internal/types"
)

const batchBytes = 8 << 20 // of text; a batch of more is handed on before it has all its rows

// A Decoder reads JSON records of one schema. It is immutable and safe for concurrent use.
type Decoder struct {
	schema  types.Struct
	arrow   *arrow.Schema
	opts    Options
	corrupt int // position of the corrupt-record column; -1: none
}

// NewDecoder makes a decoder for records of the schema, whose fields all count as nullable.
func NewDecoder(schema types.Struct, opts Options) (*Decoder, error) {
	schema = types.AsNullable(schema).(types.Struct)
	d := &Decoder{schema: schema, arrow: types.ToArrowSchema(schema), opts: opts, corrupt: -1}
	if _, err := records.NewBuilder(schema); err != nil {
		return nil, err
	}
	if opts.CorruptColumn != "" {
		d.corrupt = slices.Index(schema.Names(), opts.CorruptColumn)
	}
	if d.corrupt >= 0 && schema.Fields[d.corrupt].Type != types.Type(types.String) {
		return nil, errclass.InvalidOptionValue.New("the column '%s' for corrupt records must have the type STRING, not %s.",
			opts.CorruptColumn, types.SQL(schema.Fields[d.corrupt].Type))
	}
	return d, nil
}

// Schema is the batches' schema.
func (d *Decoder) Schema() types.Struct { return d.schema }

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
		in, rows := open(), d.newRows()
		defer rows.count()
		for in.Next() {
			if err := rows.line(in); err != nil {
				yield(nil, err)
				return
			}
			if rows.full() && !yield(rows.flush(), nil) {
				return
			}
		}
		if err := in.Err(); err != nil {
			yield(nil, fmt.Errorf("read: %w", err))
			return
		}
		if rows.root.b.Len > 0 {
			yield(rows.flush(), nil)
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
		rows := d.newRows()
		defer rows.count()
		stopped := false
		err = rows.document(text, func() bool {
			if rows.full() {
				stopped = !yield(rows.flush(), nil)
			}
			return !stopped
		})
		switch {
		case stopped:
		case err != nil:
			yield(nil, err)
		case rows.root.b.Len > 0:
			yield(rows.flush(), nil)
		}
	}
}
