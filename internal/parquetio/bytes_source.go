package parquetio

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/parquet-go/parquet-go/format"
)

// A bytesBuffer is a column of strings of bytes as Arrow has it: offsets, one more than values, into data.
type bytesBuffer struct {
	offsets []int32
	data    []byte
}

// maxBatchBytes bounds the strings of one column in one batch.
const maxBatchBytes = 1 << 30

var errBatchBytes = errors.New("a batch holds more than 1 GB of one column")

func (b *bytesBuffer) reset() {
	b.offsets, b.data = append(b.offsets[:0], 0), b.data[:0]
}

func (b *bytesBuffer) len() int { return len(b.offsets) - 1 }

func (b *bytesBuffer) value(i int) []byte { return b.data[b.offsets[i]:b.offsets[i+1]] }

func (b *bytesBuffer) append(v []byte) error {
	if len(b.data)+len(v) > maxBatchBytes {
		return errBatchBytes
	}
	b.data = append(b.data, v...)
	b.offsets = append(b.offsets, int32(len(b.data)))
	return nil
}

// A bytesSource gives the values of a page of strings of bytes, n at a time.
type bytesSource interface {
	read(dst *bytesBuffer, n int) error
}

// newBytesSource reads a page that does not use a dictionary. Fixed is the length of every value, or 0.
func newBytesSource(encoding format.Encoding, data []byte, fixed int) (bytesSource, error) {
	switch encoding {
	case format.Plain:
		if fixed > 0 {
			return &fixedBytes{data: data, size: fixed}, nil
		}
		return &plainBytes{data: data}, nil
	case format.DeltaLengthByteArray:
		return newLengthsReader(data)
	case format.DeltaByteArray:
		return newPrefixReader(data)
	case format.ByteStreamSplit:
		if fixed > 0 {
			return &splitBytes{split: split{data: data, size: fixed}}, nil
		}
	default:
	}
	return nil, fmt.Errorf("encoding %v of strings is not supported", encoding)
}

// plainBytes are values behind their lengths.
type plainBytes struct{ data []byte }

func (s *plainBytes) read(dst *bytesBuffer, n int) error {
	data, out, offsets := s.data, dst.data, dst.offsets
	for range n {
		if len(data) < 4 {
			return errShortPage
		}
		size := binary.LittleEndian.Uint32(data)
		data = data[4:]
		if uint64(size) > uint64(len(data)) {
			return errShortPage
		}
		out = append(out, data[:size]...)
		if len(out) > maxBatchBytes {
			return errBatchBytes
		}
		offsets = append(offsets, int32(len(out)))
		data = data[size:]
	}
	s.data, dst.data, dst.offsets = data, out, offsets
	return nil
}

// fixedBytes are values of one length.
type fixedBytes struct {
	data []byte
	size int
}

func (s *fixedBytes) read(dst *bytesBuffer, n int) error {
	if n > len(s.data)/s.size {
		return errShortPage
	}
	for range n {
		if err := dst.append(s.data[:s.size]); err != nil {
			return err
		}
		s.data = s.data[s.size:]
	}
	return nil
}

// split is BYTE_STREAM_SPLIT: the first bytes of all values, then all second bytes, and so on.
type split struct {
	data []byte
	size int
	at   int
}

func (s *split) next(dst []byte) bool {
	stride := len(s.data) / s.size
	if s.at >= stride {
		return false
	}
	for i := range dst {
		dst[i] = s.data[i*stride+s.at]
	}
	s.at++
	return true
}

type splitBytes struct {
	split
	value []byte
}

func (s *splitBytes) read(dst *bytesBuffer, n int) error {
	s.value = grow(s.value, s.size)
	for range n {
		if !s.next(s.value) {
			return errShortPage
		}
		if err := dst.append(s.value); err != nil {
			return err
		}
	}
	return nil
}
