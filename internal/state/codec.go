package state

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
)

// A Codec says how the files of state are compressed: spark.sql.streaming.stateStore.compression.codec, by its short names.
type Codec string

// The codecs. A file says by its first bytes which one it is of.
const (
	LZ4    Codec = "lz4"
	Zstd   Codec = "zstd"
	Snappy Codec = "snappy"
)

// Codecs are those that are read and written.
var Codecs = []string{string(LZ4), string(Zstd), string(Snappy)}

const (
	zstdMagic = "\x28\xb5\x2f\xfd"
	// A snappy stream is what org.xerial.snappy.SnappyOutputStream writes: a header, its version and the oldest one that reads it, and
	// blocks behind their length.
	snappyMagic    = "\x82SNAPPY\x00"
	snappyHeader   = len(snappyMagic) + 8
	snappyMaxBlock = 16 << 20
)

// decompressed is the content of a file, whatever its codec.
func decompressed(from io.Reader) (io.Reader, func(), error) {
	in := bufio.NewReaderSize(from, blockSize)
	start, err := in.Peek(len(snappyMagic)) // which may be more than there is: the codecs tell
	switch {
	case len(start) >= len(zstdMagic) && string(start[:len(zstdMagic)]) == zstdMagic:
		d, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(128<<20))
		if err != nil {
			return nil, nil, fmt.Errorf("open zstd: %w", err)
		}
		return d, d.Close, nil
	case err == nil && string(start) == snappyMagic:
		_, err := in.Discard(snappyHeader)
		return &snappyReader{from: in}, func() {}, cutShort(err)
	}
	return newBlockReader(in), func() {}, nil
}

type snappyReader struct {
	from              io.Reader
	compressed, block []byte
	rest              []byte
}

func (r *snappyReader) Read(p []byte) (int, error) {
	for len(r.rest) == 0 {
		if err := r.next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

func (r *snappyReader) next() error {
	var length [4]byte
	if _, err := io.ReadFull(r.from, length[:]); err != nil {
		if err == io.EOF { // between two blocks: the end
			return io.EOF
		}
		return cutShort(err)
	}
	n := binary.BigEndian.Uint32(length[:])
	if n == 0 || n > snappyMaxBlock {
		return errBlock
	}
	r.compressed = sized(r.compressed, int(n))
	if _, err := io.ReadFull(r.from, r.compressed); err != nil {
		return cutShort(err)
	}
	if size, err := snappy.DecodedLen(r.compressed); err != nil || size > snappyMaxBlock {
		return errBlock
	}
	block, err := snappy.Decode(r.block[:cap(r.block)], r.compressed)
	if err != nil {
		return fmt.Errorf("%w: %w", errBlock, err)
	}
	r.block, r.rest = block, block
	return nil
}

// compressing writes a file of a codec. Close writes its end, and leaves the writer below open.
func (c Codec) compressing(to io.Writer) (io.WriteCloser, error) {
	switch c {
	case Zstd:
		return zstd.NewWriter(to, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithLowerEncoderMem(true))
	case Snappy:
		header := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32([]byte(snappyMagic), 1), 1)
		_, err := to.Write(header)
		return &snappyWriter{to: to}, err
	case LZ4, "":
		return newBlockWriter(to), nil
	}
	return nil, fmt.Errorf("internal error: state of the codec %q", string(c))
}

type snappyWriter struct {
	to         io.Writer
	block      []byte
	compressed []byte
}

func (w *snappyWriter) Write(data []byte) (n int, err error) { return fill(&w.block, data, w) }

func (w *snappyWriter) flush() error {
	w.compressed = sized(w.compressed, 4+snappy.MaxEncodedLen(len(w.block)))
	block := snappy.Encode(w.compressed[4:], w.block)
	binary.BigEndian.PutUint32(w.compressed, uint32(len(block)))
	w.block = w.block[:0]
	_, err := w.to.Write(w.compressed[:4+len(block)])
	return err
}

func (w *snappyWriter) Close() error {
	if len(w.block) == 0 {
		return nil
	}
	return w.flush()
}
