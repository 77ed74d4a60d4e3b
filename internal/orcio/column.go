package orcio

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow/decimal128"

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
	c := &column{b: b, node: n, zone: d.zone}
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

// read adds n rows.
func (c *column) read(n int) error {
	if c.absent {
		for range n {
			c.b.AppendNull()
		}
		return nil
	}
	there, err := c.presence(n)
	if err != nil {
		return err
	}
	return c.values(n, there)
}

// presence reads which of n rows are null, and gives how many are not.
func (c *column) presence(n int) (there int, err error) {
	c.nulls = nil
	if c.present == nil {
		return n, nil
	}
	nulls := make([]bool, n)
	for i := range nulls {
		set, err := c.present.next()
		if err != nil {
			return 0, err
		}
		if nulls[i] = !set; set {
			there++
		}
	}
	if there < n {
		c.nulls = nulls
	}
	return there, nil
}

func (c *column) isNull(i int) bool { return c.nulls != nil && c.nulls[i] }

func (c *column) numbers(in *intRuns, n int, scratch *[]int64) ([]int64, error) {
	*scratch = slices.Grow((*scratch)[:0], n)[:n]
	return *scratch, in.read(*scratch)
}

// each calls add for the rows that are not null, with the position among them.
func (c *column) each(n int, add func(k int) error) error {
	k := 0
	for i := range n {
		if c.isNull(i) {
			c.b.AppendNull()
			continue
		}
		if err := add(k); err != nil {
			return err
		}
		k++
	}
	return nil
}

func (c *column) values(n, there int) error {
	switch c.node.kind {
	case orcBoolean:
		return c.each(n, func(int) error {
			v, err := c.bools.next()
			c.b.Bools = append(c.b.Bools, v)
			c.b.Len++
			return err
		})
	case orcByte:
		return c.each(n, func(int) error {
			v, err := c.bytes.next()
			c.number(int64(int8(v)))
			return err
		})
	case orcShort, orcInt, orcLong, orcDate:
		values, err := c.numbers(c.data, there, &c.ints)
		if err != nil {
			return err
		}
		return c.each(n, func(k int) error {
			c.number(values[k])
			return nil
		})
	case orcFloat, orcDouble:
		return c.each(n, func(int) error { return c.float() })
	case orcDecimal:
		return c.decimals(n, there)
	case orcTimestamp, orcInstant:
		return c.timestamps(n, there)
	case orcList, orcMap:
		return c.lists(n, there)
	case orcStruct:
		return c.structs(n)
	}
	return c.texts(n, there)
}

// number adds a whole number, of any width.
func (c *column) number(v int64) {
	b := c.b
	switch b.Kind {
	case records.Int8:
		b.Int8s = append(b.Int8s, int8(v))
	case records.Int16:
		b.Int16s = append(b.Int16s, int16(v))
	case records.Int32, records.Date:
		b.Int32s = append(b.Int32s, int32(v))
	case records.Float64:
		b.Float64s = append(b.Float64s, float64(v))
	default:
		b.Int64s = append(b.Int64s, v)
	}
	b.Len++
}

func (c *column) float() error {
	var memory [8]byte
	width := 8
	if c.node.kind == orcFloat {
		width = 4
	}
	raw, err := c.raw.appendTo(memory[:0], width)
	if err != nil {
		return err
	}
	b := c.b
	switch {
	case width == 8:
		b.Float64s = append(b.Float64s, math.Float64frombits(binary.LittleEndian.Uint64(raw)))
	case b.Kind == records.Float64:
		b.Float64s = append(b.Float64s, float64(math.Float32frombits(binary.LittleEndian.Uint32(raw))))
	default:
		b.Float32s = append(b.Float32s, math.Float32frombits(binary.LittleEndian.Uint32(raw)))
	}
	b.Len++
	return nil
}

var errDecimal = errors.New("a decimal has more digits than its type")

// decimals are unscaled numbers of any length, each with its own scale.
func (c *column) decimals(n, there int) error {
	scales, err := c.numbers(c.lengths, there, &c.ints)
	if err != nil {
		return err
	}
	t := c.b.Type.(types.Decimal)
	return c.each(n, func(k int) error {
		v, err := c.unscaled()
		if err != nil {
			return err
		}
		shift := int64(t.Scale) - scales[k]
		switch {
		case shift < -maxDigits || shift > maxDigits:
			return errDecimal
		case shift < 0:
			whole := v.ReduceScaleBy(int32(-shift), false)
			if whole.IncreaseScaleBy(int32(-shift)) != v {
				return errDecimal
			}
			v = whole
		case shift > 0 && v.Sign() != 0:
			if !v.FitsInPrecision(int32(maxDigits - shift)) {
				return errDecimal
			}
			v = v.IncreaseScaleBy(int32(shift))
		}
		if !v.FitsInPrecision(int32(t.Precision)) {
			return errDecimal
		}
		c.b.Decimals = append(c.b.Decimals, v)
		c.b.Len++
		return nil
	})
}

const maxDigits = 38

// unscaled reads a number of 7 bits a byte, in zigzag.
func (c *column) unscaled() (decimal128.Num, error) {
	var hi, lo uint64
	for shift := uint(0); shift < 133; shift += 7 {
		b, err := c.raw.ReadByte()
		if err != nil {
			return decimal128.Num{}, err
		}
		part := uint64(b & 0x7F)
		switch {
		case shift >= 126 && part > 3:
			return decimal128.Num{}, errDecimal
		case shift < 64:
			lo |= part << shift
			if shift > 57 {
				hi |= part >> (64 - shift)
			}
		default:
			hi |= part << (shift - 64)
		}
		if b < 0x80 {
			negative := lo&1 == 1
			lo, hi = lo>>1|hi<<63, hi>>1
			if negative {
				lo, hi = ^lo, ^hi
			}
			return decimal128.New(int64(hi), lo), nil
		}
	}
	return decimal128.Num{}, errDecimal
}

const maxNanos = 999_999_999

const maxSeconds = math.MaxInt64 / 1_000_000 / 2

// timestamps are seconds since 2015 in the writer's zone, and nanoseconds without their zeros.
func (c *column) timestamps(n, there int) error {
	seconds, err := c.numbers(c.data, there, &c.ints)
	if err != nil {
		return err
	}
	nanos, err := c.numbers(c.lengths, there, &c.more)
	if err != nil {
		return err
	}
	return c.each(n, func(k int) error {
		s, fraction := seconds[k], nanos[k]>>3
		if s > maxSeconds || s < -maxSeconds {
			return errors.New("a timestamp is too large")
		}
		if zeros := nanos[k] & 7; zeros > 0 && fraction <= maxNanos && fraction >= -maxNanos {
			for range zeros + 1 {
				fraction *= 10
			}
		}
		if fraction < -maxNanos || fraction > maxNanos { // Arrow's writer has negative ones before 1970
			return errors.New("a timestamp has too many nanoseconds")
		}
		if s += c.base; s < 0 && fraction > 999_999 {
			s-- // the writer has rounded to zero
		}
		if c.node.catalyst != "timestamp_ntz" && c.b.Kind == records.Timestamp && c.written != c.zone {
			s = moved(s, c.written, c.zone)
		}
		c.b.Int64s = append(c.b.Int64s, s*1_000_000+floorMicros(fraction))
		c.b.Len++
		return nil
	})
}

func floorMicros(nanos int64) int64 {
	micros := nanos / 1000
	if nanos%1000 < 0 {
		micros--
	}
	return micros
}

// moved is the instant at which clocks in another zone show the same.
func moved(seconds int64, from, to *time.Location) int64 {
	t := time.Unix(seconds, 0).In(from)
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, to).Unix()
}

func (c *column) texts(n, there int) error {
	if c.data != nil {
		positions, err := c.numbers(c.data, there, &c.ints)
		if err != nil {
			return err
		}
		return c.each(n, func(k int) error {
			at := positions[k]
			if at < 0 || at >= int64(len(c.offsets)-1) {
				return errors.New("a string lies outside of its dictionary")
			}
			c.text(c.dict[c.offsets[at]:c.offsets[at+1]])
			return nil
		})
	}
	lengths, err := c.numbers(c.lengths, there, &c.ints)
	if err != nil {
		return err
	}
	return c.each(n, func(k int) error {
		if lengths[k] < 0 || lengths[k] > maxStripe {
			return errCut
		}
		from := len(c.b.Bytes)
		if c.b.Bytes, err = c.raw.appendTo(c.b.Bytes, int(lengths[k])); err != nil {
			return err
		}
		if len(c.b.Bytes) > math.MaxInt32 {
			return errors.New("the strings of a batch have more than 2 GiB")
		}
		if c.b.Kind == records.String && !utf8.Valid(c.b.Bytes[from:]) {
			c.b.Bytes = append(c.b.Bytes[:from], records.Text(c.b.Bytes[from:])...)
		}
		c.b.CloseBytes()
		return nil
	})
}

func (c *column) text(value []byte) {
	if c.b.Kind == records.String && !utf8.Valid(value) {
		value = []byte(records.Text(value))
	}
	c.b.AppendBytes(value)
}

// maxItems bounds the elements of a batch's lists.
const maxItems = 64 << 20

func (c *column) lists(n, there int) error {
	lengths, err := c.numbers(c.lengths, there, &c.ints)
	if err != nil {
		return err
	}
	total := int64(0)
	for _, l := range lengths {
		if l < 0 || l > maxItems {
			return errors.New("a list is too long")
		}
		if total += l; total > maxItems {
			return errors.New("the lists of a batch have too many elements")
		}
	}
	b := c.b
	at := int64(b.Children[0].Len)
	for i, k := 0, 0; i < n; i++ {
		if c.isNull(i) { // its offset is where the elements have come to
			b.Offsets = append(b.Offsets, int32(at))
			b.AppendNullAt()
			continue
		}
		at += lengths[k]
		b.Offsets = append(b.Offsets, int32(at))
		b.Len++
		k++
	}
	for _, child := range c.children {
		if err := child.read(int(total)); err != nil {
			return err
		}
	}
	return nil
}

// structs have rows of nulls in their fields where they are null themselves: the file has none there.
func (c *column) structs(n int) error {
	nulls := c.nulls
	if nulls == nil {
		for _, child := range c.children {
			if err := child.read(n); err != nil {
				return err
			}
		}
		c.b.Len += n
		return nil
	}
	for i := 0; i < n; {
		run := i
		for run < n && nulls[run] == nulls[i] {
			run++
		}
		if nulls[i] {
			for ; i < run; i++ {
				c.b.AppendNull()
			}
			continue
		}
		for _, child := range c.children {
			if err := child.read(run - i); err != nil {
				return err
			}
		}
		c.b.Len += run - i
		i = run
	}
	return nil
}
