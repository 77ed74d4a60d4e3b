package sql

import (
	"strings"

	"lakehouse/internal/plan"
)

// power is how tight an operator binds, loosest first.
type power uint8

const (
	powerNone power = iota
	powerOr
	powerAnd
	powerNot
	powerPredicate // IS, BETWEEN, IN, LIKE
	powerCompare
	powerBitOr
	powerBitXor
	powerBitAnd
	powerShift
	powerAdd
	powerMultiply
	powerUnary
	powerPostfix // :: : [] . COLLATE
	powerPrimary
)

// expression: any expression, up to what cannot belong to it.
func (p *parser) expression() (plan.Expression, error) { return p.expr(powerNone) }

// expr parses an expression of operators that bind tighter than floor.
func (p *parser) expr(floor power) (plan.Expression, error) {
	if err := p.enter(); err != nil { // depth is bounded: the text may be hostile
		return nil, err
	}
	defer p.leave()
	from := p.i
	left, err := p.prefix()
	for n := 0; err == nil; n++ {
		binds, parse := p.infix()
		if binds <= floor {
			return left, p.chain(n)
		}
		left, err = parse(p, from, left)
	}
	return nil, err
}

// infixParser parses the operator that follows left, and what stands right of it. from is the
// token that left begins at.
type infixParser func(p *parser, from int, left plan.Expression) (plan.Expression, error)

// infix is the operator that comes next: how tight it binds, and how it is read. powerNone: none.
func (p *parser) infix() (power, infixParser) {
	t := p.tok()
	if op, ok := binaryOperators[t.key]; ok {
		return op.binds, (*parser).binary
	}
	switch t.key {
	case "is":
		return powerPredicate, (*parser).isPredicate
	case "between", "in", "like", "ilike", "rlike", "regexp":
		return powerPredicate, (*parser).predicate
	case "not":
		if isPredicateWord(p.peek(1).key) {
			return powerPredicate, (*parser).predicate
		}
	case "::":
		return powerPostfix, (*parser).castOperator
	case ":":
		return powerPostfix, (*parser).semiStructured
	case "[":
		return powerPostfix, (*parser).subscript
	case ".":
		return powerPostfix, (*parser).dereference
	case "collate":
		return powerPostfix, (*parser).collate
	}
	return powerNone, nil
}

type operator struct {
	binds    power
	function string
}

// binaryOperators associate to the left. The functions are Spark Connect's.
var binaryOperators = map[string]operator{
	"or":  {powerOr, "or"},
	"and": {powerAnd, "and"},
	"=":   {powerCompare, "=="},
	"==":  {powerCompare, "=="},
	"<=>": {powerCompare, "<=>"},
	"<>":  {powerCompare, "!="},
	"!=":  {powerCompare, "!="},
	"<":   {powerCompare, "<"},
	"<=":  {powerCompare, "<="},
	">":   {powerCompare, ">"},
	">=":  {powerCompare, ">="},
	"|":   {powerBitOr, "|"},
	"^":   {powerBitXor, "^"},
	"&":   {powerBitAnd, "&"},
	"<<":  {powerShift, "<<"},
	">>":  {powerShift, ">>"},
	">>>": {powerShift, ">>>"},
	"+":   {powerAdd, "+"},
	"-":   {powerAdd, "-"},
	"||":  {powerAdd, "concat"},
	"*":   {powerMultiply, "*"},
	"/":   {powerMultiply, "/"},
	"%":   {powerMultiply, "%"},
	"div": {powerMultiply, "div"},
}

// binary: left operator right
func (p *parser) binary(from int, left plan.Expression) (plan.Expression, error) {
	op := binaryOperators[p.tok().key]
	p.skip()
	right, err := p.expr(op.binds)
	return p.call(from, op.function, left, right), err
}

// call is a function call whose text begins at a token.
func (p *parser) call(from int, name string, args ...plan.Expression) *plan.UnresolvedFunction {
	return &plan.UnresolvedFunction{At: p.span(from), Name: name, Args: args}
}

// castOperator: left '::' dataType
func (p *parser) castOperator(from int, left plan.Expression) (plan.Expression, error) {
	p.skip()
	to, err := p.dataType()
	return &plan.Cast{At: p.span(from), Child: left, To: to}, err
}

// subscript: left '[' expression ']'
func (p *parser) subscript(from int, left plan.Expression) (plan.Expression, error) {
	p.skip()
	key, err := p.expression()
	if err == nil {
		err = p.expect("]")
	}
	return &plan.UnresolvedExtractValue{At: p.span(from), Child: left, Extraction: key}, err
}

// dereference: left '.' (identifier | '*'). What follows a column is a part of its name.
func (p *parser) dereference(from int, left plan.Expression) (plan.Expression, error) {
	p.skip()
	column, isColumn := left.(*plan.UnresolvedAttribute)
	isColumn = isColumn && p.tokens[from].key != "("
	if isColumn && p.take("*") {
		return p.star(from, column.Parts)
	}
	at := p.i
	name, err := p.identifier()
	if err != nil {
		return nil, err
	}
	if isColumn {
		return &plan.UnresolvedAttribute{At: p.span(from), Parts: append(column.Parts, name)}, nil
	}
	field := p.stringLiteral(at, name)
	return &plan.UnresolvedExtractValue{At: p.span(from), Child: left, Extraction: field}, nil
}

// star: '*' of all columns, or of a target's.
func (p *parser) star(from int, target []string) (plan.Expression, error) {
	if p.is("except", "(") && !p.isQuery(p.i+1) {
		return nil, p.refuse("SELECT * EXCEPT (columns)")
	}
	return &plan.UnresolvedStar{At: p.span(from), Target: target}, nil
}

// collate: left COLLATE name
func (p *parser) collate(from int, left plan.Expression) (plan.Expression, error) {
	p.skip()
	at := p.i
	parts, err := p.multipartIdentifier()
	if err != nil {
		return nil, err
	}
	return p.call(from, "collate", left, p.stringLiteral(at, strings.Join(parts, "."))), nil
}
