package orcio

import (
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"unicode/utf8"

	"lakehouse/internal/datetime"
	"lakehouse/internal/records"
)

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
		if c.julian && c.node.kind == orcDate {
			for k, day := range values {
				values[k] = int64(datetime.JulianToGregorianDay(int32(day)))
			}
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
