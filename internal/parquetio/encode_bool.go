package parquetio

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/parquet-go/parquet-go/format"

	"lakehouse/internal/predicate"
)

// A boolEncoder packs eight values into a byte.
type boolEncoder struct {
	packed []byte
	n      int

	page, chunk, file boolBounds
}

// boolBounds say which of the two values occur.
type boolBounds struct{ no, yes bool }

func (b *boolBounds) merge(o boolBounds) { b.no, b.yes = b.no || o.no, b.yes || o.yes }

func (b boolBounds) encode() pageBounds {
	if !b.no && !b.yes {
		return pageBounds{}
	}
	low, high := []byte{0}, []byte{0}
	if !b.no {
		low[0] = 1
	}
	if b.yes {
		high[0] = 1
	}
	return pageBounds{min: low, max: high, known: true}
}

func (e *boolEncoder) add(a arrow.Array, at []int32) error {
	values, ok := a.(*array.Boolean)
	if !ok {
		return wrongArray(a, "boolean")
	}
	if at == nil {
		for i := range values.Len() {
			e.addOne(values.Value(i))
		}
		return nil
	}
	for _, i := range at {
		e.addOne(values.Value(int(i)))
	}
	return nil
}

func (e *boolEncoder) addOne(v bool) {
	if e.n%8 == 0 {
		e.packed = append(e.packed, 0)
	}
	if v {
		e.packed[e.n/8] |= 1 << (e.n % 8)
		e.page.yes = true
	} else {
		e.page.no = true
	}
	e.n++
}

func (e *boolEncoder) pageSize() int { return len(e.packed) }

func (e *boolEncoder) bufferedSize() int { return len(e.packed) }

func (e *boolEncoder) endPage(dst []byte) ([]byte, format.Encoding, pageBounds) {
	bounds := e.page.encode()
	e.chunk.merge(e.page)
	dst = append(dst, e.packed...)
	e.packed, e.n, e.page = e.packed[:0], 0, boolBounds{}
	return dst, format.Plain, bounds
}

func (e *boolEncoder) endChunk() ([]byte, int, pageBounds) {
	bounds := e.chunk.encode()
	e.file.merge(e.chunk)
	e.chunk = boolBounds{}
	return nil, 0, bounds
}

func (e *boolEncoder) fileBounds() (low, high predicate.Value) {
	if !e.file.no && !e.file.yes {
		return nil, nil
	}
	return !e.file.no, e.file.yes
}
