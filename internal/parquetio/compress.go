package parquetio

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go/format"
	"github.com/pierrec/lz4/v4"
)

// A compressor packs the pages of one file, one at a time.
type compressor struct {
	codec format.CompressionCodec
	zstd  *zstd.Encoder
	gzip  *gzip.Writer
	lz4   lz4.Compressor
}

func newCompressor(codec format.CompressionCodec) (*compressor, error) {
	c := &compressor{codec: codec}
	var err error
	switch codec {
	case format.Zstd:
		c.zstd, err = zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(false))
	case format.Gzip:
		c.gzip = gzip.NewWriter(nil)
	default: // needs no state
	}
	return c, err
}

// compress packs src, using the memory of scratch for the result where it is large enough.
// An uncompressed result is src itself.
func (c *compressor) compress(scratch, src []byte) ([]byte, error) {
	switch c.codec {
	case format.Snappy:
		// Of the three modes the plain one is a third of the time for one part in forty of the size.
		return s2.EncodeSnappy(scratch[:cap(scratch)], src), nil
	case format.Zstd:
		return c.zstd.EncodeAll(src, scratch[:0]), nil
	case format.Gzip:
		out := bytes.NewBuffer(scratch[:0])
		c.gzip.Reset(out)
		if _, err := c.gzip.Write(src); err != nil {
			return nil, err
		}
		err := c.gzip.Close()
		return out.Bytes(), err
	case format.Lz4Raw:
		scratch = grow(scratch, lz4.CompressBlockBound(len(src)))
		n, err := c.lz4.CompressBlock(src, scratch)
		return scratch[:n], err
	default:
		return src, nil
	}
}

// maxPageBytes bounds what one page may unpack to: the largest that parquet-mr makes of sensible
// rows is a few MB, and a header may claim 2 GB for a page of a few bytes.
const maxPageBytes = 256 << 20

// snappyRatio is above the most that snappy can gain: 64 bytes for a copy of 3.
const snappyRatio = 24

// A decompressor unpacks pages, one at a time.
type decompressor struct {
	zstd *zstd.Decoder
}

// decompress unpacks src to exactly size bytes, using the memory of scratch where it is large enough.
func (d *decompressor) decompress(codec format.CompressionCodec, scratch, src []byte, size int) ([]byte, error) {
	if size < 0 || size > maxPageBytes {
		return nil, fmt.Errorf("page of %d bytes, the limit is %d", size, maxPageBytes)
	}
	out, err := d.unpack(codec, scratch, src, size)
	if err == nil && len(out) != size {
		err = fmt.Errorf("page unpacks to %d bytes, its header says %d", len(out), size)
	}
	return out, err
}

func (d *decompressor) unpack(codec format.CompressionCodec, scratch, src []byte, size int) ([]byte, error) {
	if size == 0 {
		return nil, nil
	}
	switch codec {
	case format.Uncompressed:
		return src, nil
	case format.Snappy:
		n, err := s2.DecodedLen(src)
		if err != nil || n != size || n > snappyRatio*len(src) {
			return nil, fmt.Errorf("snappy block of %d bytes for a page of %d", len(src), size)
		}
		return s2.Decode(grow(scratch, size), src)
	case format.Gzip:
		return gunzip(grow(scratch, size)[:0], src, size)
	case format.Zstd:
		if d.zstd == nil {
			var err error
			d.zstd, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxPageBytes))
			if err != nil {
				return nil, err
			}
		}
		return d.zstd.DecodeAll(src, scratch[:0])
	case format.Lz4Raw:
		scratch = grow(scratch, size)
		n, err := lz4.UncompressBlock(src, scratch)
		return scratch[:max(n, 0)], err
	case format.Lz4:
		return unpackHadoopLZ4(grow(scratch, size), src)
	case format.Brotli:
		out := bytes.NewBuffer(grow(scratch, size)[:0])
		_, err := io.Copy(out, io.LimitReader(brotli.NewReader(bytes.NewReader(src)), int64(size)+1)) // one more: see gunzip
		return out.Bytes(), err
	default:
		return nil, fmt.Errorf("compression %v is not supported", codec)
	}
}

// unpackHadoopLZ4 unpacks the codec LZ4 that came before LZ4_RAW. The format never said what it is: Hadoop and Spark write frames, each the size of
// its bytes and then blocks until there are so many, each after the size of the block; others have written one bare block.
func unpackHadoopLZ4(dst, src []byte) ([]byte, error) {
	if n, ok := unpackLZ4Frames(dst, src); ok {
		return dst[:n], nil
	}
	n, err := lz4.UncompressBlock(src, dst)
	return dst[:max(n, 0)], err
}

// unpackLZ4Frames reports whether the bytes are frames from the first to the last, that fit.
func unpackLZ4Frames(dst, src []byte) (n int, ok bool) {
	for len(src) > 0 {
		size, rest, ok := lz4Size(src, len(dst)-n)
		if !ok {
			return 0, false
		}
		src = rest
		for end := n + size; n < end; {
			packed, rest, ok := lz4Size(src, len(src))
			if !ok || packed > len(rest) {
				return 0, false
			}
			got, err := lz4.UncompressBlock(rest[:packed], dst[n:end])
			if err != nil || got <= 0 {
				return 0, false
			}
			n, src = n+got, rest[packed:]
		}
	}
	return n, true
}

// lz4Size reads a size of a frame, which is not above a limit.
func lz4Size(src []byte, limit int) (size int, rest []byte, ok bool) {
	const width = 4
	if len(src) < width {
		return 0, nil, false
	}
	n := binary.BigEndian.Uint32(src)
	return int(n), src[width:], uint64(n) <= uint64(limit)
}

// gunzip reads one byte more than wanted at most, so that a bomb is noticed and not followed.
func gunzip(dst, src []byte, size int) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(src))
	if err != nil {
		return nil, err
	}
	out := bytes.NewBuffer(dst)
	_, err = io.Copy(out, io.LimitReader(r, int64(size)+1))
	return out.Bytes(), err
}

// grow gives a slice of n elements, of the memory of s where it is large enough. Its content is unspecified.
func grow[T any](s []T, n int) []T {
	if cap(s) >= n {
		return s[:n]
	}
	return make([]T, n, n+n/4)
}
