package sql

import (
	"strings"

	"lakehouse/internal/plan"
)

// tableFunction: name '(' [tableArgument, …] ')'
func (p *parser) tableFunction(from int) (*plan.TableFunction, error) {
	parts, err := p.multipartIdentifier()
	if err != nil {
		return nil, err
	}
	f := &plan.TableFunction{Name: strings.ToLower(strings.Join(parts, "."))}
	if err := p.expect("("); err != nil {
		return nil, err
	}
	if !p.is(")") {
		if f.Args, err = list(p, p.tableArgument); err != nil {
			return nil, err
		}
	}
	err = p.expect(")")
	f.At = p.span(from)
	return f, err
}

// functionRelation: tableFunction [watermark]
func (p *parser) functionRelation(from int) (plan.Relation, error) {
	f, err := p.tableFunction(from)
	if err != nil {
		return nil, err
	}
	return p.watermark(f)
}

// streamFunction: the function behind STREAM, and the parenthesis that closes it
func (p *parser) streamFunction(from int, parenthesis bool) (plan.Relation, error) {
	f, err := p.tableFunction(p.i)
	if err == nil && parenthesis {
		err = p.expect(")")
	}
	if err != nil {
		return nil, err
	}
	f.Streaming = true
	f.At = p.span(from)
	return p.watermark(f)
}

// tableArgument: [identifier '=>'] TABLE (table | '(' table ')') | argument
func (p *parser) tableArgument() (plan.Expression, error) {
	from := p.i
	if !p.isName() || p.peek(1).key != "=>" || !p.isTableWord(2) {
		if p.isTableWord(0) {
			return p.tableReference()
		}
		return p.argument()
	}
	name := p.tok().value
	p.i += 2
	value, err := p.tableReference()
	return &plan.NamedArgument{At: p.span(from), Name: name, Value: value}, err
}

// isTableWord tells TABLE t and TABLE(t), n tokens ahead, from a column of that name.
func (p *parser) isTableWord(n int) bool {
	next := p.peek(n + 1)
	return p.peek(n).kind == kindWord && p.peek(n).key == "table" &&
		(next.key == "(" || next.kind == kindWord || next.kind == kindQuoted)
}

func (p *parser) tableReference() (plan.Expression, error) {
	from := p.i
	p.skip()
	parenthesis := p.take("(")
	if p.beginsQuery(p.i) || p.isAny("select", "values") {
		return nil, p.refuse("a query as an argument")
	}
	name, err := p.multipartIdentifier()
	if err == nil && parenthesis {
		err = p.expect(")")
	}
	return &plan.TableArgument{At: p.span(from), Name: name}, err
}
