package expr

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/types"
)

var stringFunctions = table{
	"upper": textTo(appendUpper), "ucase": textTo(appendUpper),
	"lower": textTo(appendLower), "lcase": textTo(appendLower),
	"initcap": textTo(appendInitcap),
	"reverse": built(1, 1, buildReverse),
	"length":  lengthFunction, "len": lengthFunction, "char_length": lengthFunction, "character_length": lengthFunction,
	"octet_length": fn(types.Integer, map1(types.Integer, func(s string) int32 { return int32(len(s)) }), aText).infallible(),
	"bit_length":   fn(types.Integer, map1(types.Integer, func(s string) int32 { return int32(len(s)) * 8 }), aText).infallible(),

	"trim": trimmed("BOTH", strings.TrimFunc), "ltrim": trimmed("LEADING", strings.TrimLeftFunc), "rtrim": trimmed("TRAILING", strings.TrimRightFunc),
	"btrim": built(1, 2, buildBtrim),

	"substring": substring, "substr": substring,
	"left": sameText(anInt).by(func(_ *BuildContext, args []Expr) (kernel, error) {
		return textKernel2(args[0].Type(), func(dst []byte, s string, n int32) []byte {
			return append(dst, substringOf(s, 1, int(n), args[0].Type())...)
		}), nil
	}),
	"right": sameText(anInt).by(func(_ *BuildContext, args []Expr) (kernel, error) {
		return textKernel2(args[0].Type(), func(dst []byte, s string, n int32) []byte {
			if n <= 0 {
				return dst
			}
			return append(dst, substringOf(s, -int(n), int(n), args[0].Type())...)
		}), nil
	}),
	"substring_index": fn(types.String, text3(func(dst []byte, s, delim string, n int32) ([]byte, bool) {
		return append(dst, substringIndex(s, delim, int(n))...), true
	}), aString, aString, anInt).infallible(),
	"split_part": built(3, 3, buildSplitPart),

	"contains": textTest(strings.Contains), "startswith": textTest(strings.HasPrefix), "endswith": textTest(strings.HasSuffix),
	"instr":  fn(types.Integer, map2(types.Integer, func(s, sub string) int32 { return locate(sub, s, 1) }), aString, aString).infallible(),
	"locate": locateFunction("locate"), "position": locateFunction("position"),
	"replace": fn(types.String, text3(func(dst []byte, s, old, by string) ([]byte, bool) {
		if old == "" {
			return append(dst, s...), true
		}
		return append(dst, strings.ReplaceAll(s, old, by)...), true
	}), aString, aString, aString).infallible().filled(&Constant{Value: "", DataType: types.String}),
	"translate": fn(types.String, text3(appendTranslated), aString, aString, aString).infallible(),
	"overlay":   built(3, 4, buildOverlay),
	"repeat":    fn(types.String, repeated, aString, anInt),
	"space": built(1, 1, func(b *builder) (Expr, error) {
		if err := b.coerceTo(anInt); err != nil {
			return nil, err
		}
		blank := textConstant(" ")
		e, err := b.sub("repeat", blank, b.args[0])
		if err != nil {
			return nil, err
		}
		return renamed(e, callText(b.name, b.args)), nil
	}),
	"lpad": padding(true), "rpad": padding(false),

	"ascii": fn(types.Integer, map1(types.Integer, func(s string) int32 {
		r, size := utf8.DecodeRuneInString(s)
		if size == 0 {
			return 0
		}
		return r
	}), aString).infallible(),
	"chr": charFunction, "char": charFunction,
	"find_in_set": fn(types.Integer, map2(types.Integer, findInSet), aString, aString).infallible(),
	"levenshtein": built(2, 3, buildLevenshtein),
	"soundex":     fn(types.String, text1(func(dst []byte, s string) ([]byte, bool) { return append(dst, soundex(s)...), true }), aString).infallible(),
	"luhn_check":  fn(types.Boolean, map1(types.Boolean, luhn), aString).infallible(),
	"quote": textTo(func(dst []byte, s string) []byte {
		return append(append(append(dst, '\''), strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(s)...), '\'')
	}),
	"concat_ws": built(1, -1, buildConcatWs),
	"elt":       built(2, -1, buildElt),
	"mask":      built(1, 5, buildMask),

	"is_valid_utf8":     fn(types.Boolean, map1(types.Boolean, utf8.ValidString), aText).infallible(),
	"make_valid_utf8":   textTo(func(dst []byte, s string) []byte { return append(dst, strings.ToValidUTF8(s, "\uFFFD")...) }),
	"validate_utf8":     fn(types.String, validateUTF8(true), aText),
	"try_validate_utf8": fn(types.String, validateUTF8(false), aText).nullable().infallible(),
}

// textTo is a function of a text that appends its result.
func textTo(f func(dst []byte, s string) []byte) function {
	return fn(types.String, text1(func(dst []byte, s string) ([]byte, bool) { return f(dst, s), true }), aString).infallible()
}

func textTest(f func(a, b string) bool) function {
	return built(2, 2, func(b *builder) (Expr, error) {
		one := aString
		if b.args[0].Type() == types.Binary && b.args[1].Type() == types.Binary {
			one = aBinary
		}
		if err := b.coerceTo(one, one); err != nil {
			return nil, err
		}
		b.fn.safe = true
		return b.make(types.Boolean, map2(types.Boolean, f)), nil
	})
}

// filled gives missing arguments at the end these values.
func (f function) filled(missing ...Expr) function {
	f.min = f.max - len(missing)
	low := f.min
	f.build = func(b *builder) (Expr, error) {
		for len(b.args) < b.fn.max {
			b.args = append(b.args, missing[len(b.args)-low])
		}
		return b.call()
	}
	return f
}

// sameText is a function of a text or binary value, and more, that gives the same type.
func sameText(more ...param) function {
	return fn(nil, nil, append([]param{aText}, more...)...).of(func(args []Expr) types.Type { return args[0].Type() }).infallible()
}

func textKernel2[B value](t types.Type, f func(dst []byte, s string, b B) []byte) kernel {
	return func(_ *Context, n int, args []Vector) (arrow.Array, error) {
		s, si := operand[string](args[0])
		b, bi := operand[B](args[1])
		return textRows(t, n, args, func(dst []byte, i int) ([]byte, bool, error) { return f(dst, s[i&si], b[i&bi]), true, nil })
	}
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func appendUpper(dst []byte, s string) []byte {
	if !isASCII(s) {
		return append(dst, strings.ReplaceAll(strings.ToUpper(s), "ß", "SS")...)
	}
	for i := range len(s) {
		c := s[i]
		if c >= 'a' && c <= 'z' {
			c -= 'a' - 'A'
		}
		dst = append(dst, c)
	}
	return dst
}

func appendLower(dst []byte, s string) []byte {
	if !isASCII(s) {
		return append(dst, strings.ToLower(s)...)
	}
	for i := range len(s) {
		c := s[i]
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		dst = append(dst, c)
	}
	return dst
}

func appendInitcap(dst []byte, s string) []byte {
	first := true
	for _, r := range s {
		if first {
			r = unicode.ToTitle(r)
		} else {
			r = unicode.ToLower(r)
		}
		first = r == ' '
		dst = utf8.AppendRune(dst, r)
	}
	return dst
}

var lengthFunction = fn(types.Integer, nil, aText).infallible().by(func(_ *BuildContext, args []Expr) (kernel, error) {
	if args[0].Type() == types.Binary {
		return map1(types.Integer, func(s string) int32 { return int32(len(s)) }), nil
	}
	return map1(types.Integer, func(s string) int32 { return int32(utf8.RuneCountInString(s)) }), nil
})

func buildReverse(b *builder) (Expr, error) {
	if _, ok := b.args[0].Type().(types.Array); ok {
		return b.sub("reverse_array", b.args...)
	}
	if err := b.coerceTo(aText); err != nil {
		return nil, err
	}
	t := b.args[0].Type()
	b.fn.safe = true
	return b.make(t, func(_ *Context, n int, args []Vector) (arrow.Array, error) {
		s, si := operand[string](args[0])
		return textRows(t, n, args, func(dst []byte, i int) ([]byte, bool, error) {
			for rest := s[i&si]; rest != ""; {
				size := 1
				if t == types.String {
					_, size = utf8.DecodeLastRuneInString(rest)
				}
				dst = append(dst, rest[len(rest)-size:]...)
				rest = rest[:len(rest)-size]
			}
			return dst, true, nil
		})
	}), nil
}

var charFunction = fn(types.String, text1(func(dst []byte, n int64) ([]byte, bool) {
	if n < 0 {
		return dst, true
	}
	return utf8.AppendRune(dst, rune(n&0xff)), true
}), aLong).infallible()
