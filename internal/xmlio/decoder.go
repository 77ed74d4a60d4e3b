package xmlio

import (
	"fmt"
	"io"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/batch"
	"lakehouse/internal/errclass"
	"lakehouse/internal/records"
	"lakehouse/internal/types"
)

// A Decoder reads XML records of one schema. It is safe for concurrent use.
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
	if err := readable(schema); err != nil {
		return nil, err
	}
	rules, err := records.NewRules(schema, opts.Policy)
	if err != nil {
		return nil, err
	}
	return &Decoder{shared: &shared{opts: opts, rules: rules}}, nil
}

// readable refuses what no XML can be read into.
func readable(t types.Type) error {
	switch t := t.(type) {
	case types.Struct:
		for _, f := range t.Fields {
			if err := readable(f.Type); err != nil {
				return err
			}
		}
	case types.Array:
		if _, ok := t.Element.(types.Array); ok {
			return unsupported(t)
		}
		return readable(t.Element)
	case types.Map:
		if _, ok := t.Value.(types.Array); ok || t.Key != types.Type(types.String) {
			return unsupported(t)
		}
		return readable(t.Value)
	}
	return nil
}

func unsupported(t types.Type) error {
	return errclass.UnsupportedDatatype.New("The XML datasource doesn't support a column of the type \"%s\".", types.SQL(t)).
		WithHint("An array is an element that stands several times, and a map has the names of elements as its keys.")
}

// For is a decoder for one reading.
func (d *Decoder) For(r records.Reading) *Decoder { return &Decoder{d.shared, r} }

// Schema is the batches' schema.
func (d *Decoder) Schema() types.Struct { return d.rules.Schema }

// DecodeRange reads the records of a part of a file, which begins and ends outside of records: see [Cutter].
func (d *Decoder) DecodeRange(r io.ReaderAt, _, start, end int64) batch.Seq {
	return d.decode(func() *scanner { return newScanner(io.NewSectionReader(r, start, end-start), &d.opts) }, start)
}

// DecodePart reads such a part that was read from the file.
func (d *Decoder) DecodePart(p Part) batch.Seq {
	return d.decode(func() *scanner { return newScannerOn(p, &d.opts) }, 0)
}

// DecodeDocument reads a whole file.
func (d *Decoder) DecodeDocument(data []byte) batch.Seq { return d.DecodePart(Part{Data: data}) }

// Decode reads a whole file.
func (d *Decoder) Decode(r io.Reader) batch.Seq {
	return d.decode(func() *scanner { return newScanner(r, &d.opts) }, 0)
}

// decode reads the records that a scanner finds, of a part of a file that begins at a place.
func (d *Decoder) decode(scan func() *scanner, at int64) batch.Seq {
	return func(yield func(arrow.RecordBatch, error) bool) {
		rows := d.rows()
		whole := false
		defer func() {
			rows.End()
			if whole {
				d.idle.Put(rows)
			}
		}()
		in := scan()
		for in.next() {
			if err := rows.record(in, at); err != nil {
				yield(nil, err)
				return
			}
			if rows.Full() && !yield(rows.Flush(), nil) {
				return
			}
		}
		if in.err != nil {
			if rows.Root.Len > 0 && !yield(rows.Flush(), nil) {
				return
			}
			yield(nil, fmt.Errorf("read: %w", in.err))
			return
		}
		rows.Rest(yield)
		whole = true
	}
}
