package orcio

import (
	"slices"
	"testing"
)

// The examples of the specification.
func TestRunsOfNumbers(t *testing.T) {
	sevens, down := make([]int64, 100), make([]int64, 100)
	for i := range sevens {
		sevens[i], down[i] = 7, int64(100-i)
	}
	for name, c := range map[string]struct {
		v2, signed bool
		bytes      []byte
		want       []int64
	}{
		"version 1, a run":    {false, false, []byte{0x61, 0x00, 0x07}, sevens},
		"version 1, a step":   {false, false, []byte{0x61, 0xff, 0x64}, down},
		"version 1, literals": {false, false, []byte{0xfb, 0x02, 0x03, 0x06, 0x07, 0x0b}, []int64{2, 3, 6, 7, 11}},
		"version 1, signed":   {false, true, []byte{0xfe, 0x03, 0x04}, []int64{-2, 2}},
		"short repeat":        {true, false, []byte{0x0a, 0x27, 0x10}, []int64{10000, 10000, 10000, 10000, 10000}},
		"direct":              {true, false, []byte{0x5e, 0x03, 0x5c, 0xa1, 0xab, 0x1e, 0xde, 0xad, 0xbe, 0xef}, []int64{23713, 43806, 57005, 48879}},
		"delta":               {true, false, []byte{0xc6, 0x09, 0x02, 0x02, 0x22, 0x42, 0x42, 0x46}, []int64{2, 3, 5, 7, 11, 13, 17, 19, 23, 29}},
		"patched base": {true, false, []byte{
			0x8e, 0x13, 0x2b, 0x21, 0x07, 0xd0, 0x1e, 0x00, 0x14, 0x70, 0x28, 0x32, 0x3c, 0x46, 0x50, 0x5a,
			0x64, 0x6e, 0x78, 0x82, 0x8c, 0x96, 0xa0, 0xaa, 0xb4, 0xbe, 0xfc, 0xe8,
		}, []int64{2030, 2000, 2020, 1000000, 2040, 2050, 2060, 2070, 2080, 2090, 2100, 2110, 2120, 2130, 2140, 2150, 2160, 2170, 2180, 2190}},
	} {
		got := make([]int64, len(c.want))
		r := intRuns{in: &stream{packed: c.bytes}, v2: c.v2, signed: c.signed}
		if err := r.read(got); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, %v, want %v", name, got, err, c.want)
		}
		if err := r.read(make([]int64, 1)); err == nil {
			t.Errorf("%s: there is more", name)
		}
	}
}

func TestRunsOfBytes(t *testing.T) {
	r := byteRuns{in: &stream{packed: []byte{0x61, 0x00, 0xfe, 0x44, 0x45}}}
	want := append(make([]byte, 100), 0x44, 0x45)
	for i, w := range want {
		if got, err := r.next(); err != nil || got != w {
			t.Fatalf("byte %d: got %d, %v, want %d", i, got, err, w)
		}
	}
}
