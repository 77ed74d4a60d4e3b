package expr

import (
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

func appendTranslated(dst []byte, s, from, to string) ([]byte, bool) {
	target := []rune(to)
	place := map[rune]int{}
	n := 0
	for _, r := range from {
		if _, dup := place[r]; !dup {
			place[r] = n
		}
		n++
	}
	for _, r := range s {
		i, found := place[r]
		switch {
		case !found:
			dst = utf8.AppendRune(dst, r)
		case i < len(target):
			dst = utf8.AppendRune(dst, target[i])
		}
	}
	return dst, true
}

// buildOverlay is overlay(text, replacement, position, length).
func buildOverlay(b *builder) (Expr, error) {
	if len(b.args) == 3 {
		b.args = append(b.args, &Constant{Value: int32(-1), DataType: types.Integer})
	}
	one := aString
	if b.args[0].Type() == types.Binary {
		one = aBinary
	}
	if err := b.coerceTo(one, one, anInt, anInt); err != nil {
		return nil, err
	}
	t := b.args[0].Type()
	b.fn.safe = true
	return b.make(t, func(_ *Context, n int, args []Vector) (arrow.Array, error) {
		s, si := operand[string](args[0])
		by, bi := operand[string](args[1])
		pos, pi := operand[int32](args[2])
		length, li := operand[int32](args[3])
		return textRows(t, n, args, func(dst []byte, i int) ([]byte, bool, error) {
			drop := int(length[i&li])
			if drop < 0 {
				drop = len(by[i&bi])
				if t == types.String {
					drop = utf8.RuneCountInString(by[i&bi])
				}
			}
			at := int(pos[i&pi])
			dst = append(dst, substringOf(s[i&si], 1, at-1, t)...)
			dst = append(dst, by[i&bi]...)
			return append(dst, substringOf(s[i&si], at+drop, 1<<31-1, t)...), true, nil
		})
	}), nil
}

// maxPadding bounds what a pad may make of one row.
const maxPadding = 1 << 28

// padding is lpad and rpad: to a length in characters, or bytes of a binary value.
func padding(left bool) function {
	return built(2, 3, func(b *builder) (Expr, error) {
		binary := b.args[0].Type() == types.Binary
		if len(b.args) == 2 {
			pad := &Constant{Value: " ", DataType: types.String}
			if binary {
				pad = &Constant{Value: []byte{0}, DataType: types.Binary}
			}
			b.args = append(b.args, pad)
		}
		one := aString
		if binary {
			one = aBinary
		}
		if err := b.coerceTo(one, anInt, one); err != nil {
			return nil, err
		}
		t := b.args[0].Type()
		return b.make(t, func(_ *Context, n int, args []Vector) (arrow.Array, error) {
			s, si := operand[string](args[0])
			length, li := operand[int32](args[1])
			pad, pi := operand[string](args[2])
			return textRows(t, n, args, func(dst []byte, i int) ([]byte, bool, error) {
				if length[i&li] > maxPadding {
					return dst, false, errclass.InvalidParameterValue.New("The value of parameter(s) `len` in `%s` is invalid: expects at most %d, but got %d.", b.name, maxPadding, length[i&li])
				}
				return appendPad(dst, s[i&si], int(length[i&li]), pad[i&pi], t, left), true, nil
			})
		}), nil
	})
}

func appendPad(dst []byte, s string, length int, pad string, t types.Type, left bool) []byte {
	count := func(s string) int {
		if t == types.String {
			return utf8.RuneCountInString(s)
		}
		return len(s)
	}
	size := count(s)
	if size >= length || pad == "" {
		return append(dst, substringOf(s, 1, length, t)...)
	}
	if !left {
		dst = append(dst, s...)
	}
	for need := length - size; need > 0; {
		piece := substringOf(pad, 1, need, t)
		dst = append(dst, piece...)
		need -= count(piece)
	}
	if left {
		dst = append(dst, s...)
	}
	return dst
}

// repeated is repeat(text, n).
func repeated(_ *Context, n int, args []Vector) (arrow.Array, error) {
	s, si := operand[string](args[0])
	times, ti := operand[int32](args[1])
	return textRows(types.String, n, args, func(dst []byte, i int) ([]byte, bool, error) {
		count := int64(max(times[i&ti], 0))
		if size := count * int64(len(s[i&si])); size > maxPadding {
			return dst, false, textTooLong(size)
		}
		for range count {
			dst = append(dst, s[i&si]...)
		}
		return dst, true, nil
	})
}

func textTooLong(size int64) error {
	return errclass.CollectionTooLarge.New("Can't create a text of %d bytes, which exceeds the limit of %d.", size, maxPadding)
}
