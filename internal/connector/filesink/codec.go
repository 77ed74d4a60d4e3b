package filesink

import (
	"encoding/binary"
	"io"
	"slices"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"

	"lakehouse/internal/option"
)

// compressionOption is the codec of text files, by Spark's names.
var compressionOption = option.Spec{
	Name: "compression", Kind: option.Enum, Values: []string{"none", "uncompressed", "gzip", "deflate", "lz4", "snappy", "zstd"}, Default: "none",
	Doc: "The codec of the files: none, gzip, deflate, lz4, snappy or zstd. bzip2 is read, and not written by this build.",
}

var codecSuffixes = map[string]string{"gzip": ".gz", "deflate": ".deflate", "lz4": ".lz4", "snappy": ".snappy", "zstd": ".zst"}

// textExtension is that of a format whose files are compressed as a whole: ".json.gz".
func textExtension(name string) func(option.Values) string {
	return func(v option.Values) string { return name + codecSuffixes[v.String("compression")] }
}

// compressed is a file's plain bytes on their way out.
func compressed(out io.Writer, codec string) (io.WriteCloser, error) {
	switch strings.ToLower(codec) {
	case "gzip":
		return gzip.NewWriter(out), nil
	case "deflate":
		return zlib.NewWriter(out), nil
	case "zstd":
		return zstd.NewWriter(out, zstd.WithEncoderConcurrency(1))
	case "snappy":
		return &blocks{out: out, most: snappyBlock, pack: func(dst, block []byte) ([]byte, error) { return snappy.Encode(dst, block), nil }}, nil
	case "lz4":
		return &blocks{out: out, most: lz4Block, pack: packLZ4}, nil
	}
	return plain{out}, nil
}

type plain struct{ io.Writer }

func (plain) Close() error { return nil }

// How many plain bytes a block has in Hadoop's framing: Hadoop reads a packed block into a buffer of 256 KiB, and some blocks are
// longer when they are packed.
const (
	blockBuffer = 256 << 10
	snappyBlock = blockBuffer - blockBuffer/6 - 32
	lz4Block    = blockBuffer - blockBuffer/255 - 16
)

// packLZ4 appends a block: what cannot be made smaller is one literal.
func packLZ4(dst, block []byte) ([]byte, error) {
	dst = slices.Grow(dst, lz4.CompressBlockBound(len(block)))
	n, err := lz4.CompressBlock(block, dst[:cap(dst)], nil)
	return dst[:n], err
}

// blocks writes Hadoop's framing of snappy and LZ4: blocks, each with its plain length and one chunk with its packed length.
type blocks struct {
	out    io.Writer
	most   int // plain bytes of a block
	pack   func(dst, block []byte) ([]byte, error)
	plain  []byte // of the block that is not full yet
	packed []byte
	frame  []byte
}

func (b *blocks) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		take := min(len(p), b.most-len(b.plain))
		b.plain, p = append(b.plain, p[:take]...), p[take:]
		if len(b.plain) == b.most {
			if err := b.flush(); err != nil {
				return 0, err
			}
		}
	}
	return n, nil
}

func (b *blocks) flush() (err error) {
	if b.packed, err = b.pack(b.packed[:0], b.plain); err != nil {
		return err
	}
	b.frame = binary.BigEndian.AppendUint32(b.frame[:0], uint32(len(b.plain)))
	b.frame = binary.BigEndian.AppendUint32(b.frame, uint32(len(b.packed)))
	b.frame = append(b.frame, b.packed...)
	b.plain = b.plain[:0]
	_, err = b.out.Write(b.frame)
	return err
}

// Close writes the last block.
func (b *blocks) Close() error {
	if len(b.plain) == 0 {
		return nil
	}
	return b.flush()
}
