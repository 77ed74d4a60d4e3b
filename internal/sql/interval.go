package sql

import (
	"fmt"
	"math"
	"strings"

	"lakehouse/internal/errclass"
	"lakehouse/internal/plan"
	"lakehouse/internal/types"
)

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
