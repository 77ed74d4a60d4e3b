package sql

import (
	"maps"
	"strings"

	"lakehouse/internal/errclass"
	"lakehouse/internal/plan"
	"lakehouse/internal/types"
)

// create: CREATE [OR REPLACE] (SCHEMA … | TABLE … | [TEMPORARY] VIEW …)
func (p *parser) create() (plan.Statement, error) {
	p.skip()
	replace := p.take("or", "replace")
	switch {
	case !replace && (p.take("schema") || p.take("database") || p.take("namespace")):
		return p.createSchema()
	case p.take("table"):
		return p.createTable(replace)
	case p.is("temporary", "view"), p.is("temp", "view"):
		p.i += 2
		return p.createView(&plan.CreateView{OrReplace: replace, Temporary: true})
	case p.take("view"):
		return p.createView(&plan.CreateView{OrReplace: replace})
	}
	return nil, p.refuseKind("CREATE", "expected TABLE, VIEW or SCHEMA")
}

// replaceTable: REPLACE TABLE …
func (p *parser) replaceTable() (plan.Statement, error) {
	p.skip()
	if err := p.expect("table"); err != nil {
		return nil, err
	}
	s, err := p.createTable(true)
	if err != nil {
		return nil, err
	}
	t, ok := s.(*plan.CreateTable)
	if !ok {
		return nil, p.refuse("REPLACE TABLE … CLONE")
	}
	t.MustExist = true
	return t, nil
}

// createSchema: [IF NOT EXISTS] name (COMMENT string | LOCATION string | WITH (DBPROPERTIES | PROPERTIES) properties)*
func (p *parser) createSchema() (plan.Statement, error) {
	s := &plan.CreateSchema{IfNotExists: p.take("if", "not", "exists")}
	var err error
	if s.Name, err = p.multipartIdentifier(); err != nil {
		return nil, err
	}
	for err == nil {
		switch {
		case s.Comment == "" && p.take("comment"):
			s.Comment, err = p.stringValue()
		case s.Location == "" && p.take("location"):
			s.Location, err = p.location()
		case s.Properties == nil && (p.take("with", "dbproperties") || p.take("with", "properties")):
			s.Properties, err = p.schemaProperties()
		case p.is("managed"):
			return nil, p.refuse("CREATE SCHEMA … MANAGED LOCATION")
		default:
			return s, nil
		}
	}
	return nil, err
}

// createTable: [IF NOT EXISTS] name ['(' column, … ')'] clause* [[AS] query]
func (p *parser) createTable(replace bool) (plan.Statement, error) {
	t := &plan.CreateTable{OrReplace: replace, IfNotExists: !replace && p.take("if", "not", "exists")}
	from := p.i
	var err error
	if t.Name, err = p.multipartIdentifier(); err != nil {
		return nil, err
	}
	t.At = p.span(from)
	if !replace && p.take("like") {
		return p.createTableLike(t)
	}
	if p.isAny("shallow", "deep", "clone") {
		return p.clone(t)
	}
	if p.is("(") && !p.isQuery(p.i) {
		if t.Columns, err = parenthesised(p, p.columnDefinition); err != nil {
			return nil, err
		}
	}
	for found := true; found; {
		if found, err = p.tableClause(t); err != nil {
			return nil, err
		}
	}
	at := p.i
	if p.take("as") || p.beginsQuery(p.i) || p.is("(") {
		t.Query, err = p.query()
	}
	if err == nil && t.Query != nil && t.Columns != nil {
		p.i = at
		return nil, p.errorHere(errclass.InvalidSyntax, "Operation not allowed: Schema may not be specified in a Create Table As Select (CTAS) statement.")
	}
	return t, err
}

// tableClause: USING name | PARTITIONED BY … | CLUSTER BY … | LOCATION string | COMMENT string | TBLPROPERTIES properties
func (p *parser) tableClause(t *plan.CreateTable) (found bool, err error) {
	switch {
	case t.Using == "" && p.take("using"):
		var parts []string
		parts, err = p.multipartIdentifier()
		t.Using = strings.ToLower(strings.Join(parts, "."))
	case t.PartitionBy == nil && p.take("partitioned", "by"):
		err = p.partitionColumns(t)
	case t.Location == "" && p.take("location"):
		t.Location, err = p.stringValue()
	case t.Comment == "" && p.take("comment"):
		t.Comment, err = p.stringValue()
	case t.Properties == nil && p.take("tblproperties"):
		t.Properties, err = p.properties()
	case t.ClusterBy == nil && p.take("cluster", "by"):
		t.ClusterBy, err = p.clusterColumns()
	case p.isAny("clustered", "cluster", "options", "stored", "row", "skewed", "like", "default"):
		return false, p.refuse("CREATE TABLE … " + upper(p.tok().key))
	default:
		return false, nil
	}
	return true, err
}

// partitionColumns: '(' (name | column), … ')'. A column with a type is added to the table's.
func (p *parser) partitionColumns(t *plan.CreateTable) error {
	columns, err := parenthesised(p, func() (string, error) {
		switch p.peek(1).key {
		case "(":
			return "", p.refuse("PARTITIONED BY a transform")
		case ",", ")":
			return p.identifier()
		}
		column, err := p.columnDefinition()
		t.Columns = append(t.Columns, column)
		return column.Name, err
	})
	t.PartitionBy = columns
	return err
}

// columnDefinition: name dataType columnOption*
func (p *parser) columnDefinition() (types.Field, error) {
	if p.isAny("constraint", "primary", "foreign", "check", "unique") && p.peek(1).kind != kindEnd &&
		(p.isAny("constraint") || p.peek(1).key == "key" || p.peek(1).key == "(") {
		return types.Field{}, p.refuse("a table constraint")
	}
	f, err := p.namedType()
	for found := true; found && err == nil; {
		f, found, err = p.columnOption(f)
	}
	return f, err
}

func (p *parser) columnComment(f types.Field) (types.Field, error) {
	text, err := p.stringValue()
	metadata := map[string]any{"comment": text}
	maps.Copy(metadata, f.Metadata)
	f.Metadata = metadata
	return f, err
}

// createView: [IF NOT EXISTS] name [identifierList] [COMMENT string] AS query. The view keeps the query's text.
func (p *parser) createView(v *plan.CreateView) (plan.Statement, error) {
	at := p.i
	v.IfNotExists = p.take("if", "not", "exists")
	if v.IfNotExists && (v.Temporary || v.OrReplace) {
		p.i = at
		return nil, p.errorHere(errclass.InvalidSyntax, "A view with IF NOT EXISTS can be neither TEMPORARY nor one that REPLACEs.")
	}
	var err error
	if v.Name, err = p.multipartIdentifier(); err != nil {
		return nil, err
	}
	if p.is("(") {
		if v.Columns, err = p.viewColumns(); err != nil {
			return nil, err
		}
	}
	if p.take("comment") {
		if v.Comment, err = p.stringValue(); err != nil {
			return nil, err
		}
	}
	if p.isAny("comment", "tblproperties", "using", "options", "partitioned", "schema", "with", "default") {
		return nil, p.refuse("CREATE VIEW … " + upper(p.tok().key))
	}
	if err := p.expect("as"); err != nil {
		return nil, err
	}
	from := p.i
	if v.Query, err = p.query(); err != nil {
		return nil, err
	}
	span := p.span(from)
	v.Text = p.text[span.Start:span.End]
	return v, nil
}

func (p *parser) viewColumns() ([]string, error) {
	return parenthesised(p, func() (string, error) {
		name, err := p.identifier()
		if err == nil && p.is("comment") {
			err = p.refuse("CREATE VIEW with a column COMMENT")
		}
		return name, err
	})
}
