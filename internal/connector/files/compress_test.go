package files

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
)

// What has unpacked a file, to its end or not, unpacks the next as if it were new.
func TestAnUnpackerUnpacksFileAfterFile(t *testing.T) {
	packers := map[string]func(io.Writer) io.WriteCloser{
		".gz":      func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) },
		".deflate": func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) },
		".zst": func(w io.Writer) io.WriteCloser {
			z, err := zstd.NewWriter(w)
			if err != nil {
				t.Fatal(err)
			}
			return z
		},
	}
	for suffix, packer := range packers {
		u := newUnpacker(1 << 20)
		pack := func(text string) []byte {
			var packed bytes.Buffer
			w := packer(&packed)
			if _, err := io.WriteString(w, text); err != nil {
				t.Fatal(err)
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			return packed.Bytes()
		}
		read := func(packed []byte, some int64) (string, error) {
			in, err := u.open("a"+suffix, onlyReader{bytes.NewReader(packed)})
			if err != nil {
				return "", err
			}
			defer in.Close()
			text, err := io.ReadAll(io.LimitReader(in, some))
			return string(text), err
		}
		for i := range 20 {
			text := strings.Repeat(fmt.Sprintf("file %d of %s\n", i, suffix), 1+i*i*100)
			packed := pack(text)
			if got, err := read(packed, 1<<20); got != text || err != nil {
				t.Fatalf("%s: file %d: got %d bytes, want %d, %v", suffix, i, len(got), len(text), err)
			}
			if got, err := read(packed, 5); got != text[:5] || err != nil {
				t.Fatalf("%s: the beginning of file %d: got %q, %v", suffix, i, got, err)
			}
			if got, err := read(packed[:len(packed)-1], 1<<20); err == nil {
				t.Fatalf("%s: file %d, cut: got %d bytes, want an error", suffix, i, len(got))
			}
			if got, err := read(nil, 1<<20); got != "" || err != nil {
				t.Fatalf("%s: an empty file: got %q, %v", suffix, got, err)
			}
			if got, err := read([]byte("not packed at all"), 1<<20); err == nil {
				t.Fatalf("%s: no packed file: got %q", suffix, got)
			}
		}
	}
}

// onlyReader hides what else a reader can do, as a file's section does.
type onlyReader struct{ io.Reader }
