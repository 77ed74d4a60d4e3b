package parquetio

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// A deltaReader decodes DELTA_BINARY_PACKED: blocks of differences, each of several miniblocks with
// a bit width of its own. A miniblock of width 0 costs nothing, so values come as they are asked for.
type deltaReader struct {
	data      []byte
	perMini   int // values in a miniblock
	minis     int // miniblocks in a block
	left      int // values still to give
	value     uint64
	first     bool // value itself comes next
	minDelta  uint64
	widths    []byte // of the miniblocks of the block still to come
	mini      []byte // the current miniblock
	miniLeft  int
	miniWidth int
	bit       int
}

// maxDeltaBlock bounds what a header may claim; writers use 128.
const maxDeltaBlock = 1 << 20

var errDelta = errors.New("malformed delta encoding")

func newDeltaReader(data []byte) (*deltaReader, error) {
	r := &deltaReader{data: data, first: true}
	block, minis, total := r.uvarint(), r.uvarint(), r.uvarint()
	first, n := binary.Varint(r.data)
	if n <= 0 || minis == 0 || block == 0 || block > maxDeltaBlock || block%minis != 0 || block/minis%8 != 0 || total > 1<<31 {
		return nil, errDelta
	}
	r.data = r.data[n:]
	r.perMini, r.minis, r.left, r.value = int(block/minis), int(minis), int(total), uint64(first)
	return r, nil
}

func (r *deltaReader) uvarint() uint64 {
	v, n := binary.Uvarint(r.data)
	if n <= 0 {
		r.data = nil
		return 0
	}
	r.data = r.data[n:]
	return v
}

// nextMini moves to the next miniblock, and to the next block after the last.
func (r *deltaReader) nextMini() error {
	if len(r.widths) == 0 {
		delta, n := binary.Varint(r.data)
		if n <= 0 || len(r.data)-n < r.minis {
			return errDelta
		}
		r.minDelta = uint64(delta)
		r.widths = r.data[n : n+r.minis]
		r.data = r.data[n+r.minis:]
	}
	r.miniWidth, r.widths = int(r.widths[0]), r.widths[1:]
	size := r.miniWidth * r.perMini / 8
	if r.miniWidth > 64 {
		return errDelta
	}
	// The last miniblock may be cut to the values it has.
	if size > len(r.data) {
		if need := (min(r.left, r.perMini)*r.miniWidth + 7) / 8; need > len(r.data) {
			return errDelta
		}
		size = len(r.data)
	}
	r.mini, r.data = r.data[:size], r.data[size:]
	r.miniLeft, r.bit = r.perMini, 0
	return nil
}

// readDelta fills dst.
func readDelta[T int32 | int64](r *deltaReader, dst []T) error {
	if len(dst) > r.left {
		return errShortPage
	}
	for i := range dst {
		if !r.first {
			if r.miniLeft == 0 {
				if err := r.nextMini(); err != nil {
					return err
				}
			}
			r.value += r.minDelta + r.takeBits()
			r.miniLeft--
		}
		r.first = false
		r.left--
		dst[i] = T(r.value)
	}
	return nil
}

// takeBits reads the next packed difference: up to 64 bits from any bit on, in up to 9 bytes.
func (r *deltaReader) takeBits() uint64 {
	if r.miniWidth == 0 {
		return 0
	}
	from := min(r.bit>>3, len(r.mini))
	shift := r.bit & 7
	v := tailWord(r.mini[from:]) >> shift
	if shift+r.miniWidth > 64 && from+8 < len(r.mini) {
		v |= uint64(r.mini[from+8]) << (64 - shift)
	}
	r.bit += r.miniWidth
	if r.miniWidth < 64 {
		v &= 1<<r.miniWidth - 1
	}
	return v
}

// afterDelta is what follows the encoded integers, found from the block headers alone.
func afterDelta(data []byte) ([]byte, error) {
	r, err := newDeltaReader(data)
	if err != nil {
		return nil, err
	}
	for left := r.left - 1; left > 0; {
		r.left = left
		if err := r.nextMini(); err != nil {
			return nil, err
		}
		left -= r.perMini
	}
	return r.data, nil
}

// A lengthsReader decodes DELTA_LENGTH_BYTE_ARRAY: all lengths, then all bytes.
type lengthsReader struct {
	lengths *deltaReader
	data    []byte
	scratch []int32
}

func newLengthsReader(page []byte) (*lengthsReader, error) {
	lengths, err := newDeltaReader(page)
	if err != nil {
		return nil, err
	}
	data, err := afterDelta(page)
	return &lengthsReader{lengths: lengths, data: data}, err
}

func (r *lengthsReader) read(dst *bytesBuffer, n int) error {
	r.scratch = grow(r.scratch, n)
	if err := readDelta(r.lengths, r.scratch); err != nil {
		return err
	}
	for _, length := range r.scratch {
		if length < 0 || int(length) > len(r.data) {
			return fmt.Errorf("a value of %d bytes where %d are left", length, len(r.data))
		}
		if err := dst.append(r.data[:length]); err != nil {
			return err
		}
		r.data = r.data[length:]
	}
	return nil
}

// A prefixReader decodes DELTA_BYTE_ARRAY: each value is so much of the one before and a suffix.
type prefixReader struct {
	prefixes *deltaReader
	suffixes *lengthsReader
	last     []byte
	scratch  []int32
	suffix   bytesBuffer
}

func newPrefixReader(page []byte) (*prefixReader, error) {
	prefixes, err := newDeltaReader(page)
	if err != nil {
		return nil, err
	}
	rest, err := afterDelta(page)
	if err != nil {
		return nil, err
	}
	suffixes, err := newLengthsReader(rest)
	return &prefixReader{prefixes: prefixes, suffixes: suffixes}, err
}

func (r *prefixReader) read(dst *bytesBuffer, n int) error {
	r.scratch = grow(r.scratch, n)
	if err := readDelta(r.prefixes, r.scratch); err != nil {
		return err
	}
	r.suffix.reset()
	if err := r.suffixes.read(&r.suffix, n); err != nil {
		return err
	}
	for i, length := range r.scratch {
		if length < 0 || int(length) > len(r.last) {
			return fmt.Errorf("a prefix of %d bytes of a value of %d", length, len(r.last))
		}
		r.last = append(r.last[:length], r.suffix.value(i)...)
		if err := dst.append(r.last); err != nil {
			return err
		}
	}
	return nil
}
