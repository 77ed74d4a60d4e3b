package expr

import (
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"lakehouse/internal/types"
)

type integer interface{ int8 | int16 | int32 | int64 }

type number interface {
	int8 | int16 | int32 | int64 | float32 | float64
}

// widen converts where every value fits.
func widen[A, B number](c *caster, arr arrow.Array) (arrow.Array, error) {
	values := fixedValues[A](arr)
	out := make([]B, len(values))
	for i, v := range values {
		out[i] = B(v)
	}
	return newFixed(c.to, out, validOf(arr)), nil
}

// narrow converts integers, of which some may not fit.
func narrow[A, B integer](c *caster, arr arrow.Array) (arrow.Array, error) {
	values := fixedValues[A](arr)
	out := make([]B, len(values))
	var bad A
	for i, v := range values {
		out[i] = B(v)
		bad |= v ^ A(out[i])
	}
	valid := validOf(arr)
	if bad == 0 || c.fail == failWrap {
		return newFixed(c.to, out, valid), nil
	}
	valid, err := c.blame(arr, valid, func(i int) bool { return values[i] == A(out[i]) })
	return newFixed(c.to, out, valid), err
}

// blame finds the first valid row that is not ok and makes its error, or nulls all of them.
func (c *caster) blame(arr arrow.Array, valid mask, ok func(i int) bool) (mask, error) {
	out := valid
	for i := range arr.Len() {
		if !valid.has(i) || ok(i) {
			continue
		}
		if c.fail == failError {
			return nil, c.failure(arr, i)
		}
		if out == nil {
			out = fullMask(arr.Len())
		} else if len(out) > 0 && len(valid) > 0 && &out[0] == &valid[0] {
			out = valid.clone()
		}
		out.clear(i)
	}
	return out, nil
}

// each converts value by value; where f says no, the value fails as the cast says.
func convertEach[A, B value](f func(c *caster, a A) (B, bool)) conversion {
	return func(c *caster, arr arrow.Array) (arrow.Array, error) {
		values := load[A](arr)
		out := make([]B, len(values))
		valid := validOf(arr)
		for i, v := range values {
			if !valid.has(i) {
				continue
			}
			var ok bool
			if out[i], ok = f(c, v); ok {
				continue
			}
			if c.fail == failError {
				return nil, c.failure(arr, i)
			}
			if valid == nil {
				valid = fullMask(len(values))
			}
			valid.clear(i)
		}
		return store(c.to, out, valid), nil
	}
}

func toInteger[T integer](from types.Type, legacy bool) conversion {
	switch from {
	case types.Byte:
		return narrow[int8, T]
	case types.Short:
		return narrow[int16, T]
	case types.Integer:
		return narrow[int32, T]
	case types.Long:
		return narrow[int64, T]
	case types.Float:
		return convertEach(floatToInteger[float32, T])
	case types.Double:
		return convertEach(floatToInteger[float64, T])
	case types.Boolean:
		return convertEach(func(_ *caster, b bool) (T, bool) { return T(b2u(b)), true })
	case types.String:
		return convertEach(textToInteger[T])
	case types.Timestamp:
		return convertEach(func(c *caster, micros int64) (T, bool) { return fitInteger[T](c, floorDiv(micros, microsPerSecond)) })
	case types.Date:
		if legacy {
			return convertEach(func(*caster, int32) (T, bool) { return 0, false })
		}
	}
	switch from := from.(type) {
	case types.Decimal:
		return convertEach(func(c *caster, d decimal128.Num) (T, bool) { return decimalToInteger[T](c, d, from.Scale) })
	case types.Interval:
		return intervalToInteger[T](from)
	}
	return nil
}

// fitInteger is v in a narrower type; in legacy mode its low bits.
func fitInteger[T integer](c *caster, v int64) (T, bool) {
	out := T(v)
	return out, int64(out) == v || c.fail == failWrap
}

// floatToInteger cuts the fraction. In legacy mode a value that does not fit saturates, as in Java.
func floatToInteger[A float32 | float64, T integer](c *caster, a A) (T, bool) {
	f := math.Trunc(float64(a))
	low, high := integerBounds[T]()
	switch {
	case f >= float64(low) && (f < float64(high) || f == float64(high) && high != math.MaxInt64):
		return T(f), true
	case c.fail != failWrap || math.IsNaN(f):
		return 0, c.fail == failWrap
	}
	// Java narrows to byte and short by way of int.
	wide := int64(math.MaxInt32)
	if high == math.MaxInt64 {
		wide = math.MaxInt64
	}
	switch {
	case f >= float64(wide):
		return T(wide), true
	case f <= -float64(wide)-1:
		return T(-wide - 1), true
	}
	return T(int64(f)), true
}

func integerBounds[T integer]() (low, high int64) {
	switch any(*new(T)).(type) {
	case int8:
		return math.MinInt8, math.MaxInt8
	case int16:
		return math.MinInt16, math.MaxInt16
	case int32:
		return math.MinInt32, math.MaxInt32
	}
	return math.MinInt64, math.MaxInt64
}

func decimalToInteger[T integer](c *caster, d decimal128.Num, scale int) (T, bool) {
	if scale > 0 {
		d, _ = d.Div(tens[scale])
	}
	v, ok := fits64(d)
	if !ok {
		return T(d.LowBits()), c.fail == failWrap
	}
	return fitInteger[T](c, v)
}

func toFloat[T float32 | float64](from types.Type, legacy bool) conversion {
	switch from {
	case types.Byte:
		return widen[int8, T]
	case types.Short:
		return widen[int16, T]
	case types.Integer:
		return widen[int32, T]
	case types.Long:
		return widen[int64, T]
	case types.Float:
		return widen[float32, T]
	case types.Double:
		return widen[float64, T]
	case types.Boolean:
		return convertEach(func(_ *caster, b bool) (T, bool) { return T(b2u(b)), true })
	case types.String:
		return convertEach(textToFloat[T])
	case types.Timestamp:
		return convertEach(func(_ *caster, micros int64) (T, bool) { return T(float64(micros) / 1e6), true })
	case types.Date:
		if legacy {
			return convertEach(func(*caster, int32) (T, bool) { return 0, false })
		}
	}
	if from, ok := from.(types.Decimal); ok {
		return convertEach(func(_ *caster, d decimal128.Num) (T, bool) { return T(decimalToFloat(d, from.Scale)), true })
	}
	return nil
}

func toBoolean(from types.Type, legacy bool) conversion {
	switch from {
	case types.Byte:
		return nonZero[int8]
	case types.Short:
		return nonZero[int16]
	case types.Integer:
		return nonZero[int32]
	case types.Long:
		return nonZero[int64]
	case types.Float:
		return nonZero[float32]
	case types.Double:
		return nonZero[float64]
	case types.String:
		return convertEach(textToBool)
	case types.Timestamp:
		if legacy {
			return nonZero[int64]
		}
	case types.Date:
		if legacy {
			return convertEach(func(*caster, int32) (bool, bool) { return false, false })
		}
	}
	if _, ok := from.(types.Decimal); ok {
		return convertEach(func(_ *caster, d decimal128.Num) (bool, bool) { return d.Sign() != 0, true })
	}
	return nil
}

func nonZero[T number](_ *caster, arr arrow.Array) (arrow.Array, error) {
	values := fixedValues[T](arr)
	m := newMask(len(values))
	for i, v := range values {
		m[i>>6] |= b2u(v != 0) << (i & 63)
	}
	return newBools(m, validOf(arr), len(values)), nil
}

func toDecimal(from types.Type) conversion {
	switch from {
	case types.Byte:
		return integerToDecimal[int8]
	case types.Short:
		return integerToDecimal[int16]
	case types.Integer:
		return integerToDecimal[int32]
	case types.Long:
		return integerToDecimal[int64]
	case types.Boolean:
		return convertEach(func(c *caster, b bool) (decimal128.Num, bool) {
			to := c.to.(types.Decimal)
			return rescale(decimal128.FromI64(int64(b2u(b))), 0, to.Scale, to.Precision)
		})
	case types.Float:
		return convertEach(func(c *caster, f float32) (decimal128.Num, bool) {
			return floatToDecimal(float64(f), c.to.(types.Decimal))
		})
	case types.Double:
		return convertEach(func(c *caster, f float64) (decimal128.Num, bool) { return floatToDecimal(f, c.to.(types.Decimal)) })
	case types.String:
		return convertTextToDecimal
	case types.Timestamp:
		return convertEach(func(c *caster, micros int64) (decimal128.Num, bool) {
			to := c.to.(types.Decimal)
			return rescale(decimal128.FromI64(micros), 6, to.Scale, to.Precision)
		})
	}
	if from, ok := from.(types.Decimal); ok {
		return convertEach(func(c *caster, d decimal128.Num) (decimal128.Num, bool) {
			to := c.to.(types.Decimal)
			return rescale(d, from.Scale, to.Scale, to.Precision)
		})
	}
	if from, ok := from.(types.Interval); ok {
		return intervalToDecimal(from)
	}
	return nil
}

func integerToDecimal[T integer](c *caster, arr arrow.Array) (arrow.Array, error) {
	return convertEach(func(c *caster, v T) (decimal128.Num, bool) {
		to := c.to.(types.Decimal)
		return rescale(decimal128.FromI64(int64(v)), 0, to.Scale, to.Precision)
	})(c, arr)
}

// floatToDecimal goes by the shortest text of the float, as Java's BigDecimal.valueOf does.
func floatToDecimal(f float64, to types.Decimal) (decimal128.Num, bool) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return decimal128.Num{}, false
	}
	d, _, ok := parseDecimal(string(appendFloat(nil, f, 64)), to)
	return d, ok
}
