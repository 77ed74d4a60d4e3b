package parquetio

import (
	"slices"
	"testing"

	"github.com/parquet-go/parquet-go/encoding/delta"
)

// Runs of levels and of dictionary indexes end in an error or in values that fit their width, however many are asked for at
// a time.
func FuzzHybrid(f *testing.F) {
	f.Add(appendHybrid(nil, []uint32{1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 2, 3, 3, 3, 3}, 2), 2, 5)
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0x0f, 1}, 1, 100)
	f.Fuzz(func(t *testing.T, data []byte, width, step int) {
		if width < 0 || step < 1 || step > 1000 {
			return
		}
		r, err := newHybridReader(data, width)
		if err != nil {
			return
		}
		dst := make([]uint32, step)
		for range 100 {
			if readHybrid(&r, dst) != nil {
				return
			}
			for _, v := range dst {
				if uint64(v) >= 1<<width {
					t.Fatalf("%d in %d bits", v, width)
				}
			}
		}
	})
}

// What parquet-go decodes of delta-encoded integers is decoded the same.
func FuzzDeltaIntegers(f *testing.F) {
	for _, values := range [][]int64{{1, 2, 3}, {-1 << 63, 1<<63 - 1}, slices.Repeat([]int64{7}, 200)} {
		encoded, err := (&delta.BinaryPackedEncoding{}).EncodeInt64(nil, values)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(encoded)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if r, err := newDeltaReader(data); err == nil {
			dst := make([]int64, 100)
			for range 100 {
				if readDelta(r, dst) != nil {
					break
				}
			}
		}
		_, _ = afterDelta(data)
		if r, err := newLengthsReader(data); err == nil {
			for range 10 {
				if r.read(new(bytesBuffer), 100) != nil {
					break
				}
			}
		}
		if r, err := newPrefixReader(data); err == nil {
			for range 10 {
				if r.read(new(bytesBuffer), 100) != nil {
					break
				}
			}
		}
	})
}

// Thrift of footers and of page headers ends, and takes no more memory than its bytes allow.
func FuzzThrift(f *testing.F) {
	data := hostileSeed(f, "none")
	f.Add(data[len(data)-300 : len(data)-8])
	f.Add(data[4:100])
	f.Add([]byte{0x29, 0xfc, 0xff, 0xff, 0xff, 0x07})
	f.Fuzz(func(t *testing.T, data []byte) {
		_, _ = decodeFooter(data)
		if _, n, err := decodePageHeader(data); err == nil && (n < 0 || n > len(data)) {
			t.Fatalf("a header of %d bytes in %d", n, len(data))
		}
	})
}
