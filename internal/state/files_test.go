package state

import (
	"bytes"
	"errors"
	"testing"
)

// What is written in a codec is read again, large and small, whatever the reader expects; what is cut short is an error.
func TestFilesOfEachCodec(t *testing.T) {
	for _, codec := range []Codec{"", LZ4, Zstd, Snappy} {
		for _, n := range []int{0, 1, 5000} {
			var file bytes.Buffer
			w := newEntryWriter(&file, codec)
			for i := range n {
				w.put([]byte{byte(i), byte(i >> 8)}, bytes.Repeat([]byte{byte(i)}, i%5*8))
			}
			w.remove([]byte("gone"))
			if err := w.close(); err != nil {
				t.Fatalf("%q: %v", codec, err)
			}
			entries, bytesOfValues := 0, 0
			err := readEntries(bytes.NewReader(file.Bytes()), func(_, value []byte) { entries++; bytesOfValues += len(value) })
			if err != nil || entries != n+1 || n == 5000 && bytesOfValues != 80_000 {
				t.Errorf("%q of %d: %d entries, %d bytes, %v", codec, n, entries, bytesOfValues, err)
			}
			for cut := 0; cut < file.Len()/2; cut += 1 + file.Len()/50 {
				if readEntries(bytes.NewReader(file.Bytes()[:cut]), func(_, _ []byte) {}) == nil {
					t.Errorf("%q of %d: cut after %d of %d bytes it reads", codec, n, cut, file.Len())
				}
			}
		}
	}
	w := newEntryWriter(&bytes.Buffer{}, "lzf")
	w.put(nil, nil)
	if w.close() == nil {
		t.Error("a codec that nobody knows")
	}
}

func FuzzFilesOfCodecs(f *testing.F) {
	for _, codec := range []Codec{LZ4, Zstd, Snappy} {
		var file bytes.Buffer
		w := newEntryWriter(&file, codec)
		w.put([]byte("key"), []byte("value"))
		if err := errors.Join(w.close()); err != nil {
			f.Fatal(err)
		}
		f.Add(file.Bytes())
	}
	f.Fuzz(func(_ *testing.T, data []byte) {
		_ = readEntries(bytes.NewReader(data), func(_, _ []byte) {})
	})
}
