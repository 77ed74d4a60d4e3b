package filesink

import (
	"encoding/binary"
	"io"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"

	"lakehouse/internal/option"
)

// compressionOption is the codec of text files, by Spark's names.
var compressionOption = option.Spec{
	Name: "compression", Kind: option.Enum, Values: []string{"none", "uncompressed", "gzip", "deflate", "snappy", "zstd"}, Default: "none",
	Doc: "The codec of the files: none, gzip, deflate, snappy or zstd. bzip2 and lz4 are not written by this build.",
}

var codecSuffixes = map[string]string{"gzip": ".gz", "deflate": ".deflate", "snappy": ".snappy", "zstd": ".zst"}

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
		return &snappyBlocks{out: out}, nil
	}
	return plain{out}, nil
}

type plain struct{ io.Writer }

func (plain) Close() error { return nil }

// snappyBlock is how many plain bytes a block of Hadoop's framing of snappy holds.
const snappyBlock = 256 << 10

// snappyBlocks writes Hadoop's framing of snappy: blocks, each with its plain length and one chunk with its packed length.
type snappyBlocks struct {
	out   io.Writer
	plain []byte // of the block that is not full yet
	frame []byte
}

func (s *snappyBlocks) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		take := min(len(p), snappyBlock-len(s.plain))
		s.plain, p = append(s.plain, p[:take]...), p[take:]
		if len(s.plain) == snappyBlock {
			if err := s.flush(); err != nil {
				return 0, err
			}
		}
	}
	return n, nil
}

func (s *snappyBlocks) flush() error {
	packed := snappy.Encode(nil, s.plain)
	s.frame = binary.BigEndian.AppendUint32(s.frame[:0], uint32(len(s.plain)))
	s.frame = binary.BigEndian.AppendUint32(s.frame, uint32(len(packed)))
	s.frame = append(s.frame, packed...)
	s.plain = s.plain[:0]
	_, err := s.out.Write(s.frame)
	return err
}

// Close writes the last block.
func (s *snappyBlocks) Close() error {
	if len(s.plain) == 0 {
		return nil
	}
	return s.flush()
}
