package deltalog

import (
	"bytes"
	"testing"
)

// delta-kernel-rs writes the bytes that fill no group of four with a "#" for each that is missing.
func TestZ85LastGroup(t *testing.T) {
	for text, want := range map[string][]byte{
		"##093":      {3, 0},
		"###30":      {255},
		"#0005":      {0, 0, 5},
		"00001##093": {0, 0, 0, 1, 3, 0},
	} {
		got, err := decodeZ85(text)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%q: %x, %v; want %x", text, got, err, want)
		}
	}
	for _, text := range []string{"#####", "####1", "###31", "##09", "##09300001", "#%%%%", "##0 3"} {
		if got, err := decodeZ85(text); err == nil {
			t.Errorf("%q is read as %x", text, got)
		}
	}
}
