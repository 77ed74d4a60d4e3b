package parquetio

import (
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/parquet-go/parquet-go/format"

	"lakehouse/internal/predicate"
)

// A numberEncoder encodes a column of one of the four physical number types.
type numberEncoder[T number] struct {
	load    loader[T]
	value   func(T) predicate.Value
	scratch []T

	state      dictionaryState
	dictionary *numberDictionary[T]
	known      int      // entries of the dictionary before the page
	indexes    []uint32 // of the page, while the dictionary grows
	plain      []byte   // of the page, once it does not

	page, chunk, file numberBounds[T]
}

// A loader gives an array's values at the positions, or all for nil, as the physical type. It may
// return the array's own memory, or that of scratch.
type loader[T number] func(scratch *[]T, a arrow.Array, at []int32) ([]T, error)

func newNumberEncoder[T number](load loader[T], value func(T) predicate.Value, seed uint64) *numberEncoder[T] {
	return &numberEncoder[T]{load: load, value: value, dictionary: newNumberDictionary[T](seed)}
}

func (e *numberEncoder[T]) add(a arrow.Array, at []int32) error {
	values, err := e.load(&e.scratch, a, at)
	if err != nil {
		return err
	}
	e.page.add(values)
	if e.state.growing() {
		e.indexes = e.dictionary.index(e.indexes, values)
		if e.state.hopeless(len(e.dictionary.values), len(e.indexes)) {
			e.state = dictionaryRejected
			e.plain, e.indexes = e.appendPlain(e.plain), e.indexes[:0]
		}
	} else {
		e.plain = append(e.plain, bytesOf(values)...)
	}
	return nil
}

func (e *numberEncoder[T]) width() int { return int(unsafe.Sizeof(e.page.min)) }

func (e *numberEncoder[T]) pageSize() int { return len(e.indexes)*e.width() + len(e.plain) }

func (e *numberEncoder[T]) bufferedSize() int {
	if !e.state.growing() {
		return len(e.plain) + e.dictionarySize()
	}
	return min(e.pageSize(), len(e.indexes)*bitWidth(len(e.dictionary.values))/8+e.dictionarySize())
}

func (e *numberEncoder[T]) dictionarySize() int {
	if e.state == dictionaryRejected {
		return 0
	}
	return len(e.dictionary.values) * e.width()
}

func (e *numberEncoder[T]) endPage(dst []byte) ([]byte, format.Encoding, pageBounds) {
	bounds := e.page.encode()
	e.chunk.merge(e.page)
	e.page = numberBounds[T]{}
	if !e.state.growing() {
		dst = append(dst, e.plain...)
		e.plain = e.plain[:0]
		return dst, format.Plain, bounds
	}
	entries := len(e.dictionary.values)
	e.state = e.state.after(indexedPage{
		dictionary: entries * e.width(), entries: entries, fresh: entries - e.known,
		values: len(e.indexes), plain: len(e.indexes) * e.width(),
	})
	e.known = entries
	encoding := format.RLEDictionary
	if e.state == dictionaryRejected {
		encoding = format.Plain
		dst = e.appendPlain(dst)
	} else {
		dst = appendIndexes(dst, e.indexes, entries)
	}
	e.indexes = e.indexes[:0]
	return dst, encoding, bounds
}

// appendPlain encodes the page from its indexes.
func (e *numberEncoder[T]) appendPlain(dst []byte) []byte {
	values := grow(e.scratch, len(e.indexes))
	for i, at := range e.indexes {
		values[i] = e.dictionary.values[at]
	}
	e.scratch = values
	return append(dst, bytesOf(values)...)
}

func (e *numberEncoder[T]) endChunk() ([]byte, int, pageBounds) {
	bounds := e.chunk.encode()
	e.file.merge(e.chunk)
	var dictionary []byte
	n := 0
	if e.state.used() {
		n = len(e.dictionary.values)
		dictionary = append(dictionary, bytesOf(e.dictionary.values)...)
	}
	e.dictionary.reset()
	e.state, e.known, e.chunk = dictionaryOnTrial, 0, numberBounds[T]{}
	return dictionary, n, bounds
}

// fileBounds leaves the upper bound out where there is a NaN: Spark orders it above all numbers.
func (e *numberEncoder[T]) fileBounds() (low, high predicate.Value) {
	if !e.file.known {
		return nil, nil
	}
	if e.file.nan {
		return e.value(e.file.min), nil
	}
	return e.value(e.file.min), e.value(e.file.max)
}

// bytesOf is the memory of the values: Parquet's plain encoding on a little-endian machine, which
// is every one that Go's Arrow library supports without swapping.
func bytesOf[T any](values []T) []byte {
	if len(values) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(values))), len(values)*int(unsafe.Sizeof(values[0])))
}
