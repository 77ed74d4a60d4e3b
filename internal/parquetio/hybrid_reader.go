package parquetio

import (
	"encoding/binary"
	"errors"
	"fmt"
)

var errShortPage = errors.New("the page holds fewer values than its header says")

// A hybridReader decodes RLE/bit-packed values as they are asked for: a run of a few bytes may stand for
// billions of values.
type hybridReader struct {
	data   []byte
	width  int
	run    int // values left in a run of value
	value  uint32
	packed int // values left in packed groups, from bit on
	bit    int
}

func newHybridReader(data []byte, width int) (hybridReader, error) {
	if width > 32 {
		return hybridReader{}, errors.New("values of more than 32 bits")
	}
	return hybridReader{data: data, width: width}, nil
}

// head reads what precedes a run or packed groups.
func (r *hybridReader) head() error {
	head, n := binary.Uvarint(r.data)
	if n <= 0 || head>>1 > 1<<31 {
		return errShortPage
	}
	r.data = r.data[n:]
	if head&1 == 1 {
		return r.headPacked(int(head >> 1))
	}
	size := (r.width + 7) / 8
	if len(r.data) < size {
		return errShortPage
	}
	r.run, r.value = int(head>>1), 0
	for i := range size {
		r.value |= uint32(r.data[i]) << (8 * i)
	}
	r.data = r.data[size:]
	if uint64(r.value)>>r.width != 0 {
		r.run = 0
		return fmt.Errorf("a run of %d, which %d bits do not hold", r.value, r.width)
	}
	return nil
}

// headPacked takes what there is of the groups: some writers cut the last one short.
func (r *hybridReader) headPacked(groups int) error {
	r.packed, r.bit = groups*8, 0
	if have := len(r.data) * 8; r.width > 0 && r.packed > have/r.width {
		r.packed = have / r.width
		if r.packed == 0 {
			r.data = nil // so that the error stays one
			return errShortPage
		}
	}
	return nil
}

// endPacked passes over the bytes of the groups once their values are taken.
func (r *hybridReader) endPacked() {
	if r.packed == 0 {
		r.data = r.data[min(len(r.data), (r.bit+7)/8):]
		r.bit = 0
	}
}

// takeRun passes over n values and reports true if all of them are of one run of want.
func (r *hybridReader) takeRun(n int, want uint32) bool {
	if r.run == 0 && r.packed == 0 && r.head() != nil {
		return false // the read that follows finds the same error
	}
	if r.value != want || r.run < n {
		return false
	}
	r.run -= n
	return true
}

// readHybrid fills dst.
func readHybrid[T uint8 | uint32](r *hybridReader, dst []T) error {
	for len(dst) > 0 {
		switch {
		case r.run > 0:
			n := min(r.run, len(dst))
			value := T(r.value)
			for i := range dst[:n] {
				dst[i] = value
			}
			r.run -= n
			dst = dst[n:]
		case r.packed > 0:
			n := min(r.packed, len(dst))
			unpack(dst[:n], r.data, r.bit, r.width)
			r.packed -= n
			r.bit += n * r.width
			r.endPacked()
			dst = dst[n:]
		default:
			if err := r.head(); err != nil {
				return err
			}
		}
	}
	return nil
}

// unpack reads values of width bits that start at the bit; data holds them all.
func unpack[T uint8 | uint32](dst []T, data []byte, bit, width int) {
	mask := uint64(1)<<width - 1
	i := 0
	for ; i < len(dst) && bit>>3+8 <= len(data); i++ {
		dst[i] = T(binary.LittleEndian.Uint64(data[bit>>3:]) >> (bit & 7) & mask)
		bit += width
	}
	for ; i < len(dst); i++ {
		dst[i] = T(tailWord(data[min(bit>>3, len(data)):]) >> (bit & 7) & mask)
		bit += width
	}
}

// tailWord reads the last bytes as if zeros followed.
func tailWord(data []byte) uint64 {
	var word [8]byte
	copy(word[:], data)
	return binary.LittleEndian.Uint64(word[:])
}
