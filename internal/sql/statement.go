package sql

import (
	"strings"

	"lakehouse/internal/errclass"
	"lakehouse/internal/plan"
)

// statement: query | command
func (p *parser) statement() (plan.Statement, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	if p.is("(") || p.beginsQuery(p.i) || p.isAny("select", "values", "from") {
		return p.queryOrChange()
	}
	if production, ok := p.command(); ok {
		return production(p)
	}
	word := p.tok().key
	if refused[word] {
		return nil, p.refuse("the statement " + upper(word))
	}
	err := p.unexpected("")
	if e, ok := err.(*errclass.Error); ok && p.tok().kind == kindWord { //nolint:errorlint // made right here
		e.Hint = strings.ToUpper(strings.TrimPrefix(errclass.DidYouMean(word, statementWords), "Did you mean "))
		if e.Hint != "" {
			e.Hint = "Did you mean " + e.Hint
		}
	}
	return nil, err
}

// statementWords are what a misspelt first word may have meant.
var statementWords = []string{
	"alter", "comment", "convert", "copy", "create", "delete", "desc", "describe", "drop", "explain", "fsck", "generate", "insert", "merge", "optimize",
	"reorg", "replace", "reset", "restore", "select", "set", "show", "truncate", "update", "use", "vacuum", "values", "with",
}

// refused are the statements of Spark and Delta that this build does not have.
var refused = set("add", "analyze", "begin", "cache", "call", "clear", "declare",
	"deny", "execute", "export", "grant", "import", "list", "load", "lock", "msck", "open",
	"refresh", "repair", "revoke", "sync", "uncache", "undrop", "unlock", "unset")

type production func(*parser) (plan.Statement, error)

// command is the production of the command that the next word begins.
func (p *parser) command() (production, bool) {
	switch p.tok().key {
	case "use":
		return (*parser).use, true
	case "set":
		return (*parser).set, true
	case "reset":
		return (*parser).reset, true
	case "replace":
		return (*parser).replaceTable, true
	case "create":
		return (*parser).create, true
	case "drop":
		return (*parser).drop, true
	case "insert":
		return (*parser).insertStatement, true
	case "delete":
		return (*parser).deleteFrom, true
	case "update":
		return (*parser).update, true
	case "merge":
		return (*parser).merge, true
	case "copy":
		return (*parser).copyInto, true
	case "show":
		return (*parser).show, true
	case "alter":
		return (*parser).alter, true
	case "truncate":
		return (*parser).truncate, true
	case "comment":
		return (*parser).commentOn, true
	case "describe", "desc":
		return (*parser).describe, true
	case "explain":
		return (*parser).explain, true
	}
	production, ok := maintenance[p.tok().key]
	return production, ok
}

// queryOrChange: query | ctes (insert | deleteFrom | update | merge). The queries that WITH names belong to what INSERT reads.
func (p *parser) queryOrChange() (plan.Statement, error) {
	if !p.withChange() {
		r, err := p.query()
		return &plan.Query{Relation: r}, err
	}
	names, err := p.ctes()
	if err != nil {
		return nil, err
	}
	var s plan.Statement
	if p.is("insert") {
		insert, err := p.insert()
		if err != nil {
			return nil, err
		}
		insert.Query = &plan.With{Input: insert.Query, Names: names}
		return insert, nil
	}
	switch p.tok().key {
	case "delete":
		s, err = p.deleteFrom()
	case "update":
		s, err = p.update()
	default:
		s, err = p.merge()
	}
	switch s := s.(type) {
	case *plan.Delete:
		s.With = names
	case *plan.Update:
		s.With = names
	case *plan.MergeInto:
		s.With = names
	}
	return s, err
}

// withChange looks ahead over the named queries: WITH a AS (…), b AS (…) INSERT.
func (p *parser) withChange() bool {
	if !p.is("with") {
		return false
	}
	for i := p.i; i < len(p.tokens); i++ {
		switch t := p.tokens[i]; {
		case t.match > 0:
			i = t.match
		case t.key == "insert" || t.key == "delete" || t.key == "update" || t.key == "merge":
			return p.tokens[i-1].key == ")"
		case t.key == "select" || t.key == "values" || t.key == ";" || t.key == "(":
			return false
		}
	}
	return false
}

// explain: EXPLAIN [EXTENDED | FORMATTED | COST | CODEGEN | LOGICAL] statement
func (p *parser) explain() (plan.Statement, error) {
	p.skip()
	mode := p.takeAny("extended", "formatted", "cost", "codegen", "logical")
	s, err := p.statement()
	return &plan.Explain{Mode: mode, Statement: s}, err
}

// use: USE [CATALOG | SCHEMA | DATABASE | NAMESPACE] name
func (p *parser) use() (plan.Statement, error) {
	p.skip()
	kind := ""
	if next := p.peek(1).kind; next == kindWord || next == kindQuoted || next == kindString {
		kind = p.takeAny("catalog", "schema", "database", "namespace")
	}
	if kind == "catalog" {
		name, err := p.catalogName()
		return &plan.UseCatalog{Name: name}, err
	}
	name, err := p.multipartIdentifier()
	return &plan.UseSchema{Name: name}, err
}

// catalogName: identifier | string
func (p *parser) catalogName() (string, error) {
	if p.tok().kind == kindString {
		return p.stringValue()
	}
	return p.identifier()
}

// drop: DROP (SCHEMA | DATABASE | NAMESPACE) [IF EXISTS] name [RESTRICT | CASCADE]
// | DROP TABLE [IF EXISTS] name [PURGE] | DROP VIEW [IF EXISTS] name
func (p *parser) drop() (plan.Statement, error) {
	p.skip()
	kind := p.takeAny("schema", "database", "namespace", "table", "view")
	if kind == "" {
		return nil, p.refuseKind("DROP", "expected TABLE, VIEW or SCHEMA")
	}
	ifExists := p.take("if", "exists")
	from := p.i
	name, err := p.multipartIdentifier()
	if err != nil {
		return nil, err
	}
	switch kind {
	case "table", "view":
		drop := &plan.DropTable{At: p.span(from), Name: name, IfExists: ifExists, View: kind == "view"}
		drop.Purge = !drop.View && p.take("purge")
		return drop, nil
	}
	return &plan.DropSchema{Name: name, IfExists: ifExists, Cascade: p.takeAny("restrict", "cascade") == "cascade"}, nil
}

// refuseKind names a kind of object that a verb does not know here; anything else is a syntax error.
func (p *parser) refuseKind(verb, expectation string) error {
	switch p.tok().key {
	case "catalog", "function", "functions", "temporary", "temp", "variable", "index", "materialized", "streaming", "connection",
		"share", "recipient", "external", "location", "global", "views", "partitions", "current_user", "grants", "flow", "procedure",
		"aggregate", "role", "user", "locks", "indexes", "transactions", "live", "partition", "procedures", "policy", "managed":
		return p.refuse(verb + " " + upper(p.tok().key))
	}
	return p.unexpected(expectation)
}

// properties: '(' key ['='] value, … ')'
func (p *parser) properties() (map[string]string, error) {
	all := map[string]string{}
	_, err := parenthesised(p, func() (string, error) {
		at := p.i
		key, err := p.propertyKey()
		if err != nil {
			return "", err
		}
		if _, twice := all[key]; twice {
			p.i = at
			return "", p.unexpected("the key is given twice")
		}
		p.take("=")
		all[key], err = p.propertyValue()
		return key, err
	})
	return all, err
}

// propertyKey: identifier ('.' identifier)* | string
func (p *parser) propertyKey() (string, error) {
	if p.tok().kind == kindString {
		return p.stringValue()
	}
	parts, err := p.multipartIdentifier()
	return strings.Join(parts, "."), err
}

// propertyValue: ['-'] number | TRUE | FALSE | string
func (p *parser) propertyValue() (string, error) {
	sign := ""
	if p.is("-") && p.peek(1).kind == kindNumber {
		sign = "-"
		p.skip()
	}
	switch t := p.tok(); {
	case t.kind == kindNumber:
		p.skip()
		return sign + t.value, nil
	case t.key == "true" || t.key == "false":
		p.skip()
		return t.key, nil
	case t.kind == kindString:
		return p.stringValue()
	}
	return "", p.unexpected("expected a value")
}
