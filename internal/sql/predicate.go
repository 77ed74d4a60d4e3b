package sql

import (
	"lakehouse/internal/plan"
)

func isPredicateWord(key string) bool {
	switch key {
	case "between", "in", "like", "ilike", "rlike", "regexp":
		return true
	}
	return false
}

// predicate: left [NOT] (BETWEEN … | IN … | LIKE … | ILIKE … | RLIKE …)
func (p *parser) predicate(from int, left plan.Expression) (plan.Expression, error) {
	negated := p.take("not")
	word := p.tok().key
	p.skip()
	switch {
	case word == "in":
		return p.in(from, left, negated)
	case word == "between":
		return p.negate(from, negated)(p.between(from, left))
	case word != "rlike" && word != "regexp" && p.isAny("any", "some", "all"):
		return p.quantifiedLike(from, left, word, negated)
	}
	return p.negate(from, negated)(p.like(from, left, word))
}

// negate wraps what a production gives into NOT, if there was one.
func (p *parser) negate(from int, negated bool) func(plan.Expression, error) (plan.Expression, error) {
	return func(e plan.Expression, err error) (plan.Expression, error) {
		if err != nil || !negated {
			return e, err
		}
		return p.call(from, "not", e), nil
	}
}

// between: left BETWEEN low AND high. The bounds bind tighter than AND, so that
// "a BETWEEN 1 AND 2 AND b" means (a BETWEEN 1 AND 2) AND b.
func (p *parser) between(from int, left plan.Expression) (plan.Expression, error) {
	low, err := p.expr(powerPredicate)
	if err == nil {
		err = p.expect("and")
	}
	if err != nil {
		return nil, err
	}
	high, err := p.expr(powerPredicate)
	return p.call(from, "between", left, low, high), err
}

// in: left [NOT] IN '(' (query | expression, …) ')'
func (p *parser) in(from int, left plan.Expression, negated bool) (plan.Expression, error) {
	if p.is("(") && p.isQuery(p.i) {
		query, err := p.subquery()
		return &plan.Subquery{At: p.span(from), Query: query, Child: left, Not: negated}, err
	}
	values, err := parenthesised(p, p.expression)
	return &plan.InList{At: p.span(from), Child: left, Values: values, Not: negated}, err
}

// like: left (LIKE | ILIKE) pattern [ESCAPE 'c'] | left (RLIKE | REGEXP) pattern
func (p *parser) like(from int, left plan.Expression, word string) (plan.Expression, error) {
	if word == "regexp" {
		word = "rlike"
	}
	pattern, err := p.expr(powerPredicate)
	if err != nil {
		return nil, err
	}
	args := []plan.Expression{left, pattern}
	if word != "rlike" && p.take("escape") {
		at := p.i
		text, err := p.stringValue()
		if err != nil {
			return nil, err
		}
		args = append(args, p.stringLiteral(at, text))
	}
	return p.call(from, word, args...), nil
}

// quantifiedLike: left [NOT] LIKE (ANY | SOME | ALL) '(' pattern, … ')'. It stands for the LIKEs of
// its patterns, with OR or AND between them.
func (p *parser) quantifiedLike(from int, left plan.Expression, word string, negated bool) (plan.Expression, error) {
	joined, operandEnd := "or", p.i
	if p.takeAny("any", "some", "all") == "all" {
		joined = "and"
	}
	patterns, err := parenthesised(p, p.expression)
	if err == nil {
		err = p.chain(len(patterns))
	}
	if err == nil {
		err = p.copies(from, operandEnd, len(patterns))
	}
	if err != nil {
		return nil, err
	}
	var all plan.Expression
	for _, pattern := range patterns {
		one, _ := p.negate(from, negated)(p.call(from, word, left, pattern), nil)
		if all == nil {
			all = one
		} else {
			all = p.call(from, joined, all, one)
		}
	}
	return all, nil
}

// isPredicate: left IS [NOT] (NULL | TRUE | FALSE | UNKNOWN | DISTINCT FROM right)
func (p *parser) isPredicate(from int, left plan.Expression) (plan.Expression, error) {
	p.skip()
	negated := p.take("not")
	switch p.takeAny("null", "unknown", "true", "false", "distinct") {
	case "null", "unknown":
		if negated {
			return p.call(from, "isnotnull", left), nil
		}
		return p.call(from, "isnull", left), nil
	case "true":
		return p.negate(from, negated)(p.call(from, "istrue", left), nil)
	case "false":
		return p.negate(from, negated)(p.call(from, "isfalse", left), nil)
	case "distinct":
		if err := p.expect("from"); err != nil {
			return nil, err
		}
		right, err := p.expr(powerPredicate)
		return p.negate(from, !negated)(p.call(from, "<=>", left, right), err)
	}
	return nil, p.unexpected("expected NULL, TRUE, FALSE, UNKNOWN or DISTINCT FROM")
}
