package expr

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/errclass"
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
	"repeat": fn(types.String, text2(func(dst []byte, s string, n int32) ([]byte, bool) {
		for range max(n, 0) {
			dst = append(dst, s...)
		}
		return dst, true
	}), aString, anInt),
	"space": fn(types.String, text1(func(dst []byte, n int32) ([]byte, bool) {
		for range max(n, 0) {
			dst = append(dst, ' ')
		}
		return dst, true
	}), anInt),
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

var charFunction = fn(types.String, text1(func(dst []byte, n int64) ([]byte, bool) {
	if n < 0 {
		return dst, true
	}
	return utf8.AppendRune(dst, rune(n&0xff)), true
}), aLong).infallible()

func findInSet(s, set string) int32 {
	if strings.Contains(s, ",") {
		return 0
	}
	for i, part := range strings.Split(set, ",") {
		if part == s {
			return int32(i) + 1
		}
	}
	return 0
}

func buildLevenshtein(b *builder) (Expr, error) {
	if err := b.coerceTo(aString, aString, anInt); err != nil {
		return nil, err
	}
	b.fn.safe = true
	if len(b.args) == 2 {
		return b.make(types.Integer, map2(types.Integer, func(x, y string) int32 { return levenshtein([]rune(x), []rune(y)) })), nil
	}
	return b.make(types.Integer, map3(types.Integer, func(x, y string, limit int32) int32 {
		if d := levenshtein([]rune(x), []rune(y)); d <= limit {
			return d
		}
		return -1
	})), nil
}

func levenshtein(a, b []rune) int32 {
	row := make([]int32, len(b)+1)
	for j := range row {
		row[j] = int32(j)
	}
	for i := range a {
		diagonal := row[0]
		row[0] = int32(i) + 1
		for j := range b {
			above := row[j+1]
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, above, row[j])
			}
			row[j+1], diagonal = cost, above
		}
	}
	return row[len(b)]
}

// soundex codes how an English word sounds; what does not begin with a letter stays as it is.
func soundex(s string) string {
	const codes = "01230127022455012623017202"
	if s == "" || s[0]|0x20 < 'a' || s[0]|0x20 > 'z' {
		return s
	}
	out := []byte{s[0] &^ 0x20, '0', '0', '0'}
	last := codes[s[0]&^0x20-'A']
	n := 1
	for i := 1; i < len(s) && n < 4; i++ {
		c := s[i] &^ 0x20
		if c < 'A' || c > 'Z' {
			last = '0'
			continue
		}
		code := codes[c-'A']
		if code == '7' { // H and W do not part equal codes
			continue
		}
		if code != '0' && code != last {
			out[n] = code
			n++
		}
		last = code
	}
	return string(out)
}

// luhn checks the sum of digits by which card numbers are made.
func luhn(s string) bool {
	sum, double := 0, false
	for i := len(s) - 1; i >= 0; i-- {
		d := int(s[i]) - '0'
		if d < 0 || d > 9 {
			return false
		}
		if double {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
		double = !double
	}
	return s != "" && sum%10 == 0
}

func validateUTF8(strict bool) kernel {
	return try1(types.String, func(_ *Context, s string) (string, bool, error) {
		if utf8.ValidString(s) {
			return s, true, nil
		}
		if strict {
			return "", false, errclass.InvalidUTF8.New("Invalid UTF8 byte sequence found in string: %x.", s)
		}
		return "", false, nil
	})
}
