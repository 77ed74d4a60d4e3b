package kafka

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
	"github.com/twmb/franz-go/pkg/kgo"
)

// largestBatch bounds what a batch of records may grow to: a broker may hold what a hostile producer sent.
const largestBatch = 1 << 30

// The codecs of a batch.
const (
	codecNone uint16 = iota
	codecGzip
	codecSnappy
	codecLz4
	codecZstd
)

// An inflater undoes the compression of batches. What it gives holds until it is asked again. The zero value is ready.
type inflater struct {
	room []byte
	gzip *gzip.Reader
	lz4  *lz4.Reader
	zstd *zstd.Decoder
}

var _ kgo.Decompressor = (*inflater)(nil)

// Decompress serves old message sets, of which the client library keeps what it is given.
func (f *inflater) Decompress(in []byte, codec kgo.CompressionCodecType) ([]byte, error) {
	out, err := f.records(in, uint16(codec))
	return bytes.Clone(out), err
}

func (f *inflater) records(in []byte, codec uint16) (out []byte, err error) {
	switch codec {
	case codecNone:
		return in, nil
	case codecGzip:
		out, err = f.gunzip(in)
	case codecSnappy:
		out, err = f.unsnappy(in)
	case codecLz4:
		if f.lz4 == nil {
			f.lz4 = lz4.NewReader(nil)
		}
		f.lz4.Reset(bytes.NewReader(in))
		out, err = f.all(f.lz4)
	case codecZstd:
		out, err = f.unzstd(in)
	default:
		return nil, fmt.Errorf("%w: unknown compression %d", errBrokenBatch, codec)
	}
	if err != nil {
		return nil, fmt.Errorf("decompress a batch of records: %w", err)
	}
	f.room = out[:0]
	return out, nil
}

func (f *inflater) gunzip(in []byte) ([]byte, error) {
	if f.gzip == nil {
		f.gzip = new(gzip.Reader)
	}
	if err := f.gzip.Reset(bytes.NewReader(in)); err != nil {
		return nil, err
	}
	return f.all(f.gzip)
}

func (f *inflater) unzstd(in []byte) ([]byte, error) {
	if f.zstd == nil {
		var err error
		if f.zstd, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(largestBatch)); err != nil {
			return nil, err
		}
	}
	return f.zstd.DecodeAll(in, f.room[:0])
}

// all reads to the end, but not past the bound.
func (f *inflater) all(in io.Reader) ([]byte, error) {
	out := bytes.NewBuffer(f.room[:0])
	n, err := out.ReadFrom(io.LimitReader(in, largestBatch+1))
	if err == nil && n > largestBatch {
		err = errTooLarge
	}
	return out.Bytes(), err
}

var errTooLarge = fmt.Errorf("%w: it grows to more than %d bytes", errBrokenBatch, largestBatch)

// xerial begins snappy as Java's library frames it.
var xerial = []byte{0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0}

// unsnappy knows both forms: one block, and blocks with their lengths after a header of 16 bytes.
func (f *inflater) unsnappy(in []byte) ([]byte, error) {
	if !bytes.HasPrefix(in, xerial) || len(in) < 16 {
		return f.block(f.room[:0], in)
	}
	out := f.room[:0]
	for rest := in[16:]; len(rest) > 0; {
		if len(rest) < 4 {
			return nil, errBrokenBatch
		}
		n := binary.BigEndian.Uint32(rest)
		if rest = rest[4:]; uint64(n) > uint64(len(rest)) {
			return nil, errBrokenBatch
		}
		var err error
		if out, err = f.block(out, rest[:n]); err != nil {
			return nil, err
		}
		rest = rest[n:]
	}
	return out, nil
}

// block adds a block of snappy.
func (f *inflater) block(out, in []byte) ([]byte, error) {
	size, err := s2.DecodedLen(in)
	if err != nil {
		return nil, err
	}
	if size > largestBatch-len(out) || size > 64*(len(in)+1) { // a byte of snappy stands for no more than 64
		return nil, errTooLarge
	}
	start := len(out)
	if cap(out)-start < size {
		out = append(make([]byte, 0, 2*start+size), out...)
	}
	got, err := s2.Decode(out[start:start+size], in)
	if err != nil {
		return nil, err
	}
	return append(out[:start], got...), nil
}
