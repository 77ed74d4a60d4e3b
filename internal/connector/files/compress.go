package files

import (
	"compress/bzip2"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"lakehouse/internal/errclass"
)

// maxUnpacked bounds what one compressed file may unpack to: a small file can hold a petabyte of zeros.
const maxUnpacked = 1 << 40

// codecs open compressed files, by the suffix of their names, as Hadoop's codecs do.
var codecs = map[string]func(io.Reader) (io.ReadCloser, error){
	".gz":  func(r io.Reader) (io.ReadCloser, error) { return gzip.NewReader(r) },
	".bz2": func(r io.Reader) (io.ReadCloser, error) { return io.NopCloser(bzip2.NewReader(r)), nil },
	".zst": func(r io.Reader) (io.ReadCloser, error) {
		d, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(256<<20))
		if err != nil {
			return nil, err
		}
		return d.IOReadCloser(), nil
	},
}

// compressed reports whether a file's name says that it is.
func compressed(name string) bool { return codecs[strings.ToLower(path.Ext(name))] != nil }

// unpack gives the plain bytes of a file. Several members in a row are read as one.
func unpack(name string, r io.Reader) (io.ReadCloser, error) {
	open := codecs[strings.ToLower(path.Ext(name))]
	if open == nil {
		return io.NopCloser(r), nil
	}
	counted := &offsetReader{in: r}
	plain, err := open(counted)
	if err != nil {
		return nil, counted.explain(err)
	}
	return &unpacked{plain: plain, packed: counted}, nil
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
	return fmt.Errorf("unpack near byte %d: %w", o.at, err)
}

// unpacked is the plain bytes, bounded.
type unpacked struct {
	plain  io.ReadCloser
	packed *offsetReader
	n      int64
}

func (u *unpacked) Read(p []byte) (int, error) {
	n, err := u.plain.Read(p)
	u.n += int64(n)
	if u.n > maxUnpacked {
		return n, errclass.MalformedRecord.New("the file unpacks to more than %d bytes.", int64(maxUnpacked))
	}
	if err != nil && !errors.Is(err, io.EOF) {
		err = u.packed.explain(err)
	}
	return n, err
}

func (u *unpacked) Close() error { return u.plain.Close() }
