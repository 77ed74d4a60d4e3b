package sql

import (
	"encoding/hex"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"lakehouse/internal/errclass"
	"lakehouse/internal/plan"
	"lakehouse/internal/types"
)

// stringValue: string+, which are one string.
func (p *parser) stringValue() (string, error) {
	if p.tok().kind != kindString {
		return "", p.unexpected("expected a string")
	}
	text := p.tok().value
	p.skip()
	if p.tok().kind != kindString {
		return text, nil
	}
	parts := []string{text}
	for p.tok().kind == kindString {
		parts = append(parts, p.tok().value)
		p.skip()
	}
	return strings.Join(parts, ""), nil
}

func (p *parser) stringLiteral(from int, text string) *plan.Literal {
	return &plan.Literal{At: p.span(from), Value: text, Type: types.String}
}

// binaryLiteral: X 'hexadecimal digits'; of an odd number, the first has a 0 before it.
func (p *parser) binaryLiteral(from int, digits string) (plan.Expression, error) {
	if len(digits)%2 == 1 {
		digits = "0" + digits
	}
	value, err := hex.DecodeString(digits)
	if err != nil {
		return nil, p.errorAt(p.span(from), errclass.ParseSyntaxError, "Syntax error: '"+shorten(digits)+"' is not hexadecimal.")
	}
	return &plan.Literal{At: p.span(from), Value: value, Type: types.Binary}, nil
}

// number: digits, a point or exponent, a suffix. The sign, where there is one, was the token before.
func (p *parser) number(sign string) (plan.Expression, error) {
	from := p.i
	if sign != "" {
		from--
	}
	text := strings.ToLower(p.tok().value)
	p.skip()
	digits := strings.TrimRight(text, "lsydfb")
	suffix := text[len(digits):]
	literal := &plan.Literal{At: p.span(from)}
	var err error
	switch suffix {
	case "l":
		err = integerLiteral[int64](literal, sign+digits, 64, types.Long)
	case "s":
		err = integerLiteral[int16](literal, sign+digits, 16, types.Short)
	case "y":
		err = integerLiteral[int8](literal, sign+digits, 8, types.Byte)
	case "d":
		err = doubleLiteral(literal, sign+digits)
	case "f":
		err = floatLiteral(literal, sign+digits)
	case "bd":
		err = decimalLiteral(literal, sign+digits)
	default:
		err = plainNumber(literal, sign+digits)
	}
	if e, ok := err.(*errclass.Error); ok { //nolint:errorlint // made right here
		e.At = literal.At
	}
	return literal, err
}

// plainNumber: an int, or the next larger type that holds it; a decimal with a point, a double with
// an exponent.
func plainNumber(literal *plan.Literal, text string) error {
	switch {
	case strings.Contains(text, "e"):
		return doubleLiteral(literal, text)
	case strings.Contains(text, "."):
		return decimalLiteral(literal, text)
	case integerLiteral[int32](literal, text, 32, types.Integer) == nil:
		return nil
	case integerLiteral[int64](literal, text, 64, types.Long) == nil:
		return nil
	}
	return decimalLiteral(literal, text)
}

func integerLiteral[T int8 | int16 | int32 | int64](literal *plan.Literal, text string, bits int, t types.Type) error {
	n, err := strconv.ParseInt(text, 10, bits)
	if err != nil {
		return outOfRange(text, t)
	}
	literal.Value, literal.Type = T(n), t
	return nil
}

func doubleLiteral(literal *plan.Literal, text string) error {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return outOfRange(text, types.Double)
	}
	literal.Value, literal.Type = n, types.Double
	return nil
}

func floatLiteral(literal *plan.Literal, text string) error {
	n, err := strconv.ParseFloat(text, 32)
	if err != nil {
		return outOfRange(text, types.Float)
	}
	literal.Value, literal.Type = float32(n), types.Float
	return nil
}

func outOfRange(text string, t types.Type) error {
	return errclass.InvalidNumericLiteral.New("Numeric literal %s is outside the valid range of type %s.", shorten(text), types.SQL(t))
}

// decimalLiteral has the type that its digits need: 0.50 is decimal(2,2).
func decimalLiteral(literal *plan.Literal, text string) error {
	digits, exponent, _ := strings.Cut(text, "e")
	whole, fraction, _ := strings.Cut(digits, ".")
	shift, err := strconv.Atoi("0" + exponent)
	if strings.HasPrefix(exponent, "-") || strings.HasPrefix(exponent, "+") {
		shift, err = strconv.Atoi(exponent)
	}
	if err != nil || len(digits) > 1000 || shift > types.MaxPrecision || shift < -types.MaxPrecision {
		return tooPrecise(text)
	}
	unscaled, ok := new(big.Int).SetString(whole+fraction, 10)
	if !ok {
		return tooPrecise(text)
	}
	scale := len(fraction) - shift
	if scale < 0 {
		unscaled.Mul(unscaled, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(-scale)), nil))
		scale = 0
	}
	precision := max(len(new(big.Int).Abs(unscaled).String()), scale)
	if precision > types.MaxPrecision {
		return tooPrecise(text)
	}
	literal.Value = decimal128.FromBigInt(unscaled)
	literal.Type = types.Decimal{Precision: precision, Scale: scale}
	return nil
}

func tooPrecise(text string) error {
	return errclass.DecimalPrecision.New("Decimal %s has more digits than the max precision %d.", shorten(text), types.MaxPrecision)
}

// isInterval tells an interval literal from a column of that name: a number with a unit follows.
func (p *parser) isInterval() bool {
	n := 1
	for p.peek(n).key == "-" || p.peek(n).key == "+" {
		n++
	}
	value := p.peek(n).kind
	if value != kindNumber && value != kindString {
		return false
	}
	return n == 1 && value == kindString || isUnit(p.peek(n+1).key)
}

func isUnit(key string) bool {
	switch strings.TrimSuffix(key, "s") {
	case "year", "month", "week", "day", "hour", "minute", "second", "millisecond", "microsecond", "nanosecond":
		return true
	}
	return false
}

// interval: INTERVAL [sign] string unit TO unit | INTERVAL ([sign] number unit)+ | INTERVAL string
func (p *parser) interval() (plan.Expression, error) {
	from := p.i
	p.skip()
	sign := ""
	for p.isAny("-", "+") {
		if p.tok().key == "-" {
			sign = flip(sign)
		}
		p.skip()
	}
	if p.tok().kind == kindString && p.peek(2).key == "to" {
		return p.rangeInterval(from, sign)
	}
	text, err := p.intervalText(sign)
	if err != nil {
		return nil, err
	}
	amount, err := types.ParseCalendarInterval(text)
	if err != nil {
		return nil, p.located(from, err)
	}
	t, value, ok := amount.ANSI()
	if !ok {
		return nil, p.errorAt(p.span(from), errclass.CannotParseInterval, "Cannot mix year-month and day-time fields: interval "+shorten(text)+".")
	}
	return p.intervalLiteral(from, t, value), nil
}

func flip(sign string) string {
	if sign == "-" {
		return ""
	}
	return "-"
}

// intervalText: (value unit)+ as one text; a bare string holds its units itself.
func (p *parser) intervalText(sign string) (string, error) {
	if p.tok().kind == kindString && !isUnit(p.peek(1).key) {
		text := p.tok().value
		p.skip()
		return sign + text, nil
	}
	var b strings.Builder
	for isUnit(p.peek(1).key) && (p.tok().kind == kindNumber || p.tok().kind == kindString) {
		value := strings.TrimSpace(p.tok().value)
		if sign == "-" && strings.HasPrefix(value, "-") {
			sign, value = "", value[1:]
		}
		fmt.Fprintf(&b, "%s%s %s ", sign, value, p.peek(1).key)
		p.i += 2
		sign = ""
		if p.isAny("-", "+") && (p.peek(1).kind == kindNumber || p.peek(1).kind == kindString) && isUnit(p.peek(2).key) {
			sign = strings.TrimPrefix(p.tok().key, "+")
			p.skip()
		}
	}
	return b.String(), nil
}

// rangeInterval: string unit TO unit
func (p *parser) rangeInterval(from int, sign string) (plan.Expression, error) {
	text := p.tok().value
	p.skip()
	t, err := types.ParseType("interval " + p.tok().key + " to " + p.peek(2).key)
	if err != nil {
		return nil, p.unexpected("expected units as in DAY TO SECOND")
	}
	p.i += 3
	interval, ok := t.(types.Interval)
	if !ok {
		return nil, p.unexpected("expected a unit")
	}
	value, err := types.ParseInterval(text, interval)
	if err == nil && sign == "-" {
		if value == math.MinInt64 || interval.YearMonth() && value == math.MinInt32 {
			err = errclass.IntervalOverflow.New("The interval '-%s' is out of range.", text)
		}
		value = -value
	}
	if err != nil {
		return nil, p.located(from, err)
	}
	return p.intervalLiteral(from, interval, value), nil
}

func (p *parser) intervalLiteral(from int, t types.Interval, value int64) plan.Expression {
	literal := &plan.Literal{At: p.span(from), Value: value, Type: t}
	if t.YearMonth() {
		literal.Value = int32(value)
	}
	return literal
}

// located adds the place to an error that another package made.
func (p *parser) located(from int, err error) error {
	if e, ok := err.(*errclass.Error); ok && e.At == nil { //nolint:errorlint // made by the callee, not wrapped
		e.At = p.span(from)
	}
	return err
}
