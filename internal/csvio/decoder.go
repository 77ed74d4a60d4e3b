package csvio

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/batch"
	"lakehouse/internal/errclass"
	"lakehouse/internal/lines"
	"lakehouse/internal/records"
	"lakehouse/internal/types"
)

const batchBytes = 8 << 20 // of text; a batch of more is handed on before it has all its rows

// A Decoder reads CSV records. It is immutable and safe for concurrent use.
type Decoder struct {
	opts     Options
	header   []string // the names of the columns in the files
	schema   types.Struct
	arrow    *arrow.Schema
	corrupt  int   // position of the corrupt-record column in schema; -1: none
	position []int // of each column of schema in the records; -1: none
}

// NewDecoder makes a decoder for files with the columns of file. The batches have the columns of schema, which are among
// them, or is the corrupt-record column.
func NewDecoder(file, schema types.Struct, opts Options) (*Decoder, error) {
	schema = types.AsNullable(schema).(types.Struct)
	d := &Decoder{opts: opts, schema: schema, arrow: types.ToArrowSchema(schema), corrupt: -1}
	for _, name := range file.Names() {
		if name != opts.CorruptColumn {
			d.header = append(d.header, name)
		}
	}
	for i, f := range schema.Fields {
		b, err := records.NewBuilder(f.Type)
		if err != nil {
			return nil, err
		}
		if b.Kind >= records.List || b.Kind == records.Null {
			return nil, errclass.UnsupportedDatatype.New("The CSV datasource doesn't support the column `%s` of the type \"%s\".", f.Name, types.SQL(f.Type)).
				WithHint("Read the column as STRING and convert it in the query.")
		}
		if f.Name == opts.CorruptColumn {
			d.corrupt = i
			if b.Kind != records.String {
				return nil, errclass.InvalidOptionValue.New("the column '%s' for corrupt records must have the type STRING, not %s.", f.Name, types.SQL(f.Type))
			}
		}
		d.position = append(d.position, slices.Index(d.header, f.Name))
	}
	return d, nil
}

// Schema is the batches' schema.
func (d *Decoder) Schema() types.Struct { return d.schema }

// Decode reads a whole file, one record a line. Blank lines and comments are passed over.
func (d *Decoder) Decode(r io.Reader) batch.Seq {
	return d.decode(func() *lines.Reader { return lines.NewReader(r, d.opts.lines()) }, d.opts.Header, d.opts.SkipRows)
}

// DecodeRange reads the records that begin in [start, end) of a file of that size. The header is passed over in
// the first range.
func (d *Decoder) DecodeRange(r io.ReaderAt, size, start, end int64) batch.Seq {
	open := func() *lines.Reader { return lines.NewRange(r, size, start, end, d.opts.lines()) }
	if start > 0 {
		return d.decode(open, false, 0)
	}
	return d.decode(open, d.opts.Header, d.opts.SkipRows)
}

func (d *Decoder) decode(open func() *lines.Reader, header bool, skip int) batch.Seq {
	return func(yield func(arrow.RecordBatch, error) bool) {
		in, rows := open(), d.newRows()
		defer rows.count()
		for skip > 0 && in.Next() {
			skip--
		}
		for in.Next() {
			if rows.tokens.passedOver(in.Bytes()) {
				continue
			}
			var err error
			if header {
				header = false
				err = rows.checkHeader(in.Bytes())
			} else {
				err = rows.line(in)
			}
			if err != nil {
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
		if rows.root.Len > 0 {
			yield(rows.flush(), nil)
		}
	}
}

// DecodeDocument reads a whole file whose values may hold line ends.
func (d *Decoder) DecodeDocument(data []byte) batch.Seq {
	return func(yield func(arrow.RecordBatch, error) bool) {
		text, err := lines.Document(data)
		if err != nil {
			yield(nil, err)
			return
		}
		rows := d.newRows()
		defer rows.count()
		in := newDocument(text, &d.opts)
		header := d.opts.Header
		for in.next(&rows.tokens) {
			var err error
			if header {
				header = false
				err = rows.compareHeader()
			} else {
				err = rows.record(in.record, in.offset)
			}
			if err != nil {
				yield(nil, err)
				return
			}
			if rows.full() && !yield(rows.flush(), nil) {
				return
			}
		}
		if rows.root.Len > 0 {
			yield(rows.flush(), nil)
		}
	}
}

// checkHeader reads the first line of a file.
func (r *rows) checkHeader(line []byte) error {
	r.tokens.reset(line)
	r.tokens.record()
	return r.compareHeader()
}

// compareHeader holds the record just read against the schema, unless the schema is to be enforced.
func (r *rows) compareHeader() error {
	if r.d.opts.EnforceSchema {
		return nil
	}
	var names []string
	for _, t := range r.tokens.tokens {
		names = append(names, string(bytes.TrimSpace(t.text)))
	}
	if slices.EqualFunc(names, r.d.header, strings.EqualFold) {
		return nil
	}
	return errclass.FailedReadFile.New("CSV header does not conform to the schema. Header: %s Schema: %s",
		strings.Join(names, ", "), strings.Join(r.d.header, ", ")).
		WithHint("Correct the schema, or set option 'enforceSchema' to true to read the columns by position.")
}
