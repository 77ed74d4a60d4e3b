package sql

import (
	"lakehouse/internal/plan"
)

// strict are the words that cannot name a table, nor a column without AS.
var strict = set("anti", "cross", "except", "full", "inner", "intersect", "join", "lateral", "left",
	"natural", "on", "right", "semi", "setminus", "union", "using")

// clauses begin what follows a table or select item, so that they are no alias without AS.
var clauses = set("as", "from", "where", "having", "limit", "offset", "minus", "qualify", "pivot", "unpivot",
	"tablesample", "and", "or", "select", "values", "with", "watermark")

// reserved words begin no expression; elsewhere, as after a point, they are names.
var reserved = set("select", "from", "where", "having", "union", "except", "intersect", "join", "on",
	"when", "then", "and", "or", "as", "is", "in", "between", "like", "ilike", "rlike", "using")

func set(words ...string) map[string]bool {
	m := make(map[string]bool, len(words))
	for _, w := range words {
		m[w] = true
	}
	return m
}

// isName reports whether the next token can be an identifier: any word can.
func (p *parser) isName() bool { return p.tok().kind == kindWord || p.tok().kind == kindQuoted }

// identifier: word | back-ticked name
func (p *parser) identifier() (string, error) {
	if !p.isName() {
		return "", p.unexpected("expected a name")
	}
	name := p.tok().value
	p.skip()
	return name, nil
}

// multipartIdentifier: identifier ('.' identifier)*
func (p *parser) multipartIdentifier() ([]string, error) {
	first, err := p.identifier()
	if err != nil {
		return nil, err
	}
	parts := []string{first}
	for p.take(".") {
		part, err := p.identifier()
		if err != nil {
			return nil, err
		}
		parts = append(parts, part)
	}
	return parts, nil
}

// identifierList: '(' identifier (',' identifier)* ')'
func (p *parser) identifierList() ([]string, error) { return parenthesised(p, p.identifier) }

// isAlias reports whether the next token is a name given without AS.
func (p *parser) isAlias() bool {
	t := p.tok()
	if t.kind == kindQuoted {
		return true
	}
	return t.kind == kindWord && !strict[t.key] && !clauses[t.key] && !p.isClause() && !p.isTemporal()
}

// isClause tells the clauses of several words from names: GROUP BY, but a column called group.
func (p *parser) isClause() bool {
	switch p.tok().key {
	case "group", "order", "sort", "cluster", "distribute":
		return p.peek(1).key == "by"
	case "window":
		name := p.peek(1)
		return (name.kind == kindQuoted || name.kind == kindWord && name.key != "as") && p.peek(2).key == "as"
	}
	return false
}

// isTemporal reports whether [FOR] VERSION AS OF or its like comes next.
func (p *parser) isTemporal() bool {
	n := 0
	if p.is("for") {
		n = 1
	}
	return isVersionWord(p.peek(n).key) && p.peek(n+1).key == "as" && p.peek(n+2).key == "of"
}

// tableAlias: [[AS] identifier ['(' identifier, … ')']]
func (p *parser) tableAlias(r plan.Relation) (plan.Relation, error) {
	if p.take("as") {
		if !p.isName() || strict[p.tok().key] {
			return nil, p.unexpected("expected a name")
		}
	} else if !p.isAlias() {
		return r, nil
	}
	if nameless, ok := r.(*plan.SubqueryAlias); ok && nameless.Alias == "" {
		r = nameless.Input
	}
	alias := &plan.SubqueryAlias{Input: r, Alias: p.tok().value}
	p.skip()
	if !p.is("(") {
		return alias, nil
	}
	var err error
	alias.Columns, err = p.identifierList()
	return alias, err
}

// namedExpression: expression [[AS] (identifier | '(' identifier, … ')')]
func (p *parser) namedExpression() (plan.Expression, error) {
	from := p.i
	e, err := p.expression()
	if err != nil {
		return nil, err
	}
	if !p.take("as") && !p.isAlias() {
		return e, nil
	}
	names, err := p.aliasNames()
	if err != nil {
		return nil, err
	}
	return &plan.Alias{At: p.span(from), Child: e, Names: names}, nil
}

// aliasNames: identifier | identifierList
func (p *parser) aliasNames() ([]string, error) {
	if p.is("(") {
		return p.identifierList()
	}
	name, err := p.identifier()
	return []string{name}, err
}
