package parquetio

import (
	"fmt"
	"unsafe"

	"github.com/parquet-go/parquet-go/format"
)

// int96 is the old timestamp: nanoseconds of the day, then the Julian day.
type int96 [12]byte

// physicalValue is a value of fixed size as pages hold it; uint8 stands for a boolean.
type physicalValue interface {
	uint8 | int32 | int64 | float32 | float64 | int96
}

// A source gives the values of a page that does not use a dictionary.
type source[P physicalValue] interface {
	read(dst []P) error
}

func newSource[P physicalValue](encoding format.Encoding, data []byte) (source[P], error) {
	var zero P
	_, isBool := any(zero).(uint8)
	switch {
	case isBool && encoding == format.Plain:
		return any(&plainBools{data: data}).(source[P]), nil
	case isBool && encoding == format.RLE:
		s, err := newRunBools(data)
		return any(s).(source[P]), err
	case isBool:
	case encoding == format.Plain:
		return &plainNumbers[P]{data: data}, nil
	case encoding == format.ByteStreamSplit:
		return &splitNumbers[P]{split{data: data, size: int(unsafe.Sizeof(zero))}}, nil
	case encoding == format.DeltaBinaryPacked:
		return newDeltaSource[P](data)
	}
	return nil, fmt.Errorf("encoding %v of %T is not supported", encoding, zero)
}

func newDeltaSource[P physicalValue](data []byte) (source[P], error) {
	r, err := newDeltaReader(data)
	if err != nil {
		return nil, err
	}
	var zero P
	switch any(zero).(type) {
	case int32:
		return any(&deltaNumbers[int32]{r}).(source[P]), nil
	case int64:
		return any(&deltaNumbers[int64]{r}).(source[P]), nil
	}
	return nil, fmt.Errorf("encoding DELTA_BINARY_PACKED of %T is not supported", zero)
}

type deltaNumbers[P int32 | int64] struct{ r *deltaReader }

func (s *deltaNumbers[P]) read(dst []P) error { return readDelta(s.r, dst) }

type plainNumbers[P physicalValue] struct{ data []byte }

func (s *plainNumbers[P]) read(dst []P) error {
	out := bytesOf(dst)
	if len(s.data) < len(out) {
		return errShortPage
	}
	copy(out, s.data)
	s.data = s.data[len(out):]
	return nil
}

type splitNumbers[P physicalValue] struct{ split }

func (s *splitNumbers[P]) read(dst []P) error {
	for i := range dst {
		if !s.next(bytesOf(dst[i : i+1])) {
			return errShortPage
		}
	}
	return nil
}

// plainBools are single bits.
type plainBools struct {
	data []byte
	bit  int
}

func (s *plainBools) read(dst []uint8) error {
	if len(dst) > len(s.data)*8-s.bit {
		return errShortPage
	}
	for i := range dst {
		dst[i] = s.data[s.bit>>3] >> (s.bit & 7) & 1
		s.bit++
	}
	return nil
}

// runBools are hybrid runs behind their length.
type runBools struct{ hybrid hybridReader }

func newRunBools(data []byte) (*runBools, error) {
	levels, _, err := cutLevels(data)
	return &runBools{hybridReader{data: levels, width: 1}}, err
}

func (s *runBools) read(dst []uint8) error { return readHybrid(&s.hybrid, dst) }
