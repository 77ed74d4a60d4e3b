package orcio

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// codecNames are the kinds of compression, by number; empty: not read.
var codecNames = [...]string{"none", "zlib", "snappy", "", "lz4", "zstd"}

// A codec unpacks chunks.
type codec struct {
	kind  uint64
	block int // bytes of a chunk, at most
	flate io.ReadCloser
	zstd  *zstd.Decoder
}

// unpack unpacks one chunk behind dst.
func (c *codec) unpack(dst, packed []byte) ([]byte, error) {
	room := func() []byte {
		if cap(dst) < c.block {
			dst = make([]byte, 0, c.block)
		}
		return dst[:c.block]
	}
	switch codecNames[c.kind] {
	case "zlib":
		return c.inflate(room(), packed)
	case "snappy":
		n, err := snappy.DecodedLen(packed)
		if err != nil {
			return nil, err
		}
		if n > c.block {
			return nil, errLong
		}
		return snappy.Decode(room(), packed)
	case "lz4":
		out := room()
		n, err := lz4.UncompressBlock(packed, out)
		if err != nil {
			return nil, err
		}
		return out[:n], nil
	case "zstd":
		if c.zstd == nil {
			var err error
			if c.zstd, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(uint64(max(c.block, 1<<20)))); err != nil {
				return nil, err
			}
		}
		out, err := c.zstd.DecodeAll(packed, room()[:0])
		if err == nil && len(out) > c.block {
			err = errLong
		}
		return out, err
	}
	return nil, fmt.Errorf("internal error: compression %d", c.kind)
}

var errLong = errors.New("a chunk unpacks to more than the file says")

func (c *codec) inflate(out, packed []byte) ([]byte, error) {
	if c.flate == nil {
		c.flate = flate.NewReader(bytes.NewReader(packed))
	} else if err := c.flate.(flate.Resetter).Reset(bytes.NewReader(packed), nil); err != nil {
		return nil, err
	}
	n, err := io.ReadFull(c.flate, out)
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return out[:n], nil
	case err != nil:
		return nil, err
	}
	if n, err := c.flate.Read(make([]byte, 1)); n > 0 {
		return nil, errLong
	} else if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return out, nil
}

// chunk cuts the first chunk off packed bytes.
func chunk(packed []byte) (body, rest []byte, original bool, err error) {
	if len(packed) < 3 {
		return nil, nil, false, errCut
	}
	head := int(packed[0]) | int(packed[1])<<8 | int(packed[2])<<16
	length := head >> 1
	if length > len(packed)-3 {
		return nil, nil, false, errCut
	}
	return packed[3 : 3+length], packed[3+length:], head&1 == 1, nil
}

// unpackAll unpacks the whole of a message.
func (f *File) unpackAll(packed []byte) ([]byte, error) {
	if f.codec == 0 {
		return packed, nil
	}
	c := codec{kind: f.codec, block: f.block}
	var out []byte
	for len(packed) > 0 {
		body, rest, original, err := chunk(packed)
		if err != nil {
			return nil, err
		}
		if !original {
			if body, err = c.unpack(nil, body); err != nil {
				return nil, err
			}
		}
		if len(out)+len(body) > maxTail {
			return nil, errLong
		}
		out, packed = append(out, body...), rest
	}
	return out, nil
}

// A stream gives the bytes of one stream of a stripe, unpacked chunk by chunk.
type stream struct {
	packed []byte
	codec  *codec // nil: not packed
	plain  []byte // not yet read
	own    []byte // memory of plain
}

// fill makes plain hold something. It reports false at the end.
func (s *stream) fill() (bool, error) {
	for len(s.plain) == 0 {
		if len(s.packed) == 0 {
			return false, nil
		}
		if s.codec == nil {
			s.plain, s.packed = s.packed, nil
			continue
		}
		body, rest, original, err := chunk(s.packed)
		if err != nil {
			return false, err
		}
		s.packed = rest
		if original {
			s.plain = body
			continue
		}
		if s.own, err = s.codec.unpack(s.own[:0], body); err != nil {
			return false, err
		}
		s.plain = s.own
	}
	return true, nil
}

// ReadByte reads a byte.
func (s *stream) ReadByte() (byte, error) {
	if len(s.plain) == 0 {
		if ok, err := s.fill(); !ok {
			if err == nil {
				err = errCut
			}
			return 0, err
		}
	}
	b := s.plain[0]
	s.plain = s.plain[1:]
	return b, nil
}

// appendTo reads n bytes behind dst.
func (s *stream) appendTo(dst []byte, n int) ([]byte, error) {
	for n > 0 {
		if ok, err := s.fill(); !ok {
			if err == nil {
				err = errCut
			}
			return dst, err
		}
		k := min(n, len(s.plain))
		dst = append(dst, s.plain[:k]...)
		s.plain = s.plain[k:]
		n -= k
	}
	return dst, nil
}

// varint reads a number of 7 bits a byte.
func (s *stream) varint() (uint64, error) {
	var v uint64
	for shift := 0; shift < 70; shift += 7 {
		b, err := s.ReadByte()
		if err != nil {
			return 0, err
		}
		if shift == 63 && b > 1 {
			break
		}
		v |= uint64(b&0x7F) << shift
		if b < 0x80 {
			return v, nil
		}
	}
	return 0, errors.New("a number has too many bytes")
}

func zigzag(u uint64) int64 { return int64(u>>1) ^ -int64(u&1) }
