package parquetio

import (
	"encoding/binary"
	"math/bits"
)

// A levelBuffer holds the definition or repetition levels of a page. As long as all are the same,
// which is the rule for columns without nulls, it only counts them.
type levelBuffer struct {
	usual  uint8 // the level that is only counted: the largest definition level, or repetition 0
	max    uint8
	n      int
	levels []uint8 // empty while all are usual
}

// addUsual appends n times the usual level.
func (b *levelBuffer) addUsual(n int) {
	if len(b.levels) > 0 {
		b.levels = appendRepeated(b.levels, b.usual, n)
	}
	b.n += n
}

// add appends levels.
func (b *levelBuffer) add(levels []uint8) {
	if len(b.levels) == 0 {
		b.levels = appendRepeated(b.levels, b.usual, b.n)
	}
	b.levels = append(b.levels, levels...)
	b.n += len(levels)
}

func (b *levelBuffer) reset() { b.n, b.levels = 0, b.levels[:0] }

// encode appends the levels as a version 1 data page has them: length, then hybrid runs. A column that has
// only one possible level stores none.
func (b *levelBuffer) encode(dst []byte) []byte {
	if b.max == 0 {
		return dst
	}
	start := len(dst)
	dst = append(dst, 0, 0, 0, 0)
	width := bits.Len8(b.max)
	if len(b.levels) == 0 {
		dst = appendRun(dst, uint32(b.usual), b.n, width)
	} else {
		dst = appendHybrid(dst, b.levels, width)
	}
	binary.LittleEndian.PutUint32(dst[start:], uint32(len(dst)-start-4))
	return dst
}

func appendRepeated(dst []uint8, v uint8, n int) []uint8 {
	start := len(dst)
	dst = append(dst, make([]uint8, n)...)
	if v != 0 {
		for i := range dst[start:] {
			dst[start+i] = v
		}
	}
	return dst
}
