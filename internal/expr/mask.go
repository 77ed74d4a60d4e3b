package expr

import (
	"math/bits"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/bitutil"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// A mask is a bit for each row, in words: the validity of a column (set: has a value), or the values
// of a boolean one. As a validity, nil stands for "all set".
type mask []uint64

func maskWords(n int) int { return (n + 63) / 64 }

// newMask is n bits, all clear.
func newMask(n int) mask { return make(mask, maskWords(n)) }

// fullMask is n bits, all set; bits past n are clear.
func fullMask(n int) mask {
	m := newMask(n)
	for i := range m {
		m[i] = ^uint64(0)
	}
	m.trim(n)
	return m
}

// trim clears the bits past n, which counting relies on.
func (m mask) trim(n int) {
	if r := n % 64; r != 0 {
		m[len(m)-1] &= 1<<r - 1
	}
}

func (m mask) get(i int) bool { return m[i>>6]>>(i&63)&1 != 0 }
func (m mask) set(i int)      { m[i>>6] |= 1 << (i & 63) }
func (m mask) clear(i int)    { m[i>>6] &^= 1 << (i & 63) }

// has reports whether row i is valid; the nil mask has all rows.
func (m mask) has(i int) bool { return m == nil || m.get(i) }

func (m mask) count() int {
	n := 0
	for _, w := range m {
		n += bits.OnesCount64(w)
	}
	return n
}

func (m mask) clone() mask { return append(mask(nil), m...) }

// and intersects two validities; either may be nil.
func (m mask) and(o mask) mask {
	if m == nil {
		return o
	}
	if o == nil {
		return m
	}
	out := make(mask, len(m))
	for i := range out {
		out[i] = m[i] & o[i]
	}
	return out
}

// bytes is the mask as Arrow keeps it.
func (m mask) bytes() []byte {
	if len(m) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&m[0])), len(m)*8)
}

func (m mask) buffer() *memory.Buffer {
	if m == nil {
		return nil
	}
	return memory.NewBufferBytes(m.bytes())
}

// nulls is how many of n rows are not set.
func (m mask) nulls(n int) int {
	if m == nil {
		return 0
	}
	return n - m.count()
}

// bitsOf copies n bits from offset off into words.
func bitsOf(raw []byte, off, n int) mask {
	m := newMask(n)
	if n == 0 {
		return m
	}
	bitutil.CopyBitmap(raw, off, n, m.bytes(), 0)
	m.trim(n)
	return m
}

// validOf is the validity of the array's rows.
func validOf(arr arrow.Array) mask {
	n := arr.Len()
	if arr.DataType().ID() == arrow.NULL {
		return newMask(n)
	}
	if arr.NullN() == 0 {
		return nil
	}
	return bitsOf(arr.NullBitmapBytes(), arr.Data().Offset(), n)
}

// valid is the vector's validity over n rows.
func (v Vector) valid(n int) mask {
	if !v.Const {
		return validOf(v.Values)
	}
	if isNull(v.Values, 0) {
		return newMask(n)
	}
	return nil
}

// validAll is where all vectors have a value.
func validAll(n int, args []Vector) mask {
	var m mask
	for _, a := range args {
		m = m.and(a.valid(n))
	}
	return m
}

func b2u(b bool) uint64 {
	var x uint64
	if b {
		x = 1
	}
	return x
}
