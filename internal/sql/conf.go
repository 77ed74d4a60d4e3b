package sql

import (
	"strings"

	"lakehouse/internal/plan"
)

// set: SET CATALOG name | SET TIME ZONE (string | LOCAL | interval) | SET [key ['=' value]]. A key or
// value is any text up to the end of the statement.
func (p *parser) set() (plan.Statement, error) {
	p.skip()
	switch {
	case p.is("catalog") && p.peek(1).key != "=" && p.peek(1).key != ".":
		p.skip()
		name, err := p.catalogName()
		return &plan.UseCatalog{Name: name}, err
	case p.take("time", "zone"):
		return p.setTimeZone()
	case p.isAny("role", "variable", "var", "session", "tags") && p.peek(1).kind == kindWord:
		return nil, p.refuse("SET " + upper(p.tok().key))
	}
	key, value, assigned := strings.Cut(p.restOfStatement(), "=")
	conf := &plan.SetConf{Key: unquoted(key)}
	if assigned {
		conf.Value = new(unquoted(value))
	}
	if conf.Key == "" && assigned {
		return nil, p.unexpected("expected a key before =")
	}
	if conf.Key == "-v" {
		return nil, p.refuse("SET -v")
	}
	return conf, nil
}

// setTimeZone: string | LOCAL
func (p *parser) setTimeZone() (plan.Statement, error) {
	const key = "spark.sql.session.timeZone"
	switch {
	case p.is("interval"):
		return nil, p.refuse("SET TIME ZONE INTERVAL")
	case p.take("local"):
		return &plan.ResetConf{Key: key}, nil
	}
	zone, err := p.stringValue()
	return &plan.SetConf{Key: key, Value: &zone}, err
}

// reset: RESET [key]
func (p *parser) reset() (plan.Statement, error) {
	p.skip()
	return &plan.ResetConf{Key: unquoted(p.restOfStatement())}, nil
}

// restOfStatement is the text up to the next ";", whatever it is; it is passed over.
func (p *parser) restOfStatement() string {
	start, end := p.tok().start, p.tok().start
	for p.tok().kind != kindEnd && !p.is(";") {
		end = p.tok().end
		p.i++
	}
	return p.text[start:end]
}

// unquoted trims blanks and one pair of back-ticks.
func unquoted(text string) string {
	text = strings.TrimSpace(text)
	if len(text) > 1 && text[0] == '`' && text[len(text)-1] == '`' {
		return strings.ReplaceAll(text[1:len(text)-1], "``", "`")
	}
	return text
}

// quoted is what [unquoted] reads back.
func quoted(text string) string {
	if unquoted(text) == text {
		return text
	}
	return "`" + strings.ReplaceAll(text, "`", "``") + "`"
}
