package sql

import (
	"strconv"
	"strings"

	"lakehouse/internal/plan"
	"lakehouse/internal/types"
)

// copyInto: COPY INTO name [BY POSITION | identifierList] FROM copySource FILEFORMAT '=' name copyClause*
func (p *parser) copyInto() (plan.Statement, error) {
	if err := p.expect("copy", "into"); err != nil {
		return nil, err
	}
	c := &plan.CopyInto{}
	from := p.i
	var err error
	if c.Table, err = p.multipartIdentifier(); err != nil {
		return nil, err
	}
	c.At = p.span(from)
	switch {
	case p.take("by", "position"):
		c.ByPosition = true
	case p.is("("):
		if c.Columns, err = p.identifierList(); err != nil {
			return nil, err
		}
	}
	if err := p.copySource(c); err != nil {
		return nil, err
	}
	if err := p.expect("fileformat", "="); err != nil {
		return nil, err
	}
	if c.Format, err = p.identifier(); err != nil {
		return nil, err
	}
	c.Format = strings.ToLower(c.Format)
	for found := true; found && err == nil; {
		found, err = p.copyClause(c)
	}
	return c, err
}

// copySource: FROM (string | '(' SELECT namedExpression, … FROM string ')')
func (p *parser) copySource(c *plan.CopyInto) (err error) {
	if err := p.expect("from"); err != nil {
		return err
	}
	selects := p.take("(")
	if selects {
		if err := p.expect("select"); err != nil {
			return err
		}
		if c.Select, err = p.selectList(); err != nil {
			return err
		}
		if err := p.expect("from"); err != nil {
			return err
		}
	}
	if c.Path, err = p.stringValue(); err != nil {
		return err
	}
	if p.is("with", "(") {
		return p.refuse("COPY INTO … WITH (CREDENTIAL …)")
	}
	if selects {
		return p.expect(")")
	}
	return nil
}

// validate: [ALL | number ROWS]
func (p *parser) validate() (*plan.Validate, error) {
	t := p.tok()
	if t.kind != kindNumber {
		p.take("all")
		return &plan.Validate{}, nil
	}
	rows, err := strconv.ParseInt(t.value, 10, 32)
	if err != nil || rows <= 0 {
		return nil, p.unexpected("expected a number of rows")
	}
	p.skip()
	return &plan.Validate{Rows: rows}, p.expect("rows")
}

// copyClause: VALIDATE [ALL | number ROWS] | FILES '=' '(' string, … ')' | PATTERN '=' string | FORMAT_OPTIONS properties | COPY_OPTIONS properties
func (p *parser) copyClause(c *plan.CopyInto) (found bool, err error) {
	switch {
	case c.Validate == nil && p.take("validate"):
		c.Validate, err = p.validate()
	case c.Files == nil && c.Pattern == "" && p.take("files", "="):
		c.Files, err = parenthesised(p, p.stringValue)
	case c.Files == nil && c.Pattern == "" && p.take("pattern", "="):
		c.Pattern, err = p.stringValue()
	case c.FormatOptions == nil && p.take("format_options"):
		c.FormatOptions, err = p.properties()
	case c.CopyOptions == nil && p.take("copy_options"):
		c.CopyOptions, err = p.properties()
	default:
		return false, nil
	}
	return true, err
}

func (w *printer) copyInto(c *plan.CopyInto) {
	w.text("COPY INTO ", qualifiedName(c.Table), " ")
	if c.ByPosition {
		w.text("BY POSITION ")
	}
	if c.Columns != nil {
		w.names(c.Columns)
		w.text(" ")
	}
	w.text("FROM ")
	if c.Select != nil {
		w.text("(SELECT ")
		w.expressions(c.Select)
		w.text(" FROM ")
	}
	w.text(types.QuoteString(c.Path))
	if c.Select != nil {
		w.text(")")
	}
	w.text(" FILEFORMAT = ", quoteName(c.Format))
	if c.Validate != nil {
		w.text(" VALIDATE")
		if n := c.Validate.Rows; n > 0 {
			w.text(" ", strconv.FormatInt(n, 10), " ROWS")
		}
	}
	for i, name := range c.Files {
		w.text([]string{" FILES = (", ", "}[min(i, 1)], types.QuoteString(name))
	}
	if c.Files != nil {
		w.text(")")
	}
	if c.Pattern != "" {
		w.text(" PATTERN = ", types.QuoteString(c.Pattern))
	}
	w.copyOptions(" FORMAT_OPTIONS ", c.FormatOptions)
	w.copyOptions(" COPY_OPTIONS ", c.CopyOptions)
}

func (w *printer) copyOptions(clause string, options map[string]string) {
	for i, key := range sortedKeys(options) {
		w.text([]string{clause + "(", ", "}[min(i, 1)], types.QuoteString(key), " = ", types.QuoteString(options[key]))
	}
	if len(options) > 0 {
		w.text(")")
	}
}
