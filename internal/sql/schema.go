package sql

import (
	"maps"
	"slices"

	"lakehouse/internal/errclass"
	"lakehouse/internal/plan"
)

// alterSchema: name (SET (DBPROPERTIES | PROPERTIES) properties | UNSET (DBPROPERTIES | PROPERTIES) '(' key, … ')' | SET LOCATION string)
func (p *parser) alterSchema() (plan.Statement, error) {
	a := &plan.AlterSchema{}
	var err error
	if a.Name, err = p.multipartIdentifier(); err != nil {
		return nil, err
	}
	switch {
	case p.take("set", "dbproperties"), p.take("set", "properties"):
		a.Set, err = p.schemaProperties()
	case p.take("unset", "dbproperties"), p.take("unset", "properties"):
		a.Unset, err = parenthesised(p, p.propertyKey)
	case p.take("set", "location"):
		a.Location = new(string)
		*a.Location, err = p.location()
	case p.isAny("owner", "set", "enable", "disable", "inherit", "default"):
		return nil, p.refuse("ALTER SCHEMA … " + upper(p.tok().key) + " " + upper(p.peek(1).key))
	default:
		return nil, p.unexpected("expected SET DBPROPERTIES, UNSET DBPROPERTIES or SET LOCATION")
	}
	return a, err
}

// location: string, which says something
func (p *parser) location() (string, error) {
	text, err := p.stringValue()
	if err == nil && text == "" {
		p.i--
		err = p.errorHere(errclass.EmptyLocation, "The location name cannot be empty string, but `` was given.")
	}
	return text, err
}

// schemaProperties: properties, without those that have clauses of their own
func (p *parser) schemaProperties() (map[string]string, error) {
	from := p.i
	all, err := p.properties()
	for _, key := range slices.Sorted(maps.Keys(all)) {
		instead := map[string]string{
			"location": "please use the LOCATION clause to specify it.", "owner": "it will be set to the current user.",
		}[key]
		if instead != "" {
			p.i = from
			return nil, p.errorHere(errclass.UnsupportedFeature, "The feature is not supported: "+key+" is a reserved namespace property, "+instead)
		}
	}
	return all, err
}

// describeSchema: [EXTENDED] name
func (p *parser) describeSchema() (plan.Statement, error) {
	d := &plan.DescribeSchema{}
	if next := p.peek(1).kind; next == kindWord || next == kindQuoted {
		d.Extended = p.take("extended")
	}
	var err error
	d.Name, err = p.multipartIdentifier()
	return d, err
}

func (w *printer) alterSchema(s *plan.AlterSchema) {
	w.text("ALTER SCHEMA ", qualifiedName(s.Name))
	switch {
	case s.Set != nil:
		w.text(" SET DBPROPERTIES ")
		w.properties(s.Set)
	case s.Location != nil:
		w.text(" SET")
		w.clause("LOCATION", *s.Location)
	default:
		w.text(" UNSET DBPROPERTIES ")
		w.propertyKeys(s.Unset)
	}
}
