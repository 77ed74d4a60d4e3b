package expr

import (
	"strings"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/types"
)

// trimmed is trim(text), of blanks, or trim(characters, text).
func trimmed(side string, f func(s string, drop func(rune) bool) string) function {
	blank := func(r rune) bool { return r == ' ' }
	return built(1, 2, func(b *builder) (Expr, error) {
		b.fn.safe = true
		if len(b.args) == 1 {
			if err := b.coerceTo(aString); err != nil {
				return nil, err
			}
			return b.make(types.String, text1(func(dst []byte, s string) ([]byte, bool) { return append(dst, f(s, blank)...), true })), nil
		}
		if err := b.coerceTo(aString, aString); err != nil {
			return nil, err
		}
		b.fn.text = func(_ string, args []Expr) string {
			return "TRIM(" + side + " " + args[0].String() + " FROM " + args[1].String() + ")"
		}
		return b.make(types.String, text2(func(dst []byte, set, s string) ([]byte, bool) {
			return append(dst, f(s, func(r rune) bool { return strings.ContainsRune(set, r) })...), true
		})), nil
	})
}

func buildBtrim(b *builder) (Expr, error) {
	if err := b.coerceTo(aString, aString); err != nil {
		return nil, err
	}
	b.fn.safe = true
	if len(b.args) == 1 {
		return b.make(types.String, text1(func(dst []byte, s string) ([]byte, bool) { return append(dst, strings.Trim(s, " ")...), true })), nil
	}
	return b.make(types.String, text2(func(dst []byte, s, set string) ([]byte, bool) { return append(dst, strings.Trim(s, set)...), true })), nil
}

var substring = built(2, 3, func(b *builder) (Expr, error) {
	if len(b.args) == 2 {
		b.args = append(b.args, &Constant{Value: int32(1<<31 - 1), DataType: types.Integer})
	}
	if err := b.coerceTo(aText, anInt, anInt); err != nil {
		return nil, err
	}
	t := b.args[0].Type()
	b.fn.safe = true
	return b.make(t, func(_ *Context, n int, args []Vector) (arrow.Array, error) {
		s, si := operand[string](args[0])
		pos, pi := operand[int32](args[1])
		length, li := operand[int32](args[2])
		return textRows(t, n, args, func(dst []byte, i int) ([]byte, bool, error) {
			return append(dst, substringOf(s[i&si], int(pos[i&pi]), int(length[i&li]), t)...), true, nil
		})
	}), nil
})

// substringOf counts characters, or bytes of a binary value, from 1, or from the end; position 0 is 1.
func substringOf(s string, pos, length int, t types.Type) string {
	size := len(s)
	wide := t == types.String && !isASCII(s)
	if wide {
		size = utf8.RuneCountInString(s)
	}
	start := 0
	switch {
	case pos > 0:
		start = pos - 1
	case pos < 0:
		start = size + pos
	}
	if length <= 0 || start >= size {
		return ""
	}
	end := min(start+length, size)
	start = max(start, 0)
	if end <= start {
		return ""
	}
	if wide {
		from := runeOffset(s, start)
		return s[from : from+runeOffset(s[from:], end-start)]
	}
	return s[start:end]
}

// runeOffset is where character n begins.
func runeOffset(s string, n int) int {
	i := 0
	for ; n > 0 && i < len(s); n-- {
		_, size := utf8.DecodeRuneInString(s[i:])
		i += size
	}
	return i
}

// substringIndex is what stands before the n-th delimiter, or behind the n-th from the end.
func substringIndex(s, delim string, n int) string {
	if delim == "" || n == 0 {
		return ""
	}
	at := 0
	if n > 0 {
		for ; n > 0; n-- {
			i := strings.Index(s[at:], delim)
			if i < 0 {
				return s
			}
			at += i + 1
		}
		return s[:at-1]
	}
	at = len(s)
	for ; n < 0; n++ {
		i := strings.LastIndex(s[:min(at+len(delim)-1, len(s))], delim)
		if i < 0 || i >= at {
			return s
		}
		at = i
	}
	return s[at+len(delim):]
}

// locate is the place of a substring, in characters from 1; 0 when there is none.
func locate(sub, s string, from int32) int32 {
	if from < 1 {
		return 0
	}
	skip := runeOffset(s, int(from)-1)
	if skip == len(s) && int(from)-1 > utf8.RuneCountInString(s) {
		return 0
	}
	i := strings.Index(s[skip:], sub)
	if i < 0 {
		return 0
	}
	return int32(utf8.RuneCountInString(s[:skip+i])) + 1
}

func locateFunction(name string) function {
	return fn(types.Integer, map3(types.Integer, locate), aString, aString, anInt).infallible().
		filled(&Constant{Value: int32(1), DataType: types.Integer}).as(name)
}
