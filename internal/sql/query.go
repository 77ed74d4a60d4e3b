package sql

import (
	"strings"

	"lakehouse/internal/errclass"
	"lakehouse/internal/plan"
)

// isQuery reports whether a query stands in the parentheses that open at a token. ((SELECT 1) + 1)
// is none: behind inner parentheses a query goes on with a set operation or an ORDER BY and its like.
func (p *parser) isQuery(i int) bool {
	for depth := 0; depth <= maxDepth && p.tokens[i].key == "("; depth++ {
		if p.beginsQuery(i + 1) {
			return true
		}
		inner := p.tokens[i+1]
		if inner.key != "(" || inner.match == 0 {
			return false
		}
		switch after := p.tokens[inner.match+1]; after.key {
		case ")", "union", "intersect", "except", "minus", "setminus", "order", "sort", "cluster", "distribute", "limit", "offset":
		default:
			return false
		}
		i++
	}
	return false
}

// beginsQuery reports whether a query without parentheses begins at a token.
func (p *parser) beginsQuery(i int) bool {
	next := p.tokens[min(i+1, len(p.tokens)-1)]
	switch p.tokens[i].key {
	case "select":
		return true
	case "with":
		return next.kind == kindWord || next.kind == kindQuoted
	case "values":
		return next.key == "(" || next.kind == kindString || next.kind == kindNumber || next.kind == kindWord
	case "table":
		return next.kind == kindWord || next.kind == kindQuoted
	}
	return false
}

// query: [ctes] queryTerm queryOrganization
func (p *parser) query() (plan.Relation, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	mark := len(p.pending)
	names, err := p.ctes()
	if err != nil {
		return nil, err
	}
	r, err := p.queryTerm(0)
	if err != nil {
		return nil, err
	}
	r, err = p.queryOrganization(r, mark)
	if err != nil || names == nil {
		return r, err
	}
	return &plan.With{Input: r, Names: names}, nil
}

// ctes: WITH name [identifierList] [AS] '(' query ')', …
func (p *parser) ctes() ([]plan.SubqueryAlias, error) {
	if !p.take("with") {
		return nil, nil
	}
	if p.is("recursive") && p.peek(1).kind == kindWord && p.peek(1).key != "as" {
		return nil, p.refuse("WITH RECURSIVE")
	}
	seen := map[string]bool{}
	return list(p, func() (plan.SubqueryAlias, error) {
		at := p.i
		named, err := p.namedQuery()
		if key := strings.ToLower(named.Alias); err == nil && seen[key] {
			p.i = at
			return named, p.errorHere(errclass.DuplicatedCTE, "CTE definition can't have duplicate names: `"+named.Alias+"`.")
		}
		seen[strings.ToLower(named.Alias)] = true
		return named, err
	})
}

func (p *parser) namedQuery() (plan.SubqueryAlias, error) {
	var named plan.SubqueryAlias
	var err error
	if named.Alias, err = p.identifier(); err != nil {
		return named, err
	}
	if p.is("(") && !p.isQuery(p.i) {
		if named.Columns, err = p.identifierList(); err != nil {
			return named, err
		}
	}
	p.take("as")
	named.Input, err = p.subquery()
	return named, err
}

// setPowers: INTERSECT binds tighter than UNION and EXCEPT.
var setPowers = map[string]int{"union": 1, "except": 1, "minus": 1, "setminus": 1, "intersect": 2}

var setTypes = map[string]plan.SetOpType{
	"union": plan.Union, "except": plan.Except, "minus": plan.Except, "setminus": plan.Except, "intersect": plan.Intersect,
}

// queryTerm: queryPrimary | queryTerm (UNION | EXCEPT | MINUS | INTERSECT) [ALL | DISTINCT] queryTerm
func (p *parser) queryTerm(floor int) (plan.Relation, error) {
	left, err := p.queryPrimary()
	for n := 0; err == nil && setPowers[p.tok().key] > floor; n++ {
		if err := p.chain(n); err != nil {
			return nil, err
		}
		word := p.tok().key
		p.skip()
		op := &plan.SetOp{Left: left, Type: setTypes[word]}
		op.All = p.takeAny("all", "distinct") == "all"
		op.ByName = p.take("by", "name")
		op.Right, err = p.queryTerm(setPowers[word])
		left = op
	}
	return left, err
}

// queryPrimary: querySpecification | VALUES … | TABLE name | '(' query ')'
func (p *parser) queryPrimary() (plan.Relation, error) {
	switch p.tok().key {
	case "select":
		return p.querySpecification()
	case "values":
		values, err := p.inlineTable()
		if err != nil {
			return nil, err
		}
		return p.tableAlias(values)
	case "table":
		from := p.i
		p.skip()
		return p.namedTable(from)
	case "(":
		return p.subquery()
	case "from", "map", "reduce":
		if p.peek(1).kind == kindWord || p.peek(1).kind == kindQuoted {
			return nil, p.refuse(upper(p.tok().key) + " before SELECT")
		}
	}
	return nil, p.unexpected("expected a query")
}

// queryOrganization: [ORDER BY …] [CLUSTER BY …] [DISTRIBUTE BY …] [SORT BY …] [WINDOW …] [LIMIT n] [OFFSET n]
func (p *parser) queryOrganization(r plan.Relation, mark int) (plan.Relation, error) {
	r, err := p.ordering(r)
	if err == nil {
		err = p.windowClause(mark)
	}
	if err != nil {
		return nil, err
	}
	var limit, offset plan.Expression
	if p.take("limit") && !p.take("all") {
		if limit, err = p.expression(); err != nil {
			return nil, err
		}
	}
	if p.take("offset") {
		if offset, err = p.expression(); err != nil {
			return nil, err
		}
		r = &plan.Offset{Input: r, N: offset}
	}
	if p.is("|>") {
		return nil, p.refuse("the pipe operator |>")
	}
	if limit != nil {
		r = &plan.Limit{Input: r, N: limit}
	}
	return r, nil
}

func (p *parser) ordering(r plan.Relation) (plan.Relation, error) {
	switch {
	case p.take("order", "by"):
		if p.is("all") && p.peek(1).kind != kindSymbol {
			return nil, p.refuse("ORDER BY ALL")
		}
		order, err := list(p, p.sortItem)
		return &plan.Sort{Input: r, Order: order, Global: true}, err
	case p.take("cluster", "by"):
		from := p.i
		keys, err := list(p, p.expression)
		if err == nil {
			err = p.copies(from, p.i, 1)
		}
		order := make([]plan.SortOrder, len(keys))
		for i, k := range keys {
			order[i] = plan.SortOrder{Child: k}
		}
		return &plan.Sort{Input: &plan.RepartitionByExpression{Input: r, Expressions: keys}, Order: order}, err
	}
	if p.take("distribute", "by") {
		keys, err := list(p, p.expression)
		if err != nil {
			return nil, err
		}
		r = &plan.RepartitionByExpression{Input: r, Expressions: keys}
	}
	if p.take("sort", "by") {
		order, err := list(p, p.sortItem)
		return &plan.Sort{Input: r, Order: order}, err
	}
	return r, nil
}

// sortItem: expression [ASC | DESC] [NULLS (FIRST | LAST)]
func (p *parser) sortItem() (plan.SortOrder, error) {
	child, err := p.expression()
	if err != nil {
		return plan.SortOrder{}, err
	}
	order := plan.SortOrder{Child: child, Descending: p.takeAny("asc", "desc") == "desc"}
	if p.take("nulls") {
		where := p.takeAny("first", "last")
		if where == "" {
			return order, p.unexpected("expected FIRST or LAST")
		}
		order.NullsFirst = new(where == "first")
	}
	return order, nil
}

// inlineTable: VALUES row, …, where a row is expression | '(' expression, … ')'
func (p *parser) inlineTable() (plan.Relation, error) {
	from := p.i
	p.skip()
	rows, err := list(p, p.inlineRow)
	return &plan.Values{At: p.span(from), Rows: rows}, err
}

func (p *parser) inlineRow() ([]plan.Expression, error) {
	if p.is("(") && !p.isQuery(p.i) && p.tok().match > 0 && p.endsRow(p.tok().match+1) {
		return parenthesised(p, p.namedExpression)
	}
	e, err := p.expression()
	return []plan.Expression{e}, err
}

// endsRow reports whether a row of VALUES may end before a token, as the "(1)" of "(1) + 2" does not.
func (p *parser) endsRow(i int) bool {
	saved := p.i
	p.i = i
	binds, _ := p.infix()
	p.i = saved
	return binds == powerNone
}
