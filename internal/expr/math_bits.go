package expr

import (
	"math"
	"math/big"
	"math/bits"
	"strconv"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

func buildBitCount(b *builder) (Expr, error) {
	if b.args[0].Type() == types.Boolean {
		return b.make(types.Integer, map1(types.Integer, func(v bool) int32 { return int32(b2u(v)) })), nil
	}
	if err := b.coerceTo(anInteger); err != nil {
		return nil, err
	}
	var err error
	if b.args[0], err = implicit(b.ctx, b.args[0], types.Long); err != nil {
		return nil, err
	}
	b.fn.safe = true
	return b.make(types.Integer, map1(types.Integer, func(v int64) int32 { return int32(mask{uint64(v)}.count()) })), nil
}

var getBit = fn(types.Byte, try2(types.Byte, func(_ *Context, v int64, pos int32) (int8, bool, error) {
	if pos < 0 || pos > 63 {
		return 0, false, errclass.InvalidParameterValue.New("The value of parameter(s) `pos` in `bit_get` is invalid: expects an integer value in [0, 64), but got %d.", pos)
	}
	return int8(v >> pos & 1), true, nil
}), aLong, anInt)

// bitmapBits is how many values one bitmap of bitmap_construct_agg tells apart.
const bitmapBits = 8 * 4096

// bitmapPosition is the bit that stands for a value in its bucket's bitmap.
func bitmapPosition(v int64) int64 {
	if v > 0 {
		return (v - 1) % bitmapBits
	}
	return -v % bitmapBits
}

// bitmapBucket numbers the bitmaps that values fall into: the positive ones from 1.
func bitmapBucket(v int64) int64 {
	if v > 0 {
		return 1 + (v-1)/bitmapBits
	}
	return v / bitmapBits
}

// buildBitmapCount counts the bits of a bitmap.
func buildBitmapCount(b *builder) (Expr, error) {
	if err := b.coerceTo(is(types.Binary)); err != nil {
		return nil, err
	}
	return b.make(types.Long, func(_ *Context, n int, args []Vector) (arrow.Array, error) {
		bytes := textsOf(args[0])
		return tryRows(types.Long, n, args, func(i int) (int64, bool, error) {
			count := int64(0)
			for _, x := range []byte(bytes.at(args[0].at(i))) {
				count += int64(bits.OnesCount8(x))
			}
			return count, true, nil
		})
	}), nil
}

// buildWidthBucket tells which of n equal parts of a range a value falls into.
func buildWidthBucket(b *builder) (Expr, error) {
	kind := func(e Expr) param {
		if _, ok := e.Type().(types.Interval); ok {
			return anything
		}
		return aDouble
	}
	if err := b.coerceTo(kind(b.args[0]), kind(b.args[1]), kind(b.args[2]), aLong); err != nil {
		return nil, err
	}
	b.fn.null = nullMaybe
	return b.make(types.Long, func(_ *Context, n int, args []Vector) (arrow.Array, error) {
		v, low, high := floats(args[0]), floats(args[1]), floats(args[2])
		buckets, step := operand[int64](args[3])
		return tryRows(types.Long, n, args, func(i int) (int64, bool, error) {
			out, ok := widthBucket(v[args[0].at(i)], low[args[1].at(i)], high[args[2].at(i)], buckets[i&step])
			return out, ok, nil
		})
	}), nil
}

// floats is a column of doubles, or of intervals as doubles.
func floats(v Vector) []float64 {
	switch arr := v.Values.(type) {
	case *array.MonthInterval:
		return toFloats(fixedValues[int32](arr))
	case *array.Duration:
		return toFloats(fixedValues[int64](arr))
	}
	return fixedValues[float64](v.Values)
}

func toFloats[T int32 | int64](values []T) []float64 {
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = float64(v)
	}
	return out
}

func widthBucket(v, low, high float64, n int64) (int64, bool) {
	if n <= 0 || n == math.MaxInt64 || math.IsNaN(v) || low == high || math.IsNaN(low) || math.IsInf(low, 0) || math.IsNaN(high) || math.IsInf(high, 0) {
		return 0, false
	}
	lower, upper := min(low, high), max(low, high)
	if low < high {
		switch {
		case v < lower:
			return 0, true
		case v >= upper:
			return n + 1, true
		}
		return int64(float64(n)*(v-lower)/(upper-lower)) + 1, true
	}
	switch {
	case v > upper:
		return 0, true
	case v <= lower:
		return n + 1, true
	}
	return int64(float64(n)*(upper-v)/(upper-lower)) + 1, true
}

// appendConverted writes a number of one base in another; a negative target base means signed.
func appendConverted(dst []byte, s string, from, to int32) ([]byte, bool) {
	base := to
	if base < 0 {
		base = -base
	}
	if from < 2 || from > 36 || base < 2 || base > 36 {
		return dst, false
	}
	s = trimAll(s)
	negative := len(s) > 0 && s[0] == '-'
	if negative {
		s = s[1:]
	}
	end := 0
	for end < len(s) && digitValue(s[end]) < int(from) {
		end++
	}
	if s == "" {
		return dst, false
	}
	v := new(big.Int)
	if end > 0 {
		v.SetString(s[:end], int(from))
	}
	top := new(big.Int).SetUint64(math.MaxUint64)
	if v.Cmp(top) > 0 {
		v = top
	}
	u := v.Uint64()
	if negative && to > 0 {
		u = -u
		if v.Cmp(big.NewInt(math.MaxInt64)) > 0 {
			u = math.MaxUint64
		}
	}
	if to < 0 {
		signed := int64(u)
		if negative {
			signed = -signed
		}
		return append(dst, upperASCII(strconv.FormatInt(signed, int(base)))...), true
	}
	return append(dst, upperASCII(strconv.FormatUint(u, int(base)))...), true
}

func digitValue(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'z':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'Z':
		return int(c-'A') + 10
	}
	return 99
}

func upperASCII(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'a' && c <= 'z' {
			b[i] = c - 32
		}
	}
	return string(b)
}
