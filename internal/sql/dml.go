package sql

import (
	"fmt"
	"strings"

	"lakehouse/internal/errclass"
	"lakehouse/internal/plan"
)

// deleteFrom: DELETE FROM target [WHERE expression]
func (p *parser) deleteFrom() (plan.Statement, error) {
	if err := p.expect("delete", "from"); err != nil {
		return nil, err
	}
	target, err := p.target()
	if err != nil {
		return nil, err
	}
	d := &plan.Delete{Target: target}
	d.Condition, err = p.whereOf()
	return d, err
}

// update: UPDATE target SET assignment (',' assignment)* [WHERE expression]
func (p *parser) update() (plan.Statement, error) {
	p.skip()
	target, err := p.target()
	if err != nil {
		return nil, err
	}
	u := &plan.Update{Target: target}
	if err := p.expect("set"); err != nil {
		return nil, err
	}
	if u.Set, err = list(p, p.assignment); err != nil {
		return nil, err
	}
	u.Condition, err = p.whereOf()
	return u, err
}

// target: name [[AS] identifier]
func (p *parser) target() (t plan.Target, err error) {
	from := p.i
	if t.Name, err = p.multipartIdentifier(); err != nil {
		return t, err
	}
	t.At = p.span(from)
	switch {
	case p.take("as"):
		t.Alias, err = p.identifier()
	case p.isAlias() && !p.isAny("set", "replace", "by"):
		t.Alias, err = p.identifier()
	}
	return t, err
}

// whereOf: [WHERE expression]
func (p *parser) whereOf() (plan.Expression, error) {
	if !p.take("where") {
		return nil, nil
	}
	return p.expression()
}

// assignment: name ('.' name)* '=' expression
func (p *parser) assignment() (a plan.Assignment, err error) {
	from := p.i
	parts, err := p.multipartIdentifier()
	if err != nil {
		return a, err
	}
	a.Column = &plan.UnresolvedAttribute{At: p.span(from), Parts: parts}
	if !p.take("=") && !p.take("==") {
		return a, p.unexpected(`expected "="`)
	}
	a.Value, err = p.expression()
	return a, err
}

// merge: MERGE [WITH SCHEMA EVOLUTION] INTO target USING relation ON expression mergeClause*
func (p *parser) merge() (plan.Statement, error) {
	p.skip()
	m := &plan.MergeInto{SchemaEvolution: p.take("with", "schema", "evolution")}
	if err := p.expect("into"); err != nil {
		return nil, err
	}
	var err error
	if m.Target, err = p.target(); err != nil {
		return nil, err
	}
	if err := p.expect("using"); err != nil {
		return nil, err
	}
	if m.Source, err = p.relationPrimary(); err != nil {
		return nil, err
	}
	if err := p.expect("on"); err != nil {
		return nil, err
	}
	if m.Condition, err = p.expression(); err != nil {
		return nil, err
	}
	n := 0
	for ; p.is("when"); n++ {
		if err := p.chain(n); err != nil {
			return nil, err
		}
		if err := p.mergeClause(m); err != nil {
			return nil, err
		}
	}
	if n == 0 {
		return nil, p.errorHere(errclass.MergeWithoutWhen, "There must be at least one WHEN clause in a MERGE statement.")
	}
	return m, p.onlyLastUnconditional(m)
}

// onlyLastUnconditional: of several clauses of a kind all but the last have a condition, or the last would never be reached.
func (p *parser) onlyLastUnconditional(m *plan.MergeInto) error {
	for _, of := range []struct {
		clauses []plan.MergeClause
		class   errclass.Class
		when    string
	}{
		{m.Matched, errclass.MergeNonLastMatched, "MATCHED"},
		{m.NotMatched, errclass.MergeNonLastByTarget, "NOT MATCHED [BY TARGET]"},
		{m.NotMatchedBySource, errclass.MergeNonLastBySource, "NOT MATCHED BY SOURCE"},
	} {
		for i, c := range of.clauses {
			if c.Condition == nil && i < len(of.clauses)-1 {
				return p.errorHere(of.class, "When there are more than one "+of.when+" clauses in a MERGE statement, only the last "+of.when+" clause can omit the condition.")
			}
		}
	}
	return nil
}

// mergeClause: WHEN MATCHED … | WHEN NOT MATCHED [BY TARGET] … | WHEN NOT MATCHED BY SOURCE …, in this order
func (p *parser) mergeClause(m *plan.MergeInto) error {
	p.skip()
	into, allowed := &m.Matched, []string{"update", "delete"}
	switch {
	case p.is("not", "matched", "by", "source"):
		p.i += 4
		into = &m.NotMatchedBySource
	case p.is("not", "matched"):
		if len(m.NotMatchedBySource) > 0 {
			return p.unexpected("WHEN NOT MATCHED comes before WHEN NOT MATCHED BY SOURCE")
		}
		p.i += 2
		p.take("by", "target")
		into, allowed = &m.NotMatched, []string{"insert"}
	case len(m.NotMatched)+len(m.NotMatchedBySource) > 0:
		return p.unexpected("WHEN MATCHED comes before WHEN NOT MATCHED")
	default:
		if err := p.expect("matched"); err != nil {
			return err
		}
	}
	var c plan.MergeClause
	var err error
	if p.take("and") {
		if c.Condition, err = p.expression(); err != nil {
			return err
		}
	}
	if err := p.expect("then"); err != nil {
		return err
	}
	if err := p.mergeAction(&c, allowed); err != nil {
		return err
	}
	if into == &m.NotMatchedBySource && c.Action == plan.MergeUpdateAll {
		return p.unexpected("there is no source row to take all columns from")
	}
	*into = append(*into, c)
	return nil
}

// mergeAction: DELETE | UPDATE SET ('*' | assignment, …) | INSERT ('*' | '(' name, … ')' VALUES '(' expression, … ')')
func (p *parser) mergeAction(c *plan.MergeClause, allowed []string) (err error) {
	switch p.takeAny(allowed...) {
	case "delete":
		c.Action = plan.MergeDelete
	case "update":
		if err := p.expect("set"); err != nil {
			return err
		}
		if p.take("*") {
			c.Action = plan.MergeUpdateAll
			return nil
		}
		c.Set, err = list(p, p.assignment)
	case "insert":
		c.Action = plan.MergeInsertAll
		if !p.take("*") {
			c.Action = plan.MergeInsert
			c.Set, err = p.insertedValues()
		}
	default:
		err = p.unexpected("expected " + upperWords(strings.Join(allowed, " or ")))
	}
	return err
}

// insertedValues: '(' name ('.' name)*, … ')' VALUES '(' expression, … ')'
func (p *parser) insertedValues() ([]plan.Assignment, error) {
	columns, err := parenthesised(p, func() (*plan.UnresolvedAttribute, error) {
		from := p.i
		parts, err := p.multipartIdentifier()
		if err != nil {
			return nil, err
		}
		return &plan.UnresolvedAttribute{At: p.span(from), Parts: parts}, nil
	})
	if err != nil {
		return nil, err
	}
	if err := p.expect("values"); err != nil {
		return nil, err
	}
	values, err := parenthesised(p, p.expression)
	if err != nil {
		return nil, err
	}
	if len(values) != len(columns) {
		return nil, p.errorHere(errclass.MergeValueCount, fmt.Sprintf("The number of provided values (%d) must match the number of expected columns (%d) in the INSERT clause of MERGE.", len(values), len(columns)))
	}
	set := make([]plan.Assignment, len(columns))
	for i := range set {
		set[i] = plan.Assignment{Column: columns[i], Value: values[i]}
	}
	return set, nil
}

// replaceBehind: alias, behind which REPLACE must come
func (p *parser) replaceBehind() (*plan.Replace, error) {
	alias, err := p.identifier()
	return &plan.Replace{Alias: alias}, err
}

// replace: REPLACE (WHERE expression | ON expression | USING identifierList)
func (p *parser) replace(insert *plan.Insert) (err error) {
	p.skip()
	if insert.Replace == nil {
		insert.Replace = &plan.Replace{}
	}
	switch p.takeAny("where", "on", "using") {
	case "where":
		insert.Replace.Where, err = p.expression()
	case "on":
		p.beforeQuery = true
		insert.Replace.On, err = p.expression()
		p.beforeQuery = false
	case "using":
		insert.Replace.Using, err = p.identifierList()
	default:
		err = p.unexpected("expected WHERE, ON or USING")
	}
	return err
}

// rowsAlias: [[AS] alias], of the query behind REPLACE ON
func (p *parser) rowsAlias(r *plan.Replace) (err error) {
	if r.Where == nil && r.On == nil && r.Using == nil {
		return p.unexpected("expected REPLACE behind the table's alias")
	}
	if r.On != nil && (p.take("as") || p.isAlias()) {
		r.Rows, err = p.identifier()
	}
	return err
}
