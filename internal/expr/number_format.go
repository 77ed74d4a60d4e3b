package expr

import (
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

// A numberFormat is a format of to_char and to_number: digits 0 and 9, groups, a point, $, and a sign.
type numberFormat struct {
	text     string
	dollar   bool
	sign     string // "", "S", "MI", "PR"
	leading  bool   // the sign stands before the number
	whole    string // 0, 9 and commas
	fraction string // 0 and 9
	point    bool
}

func badNumberFormat(text string) error {
	return errclass.InvalidNumberFormat.New("The format is invalid: '%s'. The format string must consist of digits 0 and 9, at most one point (. or D), commas (, or G) between digits, and optionally $, S, MI or PR.", text)
}

func parseNumberFormat(text string) (*numberFormat, error) {
	f := &numberFormat{text: text}
	rest := strings.ToUpper(text)
	take := func(prefix string) bool {
		if strings.HasPrefix(rest, prefix) {
			rest = rest[len(prefix):]
			return true
		}
		return false
	}
	for {
		switch {
		case f.sign == "" && take("S"):
			f.sign, f.leading = "S", true
			continue
		case f.sign == "" && take("MI"):
			f.sign, f.leading = "MI", true
			continue
		case !f.dollar && take("$"):
			f.dollar = true
			continue
		}
		break
	}
	digits := 0
	for digits < len(rest) && strings.IndexByte("09,G.D", rest[digits]) >= 0 {
		digits++
	}
	number := strings.NewReplacer("G", ",", "D", ".").Replace(rest[:digits])
	rest = rest[digits:]
	f.whole, f.fraction, f.point = strings.Cut(number, ".")
	switch {
	case f.sign == "" && take("S"):
		f.sign = "S"
	case f.sign == "" && take("MI"):
		f.sign = "MI"
	case f.sign == "" && take("PR"):
		f.sign = "PR"
	}
	count := strings.Count(f.whole, "0") + strings.Count(f.whole, "9") + len(f.fraction)
	if rest != "" || count == 0 || count > types.MaxPrecision || strings.ContainsAny(f.fraction, ",.") || strings.HasPrefix(f.whole, ",") || strings.HasSuffix(f.whole, ",") {
		return nil, badNumberFormat(text)
	}
	return f, nil
}

func (f *numberFormat) wholeDigits() int { return len(f.whole) - strings.Count(f.whole, ",") }

// decimal is the type of the numbers that the format reads.
func (f *numberFormat) decimal() types.Decimal {
	return types.Decimal{Precision: f.wholeDigits() + len(f.fraction), Scale: len(f.fraction)}
}

// append writes a number. One with more digits than the format shows as #.
func (f *numberFormat) append(dst []byte, v decimal128.Num, scale int) []byte {
	negative := v.Sign() < 0
	text := string(appendDecimal(nil, v.Abs(), scale))
	whole, fraction, _ := strings.Cut(text, ".")
	whole = strings.TrimLeft(whole, "0")
	tooLong := len(whole) > f.wholeDigits() || len(strings.TrimRight(fraction, "0")) > len(f.fraction)
	var body []byte
	if tooLong {
		body = append(body, strings.NewReplacer("0", "#", "9", "#").Replace(f.whole)...)
		if f.point {
			body = append(append(body, '.'), strings.Repeat("#", len(f.fraction))...)
		}
	} else {
		body = f.digits(whole, fraction)
	}
	return f.decorate(dst, string(body), negative)
}

// digits lays the whole part out under the format: blanks for leading 9s, zeros for leading 0s.
func (f *numberFormat) digits(whole, fraction string) []byte {
	var out []byte
	missing := f.wholeDigits() - len(whole)
	started := missing == 0
	at := 0
	for i := range len(f.whole) {
		switch c := f.whole[i]; {
		case c == ',' && (started || len(out) > 0 && out[len(out)-1] != ' '):
			out = append(out, ',')
		case c == ',':
			out = append(out, ' ')
		case at < missing && c == '9' && !started:
			out = append(out, ' ')
			at++
		case at < missing:
			started = true
			out = append(out, '0')
			at++
		default:
			started = true
			out = append(out, whole[at-missing])
			at++
		}
	}
	if f.point {
		for len(fraction) < len(f.fraction) {
			fraction += "0"
		}
		out = append(append(out, '.'), fraction[:len(f.fraction)]...)
	}
	return out
}

func (f *numberFormat) decorate(dst []byte, body string, negative bool) []byte {
	blanks := len(body) - len(strings.TrimLeft(body, " "))
	if f.dollar {
		body = body[:blanks] + "$" + body[blanks:]
	}
	mark := ""
	switch {
	case f.sign == "S" && negative, f.sign == "MI" && negative, f.sign == "" && negative:
		mark = "-"
	case f.sign == "S":
		mark = "+"
	case f.sign == "MI":
		mark = " "
	}
	switch {
	case f.sign == "PR" && negative:
		return append(dst, body[:blanks]+"<"+body[blanks:]+">"...)
	case f.sign == "PR":
		return append(dst, body+" "...)
	case f.leading || f.sign == "":
		return append(dst, body[:blanks]+mark+body[blanks:]...)
	}
	return append(dst, body+mark...)
}

// parse reads a number by the format.
func (f *numberFormat) parse(s string, d types.Decimal) (decimal128.Num, bool) {
	s = strings.TrimSpace(s)
	negative := false
	if inner, ok := strings.CutPrefix(s, "<"); ok && f.sign == "PR" && strings.HasSuffix(inner, ">") {
		negative, s = true, strings.TrimSuffix(inner, ">")
	}
	if f.sign == "S" || f.sign == "MI" {
		before, after := s, ""
		if f.leading {
			before, after = "", s
		}
		for _, mark := range []string{"-", "+"} {
			if rest, ok := strings.CutPrefix(after, mark); ok && f.leading {
				negative, s = mark == "-", rest
				break
			}
			if rest, ok := strings.CutSuffix(before, mark); ok && !f.leading {
				negative, s = mark == "-", rest
				break
			}
		}
	}
	if f.dollar {
		rest, ok := strings.CutPrefix(s, "$")
		if !ok {
			return decimal128.Num{}, false
		}
		s = rest
	}
	whole, fraction, _ := strings.Cut(s, ".")
	if !f.fitsGroups(whole) || len(fraction) > len(f.fraction) {
		return decimal128.Num{}, false
	}
	text := strings.ReplaceAll(whole, ",", "") + "." + fraction
	if negative {
		text = "-" + text
	}
	v, _, ok := parseDecimal(text, d)
	return v, ok
}

// fitsGroups checks that digits and commas stand as the format has them, from the right.
func (f *numberFormat) fitsGroups(whole string) bool {
	if len(whole) > len(f.whole) {
		return false
	}
	layout := f.whole[len(f.whole)-len(whole):]
	for i := range len(whole) {
		comma := whole[i] == ','
		if comma != (layout[i] == ',') || !comma && (whole[i] < '0' || whole[i] > '9') {
			return false
		}
	}
	return true
}

func buildToNumber(try bool) func(b *builder) (Expr, error) {
	return func(b *builder) (Expr, error) {
		v, known := buildValue(b.args[1], b.ctx)
		text, isText := v.(string)
		if !known || !isText {
			return nil, b.mismatch(errclass.DatatypeMismatchNonFoldable, "the input `format` should be a foldable \"STRING\" expression; however, got \"%s\".", b.args[1].String())
		}
		format, err := parseNumberFormat(text)
		if err != nil {
			return nil, err
		}
		if err := b.coerceTo(aString, aString); err != nil {
			return nil, err
		}
		if try {
			b.fn.null = nullMaybe
		}
		t := format.decimal()
		return b.make(t, func(_ *Context, n int, args []Vector) (arrow.Array, error) {
			s := textsOf(args[0])
			return tryRows(t, n, args, func(i int) (decimal128.Num, bool, error) {
				d, ok := format.parse(s.at(i), t)
				if !ok && !try {
					return d, false, errclass.InvalidNumberInput.New("The input string '%s' does not match the given number format: '%s'.", s.at(i), format.text)
				}
				return d, ok, nil
			})
		}), nil
	}
}
