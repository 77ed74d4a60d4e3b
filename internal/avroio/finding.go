package avroio

import (
	"encoding/base64"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"lakehouse/internal/records"
	"lakehouse/internal/types"
)

// notRead passes over a field that no column takes: it is kept as JSON, and noted.
func (r *rows) notRead(s *step, f *recordField) {
	value := r.cursor.appendJSON(nil, f.write)
	if r.cursor.err != nil {
		return
	}
	if u := r.Unread(); u != nil && string(value) != "null" {
		if s.within {
			r.dirty = true
		} else {
			u.Add(s.path, f.name, value)
		}
	}
	path := append(slices.Clip(s.path), f.name)
	key := strings.Join(path, "\x00")
	if r.d.opts.Found == nil || r.told[key] {
		return
	}
	t, err := r.d.opts.sqlType(f.write, nil, 0)
	if err != nil || t == nil {
		t = types.String
	}
	r.told[key] = true
	if f.unfit {
		r.d.opts.Found.Misfit(path, t)
	} else {
		r.d.opts.Found.Unknown(path, t)
	}
}

// keepWhole keeps the value of a field, of whose arrays and maps something was not read, as JSON: there is no other place in it to
// which the rest belongs.
func (r *rows) keepWhole(s *step, f *recordField, from int) {
	r.dirty = false
	again := cursor{data: r.cursor.data, pos: from, depth: r.cursor.depth}
	if value := again.appendJSON(nil, f.write); again.err == nil && r.cursor.err == nil {
		r.Unread().Add(s.path, f.name, value)
	}
}

// appendJSON reads a value as JSON.
func (c *cursor) appendJSON(dst []byte, s *Schema) []byte {
	switch s.kind {
	case kindNull:
		return append(dst, "null"...)
	case kindBoolean:
		return strconv.AppendBool(dst, c.boolean())
	case kindInt:
		n := c.int()
		if s.logical == "date" {
			return time.Unix(int64(n)*86400, 0).UTC().AppendFormat(dst, `"2006-01-02"`)
		}
		return strconv.AppendInt(dst, int64(n), 10)
	case kindLong:
		return appendLong(dst, s, c.long())
	case kindFloat:
		return appendFloat(dst, float64(c.float()), 32)
	case kindDouble:
		return appendFloat(dst, c.double(), 64)
	case kindString:
		return records.AppendJSON(dst, records.Text(c.bytes()))
	case kindBytes:
		return s.appendBinary(dst, c.bytes())
	case kindFixed:
		return s.appendBinary(dst, c.take(s.size))
	case kindEnum:
		i := c.long()
		if i < 0 || i >= int64(len(s.symbols)) {
			c.fail(errCut)
			return dst
		}
		return records.AppendJSON(dst, s.symbols[i])
	case kindUnion:
		b := c.branch(s)
		if b == nil || !c.enter() {
			return dst
		}
		defer func() { c.depth-- }()
		return c.appendJSON(dst, b)
	default:
		return c.appendParts(dst, s)
	}
}

func (c *cursor) appendParts(dst []byte, s *Schema) []byte {
	if !c.enter() {
		return dst
	}
	defer func() { c.depth-- }()
	if s.kind == kindRecord {
		dst = append(dst, '{')
		for i := range s.fields {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(records.AppendJSON(dst, s.fields[i].name), ':')
			dst = c.appendJSON(dst, s.fields[i].schema)
		}
		return append(dst, '}')
	}
	opening, closing := byte('['), byte(']')
	if s.kind == kindMap {
		opening, closing = '{', '}'
	}
	dst = append(dst, opening)
	first := true
	for c.err == nil {
		n := c.count(s.itemBytes())
		if n == 0 {
			break
		}
		for range n {
			if !first {
				dst = append(dst, ',')
			}
			first = false
			if s.kind == kindMap {
				dst = append(records.AppendJSON(dst, records.Text(c.bytes())), ':')
			}
			if dst = c.appendJSON(dst, s.item); c.err != nil {
				break
			}
		}
	}
	return append(dst, closing)
}

func appendLong(dst []byte, s *Schema, n int64) []byte {
	switch s.logical {
	case "timestamp-millis":
		return time.UnixMilli(n).UTC().AppendFormat(dst, `"2006-01-02T15:04:05.000Z"`)
	case "timestamp-micros":
		return time.UnixMicro(n).UTC().AppendFormat(dst, `"2006-01-02T15:04:05.000000Z"`)
	case "local-timestamp-millis":
		return time.UnixMilli(n).UTC().AppendFormat(dst, `"2006-01-02T15:04:05.000"`)
	case "local-timestamp-micros":
		return time.UnixMicro(n).UTC().AppendFormat(dst, `"2006-01-02T15:04:05.000000"`)
	}
	return strconv.AppendInt(dst, n, 10)
}

func appendFloat(dst []byte, f float64, bits int) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, `"NaN"`...)
	case math.IsInf(f, 1):
		return append(dst, `"Infinity"`...)
	case math.IsInf(f, -1):
		return append(dst, `"-Infinity"`...)
	}
	return strconv.AppendFloat(dst, f, 'g', -1, bits)
}

func (s *Schema) appendBinary(dst, value []byte) []byte {
	if d, ok := s.decimal(); ok {
		if n, ok := unscaled(value); ok {
			return append(dst, n.ToString(int32(d.Scale))...)
		}
	}
	return append(base64.StdEncoding.AppendEncode(append(dst, '"'), value), '"')
}
