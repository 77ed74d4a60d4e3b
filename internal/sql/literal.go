package sql

import (
	"encoding/hex"
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
