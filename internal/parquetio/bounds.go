package parquetio

import (
	"bytes"
	"encoding/binary"
	"math"
	"unicode/utf8"
)

// pageBounds are the smallest and largest value of a page or a chunk, plainly encoded.
type pageBounds struct {
	min, max []byte
	known    bool // there is a value, and not only NaN
	nan      bool // there is a NaN, whose place readers disagree on
}

// numberBounds are the smallest and largest number so far, NaN aside.
type numberBounds[T number] struct {
	min, max T
	known    bool
	nan      bool
}

func (b *numberBounds[T]) add(values []T) {
	i := 0
	for ; !b.known && i < len(values); i++ {
		b.addOne(values[i])
	}
	low, high, nan := b.min, b.max, b.nan
	for _, v := range values[i:] {
		if v < low {
			low = v
		}
		if v > high {
			high = v
		}
		if v != v {
			nan = true
		}
	}
	b.min, b.max, b.nan = low, high, nan
}

func (b *numberBounds[T]) addOne(v T) {
	switch {
	case v != v:
		b.nan = true
	case b.known:
		b.min, b.max = min(b.min, v), max(b.max, v)
	default:
		b.min, b.max, b.known = v, v, true
	}
}

func (b *numberBounds[T]) merge(o numberBounds[T]) {
	nan := b.nan || o.nan
	if o.known {
		b.addOne(o.min)
		b.addOne(o.max)
	}
	b.nan = nan
}

// encode gives the bounds as statistics hold them. A zero bound covers both zeros.
func (b *numberBounds[T]) encode() pageBounds {
	if !b.known {
		return pageBounds{nan: b.nan}
	}
	low, high := b.min, b.max
	if low == 0 {
		low = negativeZero[T]()
	}
	if high == 0 {
		high = 0
	}
	return pageBounds{min: appendNumber(nil, low), max: appendNumber(nil, high), known: true, nan: b.nan}
}

// negativeZero is -0.0, or 0 of an integer.
func negativeZero[T number]() T {
	var zero T
	switch any(zero).(type) {
	case float32, float64:
		return T(math.Copysign(0, -1))
	}
	return zero
}

func appendNumber[T number](dst []byte, v T) []byte {
	switch v := any(v).(type) {
	case int32:
		return binary.LittleEndian.AppendUint32(dst, uint32(v))
	case int64:
		return binary.LittleEndian.AppendUint64(dst, uint64(v))
	case float32:
		return binary.LittleEndian.AppendUint32(dst, math.Float32bits(v))
	case float64:
		return binary.LittleEndian.AppendUint64(dst, math.Float64bits(v))
	}
	return dst
}

// bytesBounds are the smallest and largest string of bytes so far. The keys are the first eight bytes, which
// tell most values apart without a comparison of memory.
type bytesBounds struct {
	min, max       []byte
	minKey, maxKey uint64
	known          bool
	flip           uint64 // signBit where the values are signed big-endian numbers of one length
}

const signBit = 1 << 63

func (b *bytesBounds) key(v []byte) uint64 {
	if len(v) >= 8 {
		return binary.BigEndian.Uint64(v) ^ b.flip
	}
	var key uint64
	for i, c := range v {
		key |= uint64(c) << (56 - 8*i)
	}
	return key ^ b.flip
}

// addSpans widens the bounds by the spans of data, which it keeps a reference to until own is called.
func (b *bytesBounds) addSpans(data []byte, spans []span) {
	for _, s := range spans {
		b.add(data[s.start:s.end])
	}
}

func (b *bytesBounds) add(v []byte) {
	key := b.key(v)
	if !b.known {
		b.min, b.max, b.minKey, b.maxKey, b.known = v, v, key, key, true
		return
	}
	if key < b.minKey || key == b.minKey && bytes.Compare(v, b.min) < 0 {
		b.min, b.minKey = v, key
	}
	if key > b.maxKey || key == b.maxKey && bytes.Compare(v, b.max) > 0 {
		b.max, b.maxKey = v, key
	}
}

// own copies the bounds out of whatever memory they lie in.
func (b *bytesBounds) own() {
	if b.known {
		b.min, b.max = bytes.Clone(b.min), bytes.Clone(b.max)
	}
}

func (b *bytesBounds) merge(o bytesBounds) {
	if o.known {
		b.add(o.min)
		b.add(o.max)
	}
}

func (b *bytesBounds) reset() { *b = bytesBounds{flip: b.flip} }

// How long a bound of strings is at most: in the footer, which holds two for each column and row group; and in what the
// writer tells of the file, from which Delta takes its own 32 characters, or up to 64 of a maximum.
const (
	footerBoundBytes = 64
	fileBoundBytes   = 256
)

// lowerBound shortens a bound to a prefix, which is not above it.
func lowerBound(v []byte, limit int, text bool) []byte {
	if len(v) <= limit {
		return v
	}
	return v[:prefixLength(v, limit, text)]
}

// upperBound shortens a bound to a prefix whose last character is raised, so that it is above all that
// begins so. It reports false where no such prefix exists.
func upperBound(v []byte, limit int, text bool) ([]byte, bool) {
	if len(v) <= limit {
		return v, true
	}
	prefix := bytes.Clone(v[:prefixLength(v, limit, text)])
	if text {
		return raiseText(prefix)
	}
	for i := len(prefix) - 1; i >= 0; i-- {
		if prefix[i] < 0xff {
			prefix[i]++
			return prefix[:i+1], true
		}
	}
	return nil, false
}

// prefixLength is the longest cut that splits no character.
func prefixLength(v []byte, limit int, text bool) int {
	n := limit
	for text && n > 0 && !utf8.RuneStart(v[n]) {
		n--
	}
	return n
}

// Surrogates are code points that are no characters.
const (
	surrogates      = 0xD800
	afterSurrogates = 0xE000
)

func raiseText(prefix []byte) ([]byte, bool) {
	for len(prefix) > 0 {
		r, n := utf8.DecodeLastRune(prefix)
		prefix = prefix[:len(prefix)-n]
		if r == utf8.RuneError && n <= 1 {
			return nil, false // not text after all: say nothing
		}
		next := r + 1
		if next == surrogates {
			next = afterSurrogates
		}
		if utf8.ValidRune(next) {
			return utf8.AppendRune(prefix, next), true
		}
	}
	return nil, false
}
