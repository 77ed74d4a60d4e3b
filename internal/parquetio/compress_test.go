package parquetio

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/parquet-go/parquet-go/format"
	"github.com/pierrec/lz4/v4"

	"lakehouse/internal/types"
)

// lz4Frame is a frame as Hadoop writes it.
func lz4Frame(t *testing.T, text []byte) []byte {
	t.Helper()
	block := make([]byte, lz4.CompressBlockBound(len(text)))
	n, err := new(lz4.Compressor).CompressBlock(text, block)
	if err != nil {
		t.Fatal(err)
	}
	frame := binary.BigEndian.AppendUint32(nil, uint32(len(text)))
	frame = binary.BigEndian.AppendUint32(frame, uint32(n))
	return append(frame, block[:n]...)
}

// lz4FrameOf is a frame of several blocks, each with its size: a page that is larger than Hadoop's buffer.
func lz4FrameOf(size int, blocks ...[]byte) []byte {
	return append(binary.BigEndian.AppendUint32(nil, uint32(size)), bytes.Join(blocks, nil)...)
}

// The codecs that nothing here writes are read, as each of their writers wrote them.
func TestDecompressWhatOthersPack(t *testing.T) {
	text := bytes.Repeat([]byte("one page of a file "), 500)
	half := len(text) / 2
	var packed bytes.Buffer
	w := brotli.NewWriter(&packed)
	if _, err := w.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	frame := lz4Frame(t, text)
	tests := map[string]struct {
		codec  format.CompressionCodec
		packed []byte
		fails  bool
	}{
		"brotli":                      {codec: format.Brotli, packed: packed.Bytes()},
		"brotli, cut":                 {codec: format.Brotli, packed: packed.Bytes()[:packed.Len()/2], fails: true},
		"brotli of nothing":           {codec: format.Brotli, packed: nil, fails: true},
		"LZ4 in a frame":              {codec: format.Lz4, packed: frame},
		"LZ4 in two frames":           {codec: format.Lz4, packed: append(lz4Frame(t, text[:half]), lz4Frame(t, text[half:])...)},
		"LZ4 in a frame of two":       {codec: format.Lz4, packed: lz4FrameOf(len(text), lz4Frame(t, text[:half])[4:], lz4Frame(t, text[half:])[4:])},
		"LZ4 in a frame of too few":   {codec: format.Lz4, packed: lz4FrameOf(len(text), lz4Frame(t, text[:half])[4:]), fails: true},
		"LZ4 without a frame":         {codec: format.Lz4, packed: frame[8:]},
		"LZ4, cut":                    {codec: format.Lz4, packed: frame[:len(frame)-5], fails: true},
		"LZ4 in a frame of 4 GB":      {codec: format.Lz4, packed: append([]byte{255, 255, 255, 255, 255, 255, 255, 255}, frame...), fails: true},
		"LZ4 in frames without bytes": {codec: format.Lz4, packed: make([]byte, 8000), fails: true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := new(decompressor).decompress(test.codec, nil, test.packed, len(text))
			if test.fails != (err != nil) || err == nil && !bytes.Equal(got, text) {
				t.Errorf("got %d bytes, %v", len(got), err)
			}
		})
	}
}

// Integers that a writer did not annotate are read as the narrow type that the table has, as long as they fit.
func TestReadPlainIntegersAsNarrow(t *testing.T) {
	plain := element{physical: format.Int32}
	for _, test := range []struct {
		want types.Type
		last int32
		fits bool
	}{{types.Byte, -128, true}, {types.Byte, 128, false}, {types.Short, 32767, true}, {types.Short, -32769, false}} {
		var err error
		switch r := readerOf(plain, test.want).(type) {
		case *fixedReader[int32, int8]:
			err = r.convert(make([]int8, 2), []int32{1, test.last})
		case *fixedReader[int32, int16]:
			err = r.convert(make([]int16, 2), []int32{1, test.last})
		default:
			t.Fatalf("%v is not read", test.want)
		}
		if test.fits != (err == nil) {
			t.Errorf("%d as %v: %v", test.last, test.want, err)
		}
	}
}
