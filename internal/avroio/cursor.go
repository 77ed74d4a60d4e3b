package avroio

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// A cursor reads Avro's binary encoding. After an error it gives zeros.
type cursor struct {
	data  []byte
	pos   int
	err   error
	depth int
	empty int64 // values without bytes that were read
}

func (c *cursor) fail(err error) {
	if c.err == nil {
		c.err = err
	}
}

func (c *cursor) left() int { return len(c.data) - c.pos }

// long reads a number in zigzag.
func (c *cursor) long() int64 {
	if c.pos < len(c.data) && c.data[c.pos] < 0x80 { // the usual length
		u := uint64(c.data[c.pos])
		c.pos++
		return int64(u>>1) ^ -int64(u&1)
	}
	u, n := binary.Uvarint(c.data[c.pos:])
	if n <= 0 {
		if n == 0 {
			c.fail(errCut)
		} else {
			c.fail(errors.New("a number has too many bytes"))
		}
		c.pos = len(c.data)
		return 0
	}
	c.pos += n
	return int64(u>>1) ^ -int64(u&1)
}

func (c *cursor) int() int32 {
	v := c.long()
	if v < math.MinInt32 || v > math.MaxInt32 {
		c.fail(fmt.Errorf("the int %d is too large", v))
	}
	return int32(v)
}

// take is the next n bytes.
func (c *cursor) take(n int) []byte {
	if n < 0 || n > c.left() {
		c.fail(errCut)
		c.pos = len(c.data)
		return nil
	}
	c.pos += n
	return c.data[c.pos-n : c.pos]
}

// bytes reads a string or bytes.
func (c *cursor) bytes() []byte {
	n := c.long()
	if n < 0 || n > int64(c.left()) {
		c.fail(errCut)
		c.pos = len(c.data)
		return nil
	}
	return c.take(int(n))
}

func (c *cursor) boolean() bool {
	b := c.take(1)
	return len(b) == 1 && b[0] != 0
}

func (c *cursor) float() float32 {
	b := c.take(4)
	if b == nil {
		return 0
	}
	return math.Float32frombits(binary.LittleEndian.Uint32(b))
}

func (c *cursor) double() float64 {
	b := c.take(8)
	if b == nil {
		return 0
	}
	return math.Float64frombits(binary.LittleEndian.Uint64(b))
}

// maxEmpty bounds the values without bytes, of which a few bytes can claim any number.
const maxEmpty = 16 << 20

// count reads how many items of an array or map follow, each with so many bytes at least: 0 at the end.
func (c *cursor) count(atLeast int) int64 {
	n := c.long()
	if n < 0 {
		if n == math.MinInt64 {
			c.fail(errors.New("a count is too large"))
			return 0
		}
		n = -n
		c.long() // the block's bytes
	}
	n = c.bounded(n, atLeast)
	if c.err != nil {
		return 0
	}
	return n
}

// maxDepth is how deep values may be nested: a schema that holds itself sets no bound.
const maxDepth = 1000

func (c *cursor) enter() bool {
	if c.depth++; c.depth > maxDepth {
		c.fail(errors.New("a value is nested too deep"))
	}
	return c.err == nil
}

// skip passes over a value.
func (c *cursor) skip(s *Schema) {
	if c.err != nil {
		return
	}
	switch s.kind {
	case kindNull:
	case kindBoolean:
		c.take(1)
	case kindInt, kindLong, kindEnum:
		c.long()
	case kindFloat:
		c.take(4)
	case kindDouble:
		c.take(8)
	case kindBytes, kindString:
		c.bytes()
	case kindFixed:
		c.take(s.size)
	case kindRecord:
		if c.enter() {
			for i := range s.fields {
				c.skip(s.fields[i].schema)
			}
		}
		c.depth--
	case kindUnion:
		if b := c.branch(s); b != nil && c.enter() {
			c.skip(b)
			c.depth--
		}
	case kindArray, kindMap:
		c.skipItems(s)
	}
}

func (c *cursor) skipItems(s *Schema) {
	if !c.enter() {
		return
	}
	for c.err == nil {
		n := c.long()
		if n == 0 {
			break
		}
		if n < 0 { // the items' bytes are told
			c.take(int(min(max(c.long(), -1), math.MaxInt32)))
			continue
		}
		for range c.bounded(n, s.itemBytes()) {
			if s.kind == kindMap {
				c.bytes()
			}
			if c.skip(s.item); c.err != nil {
				return
			}
		}
	}
	c.depth--
}

// bounded is a count held against what is left.
func (c *cursor) bounded(n int64, atLeast int) int64 {
	if atLeast == 0 {
		if n > maxEmpty || c.empty > maxEmpty-n {
			c.fail(fmt.Errorf("there are more than %d values without bytes", maxEmpty))
			return 0
		}
		c.empty += n
		return n
	}
	if n > int64(c.left()/atLeast) {
		c.fail(errCut)
		return 0
	}
	return n
}

// itemBytes is how many bytes an item of an array or map has at least.
func (s *Schema) itemBytes() int {
	n := s.item.atLeast(0)
	if s.kind == kindMap {
		n++
	}
	return n
}

// branch reads which branch of a union follows.
func (c *cursor) branch(s *Schema) *Schema {
	i := c.long()
	if c.err == nil && (i < 0 || i >= int64(len(s.union))) {
		c.fail(fmt.Errorf("a union has no branch %d", i))
	}
	if c.err != nil {
		return nil
	}
	return s.union[i]
}
