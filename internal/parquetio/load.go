package parquetio

import (
	"fmt"
	"math/big"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
)

// fixedArray is an Arrow array whose values lie in a slice of T.
type fixedArray[T any] interface {
	arrow.Array
	Values() []T
}

func wrongArray(a arrow.Array, want string) error {
	return fmt.Errorf("internal error: array of %v for a column of %s", a.DataType(), want)
}

// loadAs loads arrays of E, reinterpreted as T where the two differ in name only.
func loadAs[T number, E interface {
	~int32 | ~int64 | ~float32 | ~float64
}](view func([]E) []T) loader[T] {
	return func(scratch *[]T, a arrow.Array, at []int32) ([]T, error) {
		typed, ok := a.(fixedArray[E])
		if !ok {
			var want E
			return nil, wrongArray(a, fmt.Sprintf("%T", want))
		}
		values := view(typed.Values())
		if at == nil {
			return values, nil
		}
		dst := grow(*scratch, len(at))
		for i, p := range at {
			dst[i] = values[p]
		}
		*scratch = dst
		return dst, nil
	}
}

// loadWidened loads arrays of small integers.
func loadWidened[E int8 | int16](scratch *[]int32, a arrow.Array, at []int32) ([]int32, error) {
	typed, ok := a.(fixedArray[E])
	if !ok {
		var want E
		return nil, wrongArray(a, fmt.Sprintf("%T", want))
	}
	values := typed.Values()
	if at == nil {
		dst := grow(*scratch, len(values))
		for i, v := range values {
			dst[i] = int32(v)
		}
		*scratch = dst
		return dst, nil
	}
	dst := grow(*scratch, len(at))
	for i, p := range at {
		dst[i] = int32(values[p])
	}
	*scratch = dst
	return dst, nil
}

// loadDecimal loads decimals of few enough digits for an integer.
func loadDecimal[T int32 | int64](scratch *[]T, a arrow.Array, at []int32) ([]T, error) {
	typed, ok := a.(*array.Decimal128)
	if !ok {
		return nil, wrongArray(a, "decimal")
	}
	values := typed.Values()
	if at == nil {
		dst := grow(*scratch, len(values))
		for i, v := range values {
			dst[i] = T(v.LowBits())
		}
		*scratch = dst
		return dst, nil
	}
	dst := grow(*scratch, len(at))
	for i, p := range at {
		dst[i] = T(values[p].LowBits())
	}
	*scratch = dst
	return dst, nil
}

// loadWideDecimal loads decimals as big-endian numbers of size bytes.
func loadWideDecimal(size int) bytesLoader {
	return func(scratch *bytesScratch, a arrow.Array, at []int32) ([]byte, []span, error) {
		typed, ok := a.(*array.Decimal128)
		if !ok {
			return nil, nil, wrongArray(a, "decimal")
		}
		values := typed.Values()
		n := len(values)
		if at != nil {
			n = len(at)
		}
		scratch.data, scratch.spans = grow(scratch.data, n*size), grow(scratch.spans, n)
		for i := range n {
			p := i
			if at != nil {
				p = int(at[i])
			}
			putDecimal(scratch.data[i*size:(i+1)*size], values[p])
			scratch.spans[i] = span{int32(i * size), int32((i + 1) * size)}
		}
		return scratch.data, scratch.spans, nil
	}
}

// putDecimal writes the number's lowest bytes, the highest of them first.
func putDecimal(dst []byte, v decimal128.Num) {
	low, high := v.LowBits(), uint64(v.HighBits())
	for i := len(dst) - 1; i >= 0; i-- {
		dst[i] = byte(low)
		low = low>>8 | high<<56
		high = uint64(int64(high) >> 8)
	}
}

// decimalBytes is the least number of bytes that hold every number of so many digits, as Spark
// computes it for fixed_len_byte_array.
func decimalBytes(precision int) int {
	limit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(precision)), nil)
	return limit.BitLen()/8 + 1
}

// binaryArray is an Arrow array of strings of bytes.
type binaryArray interface {
	arrow.Array
	ValueOffsets() []int32
}

// loadBytes loads strings and binaries from the memory they are in.
func loadBytes(scratch *bytesScratch, a arrow.Array, at []int32) ([]byte, []span, error) {
	typed, ok := a.(binaryArray)
	if !ok || len(a.Data().Buffers()) != 3 {
		return nil, nil, wrongArray(a, "strings or binaries")
	}
	offsets := typed.ValueOffsets()
	var data []byte
	if buffer := a.Data().Buffers()[2]; buffer != nil {
		data = buffer.Bytes()
	}
	if at == nil {
		n := a.Len()
		scratch.spans = grow(scratch.spans, n)
		spans := scratch.spans
		for i := range spans {
			spans[i] = span{offsets[i], offsets[i+1]}
		}
		return data, spans, nil
	}
	scratch.spans = grow(scratch.spans, len(at))
	for i, p := range at {
		scratch.spans[i] = span{offsets[p], offsets[p+1]}
	}
	return data, scratch.spans, nil
}
