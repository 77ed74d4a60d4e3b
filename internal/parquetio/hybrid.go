package parquetio

import (
	"encoding/binary"
	"math/bits"
)

// The RLE/bit-packing hybrid encodes levels and dictionary indexes: runs of one value, and groups of
// eight values packed to the same number of bits, each behind a varint that says which and how many.

// minRun is the shortest run that interrupts packed groups: a shorter one costs more than it saves.
const minRun = 16

func bitWidth(largest int) int { return bits.Len(uint(largest)) }

// appendHybrid encodes values, each below 1<<width.
func appendHybrid[T uint8 | uint32](dst []byte, values []T, width int) []byte {
	for len(values) > 0 {
		if n := runLength(values); n >= minRun || n == len(values) {
			dst = appendRun(dst, uint32(values[0]), n, width)
			values = values[n:]
			continue
		}
		n := packedLength(values)
		groups := (n + 7) / 8
		dst = binary.AppendUvarint(dst, uint64(groups)<<1|1)
		dst = appendPacked(dst, values[:n], width)
		values = values[n:]
	}
	return dst
}

// appendRun encodes n times the same value.
func appendRun(dst []byte, value uint32, n, width int) []byte {
	dst = binary.AppendUvarint(dst, uint64(n)<<1)
	for bit := 0; bit < width; bit += 8 {
		dst = append(dst, byte(value>>bit))
	}
	return dst
}

func runLength[T uint8 | uint32](values []T) int {
	first := values[0]
	for i, v := range values {
		if v != first {
			return i
		}
	}
	return len(values)
}

// packedLength is how many values come before the next long run that starts at a group's border.
func packedLength[T uint8 | uint32](values []T) int {
	n := 8
	for ; n+minRun <= len(values); n += 8 {
		if values[n] == values[n+1] && values[n] == values[n+2] && runLength(values[n:n+minRun]) == minRun {
			return n
		}
	}
	return len(values)
}

// appendPacked packs the values from the lowest bit up, the last group filled with zeros.
func appendPacked[T uint8 | uint32](dst []byte, values []T, width int) []byte {
	start, size := len(dst), (len(values)+7)/8*width
	dst = append(dst, make([]byte, size)...)
	out := dst[start:]
	var pending uint64
	filled, at := 0, 0
	for _, v := range values {
		pending |= uint64(v) << filled
		filled += width
		if filled >= 32 {
			binary.LittleEndian.PutUint32(out[at:], uint32(pending))
			pending >>= 32
			filled -= 32
			at += 4
		}
	}
	for ; filled > 0; filled -= 8 {
		out[at] = byte(pending)
		pending >>= 8
		at++
	}
	return dst
}
