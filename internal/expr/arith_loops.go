package expr

import "math"

// The loops of arithmetic. Each sets dst[i] and reports whether any lane, valid or not, overflowed;
// who calls then looks for the first valid row to blame.

func addChecked[T integer](dst, a, b []T) bool {
	a, b = a[:len(dst)], b[:len(dst)]
	var bad T
	for i := range dst {
		sum := a[i] + b[i]
		bad |= (a[i] ^ sum) & (b[i] ^ sum) // sign set: the operands agree, the sum does not
		dst[i] = sum
	}
	return bad < 0
}

func addCheckedConst[T integer](dst, a []T, b T) bool {
	a = a[:len(dst)]
	var bad T
	for i := range dst {
		sum := a[i] + b
		bad |= (a[i] ^ sum) & (b ^ sum)
		dst[i] = sum
	}
	return bad < 0
}

func subChecked[T integer](dst, a, b []T) bool {
	a, b = a[:len(dst)], b[:len(dst)]
	var bad T
	for i := range dst {
		d := a[i] - b[i]
		bad |= (a[i] ^ b[i]) & (a[i] ^ d)
		dst[i] = d
	}
	return bad < 0
}

func subCheckedConst[T integer](dst, a []T, b T) bool {
	a = a[:len(dst)]
	var bad T
	for i := range dst {
		d := a[i] - b
		bad |= (a[i] ^ b) & (a[i] ^ d)
		dst[i] = d
	}
	return bad < 0
}

// mulChecked multiplies integers of up to 32 bits, whose products fit 64.
func mulChecked[T int8 | int16 | int32](dst, a, b []T) bool {
	a, b = a[:len(dst)], b[:len(dst)]
	var bad int64
	for i := range dst {
		p := int64(a[i]) * int64(b[i])
		dst[i] = T(p)
		bad |= p ^ int64(dst[i])
	}
	return bad != 0
}

func mulCheckedConst[T int8 | int16 | int32](dst, a []T, b T) bool {
	a = a[:len(dst)]
	var bad int64
	for i := range dst {
		p := int64(a[i]) * int64(b)
		dst[i] = T(p)
		bad |= p ^ int64(dst[i])
	}
	return bad != 0
}

func mulChecked64(dst, a, b []int64) bool {
	a, b = a[:len(dst)], b[:len(dst)]
	bad := false
	for i := range dst {
		p := a[i] * b[i]
		dst[i] = p
		if (a[i]|b[i])>>31 != 0 && overflowsMul(a[i], b[i]) { // rare: both of 31 bits cannot overflow
			bad = true
		}
	}
	return bad
}

func mulChecked64Const(dst, a []int64, b int64) bool {
	a = a[:len(dst)]
	bad := false
	for i := range dst {
		dst[i] = a[i] * b
		if (a[i]|b)>>31 != 0 && overflowsMul(a[i], b) {
			bad = true
		}
	}
	return bad
}

func overflowsMul(a, b int64) bool {
	if a == 0 || b == 0 {
		return false
	}
	p := a * b
	return p/b != a || a == math.MinInt64 && b == -1 || b == math.MinInt64 && a == -1
}

func addFloat[T float32 | float64](dst, a, b []T) bool {
	a, b = a[:len(dst)], b[:len(dst)]
	for i := range dst {
		dst[i] = a[i] + b[i]
	}
	return false
}

func addFloatConst[T float32 | float64](dst, a []T, b T) bool {
	a = a[:len(dst)]
	for i := range dst {
		dst[i] = a[i] + b
	}
	return false
}

func subFloat[T float32 | float64](dst, a, b []T) bool {
	a, b = a[:len(dst)], b[:len(dst)]
	for i := range dst {
		dst[i] = a[i] - b[i]
	}
	return false
}

func subFloatConst[T float32 | float64](dst, a []T, b T) bool { return addFloatConst(dst, a, -b) }

func mulFloat[T float32 | float64](dst, a, b []T) bool {
	a, b = a[:len(dst)], b[:len(dst)]
	for i := range dst {
		dst[i] = a[i] * b[i]
	}
	return false
}

func mulFloatConst[T float32 | float64](dst, a []T, b T) bool {
	a = a[:len(dst)]
	for i := range dst {
		dst[i] = a[i] * b
	}
	return false
}

// divFloat reports a divisor of zero.
func divFloat(dst, a, b []float64) bool {
	a, b = a[:len(dst)], b[:len(dst)]
	bad := false
	for i := range dst {
		dst[i] = a[i] / b[i]
		bad = bad || b[i] == 0
	}
	return bad
}

func divFloatConst(dst, a []float64, b float64) bool {
	a = a[:len(dst)]
	for i := range dst {
		dst[i] = a[i] / b
	}
	return b == 0
}

// modInteger reports a divisor of zero. The sign is the dividend's, as in Java.
func modInteger[T integer](dst, a, b []T) bool {
	a, b = a[:len(dst)], b[:len(dst)]
	bad := false
	for i := range dst {
		if b[i] == 0 {
			bad = true
			continue
		}
		dst[i] = a[i] % b[i]
	}
	return bad
}

func modIntegerConst[T integer](dst, a []T, b T) bool {
	if b == 0 {
		return true
	}
	a = a[:len(dst)]
	for i := range dst {
		dst[i] = a[i] % b
	}
	return false
}

func modFloat[T float32 | float64](dst, a, b []T) bool {
	bad := false
	for i := range dst {
		dst[i] = T(math.Mod(float64(a[i]), float64(b[i])))
		bad = bad || b[i] == 0
	}
	return bad
}

func modFloatConst[T float32 | float64](dst, a []T, b T) bool {
	for i := range dst {
		dst[i] = T(math.Mod(float64(a[i]), float64(b)))
	}
	return b == 0
}

// pmodInteger is the remainder brought to the divisor's side of zero.
func pmodInteger[T integer](dst, a, b []T) bool {
	bad := modInteger(dst, a, b)
	for i := range dst {
		if dst[i] < 0 && b[i] != 0 {
			dst[i] = (dst[i] + b[i]) % b[i]
		}
	}
	return bad
}

func pmodFloat[T float32 | float64](dst, a, b []T) bool {
	bad := modFloat(dst, a, b)
	for i := range dst {
		if dst[i] < 0 {
			dst[i] = T(math.Mod(float64(dst[i]+b[i]), float64(b[i])))
		}
	}
	return bad
}

// divInteger is DIV on bigint; the one quotient that overflows is reported as well.
func divInteger(dst, a, b []int64) bool {
	a, b = a[:len(dst)], b[:len(dst)]
	bad := false
	for i := range dst {
		if b[i] == 0 {
			bad = true
			continue
		}
		bad = bad || b[i] == -1 && a[i] == math.MinInt64
		dst[i] = a[i] / b[i]
	}
	return bad
}
