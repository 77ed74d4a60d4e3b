package files

import (
	"compress/bzip2"
	"compress/gzip" // klauspost's takes a file that was cut within the name in a member's header for whole
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"

	"lakehouse/internal/errclass"
)

// A decompressor reads one compressed file, and after Reset another.
type decompressor interface {
	io.Reader
	Reset(in io.Reader) error
}

// codecs make decompressors, by the suffix of the files' names, as Hadoop's codecs do.
var codecs = map[string]func() (decompressor, error){
	".gz":      func() (decompressor, error) { return new(gzip.Reader), nil },
	".bz2":     func() (decompressor, error) { return new(bzipped), nil },
	".deflate": func() (decompressor, error) { return new(deflated), nil },
	".snappy":  func() (decompressor, error) { return &blocks{unpack: unpackSnappy}, nil },
	".lz4":     func() (decompressor, error) { return &blocks{unpack: unpackLZ4}, nil },
	".zst": func() (decompressor, error) {
		return zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(256<<20))
	},
}

func suffix(name string) string { return strings.ToLower(path.Ext(name)) }

// compressed reports whether a file's name says that it is.
func compressed(name string) bool { return codecs[suffix(name)] != nil }

// An unpacker opens compressed files. What has unpacked one unpacks the next.
type unpacker struct {
	limit int64 // plain bytes of a file: a small one can hold a petabyte of zeros
	idle  map[string]*sync.Pool
}

func newUnpacker(limit int64) *unpacker {
	u := &unpacker{limit: limit, idle: map[string]*sync.Pool{}}
	for suffix := range codecs {
		u.idle[suffix] = new(sync.Pool)
	}
	return u
}

// open gives the plain bytes of a file, to be read until it is closed. Several members in a row are read as one.
func (u *unpacker) open(name string, r io.Reader) (io.ReadCloser, error) {
	if !compressed(name) {
		return io.NopCloser(r), nil
	}
	idle := u.idle[suffix(name)]
	plain, ok := idle.Get().(decompressor)
	if !ok {
		var err error
		if plain, err = codecs[suffix(name)](); err != nil {
			return nil, err
		}
	}
	counted := &offsetReader{in: r}
	err := plain.Reset(counted)
	if counted.at == 0 && (errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)) {
		return io.NopCloser(strings.NewReader("")), nil // an empty file is empty, whatever its name
	}
	if err != nil {
		return nil, counted.explain(err)
	}
	return &unpacked{plain: plain, packed: counted, limit: u.limit, idle: idle}, nil
}

// bzipped is made anew for each file: package bzip2 has no other way.
type bzipped struct{ io.Reader }

func (b *bzipped) Reset(in io.Reader) error {
	b.Reader = bzip2.NewReader(in)
	return nil
}

// deflated has the header and the checksum of zlib.
type deflated struct{ io.ReadCloser }

func (d *deflated) Reset(in io.Reader) (err error) {
	if d.ReadCloser != nil {
		return d.ReadCloser.(zlib.Resetter).Reset(in, nil)
	}
	d.ReadCloser, err = zlib.NewReader(in)
	return err
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
	plain  decompressor
	packed *offsetReader
	idle   *sync.Pool // takes plain when it is closed
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
	switch {
	case err == nil || errors.Is(err, io.EOF):
	case u.packed.at == 0 && errors.Is(err, io.ErrUnexpectedEOF): // an empty file, of which bzip2 hears only now
		err = io.EOF
	default:
		err = u.packed.explain(err)
	}
	return n, err
}

// Close lets the next file be unpacked.
func (u *unpacked) Close() error {
	if u.plain != nil {
		u.idle.Put(u.plain)
		u.plain = nil // it is another's now
	}
	return nil
}

// blocks reads Hadoop's framing of snappy and LZ4: blocks, each with its plain length and then chunks, each with its packed length.
type blocks struct {
	// unpack unpacks a chunk of at most so many plain bytes, into a buffer that may be too small.
	unpack func(dst, chunk []byte, most int) ([]byte, error)
	in     io.Reader
	left   uint32 // plain bytes of the block that are still to come
	packed []byte
	chunk  []byte // unpacked
	plain  []byte // of it, what is not yet read
}

const maxChunk = 64 << 20

var errChunk = errors.New("a chunk has a wrong length")

func unpackSnappy(dst, chunk []byte, most int) ([]byte, error) {
	n, err := snappy.DecodedLen(chunk)
	if err != nil || n > most {
		return nil, errChunk
	}
	return snappy.Decode(slices.Grow(dst, n)[:n], chunk)
}

// unpackLZ4: only the block tells how long its chunks are, when they are unpacked. Hadoop makes them of 256 KiB at the most.
func unpackLZ4(dst, chunk []byte, most int) ([]byte, error) {
	const expands = 255 // a byte of LZ4 stands for so many at the most
	for n := min(most, max(len(chunk)*4, 64<<10)); ; n = min(most, n*4) {
		dst = slices.Grow(dst[:0], n)[:n]
		got, err := lz4.UncompressBlock(chunk, dst)
		if err == nil {
			return dst[:got], nil
		}
		if n == most || n >= len(chunk)*expands {
			return nil, err
		}
	}
}

func (s *blocks) Reset(in io.Reader) error {
	*s = blocks{in: in, unpack: s.unpack, packed: s.packed, chunk: s.chunk}
	return nil
}

func (s *blocks) Read(p []byte) (int, error) {
	for len(s.plain) == 0 {
		if err := s.next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, s.plain)
	s.plain = s.plain[n:]
	return n, nil
}

func (s *blocks) next() (err error) {
	if s.left == 0 {
		s.left, err = s.length()
		return err // io.EOF between blocks is the end of the file
	}
	size, err := s.length()
	if err != nil {
		return noEnd(err)
	}
	if size > maxChunk {
		return errors.New("a chunk is too large")
	}
	if cap(s.packed) < int(size) {
		s.packed = make([]byte, size)
	}
	s.packed = s.packed[:size]
	if _, err := io.ReadFull(s.in, s.packed); err != nil {
		return noEnd(err)
	}
	unpacked, err := s.unpack(s.chunk[:0], s.packed, int(min(s.left, maxChunk)))
	if err != nil || len(unpacked) == 0 {
		return errChunk
	}
	s.left -= uint32(len(unpacked))
	s.chunk, s.plain = unpacked, unpacked
	return nil
}

func (s *blocks) length() (uint32, error) {
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
