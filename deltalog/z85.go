package deltalog

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// z85 are the digits of the base 85 that deletion vectors are written in, https://rfc.zeromq.org/spec/32/: four bytes are five
// digits.
const z85 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"

// decodeZ85 reads a text of whole groups of five digits. A last group that begins with "#" is of fewer than four bytes: a "#" stands
// for each that is not there. The specification fills up with zeros instead; delta-kernel-rs writes, and reads, both.
func decodeZ85(text string) ([]byte, error) {
	if len(text)%5 != 0 {
		return nil, fmt.Errorf("a base 85 text of %d characters", len(text))
	}
	out := make([]byte, 0, len(text)/5*4)
	for ; text != ""; text = text[5:] {
		if len(text) == 5 && text[0] == '#' {
			tail, err := decodeZ85Tail(text)
			return append(out, tail...), err
		}
		var group uint64
		for i := range 5 {
			digit := strings.IndexByte(z85, text[i])
			if digit < 0 {
				return nil, fmt.Errorf("%q is no digit of base 85", text[i])
			}
			group = group*85 + uint64(digit)
		}
		if group > math.MaxUint32 {
			return nil, errors.New("a group of base 85 that is above four bytes")
		}
		out = binary.BigEndian.AppendUint32(out, uint32(group))
	}
	return out, nil
}

// decodeZ85Tail reads a last group of one to three bytes.
func decodeZ85Tail(text string) ([]byte, error) {
	digits := strings.TrimLeft(text, "#")
	missing := len(text) - len(digits)
	var group uint32
	for i := range len(digits) {
		digit := strings.IndexByte(z85, digits[i])
		if digit < 0 {
			return nil, fmt.Errorf("%q is no digit of base 85", digits[i])
		}
		group = group*85 + uint32(digit)
	}
	if missing > 3 || group >= 1<<(8*(4-missing)) {
		return nil, fmt.Errorf("a last group of base 85 that is no %d bytes", 4-missing)
	}
	return binary.BigEndian.AppendUint32(nil, group)[missing:], nil
}

// encodeZ85 writes bytes, filled up with zeros to whole groups of four.
func encodeZ85(data []byte) string {
	data = append(slices.Clip(data), make([]byte, (4-len(data)%4)%4)...)
	out := make([]byte, 0, len(data)/4*5)
	for ; len(data) > 0; data = data[4:] {
		group := binary.BigEndian.Uint32(data)
		for _, power := range []uint32{85 * 85 * 85 * 85, 85 * 85 * 85, 85 * 85, 85, 1} {
			out = append(out, z85[group/power%85])
		}
	}
	return string(out)
}
