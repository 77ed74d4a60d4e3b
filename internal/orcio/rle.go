package orcio

import (
	"errors"
	"math/bits"
)

// A byteRuns reads bytes in runs.
type byteRuns struct {
	in     *stream
	left   int
	repeat bool
	value  byte
}

func (r *byteRuns) next() (byte, error) {
	if r.left == 0 {
		head, err := r.in.ReadByte()
		if err != nil {
			return 0, err
		}
		if r.repeat = head < 0x80; r.repeat {
			r.left = int(head) + 3
			if r.value, err = r.in.ReadByte(); err != nil {
				return 0, err
			}
		} else {
			r.left = 256 - int(head)
		}
	}
	r.left--
	if r.repeat {
		return r.value, nil
	}
	return r.in.ReadByte()
}

// A bitRuns reads bits, the highest of a byte first.
type bitRuns struct {
	bytes byteRuns
	value byte
	left  int
}

func (r *bitRuns) next() (bool, error) {
	if r.left == 0 {
		var err error
		if r.value, err = r.bytes.next(); err != nil {
			return false, err
		}
		r.left = 8
	}
	r.left--
	return r.value>>r.left&1 == 1, nil
}

// An intRuns reads whole numbers in runs of either version.
type intRuns struct {
	in     *stream
	v2     bool
	signed bool
	run    []int64 // of the run, not yet given
	buf    [512]int64
}

// read fills dst.
func (r *intRuns) read(dst []int64) error {
	for len(dst) > 0 {
		if len(r.run) == 0 {
			if err := r.fill(); err != nil {
				return err
			}
		}
		n := copy(dst, r.run)
		dst, r.run = dst[n:], r.run[n:]
	}
	return nil
}

func (r *intRuns) fill() error {
	head, err := r.in.ReadByte()
	switch {
	case err != nil:
		return err
	case !r.v2:
		return r.version1(head)
	}
	switch head >> 6 {
	case 0:
		return r.shortRepeat(head)
	case 1:
		return r.direct(head)
	case 2:
		return r.patched(head)
	default:
		return r.delta(head)
	}
}

// number reads a varint, in zigzag if the numbers are signed.
func (r *intRuns) number() (int64, error) {
	u, err := r.in.varint()
	return r.plain(u), err
}

func (r *intRuns) plain(u uint64) int64 {
	if r.signed {
		return zigzag(u)
	}
	return int64(u)
}

func (r *intRuns) version1(head byte) error {
	if head >= 0x80 {
		r.run = r.buf[:256-int(head)]
		for i := range r.run {
			v, err := r.number()
			if err != nil {
				return err
			}
			r.run[i] = v
		}
		return nil
	}
	step, err := r.in.ReadByte()
	if err != nil {
		return err
	}
	v, err := r.number()
	if err != nil {
		return err
	}
	r.run = r.buf[:int(head)+3]
	for i := range r.run {
		r.run[i] = v
		v += int64(int8(step))
	}
	return nil
}

func (r *intRuns) bigEndian(n int) (uint64, error) {
	var v uint64
	for range n {
		b, err := r.in.ReadByte()
		if err != nil {
			return 0, err
		}
		v = v<<8 | uint64(b)
	}
	return v, nil
}

func (r *intRuns) shortRepeat(head byte) error {
	u, err := r.bigEndian(int(head>>3&7) + 1)
	if err != nil {
		return err
	}
	v := r.plain(u)
	r.run = r.buf[:int(head&7)+3]
	for i := range r.run {
		r.run[i] = v
	}
	return nil
}

// widths are how many bits the codes stand for.
var widths = [32]int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 26, 28, 30, 32, 40, 48, 56, 64}

// closestWidth is the width of the codes that holds so many bits.
func closestWidth(n int) int {
	for _, w := range widths {
		if w >= n {
			return w
		}
	}
	return 64
}

// length is the nine bits of a run's length.
func (r *intRuns) length(head byte) (int, error) {
	b, err := r.in.ReadByte()
	return int(head&1)<<8 | int(b) + 1, err
}

// packed reads numbers of so many bits, the highest first.
func (r *intRuns) packed(dst []int64, width int) error {
	var have uint64
	left := 0
	for i := range dst {
		var v uint64
		for need := width; need > 0; {
			if left == 0 {
				b, err := r.in.ReadByte()
				if err != nil {
					return err
				}
				have, left = uint64(b), 8
			}
			k := min(need, left)
			v = v<<k | have>>(left-k)&(1<<k-1)
			left -= k
			need -= k
		}
		dst[i] = int64(v)
	}
	return nil
}

func (r *intRuns) direct(head byte) error {
	n, err := r.length(head)
	if err != nil {
		return err
	}
	run := r.buf[:n]
	if err := r.packed(run, widths[head>>1&31]); err != nil {
		return err
	}
	if r.signed {
		for i, v := range run {
			run[i] = zigzag(uint64(v))
		}
	}
	r.run = run
	return nil
}

func (r *intRuns) delta(head byte) error {
	n, err := r.length(head)
	if err != nil {
		return err
	}
	base, err := r.number()
	if err != nil {
		return err
	}
	u, err := r.in.varint()
	if err != nil {
		return err
	}
	step := zigzag(u)
	run := r.buf[:n]
	run[0] = base
	if n > 1 {
		run[1] = base + step
	}
	switch code := head >> 1 & 31; {
	case n <= 2:
	case code == 0:
		for i := 2; i < n; i++ {
			run[i] = run[i-1] + step
		}
	default:
		if err := r.packed(run[2:], widths[code]); err != nil {
			return err
		}
		for i := 2; i < n; i++ {
			if step < 0 {
				run[i] = run[i-1] - run[i]
			} else {
				run[i] = run[i-1] + run[i]
			}
		}
	}
	r.run = run
	return nil
}

var errPatch = errors.New("a patch lies outside of its run")

func (r *intRuns) patched(head byte) error {
	n, err := r.length(head)
	if err != nil {
		return err
	}
	width := widths[head>>1&31]
	two, err := r.bigEndian(2)
	if err != nil {
		return err
	}
	baseBytes, patchWidth := int(two>>13&7)+1, widths[two>>8&31]
	gapWidth, patches := int(two>>5&7)+1, int(two&31)
	u, err := r.bigEndian(baseBytes)
	if err != nil {
		return err
	}
	base := int64(u)
	if sign := uint64(1) << (8*baseBytes - 1); u&sign != 0 {
		base = -int64(u &^ sign)
	}
	run := r.buf[:n]
	if err := r.packed(run, width); err != nil {
		return err
	}
	var list [32]int64
	if patchWidth+gapWidth > 64 {
		return errPatch
	}
	if err := r.packed(list[:patches], closestWidth(patchWidth+gapWidth)); err != nil {
		return err
	}
	at := 0
	for _, p := range list[:patches] {
		gap, patch := int(uint64(p)>>patchWidth), uint64(p)&(1<<patchWidth-1)
		if at += gap; at >= n {
			return errPatch
		}
		if patch == 0 && gap == 255 {
			continue
		}
		if bits.Len64(patch)+width > 64 {
			return errPatch
		}
		run[at] |= int64(patch << width)
	}
	for i := range run {
		run[i] += base
	}
	r.run = run
	return nil
}
