package sql

import (
	"strconv"
	"strings"
	"time"

	"lakehouse/internal/errclass"
	"lakehouse/internal/plan"
	"lakehouse/internal/types"
)

// fromClause: relation (',' relation)* (',' LATERAL function [[AS] alias ['(' column, … ')']])*
func (p *parser) fromClause() (plan.Relation, error) {
	from := p.i
	left, err := p.relation()
	for n := 0; err == nil && p.take(","); n++ {
		if err := p.chain(n); err != nil {
			return nil, err
		}
		if p.is("lateral") && p.peek(1).key != "(" {
			if left, err = p.lateralFunction(from, left); err == nil && p.is(",") && p.peek(1).key != "lateral" {
				return nil, p.refuse("a relation behind a LATERAL function")
			}
			continue
		}
		join := &plan.Join{Left: left, Type: plan.InnerJoin}
		join.Right, err = p.relation()
		join.At = p.span(from)
		left = join
	}
	return left, err
}

// lateralFunction: LATERAL function [[AS] alias ['(' column, … ')']]. It is what LATERAL VIEW is.
func (p *parser) lateralFunction(from int, input plan.Relation) (plan.Relation, error) {
	p.skip()
	if !p.isName() || !p.isQualifiedCallHere() {
		return nil, p.unexpected("expected a function")
	}
	view := &plan.LateralView{Input: input}
	var err error
	if view.Generator, err = p.functionCall(p.i); err != nil {
		return nil, err
	}
	if p.take("as") || p.isAlias() {
		if view.Table, err = p.identifier(); err == nil && p.is("(") {
			view.Columns, err = p.identifierList()
		}
	}
	view.At = p.span(from)
	return view, err
}

// relation: relationPrimary (join relationPrimary [ON … | USING …])*
func (p *parser) relation() (plan.Relation, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	from := p.i
	left, err := p.relationPrimary()
	for n := 0; err == nil; n++ {
		if err := p.chain(n); err != nil {
			return nil, err
		}
		join, err := p.joinType()
		if err != nil || join == nil {
			return left, err
		}
		join.Left = left
		if join.Right, err = p.relationPrimary(); err != nil {
			return nil, err
		}
		if err := p.joinCriteria(join); err != nil {
			return nil, err
		}
		join.At = p.span(from)
		left = join
	}
	return nil, err
}

// joinType: [NATURAL] [INNER | CROSS | [LEFT | RIGHT | FULL] OUTER | [LEFT] (SEMI | ANTI)] JOIN. nil: none.
func (p *parser) joinType() (*plan.Join, error) {
	from := p.i
	join := &plan.Join{Natural: p.take("natural")}
	word := p.takeAny("inner", "cross", "left", "right", "full", "semi", "anti")
	switch word {
	case "inner", "":
		join.Type = plan.InnerJoin
	case "cross":
		join.Type = plan.CrossJoin
	case "right":
		join.Type = plan.RightOuterJoin
	case "full":
		join.Type = plan.FullOuterJoin
	case "semi":
		join.Type = plan.LeftSemiJoin
	case "anti":
		join.Type = plan.LeftAntiJoin
	case "left":
		join.Type = plan.LeftOuterJoin
		switch p.takeAny("semi", "anti") {
		case "semi":
			join.Type = plan.LeftSemiJoin
		case "anti":
			join.Type = plan.LeftAntiJoin
		}
	}
	if join.Type == plan.LeftOuterJoin || word == "right" || word == "full" {
		p.take("outer")
	}
	if p.i == from && !p.is("join") {
		return nil, nil
	}
	return join, p.expect("join")
}

// joinCriteria: [ON condition | USING identifierList]
func (p *parser) joinCriteria(join *plan.Join) (err error) {
	switch {
	case p.take("on"):
		join.Condition, err = p.expression()
	case p.take("using"):
		join.Using, err = p.identifierList()
	}
	return err
}

// relationPrimary: '(' query ')' | '(' relation ')' | VALUES … | [STREAM] table | function '(' … ')',
// each with an alias
func (p *parser) relationPrimary() (plan.Relation, error) {
	r, err := p.unnamedRelation()
	if err != nil {
		return nil, err
	}
	if p.is("tablesample") && p.peek(1).kind == kindSymbol {
		return nil, p.refuse("TABLESAMPLE")
	}
	r, err = p.tableAlias(r)
	if err == nil && p.isAny("pivot", "unpivot", "match_recognize") && (p.peek(1).key == "(" || p.peek(1).kind == kindWord) {
		return nil, p.refuse(upper(p.tok().key))
	}
	return r, err
}

func (p *parser) unnamedRelation() (plan.Relation, error) {
	from := p.i
	switch {
	case p.is("(") && p.isQuery(p.i):
		r, err := p.subquery()
		if err != nil {
			return nil, err
		}
		return p.watermark(&plan.SubqueryAlias{Input: r}) // what lies inside is not to be seen, whether it has a name or not
	case p.take("("):
		r, err := p.fromClause()
		if err != nil {
			return nil, err
		}
		return r, p.expect(")")
	case p.beginsQuery(p.i) && p.is("values"):
		return p.inlineTable()
	case p.is("lateral"):
		return nil, p.refuse("a LATERAL subquery")
	case p.isStream():
		return p.streamRelation(from)
	case p.isName() && p.isQualifiedCallHere():
		return p.functionRelation(from)
	case p.isName() && (p.tok().kind == kindQuoted || !strict[p.tok().key] && !reserved[p.tok().key]):
		return p.namedTable(from)
	}
	return nil, p.unexpected("expected a table or a query")
}

func (p *parser) isQualifiedCallHere() bool {
	p.i++
	defer func() { p.i-- }()
	return p.isQualifiedCall()
}

// isStream tells STREAM table from a table of that name.
func (p *parser) isStream() bool {
	next := p.peek(1)
	if !p.is("stream") || next.key == "(" {
		return p.is("stream")
	}
	return next.kind == kindQuoted || next.kind == kindWord && !strict[next.key] && !clauses[next.key] &&
		next.key != "group" && next.key != "order"
}

// streamRelation: STREAM table | STREAM '(' table ')', and the same with a table function
func (p *parser) streamRelation(from int) (plan.Relation, error) {
	p.skip()
	parenthesis := p.take("(")
	if p.beginsQuery(p.i) {
		return nil, p.refuse("STREAM of anything but a table")
	}
	if p.isName() && p.isQualifiedCallHere() {
		return p.streamFunction(from, parenthesis)
	}
	table, err := p.tableName(from)
	if err == nil && parenthesis {
		err = p.expect(")")
	}
	if err != nil {
		return nil, err
	}
	table.Streaming = true
	if parenthesis && p.is("with", "(") {
		p.skip()
		if table.Options, err = p.properties(); err != nil {
			return nil, err
		}
	}
	return p.watermark(table)
}

// namedTable: table [watermark]
func (p *parser) namedTable(from int) (plan.Relation, error) {
	table, err := p.tableName(from)
	if err != nil {
		return nil, err
	}
	return p.watermark(table)
}

// tableName: multipartIdentifier ['@' version] [temporalClause] [WITH '(' options ')']
func (p *parser) tableName(from int) (*plan.NamedTable, error) {
	name, err := p.multipartIdentifier()
	if err != nil {
		return nil, err
	}
	table := &plan.NamedTable{Name: name}
	if p.take("@") {
		err = p.versionSuffix(table)
	} else {
		err = p.temporalClause(table)
	}
	if err == nil && p.is("with", "(") {
		p.skip()
		table.Options, err = p.properties()
	}
	table.At = p.span(from)
	return table, err
}

// versionSuffix: '@' 'v' number | '@' yyyyMMddHHmmssSSS
func (p *parser) versionSuffix(table *plan.NamedTable) error {
	t := p.tok()
	at, ok := VersionSuffix(p.text[t.start:t.end])
	if !ok || t.kind != kindWord && t.kind != kindNumber {
		return p.unexpected("expected v and a version, or a time yyyyMMddHHmmssSSS")
	}
	from := p.i
	p.skip()
	if text, ok := at.TimestampAsOf.(*plan.Literal); ok {
		text.At = p.span(from)
	}
	table.VersionAsOf, table.TimestampAsOf = at.VersionAsOf, at.TimestampAsOf
	return nil
}

// VersionSuffix reads what may follow the @ behind a table's name or path: v and a version, or a time yyyyMMddHHmmssSSS in the
// session's zone. It is false for anything else.
func VersionSuffix(text string) (at plan.TimeTravel, ok bool) {
	if digits, ok := strings.CutPrefix(strings.ToLower(text), "v"); ok {
		version, err := strconv.ParseInt(digits, 10, 64)
		at.VersionAsOf = &version
		return at, err == nil && digits[0] >= '0' && digits[0] <= '9'
	}
	if len(text) != len("yyyyMMddHHmmssSSS") {
		return at, false
	}
	instant, err := time.Parse("20060102150405.000", text[:14]+"."+text[14:])
	at.TimestampAsOf = &plan.Literal{Value: instant.Format("2006-01-02 15:04:05.000"), Type: types.String}
	return at, err == nil
}

func isVersionWord(key string) bool {
	switch key {
	case "version", "system_version", "timestamp", "system_time":
		return true
	}
	return false
}

// temporalClause: [FOR] (VERSION | SYSTEM_VERSION) AS OF (number | string)
// | [FOR] (TIMESTAMP | SYSTEM_TIME) AS OF expression
func (p *parser) temporalClause(table *plan.NamedTable) error {
	if !p.isTemporal() {
		return nil
	}
	p.take("for")
	byTime := p.is("timestamp") || p.is("system_time")
	p.i += 3
	if byTime {
		var err error
		table.TimestampAsOf, err = p.expr(powerPredicate)
		return err
	}
	t := p.tok()
	version, err := strconv.ParseInt(t.value, 10, 64)
	if t.kind != kindNumber && t.kind != kindString || err != nil || version < 0 {
		return p.unexpected("expected a version")
	}
	p.skip()
	table.VersionAsOf = &version
	return nil
}

// watermark: [WATERMARK namedExpression DELAY OF interval]
func (p *parser) watermark(r plan.Relation) (plan.Relation, error) {
	if !p.is("watermark") || p.peek(1).kind == kindSymbol {
		return r, nil
	}
	p.skip()
	out := &plan.WithWatermark{Input: r}
	err := p.eventTime(out)
	if err == nil {
		err = p.expect("delay", "of")
	}
	if err != nil {
		return nil, err
	}
	from := p.i
	if !p.is("interval") {
		return nil, p.unexpected("expected an interval")
	}
	delay, err := p.interval()
	if err != nil {
		return nil, err
	}
	text, negative, ok := delayText(delay)
	switch {
	case !ok:
		return nil, p.errorAt(p.span(from), errclass.CannotParseInterval, "A watermark's delay is an interval.")
	case negative:
		return nil, p.errorAt(p.span(from), errclass.InvalidWatermarkDelay, "requirement failed: delay threshold ("+text+") should not be negative.")
	}
	out.DelayThreshold = text
	return out, nil
}

// eventTime: column | expression AS name
func (p *parser) eventTime(out *plan.WithWatermark) error {
	from := p.i
	e, err := p.expression()
	if err != nil {
		return err
	}
	implicit := p.isAlias() && (!p.is("delay") || p.peek(1).key == "delay")
	if p.take("as") || implicit {
		names, err := p.aliasNames()
		if err == nil && len(names) > 1 {
			err = p.errorAt(p.span(from), errclass.WatermarkAliases, "Multiple aliases are not supported in watermark clause.")
		}
		out.Computed = &plan.Alias{At: p.span(from), Child: e, Names: names}
		return err
	}
	column, ok := e.(*plan.UnresolvedAttribute)
	if !ok {
		return p.errorAt(p.span(from), errclass.WatermarkName, "The watermark clause requires an explicit name if expression is specified, but got "+p.text[p.tokens[from].start:p.tokens[max(p.i-1, from)].end]+".")
	}
	name := make([]string, len(column.Parts))
	for i, part := range column.Parts {
		name[i] = types.QuoteIfNeeded(part)
	}
	out.EventTime = strings.Join(name, ".")
	return nil
}

// delayText spells a delay as withWatermark() takes it.
func delayText(delay plan.Expression) (text string, negative, ok bool) {
	literal, ok := delay.(*plan.Literal)
	if !ok {
		return "", false, false
	}
	switch v := literal.Value.(type) {
	case int32:
		return strconv.FormatInt(int64(v), 10) + " months", v < 0, true
	case int64:
		if v%types.MicrosPerSecond == 0 {
			return strconv.FormatInt(v/types.MicrosPerSecond, 10) + " seconds", v < 0, true
		}
		return strconv.FormatInt(v, 10) + " microseconds", v < 0, true
	}
	return "", false, false
}
