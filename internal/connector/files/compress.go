package files

import (
	"compress/bzip2"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"

	"lakehouse/internal/errclass"
)

// codecs open compressed files, by the suffix of their names, as Hadoop's codecs do.
var codecs = map[string]func(io.Reader) (io.ReadCloser, error){
	".gz":      func(r io.Reader) (io.ReadCloser, error) { return gzip.NewReader(r) },
	".bz2":     func(r io.Reader) (io.ReadCloser, error) { return io.NopCloser(bzip2.NewReader(r)), nil },
	".deflate": zlib.NewReader,
	".snappy":  func(r io.Reader) (io.ReadCloser, error) { return io.NopCloser(&snappyBlocks{in: r}), nil },
	".zst": func(r io.Reader) (io.ReadCloser, error) {
		d, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(256<<20))
		if err != nil {
			return nil, err
		}
		return d.IOReadCloser(), nil
	},
}

func codec(name string) func(io.Reader) (io.ReadCloser, error) {
	return codecs[strings.ToLower(path.Ext(name))]
}

// compressed reports whether a file's name says that it is.
func compressed(name string) bool { return codec(name) != nil }

// unpack gives the plain bytes of a file, but no more than limit: a small file can hold a petabyte of zeros.
// Several members in a row are read as one.
func unpack(name string, r io.Reader, limit int64) (io.ReadCloser, error) {
	open := codec(name)
	if open == nil {
		return io.NopCloser(r), nil
	}
	counted := &offsetReader{in: r}
	plain, err := open(counted)
	if errors.Is(err, io.EOF) && counted.at == 0 {
		return io.NopCloser(strings.NewReader("")), nil // an empty file is empty, whatever its name
	}
	if err != nil {
		return nil, counted.explain(err)
	}
	return &unpacked{plain: plain, packed: counted, limit: limit}, nil
}

// offsetReader knows how far a file has been read.
type offsetReader struct {
	in io.Reader
	at int64
}

func (o *offsetReader) Read(p []byte) (int, error) {
	n, err := o.in.Read(p)
	o.at += int64(n)
	return n, err
}

func (o *offsetReader) explain(err error) error {
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("unpack near byte %d: %w", o.at, err)
}

// unpacked is the plain bytes, bounded.
type unpacked struct {
	plain  io.ReadCloser
	packed *offsetReader
	limit  int64
	n      int64
}

func (u *unpacked) Read(p []byte) (int, error) {
	n, err := u.plain.Read(p)
	u.n += int64(n)
	if u.n > u.limit {
		return 0, errclass.FailedReadFile.New("the file unpacks to more than %d bytes.", u.limit).
			WithHint("Raise option 'maxDecompressedBytes' if that is what it holds.")
	}
	if err != nil && !errors.Is(err, io.EOF) {
		err = u.packed.explain(err)
	}
	return n, err
}

func (u *unpacked) Close() error { return u.plain.Close() }

// snappyBlocks reads Hadoop's framing of snappy: blocks, each with its plain length and then chunks, each with
// its packed length.
type snappyBlocks struct {
	in     io.Reader
	left   uint32 // plain bytes of the block that are still to come
	packed []byte
	plain  []byte // of the chunk, not yet read
}

const maxSnappyChunk = 64 << 20

func (s *snappyBlocks) Read(p []byte) (int, error) {
	for len(s.plain) == 0 {
		if err := s.chunk(); err != nil {
			return 0, err
		}
	}
	n := copy(p, s.plain)
	s.plain = s.plain[n:]
	return n, nil
}

func (s *snappyBlocks) chunk() (err error) {
	if s.left == 0 {
		s.left, err = s.length()
		return err // io.EOF between blocks is the end of the file
	}
	size, err := s.length()
	if err != nil {
		return noEnd(err)
	}
	if size > maxSnappyChunk {
		return errors.New("a chunk is too large")
	}
	if cap(s.packed) < int(size) {
		s.packed = make([]byte, size)
	}
	s.packed = s.packed[:size]
	if _, err := io.ReadFull(s.in, s.packed); err != nil {
		return noEnd(err)
	}
	plain, err := snappy.DecodedLen(s.packed)
	if err != nil || plain == 0 || uint32(plain) > s.left || plain > maxSnappyChunk {
		return errors.New("a chunk has a wrong length")
	}
	s.left -= uint32(plain)
	s.plain, err = snappy.Decode(nil, s.packed)
	return err
}

func (s *snappyBlocks) length() (uint32, error) {
	var head [4]byte
	if _, err := io.ReadFull(s.in, head[:]); err != nil {
		return 0, err
	}
	return binary.BigEndian.Uint32(head[:]), nil
}

// noEnd is for an end where there must be none.
func noEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
