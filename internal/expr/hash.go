package expr

import (
	"encoding/binary"
	"math"
	"math/big"
	"math/bits"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

var hashFunctions = table{
	"hash": withoutMaps(fn(types.Integer, func(_ *Context, n int, args []Vector) (arrow.Array, error) {
		return newFixed(types.Integer, murmur3(n, args, 42), nil), nil
	}, anything).variadic(1).never().infallible()),
	"xxhash64": withoutMaps(fn(types.Long, func(_ *Context, n int, args []Vector) (arrow.Array, error) {
		out := make([]int64, n)
		for i := range out {
			out[i] = 42
		}
		for _, a := range args {
			h := newHasher64(a.Values)
			for i := range out {
				out[i] = int64(h(a.at(i), uint64(out[i])))
			}
		}
		return newFixed(types.Long, out, nil), nil
	}, anything).variadic(1).never().infallible()),
}

// withoutMaps refuses maps among the arguments: equal ones may hold their entries in another order.
func withoutMaps(f function) function {
	f.build = func(b *builder) (Expr, error) {
		for _, a := range b.args {
			if types.HasVariant(a.Type()) {
				return nil, b.mismatch(errclass.HashVariantType, "Input to the function `%s` cannot contain elements of the \"VARIANT\" type yet.", b.name)
			}
			if holdsMap(a.Type()) {
				return nil, b.mismatch(errclass.HashMapType, "Input to the function `%s` cannot contain elements of the \"MAP\" type.", b.name)
			}
		}
		return b.call()
	}
	return f
}

func holdsMap(t types.Type) bool {
	switch t := t.(type) {
	case types.Map:
		return true
	case types.Array:
		return holdsMap(t.Element)
	case types.Struct:
		return slices.ContainsFunc(t.Fields, func(f types.Field) bool { return holdsMap(f.Type) })
	}
	return false
}

// Murmur3 is Spark's hash() of rows of columns: what places rows of a shuffle, and keys of a stream's
// state, into partitions. A null leaves the hash as it is.
func murmur3(n int, columns []Vector, seed int32) []int32 {
	out := make([]int32, n)
	for i := range out {
		out[i] = seed
	}
	for _, c := range columns {
		h := newHasher32(c.Values)
		for i := range out {
			out[i] = int32(h(c.at(i), uint32(out[i])))
		}
	}
	return out
}

// A hasher32 folds the value at i into a hash.
type hasher32 func(i int, seed uint32) uint32

func newHasher32(arr arrow.Array) hasher32 {
	h := valueHasher32(arr)
	if arr.NullN() == 0 && arr.DataType().ID() != arrow.NULL {
		return h
	}
	return func(i int, seed uint32) uint32 {
		if isNull(arr, i) {
			return seed
		}
		return h(i, seed)
	}
}

func valueHasher32(arr arrow.Array) hasher32 {
	switch arr := arr.(type) {
	case *array.Boolean:
		return func(i int, seed uint32) uint32 { return murmurInt(uint32(b2u(arr.Value(i))), seed) }
	case *array.Int8:
		return func(i int, seed uint32) uint32 { return murmurInt(uint32(int32(arr.Value(i))), seed) }
	case *array.Int16:
		return func(i int, seed uint32) uint32 { return murmurInt(uint32(int32(arr.Value(i))), seed) }
	case *array.Float32:
		return func(i int, seed uint32) uint32 { return murmurInt(float32Bits(arr.Value(i)), seed) }
	case *array.Float64:
		return func(i int, seed uint32) uint32 { return murmurLong(float64Bits(arr.Value(i)), seed) }
	case *array.String, *array.Binary:
		values := textsOf(Vector{Values: arr})
		return func(i int, seed uint32) uint32 { return murmurText(values.at(i), seed) }
	case *array.Decimal128:
		return decimalHasher32(arr)
	case *array.MonthDayNanoInterval:
		return func(i int, seed uint32) uint32 {
			v := arr.Value(i)
			return murmurInt(uint32(v.Months), murmurInt(uint32(v.Days), murmurLong(uint64(v.Nanoseconds/1000), seed)))
		}
	case *array.Struct:
		fields := make([]hasher32, arr.NumField())
		for k := range fields {
			fields[k] = newHasher32(arr.Field(k))
		}
		return func(i int, seed uint32) uint32 {
			for _, f := range fields {
				seed = f(i, seed)
			}
			return seed
		}
	case *array.Map:
		keys, items := newHasher32(arr.Keys()), newHasher32(arr.Items())
		return func(i int, seed uint32) uint32 {
			start, end := arr.ValueOffsets(i)
			for e := start; e < end; e++ {
				seed = items(int(e), keys(int(e), seed))
			}
			return seed
		}
	case list:
		elements := newHasher32(elementsOf(arr))
		return func(i int, seed uint32) uint32 {
			start, end := arr.ValueOffsets(i)
			for e := start; e < end; e++ {
				seed = elements(int(e), seed)
			}
			return seed
		}
	}
	if arr.DataType().ID() == arrow.NULL {
		return func(_ int, seed uint32) uint32 { return seed }
	}
	if arr.DataType().(arrow.FixedWidthDataType).BitWidth() == 32 {
		values := fixedValues[int32](arr)
		return func(i int, seed uint32) uint32 { return murmurInt(uint32(values[i]), seed) }
	}
	values := fixedValues[int64](arr)
	return func(i int, seed uint32) uint32 { return murmurLong(uint64(values[i]), seed) }
}

// float32Bits hashes -0.0 as 0.0, and all NaNs alike.
func float32Bits(f float32) uint32 {
	switch {
	case f == 0:
		return 0
	case f != f:
		return 0x7fc00000
	}
	return math.Float32bits(f)
}

func float64Bits(f float64) uint64 {
	switch {
	case f == 0:
		return 0
	case f != f:
		return 0x7ff8000000000000
	}
	return math.Float64bits(f)
}

// Decimals of up to 18 digits hash as long, wider ones as the bytes of Java's BigInteger.
func decimalHasher32(arr *array.Decimal128) hasher32 {
	values := fixedValues[decimal128.Num](arr)
	if arr.DataType().(*arrow.Decimal128Type).Precision <= 18 {
		return func(i int, seed uint32) uint32 { return murmurLong(values[i].LowBits(), seed) }
	}
	return func(i int, seed uint32) uint32 { return murmurText(string(twosComplement(values[i].BigInt())), seed) }
}

// twosComplement is BigInteger.toByteArray: big-endian, as short as can be.
func twosComplement(v *big.Int) []byte {
	if v.Sign() >= 0 {
		raw := v.Bytes()
		if len(raw) == 0 || raw[0]&0x80 != 0 {
			raw = append([]byte{0}, raw...)
		}
		return raw
	}
	size := new(big.Int).Not(v).BitLen()/8 + 1
	mod := new(big.Int).Lsh(big.NewInt(1), uint(size*8))
	raw := mod.Add(mod, v).Bytes()
	for len(raw) < size {
		raw = append([]byte{0}, raw...)
	}
	return raw
}

func murmurMixK(k uint32) uint32 { return bits.RotateLeft32(k*0xcc9e2d51, 15) * 0x1b873593 }

func murmurMixH(h, k uint32) uint32 { return bits.RotateLeft32(h^k, 13)*5 + 0xe6546b64 }

func murmurEnd(h, length uint32) uint32 {
	h ^= length
	h ^= h >> 16
	h *= 0x85ebca6b
	h ^= h >> 13
	h *= 0xc2b2ae35
	return h ^ h>>16
}

func murmurInt(v, seed uint32) uint32 { return murmurEnd(murmurMixH(seed, murmurMixK(v)), 4) }

func murmurLong(v uint64, seed uint32) uint32 {
	h := murmurMixH(seed, murmurMixK(uint32(v)))
	return murmurEnd(murmurMixH(h, murmurMixK(uint32(v>>32))), 8)
}

// murmurText hashes bytes as Spark's hashUnsafeBytes does: words of four, then the rest byte by byte,
// each as a signed int of its own.
func murmurText(s string, seed uint32) uint32 {
	h := seed
	i := 0
	for ; i+4 <= len(s); i += 4 {
		h = murmurMixH(h, murmurMixK(uint32(s[i])|uint32(s[i+1])<<8|uint32(s[i+2])<<16|uint32(s[i+3])<<24))
	}
	for ; i < len(s); i++ {
		h = murmurMixH(h, murmurMixK(uint32(int32(int8(s[i])))))
	}
	return murmurEnd(h, uint32(len(s)))
}

// A hasher64 folds the value at i into a hash.
type hasher64 func(i int, seed uint64) uint64

func newHasher64(arr arrow.Array) hasher64 {
	h := valueHasher64(arr)
	return func(i int, seed uint64) uint64 {
		if isNull(arr, i) {
			return seed
		}
		return h(i, seed)
	}
}

func valueHasher64(arr arrow.Array) hasher64 {
	switch arr := arr.(type) {
	case *array.Null:
		return func(_ int, seed uint64) uint64 { return seed }
	case *array.Boolean:
		return func(i int, seed uint64) uint64 { return xxInt(uint32(b2u(arr.Value(i))), seed) }
	case *array.Int8:
		return func(i int, seed uint64) uint64 { return xxInt(uint32(int32(arr.Value(i))), seed) }
	case *array.Int16:
		return func(i int, seed uint64) uint64 { return xxInt(uint32(int32(arr.Value(i))), seed) }
	case *array.Float32:
		return func(i int, seed uint64) uint64 { return xxInt(float32Bits(arr.Value(i)), seed) }
	case *array.Float64:
		return func(i int, seed uint64) uint64 { return xxLong(float64Bits(arr.Value(i)), seed) }
	case *array.String, *array.Binary:
		values := textsOf(Vector{Values: arr})
		return func(i int, seed uint64) uint64 { return xxText(values.at(i), seed) }
	case *array.Decimal128:
		values := fixedValues[decimal128.Num](arr)
		if arr.DataType().(*arrow.Decimal128Type).Precision <= 18 {
			return func(i int, seed uint64) uint64 { return xxLong(values[i].LowBits(), seed) }
		}
		return func(i int, seed uint64) uint64 { return xxText(string(twosComplement(values[i].BigInt())), seed) }
	case *array.MonthDayNanoInterval:
		return func(i int, seed uint64) uint64 {
			v := arr.Value(i)
			return xxInt(uint32(v.Months), xxInt(uint32(v.Days), xxLong(uint64(v.Nanoseconds/1000), seed)))
		}
	case *array.Struct:
		fields := make([]hasher64, arr.NumField())
		for k := range fields {
			fields[k] = newHasher64(arr.Field(k))
		}
		return func(i int, seed uint64) uint64 {
			for _, f := range fields {
				seed = f(i, seed)
			}
			return seed
		}
	case *array.Map:
		keys, items := newHasher64(arr.Keys()), newHasher64(arr.Items())
		return func(i int, seed uint64) uint64 {
			start, end := arr.ValueOffsets(i)
			for e := start; e < end; e++ {
				seed = items(int(e), keys(int(e), seed))
			}
			return seed
		}
	case list:
		elements := newHasher64(elementsOf(arr))
		return func(i int, seed uint64) uint64 {
			start, end := arr.ValueOffsets(i)
			for e := start; e < end; e++ {
				seed = elements(int(e), seed)
			}
			return seed
		}
	}
	if arr.DataType().(arrow.FixedWidthDataType).BitWidth() == 32 {
		values := fixedValues[int32](arr)
		return func(i int, seed uint64) uint64 { return xxInt(uint32(values[i]), seed) }
	}
	values := fixedValues[int64](arr)
	return func(i int, seed uint64) uint64 { return xxLong(uint64(values[i]), seed) }
}

// The primes of xxHash64.
const (
	xxPrime1 = 0x9E3779B185EBCA87
	xxPrime2 = 0xC2B2AE3D27D4EB4F
	xxPrime3 = 0x165667B19E3779F9
	xxPrime4 = 0x85EBCA77C2B2AE63
	xxPrime5 = 0x27D4EB2F165667C5
)

func xxEnd(h uint64) uint64 {
	h ^= h >> 33
	h *= xxPrime2
	h ^= h >> 29
	h *= xxPrime3
	return h ^ h>>32
}

func xxInt(v uint32, seed uint64) uint64 {
	h := seed + xxPrime5 + 4
	h ^= uint64(v) * xxPrime1
	return xxEnd(bits.RotateLeft64(h, 23)*xxPrime2 + xxPrime3)
}

func xxLong(v, seed uint64) uint64 {
	h := seed + xxPrime5 + 8
	h ^= bits.RotateLeft64(v*xxPrime2, 31) * xxPrime1
	return xxEnd(bits.RotateLeft64(h, 27)*xxPrime1 + xxPrime4)
}

func xxText(s string, seed uint64) uint64 {
	b := []byte(s)
	var h uint64
	if len(b) >= 32 {
		v1, v2, v3, v4 := seed+xxPrime1, seed+xxPrime2, seed, seed-xxPrime1
		v1 += xxPrime2
		for ; len(b) >= 32; b = b[32:] {
			v1 = xxRound(v1, binary.LittleEndian.Uint64(b))
			v2 = xxRound(v2, binary.LittleEndian.Uint64(b[8:]))
			v3 = xxRound(v3, binary.LittleEndian.Uint64(b[16:]))
			v4 = xxRound(v4, binary.LittleEndian.Uint64(b[24:]))
		}
		h = bits.RotateLeft64(v1, 1) + bits.RotateLeft64(v2, 7) + bits.RotateLeft64(v3, 12) + bits.RotateLeft64(v4, 18)
		for _, v := range []uint64{v1, v2, v3, v4} {
			h = (h^xxRound(0, v))*xxPrime1 + xxPrime4
		}
	} else {
		h = seed + xxPrime5
	}
	h += uint64(len(s))
	for ; len(b) >= 8; b = b[8:] {
		h ^= xxRound(0, binary.LittleEndian.Uint64(b))
		h = bits.RotateLeft64(h, 27)*xxPrime1 + xxPrime4
	}
	if len(b) >= 4 {
		h ^= uint64(binary.LittleEndian.Uint32(b)) * xxPrime1
		h = bits.RotateLeft64(h, 23)*xxPrime2 + xxPrime3
		b = b[4:]
	}
	for _, c := range b {
		h ^= uint64(c) * xxPrime5
		h = bits.RotateLeft64(h, 11) * xxPrime1
	}
	return xxEnd(h)
}

func xxRound(acc, v uint64) uint64 { return bits.RotateLeft64(acc+v*xxPrime2, 31) * xxPrime1 }
