package filesink

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/klauspost/compress/snappy"
	"github.com/pierrec/lz4/v4"
)

// A packed block fits into the buffer that Hadoop reads it into, also where nothing can be made smaller, and holds what was written.
func TestBlocksFitHadoopsBuffer(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	text := bytes.Repeat([]byte("the same line again and again\n"), 20_000)
	for range 600_000 {
		text = append(text, byte(random.Uint32()))
	}
	for codec, unpack := range map[string]func(dst, src []byte) (int, error){
		"lz4": func(dst, src []byte) (int, error) { return lz4.UncompressBlock(src, dst) },
		"snappy": func(dst, src []byte) (int, error) {
			got, err := snappy.Decode(dst, src)
			return len(got), err
		},
	} {
		var out bytes.Buffer
		w, err := compressed(&out, codec)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(text); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		var got []byte
		for out.Len() > 0 {
			plain, packed := binary.BigEndian.Uint32(out.Next(4)), binary.BigEndian.Uint32(out.Next(4))
			if plain > blockBuffer || packed > blockBuffer {
				t.Fatalf("%s: a block of %d bytes is packed into %d", codec, plain, packed)
			}
			block := make([]byte, plain)
			if n, err := unpack(block, out.Next(int(packed))); err != nil || n != int(plain) {
				t.Fatalf("%s: %d of %d bytes, %v", codec, n, plain, err)
			}
			got = append(got, block...)
		}
		if !bytes.Equal(got, text) {
			t.Errorf("%s: what comes back is not what was written", codec)
		}
	}
}
