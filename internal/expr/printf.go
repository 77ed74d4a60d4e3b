package expr

import (
	"math/big"
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

// buildFormatString is java.util.Formatter's printf.
func buildFormatString(b *builder) (Expr, error) {
	var err error
	if b.args[0], err = implicit(b.ctx, b.args[0], types.String); err != nil {
		return nil, err
	}
	ts := typesOf(b.args[1:])
	out := b.make(types.String, func(ctx *Context, n int, args []Vector) (arrow.Array, error) {
		format := textsOf(args[0])
		values := make([]printfArg, len(args)-1)
		for i, a := range args[1:] {
			values[i] = newPrintfArg(a, ts[i], ctx)
		}
		return textRows(types.String, n, args[:1], func(dst []byte, i int) ([]byte, bool, error) {
			out, err := appendPrintf(dst, format.at(i), values, i)
			return out, err == nil, err
		})
	})
	out.nullable = b.args[0].Nullable()
	return out, nil
}

// A printfArg hands out an argument of a row as text, number or truth.
type printfArg struct {
	Vector
	t      types.Type
	format formatter
}

func newPrintfArg(v Vector, t types.Type, ctx *Context) printfArg {
	return printfArg{v, t, newFormatter(v.Values, t, ctx.TimeZone)}
}

func (a *printfArg) text(i int) string {
	if a.null(i) {
		return "null"
	}
	return string(a.format(nil, a.at(i)))
}

// A printfSpec is one %[index$][flags][width][.precision]conversion.
type printfSpec struct {
	index, width, precision int // -1: not given
	flags                   string
	conversion              byte
}

func badFormat(format string) error {
	return errclass.InvalidParameterValue.New("The value of parameter(s) `strfmt` in `format_string` is invalid: '%s' is no format string for its arguments.", format)
}

// maxPrintf bounds a width or precision.
const maxPrintf = 1 << 16

func appendPrintf(dst []byte, format string, args []printfArg, row int) ([]byte, error) {
	next := 0
	for i := 0; i < len(format); i++ {
		if format[i] != '%' {
			dst = append(dst, format[i])
			continue
		}
		spec, after, ok := parseSpec(format, i+1)
		if !ok {
			return dst, badFormat(format)
		}
		i = after
		switch spec.conversion {
		case '%':
			dst = spec.pad(dst, "%")
			continue
		case 'n':
			dst = append(dst, '\n')
			continue
		}
		at := next
		if spec.index > 0 {
			at = spec.index - 1
		} else {
			next++
		}
		if at >= len(args) {
			return dst, badFormat(format)
		}
		text, ok := spec.value(&args[at], row)
		if !ok {
			return dst, badFormat(format)
		}
		if spec.conversion >= 'A' && spec.conversion <= 'Z' {
			text = strings.ToUpper(text)
		}
		dst = spec.pad(dst, text)
	}
	return dst, nil
}

func parseSpec(s string, i int) (spec printfSpec, end int, ok bool) {
	spec = printfSpec{index: -1, width: -1, precision: -1}
	number := func() int {
		start := i
		for i < len(s) && s[i] >= '0' && s[i] <= '9' {
			i++
		}
		n, err := strconv.Atoi(s[start:i])
		if err != nil || n > maxPrintf {
			return -1
		}
		return n
	}
	if mark := i; i < len(s) && s[i] >= '1' && s[i] <= '9' {
		n := number()
		if i < len(s) && s[i] == '$' {
			spec.index = n
			i++
		} else {
			i = mark
		}
	}
	start := i
	for i < len(s) && strings.IndexByte("-#+ 0,(", s[i]) >= 0 {
		i++
	}
	spec.flags = s[start:i]
	if i < len(s) && s[i] >= '1' && s[i] <= '9' {
		if spec.width = number(); spec.width < 0 {
			return spec, i, false
		}
	}
	if i < len(s) && s[i] == '.' {
		i++
		if spec.precision = number(); spec.precision < 0 {
			return spec, i, false
		}
	}
	if i == len(s) {
		return spec, i, false
	}
	spec.conversion = s[i]
	return spec, i, true
}

func (s *printfSpec) has(flag byte) bool { return strings.IndexByte(s.flags, flag) >= 0 }

func (s *printfSpec) pad(dst []byte, text string) []byte {
	fill := s.width - len([]rune(text))
	if s.has('-') {
		dst = append(dst, text...)
	}
	for range max(fill, 0) {
		dst = append(dst, ' ')
	}
	if !s.has('-') {
		dst = append(dst, text...)
	}
	return dst
}

func (s *printfSpec) value(a *printfArg, row int) (string, bool) {
	if a.null(row) && s.conversion != 'b' && s.conversion != 'B' {
		return s.cut("null"), true
	}
	switch s.conversion {
	case 's', 'S':
		return s.cut(a.text(row)), true
	case 'b', 'B':
		if a.t == types.Boolean {
			return s.cut(a.text(row)), true
		}
		return s.cut(strconv.FormatBool(!a.null(row))), true
	case 'd':
		if !isInteger(a.t) {
			return "", false
		}
		return s.signed(a.text(row), ""), true
	case 'x', 'X', 'o':
		if !isInteger(a.t) {
			return "", false
		}
		return s.unsigned(a, row), true
	case 'c', 'C':
		if a.t == types.String {
			return a.text(row), true
		}
		n, err := strconv.Atoi(a.text(row))
		return string(rune(n)), err == nil && isInteger(a.t)
	case 'f', 'e', 'E', 'g', 'G':
		return s.real(a, row)
	}
	return "", false
}

func (s *printfSpec) cut(text string) string {
	if runes := []rune(text); s.precision >= 0 && len(runes) > s.precision {
		return string(runes[:s.precision])
	}
	return text
}

// signed adds sign, grouping and zeros to a number.
func (s *printfSpec) signed(text, fraction string) string {
	negative := strings.HasPrefix(text, "-")
	digits := strings.TrimPrefix(text, "-")
	if s.has(',') {
		digits = grouped(digits, 3)
	}
	digits += fraction
	prefix, suffix := "", ""
	switch {
	case negative && s.has('('):
		prefix, suffix = "(", ")"
	case negative:
		prefix = "-"
	case s.has('+'):
		prefix = "+"
	case s.has(' '):
		prefix = " "
	}
	if s.has('0') {
		for len(digits)+len(prefix)+len(suffix) < s.width {
			digits = "0" + digits
		}
	}
	return prefix + digits + suffix
}

// grouped puts commas between groups of digits.
func grouped(digits string, size int) string {
	if size <= 0 {
		return digits
	}
	var b strings.Builder
	for i := range len(digits) {
		if i > 0 && (len(digits)-i)%size == 0 {
			b.WriteByte(',')
		}
		b.WriteByte(digits[i])
	}
	return b.String()
}

func (s *printfSpec) unsigned(a *printfArg, row int) string {
	v := widened(a.Values)[a.at(row)]
	u := uint64(v)
	if a.t != types.Long {
		u = uint64(uint32(v))
	}
	base, prefix := 16, "0x"
	if s.conversion == 'o' {
		base, prefix = 8, "0"
	}
	text := strconv.FormatUint(u, base)
	if s.has('#') {
		text = prefix + text
	}
	if s.has('0') {
		for len(text) < s.width {
			text = "0" + text
		}
	}
	return text
}

func (s *printfSpec) real(a *printfArg, row int) (string, bool) {
	if !isFloat(a.t) && !isDecimal(a.t) {
		return "", false
	}
	text := a.text(row)
	if text == "NaN" || strings.HasSuffix(text, "Infinity") {
		return text, true
	}
	precision := s.precision
	if precision < 0 {
		precision = 6
	}
	switch s.conversion {
	case 'e', 'E':
		f, err := strconv.ParseFloat(text, 64)
		return s.signed(strconv.FormatFloat(f, 'e', precision, 64), ""), err == nil
	case 'g', 'G':
		f, err := strconv.ParseFloat(text, 64)
		return s.signed(strconv.FormatFloat(f, 'f', max(precision-1, 0), 64), ""), err == nil
	}
	digits, scale, negative, ok := decimalParts(text)
	if !ok {
		return "", false
	}
	whole, fraction := plainDigits(digits, scale, negative, precision, bigHalfUp)
	return s.signed(whole, fraction), true
}

// plainDigits rounds digits·10^-scale to so many digits behind the point: its whole part with the sign,
// and the fraction with the point.
func plainDigits(digits string, scale int, negative bool, precision int, round func(v, by *big.Int) *big.Int) (whole, fraction string) {
	v, _ := new(big.Int).SetString(digits, 10)
	if negative {
		v.Neg(v)
	}
	if scale > precision {
		v = round(v, bigTen(scale-precision))
	} else {
		v.Mul(v, bigTen(precision-scale))
	}
	text := new(big.Int).Abs(v).String()
	for len(text) <= precision {
		text = "0" + text
	}
	whole = text[:len(text)-precision]
	if negative {
		whole = "-" + whole
	}
	if precision > 0 {
		fraction = "." + text[len(text)-precision:]
	}
	return whole, fraction
}
