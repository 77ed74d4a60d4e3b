package sql

import (
	"strings"

	"lakehouse/internal/errclass"
	"lakehouse/internal/plan"
	"lakehouse/internal/types"
)

// prefix parses what an expression begins with: a prefix operator with its operand, or a primary
// expression.
func (p *parser) prefix() (plan.Expression, error) {
	from := p.i
	switch t := p.tok(); t.kind {
	case kindNumber:
		return p.number("")
	case kindString:
		text, err := p.stringValue()
		return p.stringLiteral(from, text), err
	case kindSymbol:
		return p.symbolPrefix(from)
	case kindWord:
		return p.wordPrefix(from)
	case kindQuoted:
		return p.column(from)
	default: // the end, or no token
		return nil, p.unexpected("expected an expression")
	}
}

// symbolPrefix: ('-' | '+' | '~') expr | '!' expr | '*' | '(' … ')'
func (p *parser) symbolPrefix(from int) (plan.Expression, error) {
	switch p.tok().key {
	case "-":
		p.skip()
		if p.tok().kind == kindNumber {
			return p.number("-") // so that the smallest numbers can be written
		}
		return p.unary(from, "negative", powerUnary)
	case "+":
		p.skip()
		return p.unary(from, "positive", powerUnary)
	case "~":
		p.skip()
		return p.unary(from, "~", powerUnary)
	case "!":
		p.skip()
		return p.unary(from, "not", powerNot)
	case "*":
		p.skip()
		return p.star(from, nil)
	case "(":
		return p.parenthesis(from)
	case ":", "?":
		return nil, p.refuse("parameter markers")
	}
	return nil, p.unexpected("expected an expression")
}

func (p *parser) unary(from int, function string, binds power) (plan.Expression, error) {
	operand, err := p.expr(binds - 1) // an operator of the same power may follow: NOT NOT a, - - a
	return p.call(from, function, operand), err
}

// parenthesis: '(' query ')' | '(' expression ')' | '(' expression ',' … ')', which is a struct
func (p *parser) parenthesis(from int) (plan.Expression, error) {
	if p.isQuery(p.i) {
		query, err := p.subquery()
		return &plan.Subquery{At: p.span(from), Query: query}, err
	}
	items, err := parenthesised(p, p.namedExpression)
	switch {
	case err != nil:
		return nil, err
	case len(items) > 1:
		return p.call(from, "struct", items...), nil
	}
	if _, named := items[0].(*plan.Alias); named {
		return nil, p.unexpected("an expression in parentheses has no name")
	}
	return items[0], nil
}

// subquery: '(' query ')'
func (p *parser) subquery() (plan.Relation, error) {
	if err := p.expect("("); err != nil {
		return nil, err
	}
	query, err := p.query()
	if err != nil {
		return nil, err
	}
	return query, p.expect(")")
}

// wordPrefix parses what begins with a word: an operator, a literal, a special form, a call, or a
// column.
func (p *parser) wordPrefix(from int) (plan.Expression, error) {
	t, next := p.tok(), p.peek(1)
	switch {
	case next.kind == kindString:
		return p.typedLiteral(from)
	case t.key == "interval" && p.isInterval():
		return p.interval()
	case next.key == "(":
		return p.wordAndParenthesis(from)
	}
	switch t.key {
	case "null":
		p.skip()
		return &plan.Literal{At: p.span(from), Type: types.Null}, nil
	case "true", "false":
		p.skip()
		return &plan.Literal{At: p.span(from), Value: t.key == "true", Type: types.Boolean}, nil
	case "not":
		return p.not(from)
	case "case":
		return p.caseWhen(from)
	}
	if next.key != "." {
		switch {
		case reserved[t.key] || p.isClause():
			return nil, p.unexpected("expected an expression")
		case nullary[t.key]:
			p.skip()
			return p.call(from, t.key), nil
		}
	}
	return p.column(from)
}

// nullary functions may be called without parentheses. USER is not among them: it names columns.
var nullary = set("current_catalog", "current_database", "current_date", "current_schema", "current_time",
	"current_timestamp", "current_user", "localtimestamp", "session_user")

// wordAndParenthesis parses a word before "(": an operator, a special form, or a call.
func (p *parser) wordAndParenthesis(from int) (plan.Expression, error) {
	switch p.tok().key {
	case "not":
		return p.not(from)
	case "case":
		return p.caseWhen(from)
	case "exists":
		if p.isQuery(p.i + 1) {
			p.skip()
			query, err := p.subquery()
			return &plan.Subquery{At: p.span(from), Query: query, Exists: true}, err
		}
	case "cast", "try_cast":
		return p.cast(from)
	case "and", "or", "select", "from", "where", "having", "in", "between", "when", "then", "as", "on", "union", "using":
		return nil, p.unexpected("expected an expression")
	}
	return p.functionCall(from)
}

// not: NOT expr; NOT EXISTS (query) is one node.
func (p *parser) not(from int) (plan.Expression, error) {
	p.skip()
	exists := p.is("exists")
	e, err := p.expr(powerNot - 1)
	if sub, ok := e.(*plan.Subquery); ok && exists && sub.Exists {
		sub.Not = true
		return sub, err
	}
	return p.call(from, "not", e), err
}

// column: identifier; what follows a point is read by dereference.
func (p *parser) column(from int) (plan.Expression, error) {
	name, err := p.identifier()
	if err != nil {
		return nil, err
	}
	if p.is("=>") || p.is("->") {
		return nil, p.unexpected("only the arguments of a function take it")
	}
	if p.isQualifiedCall() {
		p.i = from
		return p.functionCall(from)
	}
	return &plan.UnresolvedAttribute{At: p.span(from), Parts: []string{name}}, nil
}

// isQualifiedCall looks ahead for the rest of catalog.schema.function(…).
func (p *parser) isQualifiedCall() bool {
	n := 0
	for p.peek(n).key == "." && (p.peek(n+1).kind == kindWord || p.peek(n+1).kind == kindQuoted) {
		n += 2
	}
	if p.beforeQuery && p.peek(n).key == "(" && p.beginsQuery(min(p.i+n+1, len(p.tokens)-1)) {
		return false
	}
	return p.peek(n).key == "("
}

// caseWhen: CASE [operand] (WHEN condition THEN result)+ [ELSE result] END
func (p *parser) caseWhen(from int) (plan.Expression, error) {
	p.skip()
	node := &plan.CaseWhen{}
	var err error
	if !p.is("when") {
		if node.Operand, err = p.expression(); err != nil {
			return nil, err
		}
	}
	for p.take("when") {
		branch, err := p.whenThen()
		if err != nil {
			return nil, err
		}
		node.When = append(node.When, branch)
	}
	if len(node.When) == 0 {
		return nil, p.unexpected("expected WHEN")
	}
	if p.take("else") {
		if node.Else, err = p.expression(); err != nil {
			return nil, err
		}
	}
	err = p.expect("end")
	node.At = p.span(from)
	return node, err
}

func (p *parser) whenThen() (plan.WhenThen, error) {
	when, err := p.expression()
	if err == nil {
		err = p.expect("then")
	}
	if err != nil {
		return plan.WhenThen{}, err
	}
	then, err := p.expression()
	return plan.WhenThen{When: when, Then: then}, err
}

// cast: (CAST | TRY_CAST) '(' expression AS dataType ')'
func (p *parser) cast(from int) (plan.Expression, error) {
	mode := plan.EvalDefault
	if p.tok().key == "try_cast" {
		mode = plan.EvalTry
	}
	p.i += 2
	child, err := p.expression()
	if err == nil {
		err = p.expect("as")
	}
	if err != nil {
		return nil, err
	}
	to, err := p.dataType()
	if err == nil {
		err = p.expect(")")
	}
	return &plan.Cast{At: p.span(from), Child: child, To: to, Mode: mode}, err
}

// typedLiteral: identifier string. DATE and TIMESTAMP are casts that the resolver checks: a time
// without zone is one of the session's.
func (p *parser) typedLiteral(from int) (plan.Expression, error) {
	name := p.tok()
	switch name.key {
	case "interval":
		return p.interval()
	case "case", "not":
		return p.keywordBeforeString(from)
	}
	if reserved[name.key] || p.isClause() {
		return nil, p.unexpected("expected an expression")
	}
	p.skip()
	at := p.i
	text, err := p.stringValue()
	if err != nil {
		return nil, err
	}
	switch name.key {
	case "date":
		return p.ansiCast(from, at, text, types.Date), nil
	case "timestamp", "timestamp_ltz":
		return p.ansiCast(from, at, text, types.Timestamp), nil
	case "timestamp_ntz":
		return p.ansiCast(from, at, text, types.TimestampNTZ), nil
	case "x":
		return p.binaryLiteral(from, text)
	case "time":
		return nil, p.errorAt(p.span(from), errclass.UnsupportedTimeType, "The data type TIME is not supported.")
	}
	return nil, p.errorAt(p.span(from), errclass.UnsupportedTypedLiteral, "Literals of the type \""+strings.ToUpper(name.value)+
		"\" are not supported. Supported types are \"DATE\", \"TIMESTAMP_NTZ\", \"TIMESTAMP_LTZ\", \"TIMESTAMP\", \"INTERVAL\", \"X\".")
}

func (p *parser) keywordBeforeString(from int) (plan.Expression, error) {
	if p.tok().key == "case" {
		return p.caseWhen(from)
	}
	return p.not(from)
}

func (p *parser) ansiCast(from, at int, text string, to types.Type) plan.Expression {
	return &plan.Cast{At: p.span(from), Child: p.stringLiteral(at, text), To: to, Mode: plan.EvalANSI}
}
