package orcio

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"lakehouse/internal/errclass"
	"lakehouse/internal/records"
	"lakehouse/internal/types"
)

// A column reads one column of a stripe into a builder.
type column struct {
	b       *records.Builder
	node    *typeNode
	absent  bool // the file has none: all null
	present *bitRuns
	nulls   []bool // of the rows at hand; nil: none is null
	ints    []int64
	more    []int64

	data     *intRuns // numbers, seconds, positions in the dictionary
	lengths  *intRuns // of strings and lists; nanoseconds; scales
	bytes    *byteRuns
	bools    *bitRuns
	raw      *stream
	dict     []byte
	offsets  []int
	children []*column
	zone     *time.Location // where wall clocks are read
	written  *time.Location // and where they were written
	base     int64          // seconds of the writer's 2015
	julian   bool           // days before 1582 are the Julian calendar's
}

// A binder matches columns with a file's.
type binder struct {
	file    *File
	stripe  *stripeReader
	anyCase bool
	zone    *time.Location
}

// bind makes the reader of a column of the file for a builder.
func (d *binder) bind(at int, b *records.Builder) (*column, error) {
	n := &d.file.nodes[at]
	c := &column{b: b, node: n, zone: d.zone, julian: !d.file.gregorian}
	if b.Kind == records.Null {
		c.absent = true
		return c, nil
	}
	if !readable(n, b) {
		return nil, errclass.FailedReadFile.New("a column of the ORC file is %s and cannot be read as %s.", d.describe(at), types.SQL(b.Type))
	}
	if d.stripe.has(at, streamPresent) {
		in, err := d.stripe.open(at, streamPresent)
		if err != nil {
			return nil, err
		}
		c.present = &bitRuns{bytes: byteRuns{in: in}}
	}
	return c, d.open(c, at)
}

func (d *binder) describe(at int) string {
	t, err := d.file.sqlType(at)
	if err != nil {
		return fmt.Sprintf("of kind %d", d.file.nodes[at].kind)
	}
	return types.SQL(t)
}

// readable tells whether values of a column of the file fit a builder's type.
func readable(n *typeNode, b *records.Builder) bool {
	if n.kind == orcLong && n.catalyst == "timestamp_ntz" && b.Kind == records.TimestampNTZ { // microseconds, as Spark writes them
		return true
	}
	switch n.kind {
	case orcBoolean:
		return b.Kind == records.Bool
	case orcByte, orcShort, orcInt, orcLong:
		wide := map[uint64]records.Kind{orcByte: records.Int8, orcShort: records.Int16, orcInt: records.Int32, orcLong: records.Int64}[n.kind]
		return b.Kind >= wide && b.Kind <= records.Int64 || b.Kind == records.Float64 && n.kind != orcLong
	case orcFloat:
		return b.Kind == records.Float32 || b.Kind == records.Float64
	case orcDouble:
		return b.Kind == records.Float64
	case orcString, orcVarchar, orcChar:
		return b.Kind == records.String
	case orcBinary:
		return b.Kind == records.Binary
	case orcTimestamp:
		return b.Kind == records.Timestamp || b.Kind == records.TimestampNTZ
	case orcInstant:
		return b.Kind == records.Timestamp
	case orcDate:
		return b.Kind == records.Date
	case orcDecimal:
		t, ok := b.Type.(types.Decimal)
		return ok && (n.precision == 0 || t.Scale >= n.scale && t.Precision-t.Scale >= n.precision-n.scale)
	case orcList:
		return b.Kind == records.List
	case orcMap:
		return b.Kind == records.Map
	case orcStruct:
		return b.Kind == records.Struct
	}
	return false
}

// open opens the streams of a column.
func (d *binder) open(c *column, at int) (err error) {
	s := d.stripe
	switch c.node.kind {
	case orcBoolean, orcByte:
		var in *stream
		in, err = s.open(at, streamData)
		c.bytes, c.bools = &byteRuns{in: in}, &bitRuns{bytes: byteRuns{in: in}}
	case orcShort, orcInt, orcLong, orcDate:
		c.data, err = s.ints(at, streamData, true)
	case orcFloat, orcDouble:
		c.raw, err = s.open(at, streamData)
	case orcDecimal:
		if c.raw, err = s.open(at, streamData); err == nil {
			c.lengths, err = s.ints(at, streamSecondary, true)
		}
	case orcTimestamp, orcInstant:
		c.written = s.zone
		if c.node.kind == orcInstant {
			c.written, c.zone = time.UTC, time.UTC
		}
		c.base = time.Date(2015, 1, 1, 0, 0, 0, 0, c.written).Unix()
		if c.data, err = s.ints(at, streamData, true); err == nil {
			c.lengths, err = s.ints(at, streamSecondary, false)
		}
	case orcString, orcVarchar, orcChar, orcBinary:
		err = d.openText(c, at)
	case orcList, orcMap:
		if c.lengths, err = s.ints(at, streamLength, false); err == nil {
			err = d.parts(c)
		}
	case orcStruct:
		err = d.fields(c)
	}
	return err
}

func (d *binder) parts(c *column) error {
	for i, at := range c.node.children {
		child, err := d.bind(at, c.b.Children[i])
		if err != nil {
			return err
		}
		c.children = append(c.children, child)
	}
	return nil
}

// fields matches the fields of a struct by name; by position where Hive has named none.
func (d *binder) fields(c *column) error {
	byPosition := c.node == &d.file.nodes[0] && len(c.node.names) > 0 &&
		!slices.ContainsFunc(c.node.names, func(name string) bool { return !strings.HasPrefix(name, "_col") })
	for i, f := range c.b.Type.(types.Struct).Fields {
		at := slices.Index(c.node.names, f.Name)
		if at < 0 && byPosition && i < len(c.node.names) {
			at = i
		}
		if at < 0 && d.anyCase {
			at = slices.IndexFunc(c.node.names, func(name string) bool { return strings.EqualFold(name, f.Name) })
		}
		child := &column{b: c.b.Children[i], absent: true}
		if at >= 0 {
			var err error
			if child, err = d.bind(c.node.children[at], c.b.Children[i]); err != nil {
				return fmt.Errorf("%s: %w", f.Name, err)
			}
		}
		c.children = append(c.children, child)
	}
	return nil
}

// openText opens strings: each by itself, or by its position in a dictionary.
func (d *binder) openText(c *column, at int) (err error) {
	e := d.stripe.encodings[at]
	if c.lengths, err = d.stripe.ints(at, streamLength, false); err != nil {
		return err
	}
	if e.kind&1 == 0 {
		c.raw, err = d.stripe.open(at, streamData)
		return err
	}
	if c.data, err = d.stripe.ints(at, streamData, false); err != nil {
		return err
	}
	in, err := d.stripe.open(at, streamDictionary)
	if err != nil {
		return err
	}
	if e.dictionary > maxStripe {
		return errCut
	}
	c.offsets = []int{0}
	var lengths [512]int64
	for left := int(e.dictionary); left > 0; {
		part := lengths[:min(left, len(lengths))]
		if err := c.lengths.read(part); err != nil {
			return err
		}
		for _, n := range part {
			if n < 0 || n > maxStripe {
				return errCut
			}
			if c.dict, err = in.appendTo(c.dict, int(n)); err != nil {
				return err
			}
			c.offsets = append(c.offsets, len(c.dict))
		}
		left -= len(part)
	}
	return nil
}
