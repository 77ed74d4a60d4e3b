package expr

import (
	"math/big"
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"lakehouse/internal/types"
)

// convertToString writes values as Spark's CAST(x AS STRING).
func convertToString(c *caster, arr arrow.Array) (arrow.Array, error) {
	if c.from == types.Binary {
		data := arr.Data()
		return makeArray(arrow.BinaryTypes.String, arr.Len(), validOf(arr), textBuffers(data)...), nil
	}
	format := newFormatter(arr, c.from, c.ctx.TimeZone)
	valid := validOf(arr)
	b := newTextBuilder(arr.Len())
	b.data = make([]byte, 0, 20*arr.Len())
	for i := range arr.Len() {
		if valid.has(i) {
			b.data = format(b.data, i)
		}
		b.end(valid.has(i))
	}
	return b.array(types.String), nil
}

// textBuffers is the offsets, moved to the array's own start, and the bytes of a string or binary column.
func textBuffers(data arrow.ArrayData) []*memory.Buffer {
	if data.Len() == 0 {
		return []*memory.Buffer{offsetsBuffer([]int32{0}), memory.NewBufferBytes(nil)}
	}
	offsets := data.Buffers()[1].Bytes()
	return []*memory.Buffer{memory.NewBufferBytes(offsets[data.Offset()*4:]), data.Buffers()[2]}
}

func toBinary(from types.Type, legacy bool) conversion {
	switch from {
	case types.String:
		return func(_ *caster, arr arrow.Array) (arrow.Array, error) {
			return makeArray(arrow.BinaryTypes.Binary, arr.Len(), validOf(arr), textBuffers(arr.Data())...), nil
		}
	case types.Byte:
		return bigEndian[int8](legacy, 1)
	case types.Short:
		return bigEndian[int16](legacy, 2)
	case types.Integer:
		return bigEndian[int32](legacy, 4)
	case types.Long:
		return bigEndian[int64](legacy, 8)
	}
	return nil
}

func bigEndian[T integer](legacy bool, width int) conversion {
	if !legacy {
		return nil
	}
	return convertEach(func(_ *caster, v T) (string, bool) {
		raw := make([]byte, width)
		for i := range raw {
			raw[i] = byte(int64(v) >> (8 * (width - 1 - i)))
		}
		return string(raw), true
	})
}

// trimAll cuts white space and control characters from both ends.
func trimAll(s string) string {
	for len(s) > 0 && (s[0] <= ' ' || s[0] == 0x7f) {
		s = s[1:]
	}
	for len(s) > 0 && (s[len(s)-1] <= ' ' || s[len(s)-1] == 0x7f) {
		s = s[:len(s)-1]
	}
	return s
}

// textToInteger reads a whole number; in legacy mode a fraction is cut off.
func textToInteger[T integer](c *caster, s string) (T, bool) {
	s = trimAll(s)
	if point := strings.IndexByte(s, '.'); point >= 0 && c.fail == failWrap && allDigits(s[point+1:]) {
		if s = s[:point]; s == "" || s == "-" || s == "+" {
			return 0, point >= 0
		}
	}
	v, ok := parseInt(s)
	out := T(v)
	return out, ok && int64(out) == v
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// parseInt reads an optional sign and digits.
func parseInt(s string) (int64, bool) {
	negative := false
	if s != "" && (s[0] == '-' || s[0] == '+') {
		negative = s[0] == '-'
		s = s[1:]
	}
	if s == "" {
		return 0, false
	}
	var v uint64
	for i := range len(s) {
		d := s[i] - '0'
		if d > 9 || v > (1<<63)/10 {
			return 0, false
		}
		v = v*10 + uint64(d)
	}
	if negative {
		return -int64(v), v <= 1<<63
	}
	return int64(v), v < 1<<63
}

func textToFloat[T float32 | float64](_ *caster, s string) (T, bool) {
	size := 64
	if _, single := any(*new(T)).(float32); single {
		size = 32
	}
	f, ok := parseFloat(s, size)
	return T(f), ok
}

// parseFloat reads what Java's parseDouble reads, and inf, infinity and nan in any letter case.
func parseFloat(s string, size int) (float64, bool) {
	s = trimAll(s)
	if s == "" || strings.IndexByte(s, '_') >= 0 {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, size)
	if err == nil {
		return f, true
	}
	if e, ok := err.(*strconv.NumError); ok && e.Err == strconv.ErrRange { //nolint:errorlint // strconv documents the type
		return f, true // infinite, as in Java
	}
	if last := s[len(s)-1] | 0x20; (last == 'd' || last == 'f') && len(s) > 1 && (s[len(s)-2] >= '0' && s[len(s)-2] <= '9' || s[len(s)-2] == '.') {
		f, err = strconv.ParseFloat(s[:len(s)-1], size)
		return f, err == nil
	}
	return 0, false
}

func textToBool(_ *caster, s string) (b, ok bool) {
	switch strings.ToLower(trimAll(s)) {
	case "t", "true", "y", "yes", "1":
		return true, true
	case "f", "false", "n", "no", "0":
		return false, true
	}
	return false, false
}

func convertTextToDecimal(c *caster, arr arrow.Array) (arrow.Array, error) {
	to := c.to.(types.Decimal)
	values := textValues(arr)
	out := make([]decimal128.Num, len(values))
	valid := validOf(arr)
	for i, s := range values {
		if !valid.has(i) {
			continue
		}
		d, wellFormed, ok := parseDecimal(s, to)
		switch {
		case ok:
			out[i] = d
			continue
		case c.fail == failError && wellFormed:
			return nil, decimalRangeError(trimAll(s), to)
		case c.fail == failError:
			return nil, c.failure(arr, i)
		}
		if valid == nil {
			valid = fullMask(len(values))
		}
		valid.clear(i)
	}
	return newFixed(c.to, out, valid), nil
}

// parseDecimal reads digits with an optional point and exponent into a decimal type, rounding half
// away from zero. wellFormed tells a number out of range from no number.
func parseDecimal(s string, to types.Decimal) (d decimal128.Num, wellFormed, ok bool) {
	s = trimAll(s)
	digits, scale, negative, ok := decimalParts(s)
	if !ok {
		return d, false, false
	}
	if v, small := parseInt(digits); small {
		if negative {
			v = -v
		}
		if scale >= 0 && scale <= types.MaxPrecision {
			d, ok = rescale(decimal128.FromI64(v), scale, to.Scale, to.Precision)
			return d, true, ok
		}
		if v == 0 {
			return d, true, true
		}
	}
	if len(digits) > 1000 || scale < -1000 || scale > 2000 { // hostile; past any decimal, or zero
		return d, true, scale > len(digits)+types.MaxPrecision
	}
	v, _ := new(big.Int).SetString(digits, 10)
	if negative {
		v.Neg(v)
	}
	d, ok = fromBig(v, scale, to.Scale, to.Precision)
	return d, true, ok
}

// decimalParts splits -12.5e3 into the digits 125, the scale -2 and the sign.
func decimalParts(s string) (digits string, scale int, negative, ok bool) {
	if s != "" && (s[0] == '-' || s[0] == '+') {
		negative = s[0] == '-'
		s = s[1:]
	}
	if e := strings.IndexAny(s, "eE"); e >= 0 {
		exponent, err := strconv.Atoi(s[e+1:])
		if err != nil || exponent < -1<<20 || exponent > 1<<20 {
			return "", 0, false, false
		}
		scale = -exponent
		s = s[:e]
	}
	digits = s
	if point := strings.IndexByte(s, '.'); point >= 0 {
		digits = s[:point] + s[point+1:]
		scale += len(s) - point - 1
	}
	return digits, scale, negative, digits != "" && allDigits(digits)
}
