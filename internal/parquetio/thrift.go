package parquetio

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// A thriftReader reads the compact protocol from bytes that may say anything. It is not the
// library's reader because that one allocates what a list's length claims, and cannot tell a null
// count of zero from none. The first error sticks; after it every value is zero.
type thriftReader struct {
	data []byte
	at   int
	err  error
}

// The types of the compact protocol.
const (
	thriftStop   = 0
	thriftTrue   = 1
	thriftFalse  = 2
	thriftByte   = 3
	thriftI16    = 4
	thriftI32    = 5
	thriftI64    = 6
	thriftDouble = 7
	thriftBinary = 8
	thriftList   = 9
	thriftSet    = 10
	thriftMap    = 11
	thriftStruct = 12
)

// A thriftField is what precedes a value in a struct.
type thriftField struct {
	id   int16
	kind byte
}

var errThriftEnd = errors.New("unexpected end")

func (r *thriftReader) fail(err error) {
	if r.err == nil {
		r.err = fmt.Errorf("offset %d: %w", r.at, err)
	}
	r.at = len(r.data)
}

func (r *thriftReader) byte() byte {
	if r.at >= len(r.data) {
		r.fail(errThriftEnd)
		return 0
	}
	r.at++
	return r.data[r.at-1]
}

func (r *thriftReader) uvarint() uint64 {
	v, n := binary.Uvarint(r.data[r.at:])
	if n <= 0 {
		r.fail(errThriftEnd)
		return 0
	}
	r.at += n
	return v
}

// integer reads a value of any integer type.
func (r *thriftReader) integer() int64 {
	u := r.uvarint()
	return int64(u>>1) ^ -int64(u&1)
}

// int32 reads an integer that must fit.
func (r *thriftReader) int32() int32 {
	v := r.integer()
	if v != int64(int32(v)) {
		r.fail(fmt.Errorf("%d is not a 32-bit integer", v))
		return 0
	}
	return int32(v)
}

// bytes reads a string, as a part of the input.
func (r *thriftReader) bytes() []byte {
	n := r.uvarint()
	if n > uint64(len(r.data)-r.at) {
		r.fail(errThriftEnd)
		return nil
	}
	r.at += int(n)
	return r.data[r.at-int(n) : r.at]
}

// fields calls do for each field of a struct, which must read its value or skip it.
func (r *thriftReader) fields(do func(thriftField)) {
	var last int16
	for r.err == nil {
		head := r.byte()
		if head == thriftStop {
			return
		}
		id := last + int16(head>>4)
		if head>>4 == 0 {
			id = int16(r.integer())
		}
		last = id
		do(thriftField{id, head & 0x0f})
	}
}

// structOf reads a struct where the field has one, and skips what else it may have.
func (r *thriftReader) structOf(f thriftField, do func(thriftField)) {
	if f.kind != thriftStruct {
		r.skip(f.kind, 0)
		return
	}
	r.fields(do)
}

// list calls do for each element of a list of that kind, and skips what else the field may have.
// An element takes a byte at least, so that the loop ends with the input.
func (r *thriftReader) list(f thriftField, kind byte, do func()) {
	if f.kind != thriftList {
		r.skip(f.kind, 0)
		return
	}
	n, found := r.listHead()
	for i := 0; i < n && r.err == nil; i++ {
		if found == kind {
			do()
		} else {
			r.skip(found, 0)
		}
	}
}

func (r *thriftReader) listHead() (n int, kind byte) {
	head := r.byte()
	size := uint64(head >> 4)
	if size == 15 {
		size = r.uvarint()
	}
	if size > uint64(len(r.data)-r.at) {
		r.fail(errThriftEnd)
		return 0, 0
	}
	return int(size), head & 0x0f
}

// truth is the value of a boolean field, which lies in its kind.
func (f thriftField) truth() bool { return f.kind == thriftTrue }

// maxThriftDepth bounds the structs within structs that are skipped.
const maxThriftDepth = 32

// skip passes over a value.
func (r *thriftReader) skip(kind byte, depth int) {
	if depth > maxThriftDepth {
		r.fail(errors.New("nested too deep"))
		return
	}
	switch kind {
	case thriftTrue, thriftFalse:
	case thriftByte:
		r.byte()
	case thriftI16, thriftI32, thriftI64:
		r.uvarint()
	case thriftDouble:
		if len(r.data)-r.at < 8 {
			r.fail(errThriftEnd)
			return
		}
		r.at += 8
	case thriftBinary:
		r.bytes()
	case thriftList, thriftSet:
		n, element := r.listHead()
		for i := 0; i < n && r.err == nil; i++ {
			r.skipElement(element, depth)
		}
	case thriftMap:
		r.skipMap(depth)
	case thriftStruct:
		r.fields(func(f thriftField) { r.skip(f.kind, depth+1) })
	default:
		r.fail(fmt.Errorf("unknown thrift type %d", kind))
	}
}

// skipElement passes over an element: there a boolean is a byte.
func (r *thriftReader) skipElement(kind byte, depth int) {
	if kind == thriftTrue || kind == thriftFalse {
		r.byte()
		return
	}
	r.skip(kind, depth+1)
}

func (r *thriftReader) skipMap(depth int) {
	n := r.uvarint()
	if n == 0 {
		return
	}
	kinds := r.byte()
	for ; n > 0 && r.err == nil; n-- {
		r.skipElement(kinds>>4, depth)
		r.skipElement(kinds&0x0f, depth)
	}
}

// integerOf reads an integer where the field has one, and skips what else it may have.
func (r *thriftReader) integerOf(f thriftField) int64 {
	switch f.kind {
	case thriftI16, thriftI32, thriftI64:
		return r.integer()
	}
	r.skip(f.kind, 0)
	return 0
}

// int32Of is integerOf for what must fit 32 bits.
func (r *thriftReader) int32Of(f thriftField) int32 {
	switch f.kind {
	case thriftI16, thriftI32, thriftI64:
		return r.int32()
	}
	r.skip(f.kind, 0)
	return 0
}

// bytesOf reads a string where the field has one, and skips what else it may have.
func (r *thriftReader) bytesOf(f thriftField) []byte {
	if f.kind == thriftBinary {
		return r.bytes()
	}
	r.skip(f.kind, 0)
	return nil
}
