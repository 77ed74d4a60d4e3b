package sql

import (
	"strconv"
	"strings"

	"lakehouse/internal/plan"
)

// maintenance are the productions of the statements that keep a Delta table in order.
var maintenance = map[string]production{
	"vacuum": (*parser).vacuum, "restore": (*parser).restore, "optimize": (*parser).optimize, "reorg": (*parser).reorg,
	"generate": (*parser).generate, "fsck": (*parser).repair, "convert": (*parser).convert,
}

// tableOrPath: multipartIdentifier | string. A text is a path.
func (p *parser) tableOrPath() ([]string, error) {
	if p.tok().kind == kindString {
		path, err := p.stringValue()
		return []string{"delta", path}, err
	}
	return p.multipartIdentifier()
}

// vacuum: VACUUM table (FULL | LITE | USING INVENTORY (table | '(' query ')') | RETAIN number HOURS | DRY RUN)*
func (p *parser) vacuum() (plan.Statement, error) {
	p.skip()
	v := &plan.Vacuum{}
	var err error
	if v.Table, err = p.tableOrPath(); err != nil {
		return nil, err
	}
	for err == nil {
		switch {
		case v.Mode == "" && p.isAny("full", "lite"):
			v.Mode = p.takeAny("full", "lite")
		case v.Inventory == nil && p.take("using", "inventory"):
			v.Inventory, err = p.inventory()
		case v.RetainHours == nil && p.take("retain"):
			v.RetainHours, err = p.hours()
		case !v.DryRun && p.take("dry", "run"):
			v.DryRun = true
		default:
			return v, nil
		}
	}
	return nil, err
}

// inventory: multipartIdentifier | '(' query ')'
func (p *parser) inventory() (plan.Relation, error) {
	if !p.is("(") {
		name, err := p.multipartIdentifier()
		return &plan.NamedTable{Name: name}, err
	}
	p.skip()
	query, err := p.query()
	if err != nil {
		return nil, err
	}
	return query, p.expect(")")
}

// hours: ['-'] number HOURS
func (p *parser) hours() (*float64, error) {
	text := p.tok().value
	if p.take("-") {
		text = "-" + p.tok().value
	}
	n, err := strconv.ParseFloat(text, 64)
	if p.tok().kind != kindNumber || err != nil {
		return nil, p.unexpected("expected a number of hours")
	}
	p.skip()
	return &n, p.expect("hours")
}

// restore: RESTORE [TABLE] name [TO] temporalClause
func (p *parser) restore() (plan.Statement, error) {
	p.skip()
	p.take("table")
	r := &plan.Restore{}
	var err error
	if r.Table, err = p.multipartIdentifier(); err != nil {
		return nil, err
	}
	p.take("to")
	var found bool
	if r.To, found, err = p.timeTravel(); err == nil && !found {
		err = p.unexpected("expected VERSION AS OF or TIMESTAMP AS OF")
	}
	return r, err
}

// timeTravel: [temporalClause]
func (p *parser) timeTravel() (plan.TimeTravel, bool, error) {
	var table plan.NamedTable
	if !p.isTemporal() {
		return plan.TimeTravel{}, false, nil
	}
	err := p.temporalClause(&table)
	return plan.TimeTravel{VersionAsOf: table.VersionAsOf, TimestampAsOf: table.TimestampAsOf}, true, err
}

// optimize: OPTIMIZE table [FULL] [WHERE expression] [ZORDER BY columns]
func (p *parser) optimize() (plan.Statement, error) {
	p.skip()
	o := &plan.Optimize{}
	var err error
	if o.Table, err = p.tableOrPath(); err != nil {
		return nil, err
	}
	o.Full = p.take("full")
	if o.Condition, err = p.whereOf(); err != nil || !p.take("zorder", "by") {
		return o, err
	}
	if p.is("(") {
		o.ZOrderBy, err = parenthesised(p, p.multipartIdentifier)
	} else {
		o.ZOrderBy, err = list(p, p.multipartIdentifier)
	}
	return o, err
}

// reorg: REORG TABLE name [WHERE expression] APPLY '(' PURGE ')'
func (p *parser) reorg() (plan.Statement, error) {
	p.skip()
	if err := p.expect("table"); err != nil {
		return nil, err
	}
	r := &plan.Reorg{}
	var err error
	if r.Table, err = p.multipartIdentifier(); err != nil {
		return nil, err
	}
	if r.Condition, err = p.whereOf(); err != nil {
		return nil, err
	}
	if p.is("apply", "(", "upgrade", "uniform") {
		return nil, p.refuse("REORG TABLE … APPLY (UPGRADE UNIFORM …): no metadata of Iceberg is written; " +
			"the table properties 'delta.columnMapping.mode' = 'name' and 'delta.enableIcebergCompatV2' = 'true' make new data files ones that Iceberg's readers understand")
	}
	return r, p.expect("apply", "(", "purge", ")")
}

// generate: GENERATE mode FOR TABLE table
func (p *parser) generate() (plan.Statement, error) {
	p.skip()
	g := &plan.Generate{}
	var err error
	if g.Mode, err = p.identifier(); err != nil {
		return nil, err
	}
	if err := p.expect("for", "table"); err != nil {
		return nil, err
	}
	g.Table, err = p.tableOrPath()
	return g, err
}

// repair: FSCK REPAIR TABLE table [DRY RUN]
func (p *parser) repair() (plan.Statement, error) {
	p.skip()
	if err := p.expect("repair", "table"); err != nil {
		return nil, err
	}
	name, err := p.tableOrPath()
	return &plan.Repair{Table: name, DryRun: err == nil && p.take("dry", "run")}, err
}

// convert: CONVERT TO DELTA name [NO STATISTICS] [PARTITIONED BY '(' name type, … ')']
func (p *parser) convert() (plan.Statement, error) {
	p.skip()
	if err := p.expect("to", "delta"); err != nil {
		return nil, err
	}
	c := &plan.Convert{}
	var err error
	if c.Table, err = p.multipartIdentifier(); err != nil {
		return nil, err
	}
	c.NoStatistics = p.take("no", "statistics")
	if p.take("partitioned", "by") {
		c.PartitionBy, err = parenthesised(p, p.columnDefinition)
	}
	return c, err
}

// clone: SHALLOW CLONE source [temporalClause] [TBLPROPERTIES properties] [LOCATION string]
func (p *parser) clone(t *plan.CreateTable) (plan.Statement, error) {
	if p.is("deep", "clone") || p.is("clone") {
		return nil, p.refuse("CREATE TABLE … " + strings.TrimSpace(upper(p.takeAny("deep"))+" CLONE"))
	}
	if err := p.expect("shallow", "clone"); err != nil {
		return nil, err
	}
	c := &plan.Clone{Name: t.Name, IfNotExists: t.IfNotExists, OrReplace: t.OrReplace}
	var err error
	if c.Source, err = p.multipartIdentifier(); err != nil {
		return nil, err
	}
	if c.From, _, err = p.timeTravel(); err != nil {
		return nil, err
	}
	if p.take("tblproperties") {
		if c.Properties, err = p.properties(); err != nil {
			return nil, err
		}
	}
	if p.take("location") {
		c.Location, err = p.stringValue()
	}
	return c, err
}
