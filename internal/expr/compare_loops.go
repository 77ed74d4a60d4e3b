package expr

import (
	"cmp"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
)

// The loops of comparison write a bit a row. Only "equal" and "less" are written out: the others
// are these with the sides swapped or the bits turned.

func equalLoop[T cmp.Ordered](dst mask, a, b []T) {
	b = b[:len(a)]
	for i := range a {
		dst[i>>6] |= b2u(a[i] == b[i]) << (i & 63)
	}
}

func equalConstLoop[T cmp.Ordered](dst mask, a []T, b T) {
	for i := range a {
		dst[i>>6] |= b2u(a[i] == b) << (i & 63)
	}
}

func lessLoop[T cmp.Ordered](dst mask, a, b []T) {
	b = b[:len(a)]
	for i := range a {
		dst[i>>6] |= b2u(a[i] < b[i]) << (i & 63)
	}
}

func lessConstLoop[T cmp.Ordered](dst mask, a []T, b T) {
	for i := range a {
		dst[i>>6] |= b2u(a[i] < b) << (i & 63)
	}
}

func greaterConstLoop[T cmp.Ordered](dst mask, a []T, b T) {
	for i := range a {
		dst[i>>6] |= b2u(a[i] > b) << (i & 63)
	}
}

// Floats have Spark's order: NaN equals itself and is above all others.

func equalFloatLoop[T float32 | float64](dst mask, a, b []T) {
	b = b[:len(a)]
	for i := range a {
		x, y := a[i], b[i]
		dst[i>>6] |= (b2u(x == y) | b2u(x != x)&b2u(y != y)) << (i & 63)
	}
}

func lessFloatLoop[T float32 | float64](dst mask, a, b []T) {
	b = b[:len(a)]
	for i := range a {
		x, y := a[i], b[i]
		dst[i>>6] |= (b2u(x < y) | b2u(x == x)&b2u(y != y)) << (i & 63)
	}
}

// texts is a string or binary column, as its offsets and bytes.
type texts struct {
	offsets []int32
	data    string
	index   int // row i is at i & index
}

func textsOf(v Vector) texts {
	t := texts{offsets: []int32{0, 0}, index: -1}
	if v.Const {
		t.index = 0
	}
	data := v.Values.Data()
	if data.Len() == 0 || v.Values.DataType().ID() == arrow.NULL {
		t.index = 0
		return t
	}
	raw := data.Buffers()[1].Bytes()
	t.offsets = unsafe.Slice((*int32)(unsafe.Pointer(&raw[0])), len(raw)/4)[data.Offset():]
	if b := data.Buffers()[2]; b != nil && b.Len() > 0 {
		t.data = unsafe.String(&b.Bytes()[0], b.Len())
	}
	return t
}

func (t *texts) at(i int) string {
	i &= t.index
	return t.data[t.offsets[i]:t.offsets[i+1]]
}

func equalTextLoop(dst mask, a, b texts, n int) {
	for i := range n {
		dst[i>>6] |= b2u(a.at(i) == b.at(i)) << (i & 63)
	}
}

func lessTextLoop(dst mask, a, b texts, n int) {
	for i := range n {
		dst[i>>6] |= b2u(a.at(i) < b.at(i)) << (i & 63)
	}
}

// flip turns the first n bits.
func (m mask) flip(n int) {
	for i := range m {
		m[i] = ^m[i]
	}
	if len(m) > 0 {
		m.trim(n)
	}
}
