package sql

import (
	"strconv"

	"lakehouse/internal/plan"
)

// show: SHOW (TABLES | TABLE EXTENDED | SCHEMAS | DATABASES | CATALOGS | COLUMNS | TBLPROPERTIES | PARTITIONS | CREATE TABLE) …
func (p *parser) show() (plan.Statement, error) {
	p.skip()
	if p.take("table", "extended") {
		return p.showTableExtended()
	}
	switch word := p.takeAny("tables", "schemas", "databases", "namespaces", "catalogs", "columns", "tblproperties", "partitions"); word {
	case "tables":
		return p.showTables()
	case "schemas", "databases", "namespaces":
		return p.showSchemas()
	case "catalogs":
		pattern, err := p.pattern()
		return &plan.ShowCatalogs{Pattern: pattern}, err
	case "columns":
		return p.showColumns()
	case "tblproperties":
		return p.showTableProperties()
	case "partitions":
		return p.showPartitions()
	}
	if p.take("create", "table") {
		table, err := p.multipartIdentifier()
		if err == nil && p.is("as", "serde") {
			err = p.refuse("SHOW CREATE TABLE … AS SERDE")
		}
		return &plan.ShowCreateTable{Table: table}, err
	}
	return nil, p.refuseKind("SHOW", "expected TABLES, SCHEMAS, CATALOGS, COLUMNS, TBLPROPERTIES or CREATE TABLE")
}

// showTableProperties: table ['(' key ')']
func (p *parser) showTableProperties() (plan.Statement, error) {
	table, err := p.multipartIdentifier()
	show := &plan.ShowTableProperties{Table: table}
	if err != nil || !p.take("(") {
		return show, err
	}
	key, err := p.propertyKey()
	if err != nil {
		return nil, err
	}
	show.Key = &key
	return show, p.expect(")")
}

// showPartitions: table [PARTITION '(' name '=' constant, … ')']
func (p *parser) showPartitions() (plan.Statement, error) {
	table, err := p.multipartIdentifier()
	show := &plan.ShowPartitions{Table: table}
	if err == nil && p.take("partition") {
		show.Partition, err = parenthesised(p, p.partitionValue)
	}
	return show, err
}

// showTables: [(FROM | IN) schema] [[LIKE] pattern]
func (p *parser) showTables() (plan.Statement, error) {
	show := &plan.ShowTables{}
	var err error
	if p.takeAny("from", "in") != "" {
		if show.Schema, err = p.multipartIdentifier(); err != nil {
			return nil, err
		}
	}
	show.Pattern, err = p.pattern()
	return show, err
}

// showTableExtended: [(FROM | IN) schema] LIKE pattern
func (p *parser) showTableExtended() (plan.Statement, error) {
	statement, err := p.showTables()
	if err != nil {
		return nil, err
	}
	if p.is("partition") {
		return nil, p.refuse("SHOW TABLE EXTENDED … PARTITION")
	}
	show := statement.(*plan.ShowTables)
	show.Extended = true
	return show, nil
}

// showSchemas: [(FROM | IN) catalog] [[LIKE] pattern]
func (p *parser) showSchemas() (plan.Statement, error) {
	show := &plan.ShowSchemas{}
	var err error
	if p.takeAny("from", "in") != "" {
		if show.Catalog, err = p.identifier(); err != nil {
			return nil, err
		}
	}
	show.Pattern, err = p.pattern()
	return show, err
}

// pattern: [[LIKE] string]
func (p *parser) pattern() (string, error) {
	if !p.take("like") && p.tok().kind != kindString {
		return "", nil
	}
	return p.stringValue()
}

// showColumns: (FROM | IN) table [(FROM | IN) schema]
func (p *parser) showColumns() (plan.Statement, error) {
	if p.takeAny("from", "in") == "" {
		return nil, p.unexpected("expected FROM or IN")
	}
	table, err := p.multipartIdentifier()
	if err != nil || p.takeAny("from", "in") == "" {
		return &plan.ShowColumns{Table: table}, err
	}
	schema, err := p.multipartIdentifier()
	return &plan.ShowColumns{Table: append(schema, table...)}, err
}

// describe: (DESCRIBE | DESC) (HISTORY … | DETAIL … | SCHEMA … | [QUERY] query | [TABLE] [EXTENDED | FORMATTED] name)
func (p *parser) describe() (plan.Statement, error) {
	p.skip()
	next := p.peek(1)
	named := next.kind == kindWord || next.kind == kindQuoted
	isPath := next.kind == kindString // DESCRIBE HISTORY '/data/t'
	switch {
	case p.beginsQuery(p.i) && !p.is("table") || p.is("("):
		return p.describeQuery()
	case !named && !isPath:
	case p.take("query"):
		return p.describeQuery()
	case p.take("history"):
		return p.describeHistory()
	case p.take("detail"):
		name, err := p.tableOrPath()
		return &plan.DescribeDetail{Table: name}, err
	case p.takeAny("schema", "database", "namespace") != "":
		return p.describeSchema()
	case p.isAny("function", "catalog", "procedure"):
		return nil, p.refuse("DESCRIBE " + upper(p.tok().key))
	}
	return p.describeTable(named)
}

func (p *parser) describeQuery() (plan.Statement, error) {
	query, err := p.query()
	return &plan.DescribeQuery{Query: query}, err
}

// describeHistory: table [LIMIT n]
func (p *parser) describeHistory() (plan.Statement, error) {
	name, err := p.tableOrPath()
	if err != nil || !p.take("limit") {
		return &plan.DescribeHistory{Table: name}, err
	}
	limit, err := strconv.Atoi(p.tok().value)
	if p.tok().kind != kindNumber || err != nil || limit < 1 {
		return nil, p.unexpected("expected a number")
	}
	p.skip()
	return &plan.DescribeHistory{Table: name, Limit: limit}, nil
}

// describeTable: [TABLE] [EXTENDED | FORMATTED] name [column]. A table may have the name of a keyword: DESC table.
func (p *parser) describeTable(named bool) (plan.Statement, error) {
	d := &plan.DescribeTable{}
	if named {
		p.take("table")
	}
	if next := p.peek(1).kind; next == kindWord || next == kindQuoted {
		d.Extended = p.takeAny("extended", "formatted") != ""
	}
	from := p.i
	var err error
	if d.Table, err = p.multipartIdentifier(); err != nil {
		return nil, err
	}
	d.At = p.span(from)
	switch {
	case p.is("as", "json"):
		return nil, p.refuse("DESCRIBE … AS JSON")
	case p.is("partition", "("):
		return nil, p.refuse("DESCRIBE … PARTITION")
	case p.isName():
		d.Column, err = p.multipartIdentifier()
	}
	return d, err
}
