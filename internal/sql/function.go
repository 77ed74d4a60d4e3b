package sql

import (
	"strings"

	"lakehouse/internal/plan"
	"lakehouse/internal/types"
)

// functionCall: specialForm | name '(' [DISTINCT | ALL] arguments ')' with what may follow a call.
func (p *parser) functionCall(from int) (plan.Expression, error) {
	if form := p.specialForm(); form != nil {
		return form(p, from)
	}
	parts, err := p.multipartIdentifier()
	if err != nil {
		return nil, err
	}
	call := &plan.UnresolvedFunction{Name: strings.ToLower(strings.Join(parts, "."))}
	if err := p.expect("("); err != nil {
		return nil, err
	}
	if call.IsDistinct = p.isQuantifier("distinct"); call.IsDistinct || p.isQuantifier("all") {
		p.skip()
	}
	if !p.is(")") {
		if call.Args, err = p.arguments(call); err != nil {
			return nil, err
		}
	}
	if err := p.expect(")"); err != nil {
		return nil, err
	}
	unitArgument(call)
	return p.callSuffix(from, call)
}

// isQuantifier tells DISTINCT and ALL from columns of that name.
func (p *parser) isQuantifier(key string) bool {
	after := p.peek(1)
	return p.is(key) && (after.kind != kindSymbol || after.key == "(" || after.key == "*" || after.key == "-")
}

// arguments: argument (',' argument)* [IGNORE NULLS | RESPECT NULLS]
func (p *parser) arguments(call *plan.UnresolvedFunction) ([]plan.Expression, error) {
	if p.isAny("select", "table") && p.peek(1).kind == kindWord {
		return nil, p.refuse("a query or table as an argument")
	}
	item := p.argument
	if call.Name == "struct" {
		item = p.namedExpression
	}
	args, err := list(p, item)
	if err == nil {
		p.nullTreatment(call)
	}
	return args, err
}

// argument: identifier '=>' expression | lambda | expression
func (p *parser) argument() (plan.Expression, error) {
	from := p.i
	switch {
	case p.isName() && p.peek(1).key == "=>":
		name := p.tok().value
		p.i += 2
		value, err := p.expression()
		return &plan.NamedArgument{At: p.span(from), Name: name, Value: value}, err
	case p.isName() && p.peek(1).key == "->":
		name := p.tok().value
		p.skip()
		return p.lambda(from, []string{name})
	case p.is("(") && p.tok().match > 0 && p.tokens[p.tok().match+1].key == "->":
		names, err := p.identifierList()
		if err != nil {
			return nil, err
		}
		return p.lambda(from, names)
	}
	return p.expression()
}

// lambda: (identifier | identifierList) '->' expression
func (p *parser) lambda(from int, names []string) (plan.Expression, error) {
	p.skip()
	body, err := p.expression()
	return &plan.LambdaFunction{At: p.span(from), Body: body, Args: names}, err
}

// callSuffix: [WITHIN GROUP '(' ORDER BY … ')'] [FILTER '(' WHERE … ')'] [nulls] [OVER window]
func (p *parser) callSuffix(from int, call *plan.UnresolvedFunction) (plan.Expression, error) {
	var err error
	if p.take("within", "group") {
		if call.OrderBy, err = p.withinGroup(); err != nil {
			return nil, err
		}
	}
	if p.is("filter", "(", "where") {
		p.i += 3
		if call.Filter, err = p.expression(); err == nil {
			err = p.expect(")")
		}
		if err != nil {
			return nil, err
		}
	}
	p.nullTreatment(call)
	call.At = p.span(from)
	if p.is("over") && (p.peek(1).key == "(" || p.peek(1).kind == kindWord || p.peek(1).kind == kindQuoted) {
		return p.over(from, call)
	}
	return call, nil
}

// nullTreatment: [(IGNORE | RESPECT) NULLS]
func (p *parser) nullTreatment(call *plan.UnresolvedFunction) {
	if p.take("ignore", "nulls") {
		call.IgnoreNull = true
	} else {
		p.take("respect", "nulls")
	}
}

// withinGroup: '(' ORDER BY sortItem, … ')'
func (p *parser) withinGroup() ([]plan.SortOrder, error) {
	if err := p.expect("(", "order", "by"); err != nil {
		return nil, err
	}
	order, err := list(p, p.sortItem)
	if err != nil {
		return nil, err
	}
	return order, p.expect(")")
}

// unitArgument makes the unit of dateadd(DAY, 1, d) and datediff(DAY, a, b) a string; with two
// arguments they are the plain functions of days.
func unitArgument(call *plan.UnresolvedFunction) {
	if len(call.Args) != 3 {
		return
	}
	var name string
	switch call.Name {
	case "dateadd", "date_add", "timestampadd":
		name = "timestampadd"
	case "datediff", "date_diff", "timestampdiff", "timediff":
		name = "timestampdiff"
	default:
		return
	}
	unit, ok := call.Args[0].(*plan.UnresolvedAttribute)
	if !ok || len(unit.Parts) != 1 {
		return
	}
	switch text := strings.ToUpper(unit.Parts[0]); text {
	case "YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "DAYOFYEAR", "HOUR", "MINUTE", "SECOND", "MILLISECOND", "MICROSECOND":
		call.Name = name
		call.Args[0] = &plan.Literal{At: unit.At, Value: text, Type: types.String}
	}
}

type specialForm func(p *parser, from int) (plan.Expression, error)

// specialForm is the production of a function whose arguments have keywords between them. Which one
// it is may only show behind the first argument: then the production reads plain calls too.
func (p *parser) specialForm() specialForm {
	switch p.tok().key {
	case "extract":
		if isExtractField(p.peek(2)) && p.peek(3).key == "from" {
			return (*parser).extract
		}
	case "position":
		return (*parser).position
	case "substring", "substr":
		return (*parser).substring
	case "trim":
		return (*parser).trim
	case "overlay":
		return (*parser).overlay
	case "ceil", "ceiling", "floor":
		return (*parser).round
	}
	return nil
}

func isExtractField(t *token) bool { return t.kind == kindWord || t.kind == kindString }

// extract: EXTRACT '(' field FROM source ')'
func (p *parser) extract(from int) (plan.Expression, error) {
	p.i += 2
	at := p.i
	field := p.stringLiteral(at, p.tok().value)
	p.i += 2
	source, err := p.expression()
	return p.closeForm(from, "extract", []plan.Expression{field, source}, err)
}

// position: POSITION '(' substring IN text ')'. The substring binds tighter than IN.
func (p *parser) position(from int) (plan.Expression, error) {
	p.i += 2
	needle, err := p.expr(powerPredicate)
	if err != nil || !p.take("in") {
		return p.restOfCall(from, needle, err)
	}
	text, err := p.expr(powerPredicate)
	return p.closeForm(from, "locate", []plan.Expression{needle, text}, err)
}

// substring: SUBSTRING '(' text FROM start [FOR length] ')'
func (p *parser) substring(from int) (plan.Expression, error) {
	p.i += 2
	text, err := p.argument()
	if err != nil || !p.take("from") {
		return p.restOfCall(from, text, err)
	}
	return p.formArguments(from, "substring", []plan.Expression{text}, "for")
}

// overlay: OVERLAY '(' text PLACING replacement FROM start [FOR length] ')'
func (p *parser) overlay(from int) (plan.Expression, error) {
	p.i += 2
	text, err := p.argument()
	if err != nil || !p.take("placing") {
		return p.restOfCall(from, text, err)
	}
	replacement, err := p.expression()
	if err == nil {
		err = p.expect("from")
	}
	if err != nil {
		return nil, err
	}
	return p.formArguments(from, "overlay", []plan.Expression{text, replacement}, "for")
}

// round: (CEIL | FLOOR) '(' number TO scale ')'
func (p *parser) round(from int) (plan.Expression, error) {
	name := p.tok().key
	p.i += 2
	number, err := p.argument()
	if err != nil || !p.take("to") {
		return p.restOfCall(from, number, err)
	}
	return p.formArguments(from, name, []plan.Expression{number}, "")
}

// formArguments reads one more argument, and another behind the keyword.
func (p *parser) formArguments(from int, name string, args []plan.Expression, keyword string) (plan.Expression, error) {
	arg, err := p.expression()
	args = append(args, arg)
	if err == nil && keyword != "" && p.take(keyword) {
		arg, err = p.expression()
		args = append(args, arg)
	}
	return p.closeForm(from, name, args, err)
}

// trim: TRIM '(' [BOTH | LEADING | TRAILING] [characters] FROM text ')'
func (p *parser) trim(from int) (plan.Expression, error) {
	name := "trim"
	p.i += 2
	side := ""
	if p.peek(1).key != ")" && p.peek(1).key != "," && p.peek(1).key != "." {
		side = p.takeAny("both", "leading", "trailing")
	}
	switch side {
	case "leading":
		name = "ltrim"
	case "trailing":
		name = "rtrim"
	}
	if side != "" && p.take("from") {
		return p.formArguments(from, name, nil, "")
	}
	characters, err := p.argument()
	if err == nil && side != "" && !p.is("from") {
		err = p.unexpected("expected FROM")
	}
	if err != nil || !p.take("from") {
		return p.restOfCall(from, characters, err)
	}
	return p.formArguments(from, name, []plan.Expression{characters}, "")
}

// closeForm: ')' and what may follow a call.
func (p *parser) closeForm(from int, name string, args []plan.Expression, err error) (plan.Expression, error) {
	if err == nil {
		err = p.expect(")")
	}
	if err != nil {
		return nil, err
	}
	return p.callSuffix(from, &plan.UnresolvedFunction{Name: name, Args: args})
}

// restOfCall reads a call on from its first argument: it was no special form after all.
func (p *parser) restOfCall(from int, first plan.Expression, err error) (plan.Expression, error) {
	args := []plan.Expression{first}
	for err == nil && p.take(",") {
		first, err = p.argument()
		args = append(args, first)
	}
	return p.closeForm(from, p.tokens[from].key, args, err)
}
