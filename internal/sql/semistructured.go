package sql

import (
	"strings"

	"lakehouse/internal/plan"
)

// semiStructured: left ':' (identifier | '[' string ']') ('.' identifier | ':' identifier | '[' (string | number) ']')*.
// It takes a part out of a variant, as variant_get does.
func (p *parser) semiStructured(from int, left plan.Expression) (plan.Expression, error) {
	p.skip()
	at := p.i
	var path strings.Builder
	path.WriteString("$")
	var err error
	if p.take("[") {
		err = p.pathSubscript(&path)
	} else {
		err = p.pathName(&path)
	}
	for err == nil {
		switch {
		case p.take("."), p.take(":"):
			err = p.pathName(&path)
		case p.take("["):
			err = p.pathSubscript(&path)
		default:
			return p.call(from, "semi_structured_extract", left, p.stringLiteral(at, path.String())), nil
		}
	}
	return nil, err
}

func (p *parser) pathName(path *strings.Builder) error {
	name, err := p.identifier()
	if err != nil {
		return err
	}
	return p.pathKey(path, name)
}

// pathKey adds a name in quotes. A path has no escapes: a name with quotes of both sorts has none.
func (p *parser) pathKey(path *strings.Builder, name string) error {
	switch {
	case !strings.Contains(name, "'"):
		path.WriteString("['" + name + "']")
	case !strings.Contains(name, `"`):
		path.WriteString(`["` + name + `"]`)
	default:
		return p.refuse("a path with both sorts of quotes in a name")
	}
	return nil
}

// pathSubscript: (string | number) ']'
func (p *parser) pathSubscript(path *strings.Builder) error {
	at := p.i
	key, err := p.expression()
	if err == nil {
		err = p.expect("]")
	}
	if err != nil {
		return err
	}
	literal, ok := key.(*plan.Literal)
	if !ok {
		p.i = at
		return p.unexpected("expected a name in quotes or a number")
	}
	switch v := literal.Value.(type) {
	case string:
		return p.pathKey(path, v)
	case int32:
		if v >= 0 {
			path.WriteString("[" + p.tokens[at].value + "]")
			return nil
		}
	}
	p.i = at
	return p.unexpected("expected a name in quotes or a number")
}
