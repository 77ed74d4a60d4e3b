package expr

import (
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

var formatFunctions = table{
	"format_string": built(1, -1, buildFormatString), "printf": built(1, -1, buildFormatString),
	"format_number": built(2, 2, buildFormatNumber),
	"to_char":       built(2, 2, buildToChar("to_char")), "to_varchar": built(2, 2, buildToChar("to_varchar")),
	"to_number": built(2, 2, buildToNumber(false)), "try_to_number": built(2, 2, buildToNumber(true)),
}

// buildFormatNumber is format_number(number, decimal places or pattern).
func buildFormatNumber(b *builder) (Expr, error) {
	second := anInt
	if b.args[1].Type() == types.String {
		second = aString
	}
	if err := b.coerceTo(aNumber, second); err != nil {
		return nil, err
	}
	b.fn.null = nullMaybe
	t := b.args[0].Type()
	return b.make(types.String, func(ctx *Context, n int, args []Vector) (arrow.Array, error) {
		format := newFormatter(args[0].Values, t, ctx.TimeZone)
		layout := func(i int) (numberLayout, bool) {
			d := fixedValues[int32](args[1].Values)[args[1].at(i)]
			return numberLayout{whole: 1, group: 3, low: int(d), high: int(d)}, d >= 0 && d < maxPrintf
		}
		if args[1].Values.DataType().ID() == arrow.STRING {
			patterns := textsOf(args[1])
			layout = func(i int) (numberLayout, bool) { return parseLayout(patterns.at(i)), true }
		}
		return textRows(types.String, n, args, func(dst []byte, i int) ([]byte, bool, error) {
			l, ok := layout(i)
			if !ok {
				return dst, false, nil
			}
			return l.append(dst, string(format(nil, args[0].at(i)))), true, nil
		})
	}), nil
}

// A numberLayout is what of java.text.DecimalFormat's patterns is supported: 0 # , and the point.
type numberLayout struct{ whole, group, low, high int }

func parseLayout(pattern string) numberLayout {
	if pattern == "" {
		return numberLayout{whole: 1, group: 3}
	}
	whole, fraction, _ := strings.Cut(pattern, ".")
	l := numberLayout{whole: strings.Count(whole, "0"), low: strings.Count(fraction, "0")}
	l.high = l.low + strings.Count(fraction, "#")
	if comma := strings.LastIndexByte(whole, ','); comma >= 0 {
		l.group = len(whole) - comma - 1
	}
	return l
}

func (l numberLayout) append(dst []byte, text string) []byte {
	digits, scale, negative, ok := decimalParts(text)
	if !ok { // NaN, Infinity
		return append(dst, text...)
	}
	whole, fraction := plainDigits(digits, scale, negative, l.high, bigHalfEven)
	fraction = strings.TrimPrefix(fraction, ".")
	for len(fraction) > l.low && fraction[len(fraction)-1] == '0' {
		fraction = fraction[:len(fraction)-1]
	}
	if bare, minus := strings.CutPrefix(whole, "-"); minus {
		dst = append(dst, '-')
		whole = bare
	}
	whole = strings.TrimLeft(whole, "0")
	for len(whole) < l.whole {
		whole = "0" + whole
	}
	dst = append(dst, grouped(whole, l.group)...)
	if fraction != "" {
		dst = append(append(dst, '.'), fraction...)
	}
	return dst
}

// buildToChar is to_char of numbers, dates and binary values by a format.
func buildToChar(name string) func(b *builder) (Expr, error) {
	return func(b *builder) (Expr, error) {
		t := b.args[0].Type()
		switch {
		case t == types.Date || isTimestamp(t):
			return b.sub("date_format", b.args...)
		case t == types.Binary:
			return b.binaryToChar(name)
		}
		d, ok := decimalFor(t)
		if c, literal := b.args[0].(*Constant); literal && isInteger(t) && c.Value != nil {
			d = types.Decimal{Precision: digitsOf(c)}
		}
		if !ok {
			d = types.Decimal{Precision: types.MaxPrecision, Scale: 18}
		}
		v, known := buildValue(b.args[1], b.ctx)
		text, isText := v.(string)
		if !known || !isText {
			return nil, b.mismatch(errclass.DatatypeMismatchNonFoldable, "the input `format` should be a foldable \"STRING\" expression; however, got \"%s\".", b.args[1].String())
		}
		format, err := parseNumberFormat(text)
		if err != nil {
			return nil, err
		}
		if b.args[0], err = implicit(b.ctx, b.args[0], d); err != nil {
			return nil, err
		}
		b.fn.text = func(_ string, args []Expr) string { return callText("to_char", args) }
		return b.make(types.String, func(_ *Context, n int, args []Vector) (arrow.Array, error) {
			values, step := operand[decimal128.Num](args[0])
			return textRows(types.String, n, args, func(dst []byte, i int) ([]byte, bool, error) {
				return format.append(dst, values[i&step], d.Scale), true, nil
			})
		}), nil
	}
}

func (b *builder) binaryToChar(name string) (Expr, error) {
	v, _ := buildValue(b.args[1], b.ctx)
	text, _ := v.(string)
	var e Expr
	var err error
	switch strings.ToLower(text) {
	case "base64":
		e, err = b.sub("base64", b.args[0])
	case "hex":
		e, err = b.sub("hex", b.args[0])
	case "utf-8", "utf8":
		e, err = b.sub("decode", b.args[0], b.args[1])
	default:
		return nil, errclass.InvalidParameterValue.New("The value of parameter(s) `format` in `%s` is invalid: expects one of binary formats 'base64', 'hex', 'utf-8', but got '%s'.", name, text)
	}
	if err == nil && name == "to_varchar" {
		printed := "to_varchar(" + b.args[0].String() + ")"
		if strings.HasPrefix(strings.ToLower(text), "utf") {
			printed = callText(name, b.args)
		}
		return renamed(e, printed), nil
	}
	return e, err
}
