package avroio

import (
	"errors"
	"fmt"
	"math"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"lakehouse/internal/records"
)

const dayMicros = 86_400_000_000

// read adds a value as a row of its column.
func (r *rows) read(s *step) {
	b, c := s.b, &r.cursor
	switch s.op {
	case opRecord:
		r.record(s)
		return
	case opArray, opMap:
		r.items(s)
		return
	case opUnion, opMember:
		r.union(s)
		return
	case opNull:
		c.skip(s.writer)
		b.AppendNull()
		return
	case opText:
		text := c.bytes()
		if !utf8.Valid(text) {
			text = []byte(records.Text(text))
		}
		b.AppendBytes(text)
		return
	case opBytes:
		b.AppendBytes(c.bytes())
		return
	case opFixed:
		b.AppendBytes(c.take(s.size))
		return
	case opEnum:
		i := c.long()
		if i < 0 || i >= int64(len(s.symbols)) {
			c.fail(fmt.Errorf("an enum has no symbol %d", i))
			b.AppendNull()
			return
		}
		b.AppendBytes([]byte(s.symbols[i]))
		return
	default:
		r.fixedWidth(s)
		b.Len++
		if r.rebase != nil {
			r.rebaseLast(s)
		}
	}
}

// rebaseLast makes a day or an instant of the old calendar one of today's.
func (r *rows) rebaseLast(s *step) {
	b := s.b
	var err error
	switch {
	case s.op == opDate || s.op == opMillisToDate:
		last := b.Int32s[len(b.Int32s)-1:]
		err = r.rebase.Days(last, last)
	case s.op == opDateToNTZ:
		last := b.Int64s[len(b.Int64s)-1:]
		day := []int32{int32(last[0] / dayMicros)}
		err = r.rebase.Days(day, day)
		last[0] = int64(day[0]) * dayMicros
	case b.Kind == records.Timestamp:
		last := b.Int64s[len(b.Int64s)-1:]
		err = r.rebase.Micros(last, last)
	}
	if err != nil {
		r.cursor.fail(err)
	}
}

// fixedWidth adds a value to a slice of numbers.
func (r *rows) fixedWidth(s *step) {
	b, c := s.b, &r.cursor
	switch s.op {
	case opBool:
		b.Bools = append(b.Bools, c.boolean())
	case opInt, opDate:
		b.Int32s = append(b.Int32s, c.int())
	case opIntToLong:
		b.Int64s = append(b.Int64s, int64(c.int()))
	case opIntToFloat:
		b.Float32s = append(b.Float32s, float32(c.int()))
	case opIntToDouble:
		b.Float64s = append(b.Float64s, float64(c.int()))
	case opDateToNTZ:
		b.Int64s = append(b.Int64s, int64(c.int())*dayMicros)
	case opLong:
		b.Int64s = append(b.Int64s, c.long())
	case opLongToFloat:
		b.Float32s = append(b.Float32s, float32(c.long()))
	case opLongToDouble:
		b.Float64s = append(b.Float64s, float64(c.long()))
	case opMillis:
		millis := c.long()
		if millis > math.MaxInt64/1000 || millis < math.MinInt64/1000 {
			c.fail(fmt.Errorf("the timestamp %d is too large", millis))
			millis = 0
		}
		b.Int64s = append(b.Int64s, millis*1000)
	case opMillisToDate:
		b.Int32s = append(b.Int32s, int32(c.long()/86_400_000))
	case opFloat:
		b.Float32s = append(b.Float32s, c.float())
	case opFloatToDouble:
		b.Float64s = append(b.Float64s, float64(c.float()))
	case opDouble:
		b.Float64s = append(b.Float64s, c.double())
	case opDecimal:
		b.Decimals = append(b.Decimals, r.decimal(s, c.bytes()))
	case opFixedDecimal:
		b.Decimals = append(b.Decimals, r.decimal(s, c.take(s.size)))
	default: // read has done the others
	}
}

// decimal reads an unscaled number, big end first.
func (r *rows) decimal(s *step, text []byte) decimal128.Num {
	n, ok := unscaled(text)
	if ok = ok && n.FitsInPrecision(int32(s.digits)); ok && s.shift > 0 {
		n = n.IncreaseScaleBy(int32(s.shift))
	}
	if !ok {
		r.cursor.fail(errors.New("a decimal has more digits than its type"))
		return decimal128.Num{}
	}
	return n
}

func unscaled(text []byte) (decimal128.Num, bool) {
	if len(text) == 0 {
		return decimal128.Num{}, true
	}
	sign := byte(int8(text[0]) >> 7)
	for len(text) > 16 {
		if text[0] != sign {
			return decimal128.Num{}, false
		}
		text = text[1:]
	}
	if byte(int8(text[0])>>7) != sign {
		return decimal128.Num{}, false
	}
	hi, lo := uint64(int64(int8(sign))), uint64(int64(int8(sign)))
	for _, c := range text {
		hi, lo = hi<<8|lo>>56, lo<<8|uint64(c)
	}
	return decimal128.New(int64(hi), lo), true
}

func (r *rows) record(s *step) {
	c := &r.cursor
	if !c.enter() {
		s.b.AppendNull()
		return
	}
	for i := range s.fields {
		f := &s.fields[i]
		switch {
		case f.step != nil:
			from := c.pos
			if r.read(f.step); r.dirty && !s.within {
				r.keepWhole(s, f, from)
			}
		case r.watches:
			r.notRead(s, f)
		default:
			c.skip(f.write)
		}
	}
	for _, a := range s.absent {
		if a.value == nil {
			s.b.Children[a.at].AppendNull()
			continue
		}
		own := r.cursor
		r.cursor = cursor{data: a.bytes}
		r.read(a.value)
		r.cursor = own
	}
	c.depth--
	s.b.Len++
}

func (r *rows) items(s *step) {
	c, b := &r.cursor, s.b
	if !c.enter() {
		b.AppendNull()
		return
	}
	for c.err == nil {
		n := c.count(s.writer.itemBytes())
		if n == 0 {
			break
		}
		for range n {
			if s.op == opMap {
				b.Children[0].AppendBytes(c.bytes())
			}
			if r.read(s.items); c.err != nil {
				break
			}
		}
	}
	c.depth--
	b.CloseList()
}

func (r *rows) union(s *step) {
	c := &r.cursor
	i := c.long()
	if c.err == nil && (i < 0 || i >= int64(len(s.members))) {
		c.fail(fmt.Errorf("a union has no branch %d", i))
	}
	if c.err != nil || s.members[i] == nil || !c.enter() {
		s.b.AppendNull()
		return
	}
	defer func() { c.depth-- }()
	if s.op == opUnion {
		r.read(s.members[i])
		return
	}
	for at, m := range s.members {
		switch {
		case m == nil:
		case int64(at) == i:
			r.read(m)
		default:
			m.b.AppendNull()
		}
	}
	s.b.Len++
}
