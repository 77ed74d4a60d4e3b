package parquetio

import (
	"encoding/binary"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/parquet-go/parquet-go/format"

	"lakehouse/internal/predicate"
)

// A span is a string of bytes within some memory.
type span struct{ start, end int32 }

// A bytesEncoder encodes strings, binaries, and decimals too wide for an integer.
type bytesEncoder struct {
	load    bytesLoader
	value   func([]byte) predicate.Value
	text    bool // UTF-8: bounds are cut between characters
	fixed   int  // the length of every value, or 0: then each carries its own
	scratch bytesScratch

	state      dictionaryState
	dictionary *bytesDictionary
	known      int // entries of the dictionary before the page
	indexes    []uint32
	plain      []byte
	plainSize  int    // of the page, were it plain
	pageNumber uint32 // within the chunk, from 1: what the dictionary stamps its values with

	page, chunk, file bytesBounds
}

// bytesScratch is memory that a loader may use.
type bytesScratch struct {
	data  []byte
	spans []span
}

// A bytesLoader gives an array's values at the positions, or all for nil.
type bytesLoader func(scratch *bytesScratch, a arrow.Array, at []int32) (data []byte, spans []span, err error)

func newBytesEncoder(load bytesLoader, value func([]byte) predicate.Value, seed uint64) *bytesEncoder {
	return &bytesEncoder{load: load, value: value, dictionary: newBytesDictionary(seed), pageNumber: 1}
}

func (e *bytesEncoder) add(a arrow.Array, at []int32) error {
	data, spans, err := e.load(&e.scratch, a, at)
	if err != nil {
		return err
	}
	if e.state.growing() {
		e.indexes = e.dictionary.index(e.indexes, data, spans, e.pageNumber)
		e.plainSize += e.sizeOf(spans)
		if e.state.hopeless(len(e.dictionary.ends), len(e.indexes)) {
			e.boundIndexed()
			e.page.own()
			e.state = dictionaryRejected
			e.plain, e.indexes = e.appendPlain(e.plain), e.indexes[:0]
		}
		return nil
	}
	e.page.addSpans(data, spans)
	e.page.own()
	before := len(e.plain)
	for _, s := range spans {
		e.plain = e.appendValue(e.plain, data[s.start:s.end])
	}
	e.plainSize += len(e.plain) - before
	return nil
}

func (e *bytesEncoder) appendValue(dst, v []byte) []byte {
	if e.fixed == 0 {
		dst = binary.LittleEndian.AppendUint32(dst, uint32(len(v)))
	}
	return append(dst, v...)
}

// appendPlain encodes the page from its indexes.
func (e *bytesEncoder) appendPlain(dst []byte) []byte {
	for _, at := range e.indexes {
		dst = e.appendValue(dst, e.dictionary.value(at))
	}
	return dst
}

func (e *bytesEncoder) sizeOf(spans []span) int {
	n := e.prefix() * len(spans)
	for _, s := range spans {
		n += int(s.end - s.start)
	}
	return n
}

// prefix is what a plain value takes besides its bytes.
func (e *bytesEncoder) prefix() int {
	if e.fixed > 0 {
		return 0
	}
	return 4
}

func (e *bytesEncoder) pageSize() int { return e.plainSize }

func (e *bytesEncoder) bufferedSize() int {
	if !e.state.growing() {
		return e.plainSize + e.dictionarySize()
	}
	return min(e.plainSize, len(e.indexes)*bitWidth(len(e.dictionary.ends))/8+e.dictionarySize())
}

func (e *bytesEncoder) dictionarySize() int {
	if e.state == dictionaryRejected {
		return 0
	}
	return len(e.dictionary.data) + e.prefix()*len(e.dictionary.ends)
}

func (e *bytesEncoder) endPage(dst []byte) ([]byte, format.Encoding, pageBounds) {
	encoding := format.Plain
	if e.state.growing() {
		e.boundIndexed()
		entries := len(e.dictionary.ends)
		e.state = e.state.after(indexedPage{
			dictionary: e.dictionarySize(), entries: entries, fresh: entries - e.known,
			values: len(e.indexes), plain: e.plainSize,
		})
		e.known = entries
		if e.state == dictionaryRejected {
			dst = e.appendPlain(dst)
		} else {
			encoding = format.RLEDictionary
			dst = appendIndexes(dst, e.indexes, entries)
		}
	} else {
		dst = append(dst, e.plain...)
	}
	bounds := e.encodeBounds(e.page)
	e.chunk.merge(e.page)
	e.chunk.own()
	e.page.reset()
	e.indexes, e.plain, e.plainSize = e.indexes[:0], e.plain[:0], 0
	e.pageNumber++
	return dst, encoding, bounds
}

// boundIndexed finds the bounds of a page among the dictionary's values that occur in it.
func (e *bytesEncoder) boundIndexed() {
	for i, page := range e.dictionary.stamps {
		if page == e.pageNumber {
			e.page.add(e.dictionary.value(uint32(i)))
		}
	}
}

func (e *bytesEncoder) encodeBounds(b bytesBounds) pageBounds {
	if !b.known {
		return pageBounds{}
	}
	high, ok := upperBound(b.max, footerBoundBytes, e.text)
	return pageBounds{min: append([]byte{}, lowerBound(b.min, footerBoundBytes, e.text)...), max: append([]byte{}, high...), known: ok}
}

func (e *bytesEncoder) endChunk() ([]byte, int, pageBounds) {
	bounds := e.encodeBounds(e.chunk)
	e.file.merge(e.chunk)
	e.file.own()
	var dictionary []byte
	n := 0
	if e.state.used() {
		n = len(e.dictionary.ends)
		dictionary = make([]byte, 0, e.dictionarySize())
		for i := range uint32(n) {
			dictionary = e.appendValue(dictionary, e.dictionary.value(i))
		}
	}
	e.dictionary.reset()
	e.chunk.reset()
	e.state, e.known, e.pageNumber = dictionaryOnTrial, 0, 1
	return dictionary, n, bounds
}

func (e *bytesEncoder) fileBounds() (low, high predicate.Value) {
	if !e.file.known {
		return nil, nil
	}
	low = e.value(lowerBound(e.file.min, fileBoundBytes, e.text))
	if most, ok := upperBound(e.file.max, fileBoundBytes, e.text); ok {
		high = e.value(most)
	}
	return low, high
}
