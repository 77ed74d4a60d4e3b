package sql

import (
	"lakehouse/internal/plan"
)

// selectList: namedExpression (',' namedExpression)*
func (p *parser) selectList() ([]plan.Expression, error) { return list(p, p.namedExpression) }

// querySpecification: SELECT [DISTINCT | ALL] selectList [FROM …] [LATERAL VIEW …] [WHERE …]
// [GROUP BY …] [HAVING …] [WINDOW …]
func (p *parser) querySpecification() (plan.Relation, error) {
	mark := len(p.pending)
	p.skip()
	distinct := p.isQuantifier("distinct")
	if distinct || p.isQuantifier("all") {
		p.skip()
	}
	if p.is("transform", "(") && p.isTransformScript() {
		return nil, p.refuse("SELECT TRANSFORM … USING")
	}
	items, err := p.selectList()
	if err != nil {
		return nil, err
	}
	input, err := p.fromAndWhere()
	if err != nil {
		return nil, err
	}
	r, err := p.aggregation(input, items)
	if err != nil {
		return nil, err
	}
	if p.is("qualify") {
		return nil, p.refuse("QUALIFY")
	}
	if err := p.windowClause(mark); err != nil {
		return nil, err
	}
	if distinct {
		r = &plan.Deduplicate{Input: r, Distinct: true}
	}
	return r, nil
}

// isTransformScript tells TRANSFORM (…) USING 'script' from the function transform.
func (p *parser) isTransformScript() bool {
	end := p.peek(1).match
	return end > 0 && p.tokens[end+1].key == "using"
}

// fromAndWhere: [FROM relation, …] [LATERAL VIEW …] [WHERE condition]. nil without all of them.
func (p *parser) fromAndWhere() (plan.Relation, error) {
	var input plan.Relation
	var err error
	if p.take("from") {
		if input, err = p.fromClause(); err != nil {
			return nil, err
		}
	}
	for n := 0; p.is("lateral", "view"); n++ {
		if err := p.chain(n); err != nil {
			return nil, err
		}
		if input, err = p.lateralView(input); err != nil {
			return nil, err
		}
	}
	if p.isAny("pivot", "unpivot") && p.peek(1).kind != kindEnd {
		return nil, p.refuse(upper(p.tok().key))
	}
	if !p.take("where") {
		return input, nil
	}
	condition, err := p.expression()
	return &plan.Filter{Input: orOneRow(input), Condition: condition}, err
}

// orOneRow is the input of what needs one where the text has no FROM: a row without columns.
func orOneRow(input plan.Relation) plan.Relation {
	if input == nil {
		return &plan.Project{}
	}
	return input
}

// aggregation: [GROUP BY …] [HAVING condition]. Without both the select list is a projection.
func (p *parser) aggregation(input plan.Relation, items []plan.Expression) (plan.Relation, error) {
	if !p.is("group", "by") && !p.is("having") {
		return &plan.Project{Input: input, Expressions: items}, nil
	}
	a := &plan.Aggregate{Input: orOneRow(input), Aggregates: items}
	if p.take("group", "by") {
		if err := p.groupBy(a); err != nil {
			return nil, err
		}
	}
	if p.take("having") {
		var err error
		if a.Having, err = p.expression(); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// lateralView: LATERAL VIEW [OUTER] function table [[AS] column, …]
func (p *parser) lateralView(input plan.Relation) (plan.Relation, error) {
	from := p.i
	p.i += 2
	view := &plan.LateralView{Input: orOneRow(input), Outer: p.take("outer")}
	if !p.isName() {
		return nil, p.unexpected("expected a function")
	}
	var err error
	if view.Generator, err = p.functionCall(p.i); err != nil {
		return nil, err
	}
	if p.isAlias() {
		view.Table = p.tok().value
		p.skip()
	}
	if p.take("as") || p.isAlias() {
		view.Columns, err = list(p, p.identifier)
	}
	view.At = p.span(from)
	return view, err
}
