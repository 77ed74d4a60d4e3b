package sql

import (
	"lakehouse/internal/plan"
)

func (p *parser) insertStatement() (plan.Statement, error) { return p.insert() }

// insert: INSERT (INTO | OVERWRITE) [TABLE] name insertTarget query
func (p *parser) insert() (*plan.Insert, error) {
	if err := p.expect("insert"); err != nil {
		return nil, err
	}
	verb := p.takeAny("into", "overwrite")
	if verb == "" {
		return nil, p.unexpected("expected INTO or OVERWRITE")
	}
	if p.is("local") || p.is("directory") && p.peek(1).kind == kindString {
		return nil, p.refuse("INSERT OVERWRITE DIRECTORY")
	}
	if next := p.peek(1); next.kind == kindWord || next.kind == kindQuoted {
		p.take("table")
	}
	from := p.i
	insert := &plan.Insert{Overwrite: verb == "overwrite"}
	var err error
	if insert.Table, err = p.multipartIdentifier(); err != nil {
		return nil, err
	}
	insert.At = p.span(from)
	if err := p.insertTarget(insert); err != nil {
		return nil, err
	}
	if insert.Query, err = p.query(); err == nil && insert.Replace != nil {
		err = p.rowsAlias(insert.Replace)
	}
	return insert, err
}

// insertTarget: [PARTITION '(' name ['=' constant], … ')'] [[AS] alias] [BY NAME | identifierList] [replace]
func (p *parser) insertTarget(insert *plan.Insert) (err error) {
	if p.is("partition", "(") {
		p.skip()
		if insert.Partition, err = parenthesised(p, p.partitionValue); err != nil {
			return err
		}
	}
	if !insert.Overwrite && (p.is("as") || p.isAlias() && p.peek(1).key == "replace") {
		p.take("as")
		if insert.Replace, err = p.replaceBehind(); err != nil {
			return err
		}
	}
	switch {
	case p.is("if", "not", "exists"):
		return p.refuse("INSERT … IF NOT EXISTS")
	case p.take("by", "name"):
		insert.ByName = true
	case p.is("(") && !p.isQuery(p.i):
		insert.Columns, err = p.identifierList()
	}
	if err == nil && p.is("replace") && !insert.Overwrite {
		err = p.replace(insert)
	}
	return err
}

// partitionValue: name ['=' constant]
func (p *parser) partitionValue() (plan.PartitionValue, error) {
	name, err := p.identifier()
	value := plan.PartitionValue{Column: name}
	if err != nil || !p.take("=") {
		return value, err
	}
	at := p.i
	if value.Value, err = p.expr(powerMultiply); err != nil {
		return value, err
	}
	if !isConstant(value.Value) {
		p.i = at
		return value, p.unexpected("expected a constant")
	}
	return value, nil
}

// isConstant reports a literal, or one with its type before it: DATE '2025-01-31'.
func isConstant(e plan.Expression) bool {
	if cast, ok := e.(*plan.Cast); ok {
		e = cast.Child
	}
	_, ok := e.(*plan.Literal)
	return ok
}
