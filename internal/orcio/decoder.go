package orcio

import (
	"bytes"
	"fmt"
	"io"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/batch"
	"lakehouse/internal/option"
	"lakehouse/internal/records"
	"lakehouse/internal/types"
)

// OptionTable declares the options of the ORC reader.
var OptionTable = option.Table{
	{Name: "mergeSchema", Kind: option.Bool, Default: "false", Doc: "Inference takes the columns of all files, not of one."},
	{Name: "readerCaseSensitive", Kind: option.Bool, Default: "false", Doc: "Names are matched exactly; else in any letter case, if none is exact."},
	{Name: "timeZone", Default: "UTC", Doc: "The zone in which a timestamp's wall clock is read."},
	{Name: "compression", Default: "snappy", Doc: "For writers; the files say how they are compressed."},
	{Name: "inferSchema", Kind: option.Enum, Default: "true", Values: []string{"true"}, Doc: "Accepted, without meaning: the files hold their schema."},
}

// Options says how to read ORC. The zero value matches names exactly, and reads wall clocks in UTC.
type Options struct {
	Merge   bool
	AnyCase bool
	Zone    *time.Location
}

// OptionsOf takes the options from parsed values whose table holds [OptionTable].
func OptionsOf(v option.Values) (Options, error) {
	zone, err := records.ParseZone(v)
	return Options{Merge: v.Bool("mergeSchema"), AnyCase: !v.Bool("readerCaseSensitive"), Zone: zone}, err
}

// A Decoder reads ORC files into columns of one schema. It is safe for concurrent use.
type Decoder struct {
	opts    Options
	rules   records.Rules
	reading records.Reading
}

// NewDecoder makes a decoder for the columns of schema, all of which count as nullable.
func NewDecoder(schema types.Struct, opts Options) (*Decoder, error) {
	rules, err := records.NewRules(schema, records.Policy{})
	if err != nil {
		return nil, err
	}
	if opts.Zone == nil {
		opts.Zone = time.UTC
	}
	return &Decoder{opts: opts, rules: rules}, nil
}

// For is a decoder for one reading.
func (d *Decoder) For(r records.Reading) *Decoder {
	out := *d
	out.reading = r
	return &out
}

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

// DecodeRange reads the stripes that begin in a part of a file.
func (d *Decoder) DecodeRange(in io.ReaderAt, size, start, end int64) batch.Seq {
	return func(yield func(arrow.RecordBatch, error) bool) {
		if size == 0 {
			return
		}
		c := records.NewCollector(&d.rules)
		c.Begin(d.reading)
		defer c.End()
		stopped, err := d.read(c, in, size, start, end, yield)
		switch {
		case stopped:
		case err != nil:
			yield(nil, err)
		default:
			c.Rest(yield)
		}
	}
}

func (d *Decoder) read(c *records.Collector, in io.ReaderAt, size, start, end int64, yield func(arrow.RecordBatch, error) bool) (stopped bool, err error) {
	file, err := Open(in, size)
	if err != nil {
		return false, err
	}
	for i, s := range file.stripes {
		if s.offset < start || s.offset >= end {
			continue
		}
		stopped, err := d.stripe(c, file, s, yield)
		if err != nil {
			return false, fmt.Errorf("read orc: stripe %d: %w", i, err)
		}
		if stopped {
			return true, nil
		}
	}
	return false, nil
}

func (d *Decoder) stripe(c *records.Collector, file *File, s stripe, yield func(arrow.RecordBatch, error) bool) (stopped bool, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("internal error: the file breaks its reader: %v", p)
		}
	}()
	r, err := file.openStripe(s)
	if err != nil {
		return false, err
	}
	b := binder{file: file, stripe: r, anyCase: d.opts.AnyCase, zone: d.opts.Zone}
	root, err := b.bind(0, c.Root)
	if err != nil {
		return false, err
	}
	if root.present != nil {
		return false, fmt.Errorf("rows are null")
	}
	if len(root.children) == 0 || allAbsent(root) {
		if s.rows > maxEmptyRows {
			return false, fmt.Errorf("it says that it has %d rows", s.rows)
		}
	}
	const most = 4096 // rows at once
	for left := s.rows; left > 0; {
		before, n := c.Root.Len, int(min(left, most))
		if err := root.read(n); err != nil {
			for _, child := range c.Root.Children {
				child.Truncate(before)
			}
			c.Root.Len = before
			return false, err
		}
		left -= int64(n)
		for range n {
			if err := c.Keep(nil, 0, ""); err != nil {
				return false, err
			}
		}
		c.Took(n * 64)
		if c.Full() && !yield(c.Flush(), nil) {
			return true, nil
		}
	}
	return false, nil
}

// maxEmptyRows bounds the rows of which no column is read: nothing in the file stands for them.
const maxEmptyRows = 1 << 28

func allAbsent(c *column) bool {
	for _, child := range c.children {
		if !child.absent {
			return false
		}
	}
	return true
}

// Stripes are the places where the file can be cut.
func (f *File) Stripes() []int64 {
	var places []int64
	for _, s := range f.stripes {
		places = append(places, s.offset)
	}
	return places
}
