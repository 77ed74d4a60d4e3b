package orcio

import (
	"fmt"
	"time"
	_ "time/tzdata" // the zones of writers, whatever the machine knows
)

// The kinds of streams that are read.
const (
	streamPresent    = 0
	streamData       = 1
	streamLength     = 2
	streamDictionary = 3
	streamSecondary  = 5
)

// A stripeReader gives the streams of one stripe's columns.
type stripeReader struct {
	file      *File
	streams   map[streamKey]streamPlace
	encodings []encoding
	zone      *time.Location // the writer's
	codec     *codec
}

type streamKey struct {
	column int
	kind   uint64
}

type streamPlace struct{ at, length int64 }

type encoding struct{ kind, dictionary uint64 }

const maxStripe = 2 << 30

func (f *File) openStripe(s stripe) (*stripeReader, error) {
	if s.footer > maxTail || s.data > maxStripe {
		return nil, fmt.Errorf("a stripe of %d bytes is too large", s.data)
	}
	packed := make([]byte, s.footer)
	if err := readFull(f.in, packed, s.offset+s.index+s.data); err != nil {
		return nil, err
	}
	text, err := f.unpackAll(packed)
	if err != nil {
		return nil, err
	}
	r := &stripeReader{file: f, streams: map[streamKey]streamPlace{}, zone: time.UTC}
	if f.codec != 0 {
		r.codec = &codec{kind: f.codec, block: f.block}
	}
	at, end := s.offset, s.offset+s.index+s.data
	err = message(text, func(number int, _ uint64, bytes []byte) error {
		switch number {
		case 1:
			return r.stream(bytes, &at, end)
		case 2:
			var e encoding
			err := message(bytes, func(number int, value uint64, _ []byte) error {
				switch number {
				case 1:
					e.kind = value
				case 2:
					e.dictionary = value
				}
				return nil
			})
			r.encodings = append(r.encodings, e)
			return err
		case 3:
			zone, err := time.LoadLocation(string(bytes))
			if err != nil {
				return fmt.Errorf("the writer's time zone %q is unknown", bytes)
			}
			r.zone = zone
		}
		return nil
	})
	if err == nil && len(r.encodings) < len(f.nodes) {
		err = errCut
	}
	return r, err
}

func (r *stripeReader) stream(text []byte, at *int64, end int64) error {
	var kind, column, length uint64
	err := message(text, func(number int, value uint64, _ []byte) error {
		switch number {
		case 1:
			kind = value
		case 2:
			column = value
		case 3:
			length = value
		}
		return nil
	})
	if err != nil {
		return err
	}
	if length > uint64(end-*at) {
		return errCut
	}
	if column < uint64(len(r.file.nodes)) {
		r.streams[streamKey{int(column), kind}] = streamPlace{*at, int64(length)}
	}
	*at += int64(length)
	return nil
}

// open reads a stream into memory. One that is not there is empty.
func (r *stripeReader) open(column int, kind uint64) (*stream, error) {
	place, ok := r.streams[streamKey{column, kind}]
	if !ok {
		return &stream{}, nil
	}
	packed := make([]byte, place.length)
	if err := readFull(r.file.in, packed, place.at); err != nil {
		return nil, err
	}
	return &stream{packed: packed, codec: r.codec}, nil
}

func (r *stripeReader) has(column int, kind uint64) bool {
	_, ok := r.streams[streamKey{column, kind}]
	return ok
}

// ints reads numbers as the column's encoding has them.
func (r *stripeReader) ints(column int, kind uint64, signed bool) (*intRuns, error) {
	in, err := r.open(column, kind)
	return &intRuns{in: in, v2: r.encodings[column].kind >= 2, signed: signed}, err
}
