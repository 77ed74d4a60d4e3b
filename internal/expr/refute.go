package expr

import (
	"math"

	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"lakehouse/internal/predicate"
	"lakehouse/internal/types"
)

// Statistics says what a source knows of the columns that a condition reads by position.
type Statistics struct {
	Path   func(index int) []string // the column's name; nil for one without statistics
	Single func(index int) bool     // whether each part of the source has but one value of it; nil: of none
}

// ToPredicate is what of a condition statistics can refute. It drops no row for which the condition is
// true. columnPath names the column at a position; nil for one without statistics.
func ToPredicate(e Expr, columnPath func(index int) []string) predicate.Predicate {
	return ToPredicateOf(e, Statistics{Path: columnPath})
}

// ToPredicateOf is ToPredicate for a source that has columns of which each part holds but one value: conditions about these alone
// are decided, whatever they compute.
func ToPredicateOf(e Expr, known Statistics) predicate.Predicate {
	r := refuter{known}
	return r.of(e)
}

type refuter struct{ known Statistics }

func (r refuter) of(e Expr) predicate.Predicate {
	return r.signed(e, false)
}

// signed is sign, or a test of what is known in each part.
func (r refuter) signed(e Expr, not bool) predicate.Predicate {
	if p := r.sign(e, not); p != nil {
		return p
	}
	return r.test(e, not)
}

// sign is what refutes e, or, negated, NOT e.
func (r refuter) sign(e Expr, not bool) predicate.Predicate {
	switch e := e.(type) {
	case *rename:
		return r.sign(e.Expr, not)
	case *junction:
		return r.junction(e, not)
	case *comparisonCall:
		op := predicateOps[e.op.symbol]
		if not {
			op = opposite[op]
		}
		return r.comparison(op, e.args[0], e.args[1])
	case *nullTest:
		if path := r.path(e.args[0]); path != nil {
			return predicate.IsNull{Column: path, Not: e.not != not}
		}
	case *inList:
		return r.in(e, not)
	case *likeCall:
		return r.like(e, not)
	case *Column, *GetField:
		if path := r.path(e); path != nil && e.Type() == types.Boolean {
			return predicate.Compare{Column: path, Op: predicate.Equal, Value: !not}
		}
	case *call:
		return r.call(e, not)
	}
	return nil
}

func (r refuter) junction(e *junction, not bool) predicate.Predicate {
	left, right := r.signed(e.left, not), r.signed(e.right, not)
	or := e.or != not // NOT (a AND b) is NOT a OR NOT b
	switch {
	case left != nil && right != nil && or:
		return predicate.Or{left, right}
	case left != nil && right != nil:
		return predicate.And{left, right}
	case or:
		return nil // one side may always hold
	case left != nil:
		return left
	}
	return right
}

// call takes the functions that say what an operator says.
func (r refuter) call(e *call, not bool) predicate.Predicate {
	switch e.name {
	case "not", "!":
		return r.sign(e.args[0], !not)
	case "<=>", "equal_null":
		return r.nullSafeEqual(e.args[0], e.args[1], not)
	case "startswith":
		if prefix, ok := statValue(e.args[1]); ok && e.args[0].Type() == types.String {
			text, _ := prefix.(string)
			return r.prefix(e.args[0], text, not)
		}
	}
	return nil
}

var predicateOps = map[string]predicate.Op{
	"=": predicate.Equal, "!=": predicate.NotEqual, "<": predicate.Less, "<=": predicate.LessOrEqual,
	">": predicate.Greater, ">=": predicate.GreaterOrEqual,
}

// mirrored is the relation with its sides swapped.
var mirrored = map[predicate.Op]predicate.Op{
	predicate.Equal: predicate.Equal, predicate.NotEqual: predicate.NotEqual, predicate.Less: predicate.Greater,
	predicate.LessOrEqual: predicate.GreaterOrEqual, predicate.Greater: predicate.Less, predicate.GreaterOrEqual: predicate.LessOrEqual,
}

// opposite holds where the relation does not, of values that are not null.
var opposite = map[predicate.Op]predicate.Op{
	predicate.Equal: predicate.NotEqual, predicate.NotEqual: predicate.Equal, predicate.Less: predicate.GreaterOrEqual,
	predicate.LessOrEqual: predicate.Greater, predicate.Greater: predicate.LessOrEqual, predicate.GreaterOrEqual: predicate.Less,
}

func (r refuter) comparison(op predicate.Op, column, constant Expr) predicate.Predicate {
	if !isFoldable(constant) {
		column, constant, op = constant, column, mirrored[op]
	}
	value, ok := statValue(constant)
	if !ok {
		return nil
	}
	if path := r.path(column); path != nil {
		return predicate.Compare{Column: path, Op: op, Value: value}
	}
	return r.monotone(column, op, value, constant)
}

func (r refuter) nullSafeEqual(a, b Expr, not bool) predicate.Predicate {
	if not { // it holds for nulls, too
		return nil
	}
	if isFoldable(a) {
		a, b = b, a
	}
	path := r.path(a)
	if c, ok := b.(*Constant); ok && c.Value == nil && path != nil {
		return predicate.IsNull{Column: path}
	}
	return r.comparison(predicate.Equal, a, b)
}

// in takes a list apart. A null in it makes no row fulfil the condition, and none fulfil its negation.
func (r refuter) in(e *inList, not bool) predicate.Predicate {
	path := r.path(e.child)
	values := make([]predicate.Value, 0, len(e.values))
	for _, v := range e.values {
		if c, ok := v.(*Constant); ok && c.Value == nil && !not {
			continue
		}
		value, ok := statValue(v)
		if !ok {
			return nil
		}
		values = append(values, value)
	}
	if path == nil || len(values) == 0 {
		return nil
	}
	if !not {
		return predicate.In{Column: path, Values: values}
	}
	none := make(predicate.And, len(values))
	for i, v := range values {
		none[i] = predicate.Compare{Column: path, Op: predicate.NotEqual, Value: v}
	}
	return none
}

// like keeps what a pattern begins with.
func (r refuter) like(e *likeCall, not bool) predicate.Predicate {
	pattern, ok := statValue(e.args[1])
	text, isText := pattern.(string)
	if !ok || !isText || e.fold {
		return nil
	}
	compiled, err := compileLike(text, e.escape)
	if err != nil {
		return nil
	}
	switch compiled.simple { //nolint:exhaustive // the others bound nothing
	case likeEqual:
		op := predicate.Equal
		if not {
			op = predicate.NotEqual
		}
		return r.comparison(op, e.args[0], &Constant{compiled.plain, types.String})
	case likePrefix:
		return r.prefix(e.args[0], compiled.plain, not)
	}
	if not {
		return nil
	}
	return r.prefix(e.args[0], compiled.beginning(), false)
}

// beginning is the text that all that fits begins with.
func (p *likePattern) beginning() string {
	var text []rune
	for _, c := range p.pieces[0] {
		if c == anyRune {
			break
		}
		text = append(text, c)
	}
	return string(text)
}

// prefix holds for texts that begin so: those from the text on, up to what comes behind all that begin with it.
func (r refuter) prefix(column Expr, text string, not bool) predicate.Predicate {
	path := r.path(column)
	behind, ok := behindAll(text)
	if path == nil || !ok {
		return nil
	}
	from, to := predicate.Compare{Column: path, Op: predicate.GreaterOrEqual, Value: text}, predicate.Compare{Column: path, Op: predicate.Less, Value: behind}
	if !not {
		return predicate.And{from, to}
	}
	from.Op, to.Op = predicate.Less, predicate.GreaterOrEqual
	return predicate.Or{from, to}
}

// behindAll is the least sequence of bytes above all that begin with the text; ok is false for the empty text.
func behindAll(text string) (behind string, ok bool) {
	for n := len(text) - 1; n >= 0; n-- {
		if text[n] < math.MaxUint8 {
			return text[:n] + string([]byte{text[n] + 1}), true
		}
	}
	return "", false
}

// path is the column that e reads, or nil for anything else. A widening cast that keeps the order and
// the kind of value is looked through.
func (r refuter) path(e Expr) []string {
	switch e := e.(type) {
	case *rename:
		return r.path(e.Expr)
	case *Column:
		return r.known.Path(e.Index)
	case *GetField:
		if parent := r.path(e.child); parent != nil {
			return append(append([]string(nil), parent...), e.field.Name)
		}
	case *Cast:
		if isInteger(e.child.Type()) && isInteger(e.to) && upcast(e.child.Type(), e.to) ||
			e.child.Type() == types.Float && e.to == types.Double {
			return r.path(e.child)
		}
	}
	return nil
}

// statValue is a constant as statistics hold values.
func statValue(e Expr) (predicate.Value, bool) {
	switch e := e.(type) {
	case *rename:
		return statValue(e.Expr)
	case *Constant:
		return statOf(e.Value)
	case *folded:
		return statOf(literalAt(e.value, 0))
	case *Cast:
		if !isFoldable(e) {
			return nil, false
		}
		v, err := Value(e, &Context{ANSI: true})
		if err != nil {
			return nil, false
		}
		return statOf(v)
	}
	return nil, false
}

// statOf is a literal's value as statistics hold it; ok is false for null, and for what they cannot hold.
func statOf(v any) (stat predicate.Value, ok bool) {
	switch v := v.(type) {
	case bool, string, []byte, int64, decimal128.Num:
		return v, true
	case int8:
		return int64(v), true
	case int16:
		return int64(v), true
	case int32:
		return int64(v), true
	case float32:
		return float64(v), !math.IsNaN(float64(v))
	case float64:
		return v, !math.IsNaN(v)
	}
	return nil, false
}
