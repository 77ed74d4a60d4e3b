package avroio

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/batch"
	"lakehouse/internal/datetime"
	"lakehouse/internal/records"
	"lakehouse/internal/types"
)

// A Decoder reads Avro files into columns of one schema. It is safe for concurrent use.
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

// NewDecoder makes a decoder for the columns of schema, all of which count as nullable.
func NewDecoder(schema types.Struct, opts Options) (*Decoder, error) {
	rules, err := records.NewRules(schema, records.Policy{Rescued: opts.Rescued, RescuedPath: opts.RescuedPath})
	if err != nil {
		return nil, err
	}
	return &Decoder{shared: &shared{opts: opts, rules: rules}}, nil
}

// For is a decoder for one reading.
func (d *Decoder) For(r records.Reading) *Decoder { return &Decoder{d.shared, r} }

// Schema is the batches' schema.
func (d *Decoder) Schema() types.Struct { return d.rules.Schema }

// Decode reads a whole file.
func (d *Decoder) Decode(r io.Reader) batch.Seq {
	data, err := io.ReadAll(r)
	if err != nil {
		return batch.Fail(err)
	}
	return d.DecodeDocument(data)
}

// DecodeDocument reads a whole file.
func (d *Decoder) DecodeDocument(data []byte) batch.Seq {
	return d.DecodeRange(bytes.NewReader(data), int64(len(data)), 0, int64(len(data)))
}

// DecodeRange reads the blocks that belong to a part of a file: those whose preceding marker begins there.
func (d *Decoder) DecodeRange(in io.ReaderAt, size, start, end int64) batch.Seq {
	return func(yield func(arrow.RecordBatch, error) bool) {
		r := d.rows()
		whole := false
		defer func() {
			r.End()
			if whole {
				d.idle.Put(r)
			}
		}()
		stopped, err := r.file(in, size, start, end, yield)
		switch {
		case stopped:
		case err != nil:
			if r.Root.Len > 0 && !yield(r.Flush(), nil) {
				return
			}
			yield(nil, fmt.Errorf("read avro: %w", err))
		default:
			r.Rest(yield)
			whole = true
		}
	}
}

// SchemaOf reads the schema of a file.
func SchemaOf(in io.ReaderAt, size int64) (*Schema, error) {
	c, err := openContainer(in, size)
	if err != nil {
		return nil, fmt.Errorf("read avro: %w", err)
	}
	return c.Schema, nil
}

// rows reads one decoding, and then perhaps another.
type rows struct {
	*records.Collector
	d       *shared
	cursor  cursor
	plans   map[string]*step // by the text of the file's schema
	watches bool             // what no column takes is kept, or noted
	told    map[string]bool  // what has been noted
	dirty   bool             // something inside the array or map at hand was not read
	rebase  *datetime.Rebase // of the file's old days and timestamps; nil: none
}

// maxPlans is how many schemas are remembered.
const maxPlans = 16

func (d *Decoder) rows() *rows {
	r, ok := d.idle.Get().(*rows)
	if !ok {
		r = &rows{Collector: records.NewCollector(&d.rules), d: d.shared, plans: map[string]*step{}, told: map[string]bool{}}
		r.watches = d.rules.Rescue != nil || d.opts.Found != nil
	}
	r.Begin(d.reading)
	return r
}

// file reads the records of a part of a file.
func (r *rows) file(in io.ReaderAt, size, start, end int64, yield func(arrow.RecordBatch, error) bool) (stopped bool, err error) {
	if size == 0 {
		return false, nil
	}
	c, err := openContainer(in, size)
	if err != nil {
		return false, err
	}
	plan, err := r.plan(c)
	if err != nil {
		return false, err
	}
	r.rebase, r.dirty = datetime.RebaseOf(c.noted, r.d.opts.Rebase, "Avro"), false
	errStopped := errors.New("stopped")
	err = c.blocks(start, end, func(count int64, data []byte, at int64) error {
		r.cursor = cursor{data: data}
		least := c.Schema.atLeast(0)
		if n := r.cursor.bounded(count, least); r.cursor.err != nil || n != count {
			return fmt.Errorf("the block at byte %d says that it has %d records", at, count)
		}
		for i := range count {
			before := r.cursor.pos
			r.row(plan)
			if r.cursor.err != nil {
				r.Root.Truncate(r.Root.Len - 1)
				return fmt.Errorf("the block at byte %d: record %d: %w", at, i, r.cursor.err)
			}
			r.Took(r.cursor.pos - before)
			if err := r.Keep(nil, at, ""); err != nil {
				return err
			}
			if r.Full() && !yield(r.Flush(), nil) {
				return errStopped
			}
		}
		if r.cursor.left() > 0 {
			return fmt.Errorf("the block at byte %d has %d bytes behind its records", at, r.cursor.left())
		}
		return nil
	})
	if errors.Is(err, errStopped) {
		return true, nil
	}
	return false, err
}

// row adds a record.
func (r *rows) row(s *step) {
	before := r.Root.Len
	r.read(s)
	if r.cursor.err != nil { // whatever was added of it goes
		r.Root.Len = before + 1
		for _, c := range r.Root.Children {
			c.Truncate(min(c.Len, before))
			c.AppendNull()
		}
	}
}

func (r *rows) plan(c *container) (*step, error) {
	if s, ok := r.plans[c.text]; ok {
		return s, nil
	}
	reader := c.Schema
	if r.d.opts.Reader != nil {
		reader = r.d.opts.Reader
	}
	root, w := r.Root, c.Schema
	p := planner{opts: &r.d.opts}
	if w.kind != kindRecord { // a file of other values has one column, value
		w = &Schema{kind: kindRecord, name: "value", fields: []field{{name: "value", schema: w}}}
		reader = w
	}
	s, err := p.plan(w, reader, root, nil)
	if err != nil {
		return nil, err
	}
	if len(r.plans) < maxPlans {
		r.plans[c.text] = s
	}
	return s, nil
}
