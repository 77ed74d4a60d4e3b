package sql

import (
	"lakehouse/internal/errclass"
	"lakehouse/internal/plan"
	"lakehouse/internal/types"
)

// alter: ALTER (TABLE name action | SCHEMA …)
func (p *parser) alter() (plan.Statement, error) {
	p.skip()
	if p.takeAny("schema", "database", "namespace") != "" {
		return p.alterSchema()
	}
	if !p.take("table") {
		return nil, p.refuseAlter()
	}
	from := p.i
	name, err := p.multipartIdentifier()
	if err != nil {
		return nil, err
	}
	a := &plan.AlterTable{At: p.span(from), Name: name}
	a.Action, err = p.alterAction()
	return a, err
}

func (p *parser) refuseAlter() error {
	if p.isAny("view", "catalog") {
		return p.refuse("ALTER " + upper(p.tok().key))
	}
	return p.refuseKind("ALTER", "expected TABLE or SCHEMA")
}

// alterAction: ADD … | DROP … | RENAME … | ALTER … | CHANGE … | REPLACE … | SET … | UNSET … | CLUSTER BY …
func (p *parser) alterAction() (plan.AlterAction, error) {
	switch {
	case p.take("add", "constraint"):
		return p.addConstraint()
	case p.take("add", "columns"), p.take("add", "column"):
		return p.addColumns()
	case p.take("drop", "constraint"):
		ifExists := p.take("if", "exists")
		name, err := p.identifier()
		return &plan.DropConstraint{Name: name, IfExists: ifExists}, err
	case p.take("drop", "feature"):
		return p.dropFeature()
	case p.take("drop", "columns"), p.take("drop", "column"):
		return p.dropColumns()
	case p.take("rename", "column"):
		return p.renameColumn()
	case p.take("rename", "to"):
		to, err := p.multipartIdentifier()
		return &plan.RenameTable{To: to}, err
	case p.take("alter"):
		p.take("column")
		changes, err := list(p, p.alterColumn)
		return &plan.ChangeColumns{Changes: changes}, err
	case p.take("change"):
		p.take("column")
		change, err := p.changeColumn()
		return &plan.ChangeColumns{Changes: []plan.ColumnChange{change}}, err
	case p.take("replace", "columns"):
		columns, err := parenthesised(p, p.replacingColumn)
		return &plan.ReplaceColumns{Columns: columns}, err
	}
	return p.alterSetting()
}

// alterSetting: SET (TBLPROPERTIES … | LOCATION string) | UNSET TBLPROPERTIES … | CLUSTER BY …
func (p *parser) alterSetting() (plan.AlterAction, error) {
	switch {
	case p.take("set", "tblproperties"):
		properties, err := p.properties()
		return &plan.SetProperties{Properties: properties}, err
	case p.take("unset", "tblproperties"):
		ifExists := p.take("if", "exists")
		keys, err := parenthesised(p, p.propertyKey)
		return &plan.UnsetProperties{Keys: keys, IfExists: ifExists}, err
	case p.take("set", "location"):
		location, err := p.stringValue()
		return &plan.SetLocation{Location: location}, err
	case p.take("cluster", "by"):
		columns, err := p.clusterColumns()
		return &plan.ClusterBy{Columns: columns}, err
	case p.is("add", "partition"), p.is("drop", "partition"), p.is("recover", "partitions"), p.is("set", "serde"), p.is("partition"), p.is("drop", "primary"), p.is("drop", "foreign"):
		return nil, p.refuse("ALTER TABLE … " + upper(p.tok().key) + " " + upper(p.peek(1).key))
	}
	return nil, p.unexpected("expected ADD, DROP, RENAME, ALTER, CHANGE, REPLACE, SET, UNSET or CLUSTER BY")
}

// addConstraint: name CHECK '(' expression ')'. Delta keeps the text token by token.
func (p *parser) addConstraint() (plan.AlterAction, error) {
	name, err := p.identifier()
	if err != nil {
		return nil, err
	}
	if p.isAny("primary", "foreign", "unique") {
		return nil, p.refuse("a constraint with " + upper(p.tok().key))
	}
	if err := p.expect("check", "("); err != nil {
		return nil, err
	}
	from := p.i
	if _, err := p.expression(); err != nil {
		return nil, err
	}
	text := p.tokensText(from, p.i)
	return &plan.AddConstraint{Name: name, Text: text}, p.expect(")")
}

// addColumns: newColumn, … | '(' newColumn, … ')'
func (p *parser) addColumns() (plan.AlterAction, error) {
	var columns []plan.NewColumn
	var err error
	if p.is("(") {
		columns, err = parenthesised(p, p.newColumn)
	} else {
		columns, err = list(p, p.newColumn)
	}
	return &plan.AddColumns{Columns: columns}, err
}

// newColumn: (name '.')* columnDefinition [position]
func (p *parser) newColumn() (plan.NewColumn, error) {
	var c plan.NewColumn
	var err error
	for p.peek(1).key == "." {
		part, err := p.identifier()
		if err != nil {
			return c, err
		}
		c.Parent = append(c.Parent, part)
		p.skip()
	}
	if c.Field, err = p.namedType(); err != nil {
		return c, err
	}
	for {
		if c.Position == nil {
			if c.Position, err = p.columnPosition(); err != nil {
				return c, err
			}
			if c.Position != nil {
				continue
			}
		}
		var found bool
		if c.Field, found, err = p.columnOption(c.Field); err != nil || !found {
			return c, err
		}
	}
}

// columnPosition: [FIRST | AFTER identifier]
func (p *parser) columnPosition() (*plan.ColumnPosition, error) {
	switch {
	case p.take("first"):
		return &plan.ColumnPosition{First: true}, nil
	case p.take("after"):
		name, err := p.identifier()
		return &plan.ColumnPosition{After: name}, err
	}
	return nil, nil
}

// dropColumns: [IF EXISTS] (name, … | '(' name, … ')')
func (p *parser) dropColumns() (plan.AlterAction, error) {
	drop := &plan.DropColumns{IfExists: p.take("if", "exists")}
	var err error
	if p.is("(") {
		drop.Columns, err = parenthesised(p, p.multipartIdentifier)
	} else {
		drop.Columns, err = list(p, p.multipartIdentifier)
	}
	return drop, err
}

// renameColumn: name TO identifier
func (p *parser) renameColumn() (plan.AlterAction, error) {
	from, err := p.multipartIdentifier()
	if err == nil {
		err = p.expect("to")
	}
	if err != nil {
		return nil, err
	}
	to, err := p.identifier()
	return &plan.RenameColumn{From: from, To: to}, err
}

// dropFeature: name [TRUNCATE HISTORY]
func (p *parser) dropFeature() (plan.AlterAction, error) {
	drop := &plan.DropFeature{}
	var err error
	if p.tok().kind == kindString {
		drop.Name, err = p.stringValue()
	} else {
		drop.Name, err = p.identifier()
	}
	drop.TruncateHistory = err == nil && p.take("truncate", "history")
	return drop, err
}

// alterColumn: name (TYPE dataType | (SET | DROP) NOT NULL | COMMENT string | position | SET DEFAULT expression | DROP DEFAULT | SYNC IDENTITY)
func (p *parser) alterColumn() (plan.ColumnChange, error) {
	var c plan.ColumnChange
	var err error
	if c.Column, err = p.multipartIdentifier(); err != nil {
		return c, err
	}
	yes, no := true, false
	switch {
	case p.take("type"):
		c.Type, c.TypeText, err = p.declaredType()
	case p.take("set", "not", "null"):
		c.Nullable = &no
	case p.take("drop", "not", "null"):
		c.Nullable = &yes
	case p.take("set", "default"):
		var text string
		text, err = p.expressionText()
		c.Default = &text
	case p.take("drop", "default"):
		c.DropDefault = true
	case p.take("sync", "identity"):
		c.SyncIdentity = true
	case p.take("comment"):
		var text string
		text, err = p.stringValue()
		c.Comment = &text
	default:
		if c.Position, err = p.columnPosition(); err == nil && c.Position == nil {
			err = p.unexpected("expected TYPE, SET, DROP, COMMENT, FIRST, AFTER or SYNC IDENTITY")
		}
	}
	return c, err
}

// changeColumn: name name dataType [COMMENT string] [position], as Hive has it
func (p *parser) changeColumn() (plan.ColumnChange, error) {
	var c plan.ColumnChange
	var err error
	if c.Column, err = p.multipartIdentifier(); err != nil {
		return c, err
	}
	if p.isAny("type", "set", "drop", "comment", "first", "after", "sync") && p.peek(1).kind != kindWord ||
		p.is("comment") || p.is("set", "not") || p.is("drop", "not") || p.is("drop", "default") || p.is("set", "default") || p.is("type") || p.is("sync", "identity") || p.is("after") {
		p.i -= 2*len(c.Column) - 1
		return p.alterColumn()
	}
	at := p.i
	f, err := p.namedType()
	if err != nil {
		return c, err
	}
	if !f.Nullable {
		p.i = at
		return c, p.errorHere(errclass.InvalidSyntax, "NOT NULL is not supported in Hive-style ALTER COLUMN, please run ALTER COLUMN ... SET/DROP NOT NULL instead.")
	}
	c.Rename, c.Type = f.Name, f.Type
	c.TypeText, _ = f.Metadata[types.CharVarcharKey].(string)
	if text, ok := f.Metadata["comment"].(string); ok {
		c.Comment = &text
	}
	c.Position, err = p.columnPosition()
	return c, err
}

// replacingColumn: a column definition without NOT NULL
func (p *parser) replacingColumn() (types.Field, error) {
	at := p.i
	f, err := p.columnDefinition()
	if err == nil && !f.Nullable {
		p.i = at
		err = p.errorHere(errclass.InvalidSyntax, "NOT NULL is not supported in Hive-style REPLACE COLUMNS.")
	}
	return f, err
}

// namedType: name dataType [NOT NULL] [COMMENT string]
func (p *parser) namedType() (types.Field, error) {
	f, end, err := types.ParseColumnAt(p.text, p.tok().start)
	if err != nil {
		return f, err
	}
	return f, p.moveTo(end)
}

// declaredType: dataType, with its text where CHAR or VARCHAR is in it
func (p *parser) declaredType() (types.Type, string, error) {
	t, text, end, err := types.ParseDeclaredTypeAt(p.text, p.tok().start)
	if err != nil {
		return nil, "", err
	}
	return t, text, p.moveTo(end)
}

// clusterColumns: '(' name, … ')' | NONE. AUTO is Databricks'.
func (p *parser) clusterColumns() ([][]string, error) {
	if p.take("none") {
		return [][]string{}, nil
	}
	if p.is("auto") {
		return nil, p.refuse("CLUSTER BY AUTO")
	}
	return parenthesised(p, p.multipartIdentifier)
}

// createTableLike: source (USING name | LOCATION string | TBLPROPERTIES properties)*
func (p *parser) createTableLike(t *plan.CreateTable) (plan.Statement, error) {
	like := &plan.CreateTableLike{At: t.At, Name: t.Name, IfNotExists: t.IfNotExists}
	var err error
	if like.Source, err = p.multipartIdentifier(); err != nil {
		return nil, err
	}
	clauses := &plan.CreateTable{}
	for found := true; found; {
		if found, err = p.tableClause(clauses); err != nil {
			return nil, err
		}
	}
	if clauses.Comment != "" || clauses.PartitionBy != nil || clauses.ClusterBy != nil {
		return nil, p.unexpected("CREATE TABLE … LIKE takes USING, LOCATION and TBLPROPERTIES")
	}
	like.Using, like.Location, like.Properties = clauses.Using, clauses.Location, clauses.Properties
	return like, nil
}

// truncate: TRUNCATE TABLE name [PARTITION '(' … ')']
func (p *parser) truncate() (plan.Statement, error) {
	p.skip()
	if err := p.expect("table"); err != nil {
		return nil, err
	}
	from := p.i
	name, err := p.multipartIdentifier()
	if err != nil {
		return nil, err
	}
	t := &plan.TruncateTable{At: p.span(from), Name: name}
	if p.take("partition") {
		t.Partition, err = parenthesised(p, p.partitionValue)
	}
	return t, err
}

// commentOn: COMMENT ON (TABLE | COLUMN | SCHEMA | DATABASE | NAMESPACE) name IS (string | NULL)
func (p *parser) commentOn() (plan.Statement, error) {
	p.skip()
	if err := p.expect("on"); err != nil {
		return nil, err
	}
	kind := p.takeAny("table", "column", "schema", "database", "namespace")
	if kind == "" {
		return nil, p.refuseKind("COMMENT ON", "expected TABLE, COLUMN or SCHEMA")
	}
	if kind != "table" && kind != "column" {
		kind = "schema"
	}
	from := p.i
	name, err := p.multipartIdentifier()
	if err != nil {
		return nil, err
	}
	c := &plan.CommentOn{At: p.span(from), Kind: kind, Name: name}
	if err := p.expect("is"); err != nil {
		return nil, err
	}
	if p.take("null") {
		return c, nil
	}
	text, err := p.stringValue()
	c.Comment = &text
	return c, err
}
