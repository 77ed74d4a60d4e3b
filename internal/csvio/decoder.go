package csvio

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/batch"
	"lakehouse/internal/errclass"
	"lakehouse/internal/lines"
	"lakehouse/internal/records"
	"lakehouse/internal/types"
)

// A Decoder reads CSV records. It is safe for concurrent use.
type Decoder struct {
	*shared
	reading records.Reading
}

// shared is what decoders of one schema have in common.
type shared struct {
	opts     Options
	header   []string // the names of the columns in the files
	rules    records.Rules
	position []int     // of each column of the rules' schema in the records; -1: none
	idle     sync.Pool // of *rows: what has read one file reads the next
}

// NewDecoder makes a decoder for files with the columns of file. The batches have the columns of schema, which are among
// them, or is the corrupt-record column.
func NewDecoder(file, schema types.Struct, opts Options) (*Decoder, error) {
	rules, err := records.NewRules(schema, opts.Policy)
	if err != nil {
		return nil, err
	}
	d := &Decoder{shared: &shared{opts: opts, rules: rules}}
	for _, name := range file.Names() {
		if name != opts.CorruptColumn && (name != opts.Rescued || opts.Rescued == "") {
			d.header = append(d.header, name)
		}
	}
	for _, f := range rules.Schema.Fields {
		if !readable(f.Type) {
			return nil, errclass.UnsupportedDatatype.New("The CSV datasource doesn't support the column `%s` of the type \"%s\".", f.Name, types.SQL(f.Type)).
				WithHint("Read the column as STRING and convert it in the query.")
		}
		d.position = append(d.position, slices.Index(d.header, f.Name))
	}
	return d, nil
}

// Counting is a decoder that sets counts at the end of what it decodes, one reading at a time.
func (d *Decoder) Counting(counts *batch.Counts) *Decoder {
	return d.For(records.Reading{Counts: counts})
}

// For is a decoder for one reading.
func (d *Decoder) For(r records.Reading) *Decoder { return &Decoder{d.shared, r} }

// Schema is the batches' schema.
func (d *Decoder) Schema() types.Struct { return d.rules.Schema }

// Decode reads a whole file, one record a line. Blank lines and comments are passed over.
func (d *Decoder) Decode(r io.Reader) batch.Seq {
	return d.decode(func() *lines.Reader { return lines.NewReader(r, d.opts.lines()) }, d.opts.Header, d.opts.SkipRows)
}

// DecodeRange reads the records that begin in [start, end) of a file of that size. The header is passed over in
// the first range.
func (d *Decoder) DecodeRange(r io.ReaderAt, size, start, end int64) batch.Seq {
	open := func() *lines.Reader { return lines.NewRange(r, size, start, end, d.opts.lines()) }
	if start > 0 && d.opts.byName() {
		return d.behindHeader(func() *lines.Reader { return lines.NewRange(r, size, 0, size, d.opts.lines()) }, open)
	}
	if start > 0 {
		return d.decode(open, false, 0)
	}
	return d.decode(open, d.opts.Header, d.opts.SkipRows)
}

func (d *Decoder) decode(open func() *lines.Reader, header bool, skip int) batch.Seq {
	return func(yield func(arrow.RecordBatch, error) bool) {
		in, rows := open(), d.rows()
		for skip := skip; skip > 0 && in.Next(); {
			skip--
		}
		header := header
		whole := rows.Lines(in, func(in *lines.Reader) error {
			switch {
			case rows.tokens.passedOver(in.Bytes()):
				return nil
			case header:
				header = false
				return rows.checkHeader(in.Bytes())
			}
			return rows.line(in)
		}, yield)
		if whole {
			d.idle.Put(rows)
		}
	}
}

// behindHeader reads the header from the file's first records, and then the records of a later range.
func (d *Decoder) behindHeader(first, open func() *lines.Reader) batch.Seq {
	return func(yield func(arrow.RecordBatch, error) bool) {
		rows := d.rows()
		for in := first(); in.Next(); {
			if !rows.tokens.passedOver(in.Bytes()) {
				if err := rows.checkHeader(in.Bytes()); err != nil {
					yield(nil, err)
					return
				}
				break
			}
		}
		whole := rows.Lines(open(), func(in *lines.Reader) error {
			if rows.tokens.passedOver(in.Bytes()) {
				return nil
			}
			return rows.line(in)
		}, yield)
		if whole {
			d.idle.Put(rows)
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
		rows, whole := d.rows(), false
		defer func() { d.done(rows, whole) }()
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
			if rows.Full() && !yield(rows.Flush(), nil) {
				return
			}
		}
		rows.Rest(yield)
		whole = true
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
	if r.d.opts.Variant != "" {
		r.variants.takeNames(r.tokens.tokens)
		return nil
	}
	if r.d.opts.byName() {
		r.takeHeader()
		return nil
	}
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
