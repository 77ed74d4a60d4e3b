package sql

import (
	"errors"
	"strings"

	"lakehouse/internal/errclass"
	"lakehouse/internal/plan"
)

func upper(key string) string { return strings.ToUpper(key) }

// unexpected blames the next token: "Syntax error at or near 'x': expected …." An empty expectation
// leaves it at that.
func (p *parser) unexpected(expectation string) error {
	t := p.tok()
	if t.kind == kindBad {
		return p.badToken(t)
	}
	near := "end of input"
	if t.kind != kindEnd {
		near = "'" + shorten(p.text[t.start:t.end]) + "'"
	}
	if expectation != "" {
		near += ": " + expectation
	}
	return p.errorHere(errclass.ParseSyntaxError, "Syntax error at or near "+near+".")
}

// badToken tells why the text makes no token.
func (p *parser) badToken(t *token) error {
	if e, ok := errors.AsType[*errclass.Error](t.err); ok {
		return p.errorHere(e.Class, e.Detail)
	}
	near := shorten(p.text[t.start:t.end])
	return p.errorHere(errclass.ParseSyntaxError, "Syntax error at or near '"+near+"': "+t.err.Error()+".")
}

func shorten(text string) string {
	const longest = 40
	if len(text) <= longest {
		return text
	}
	return strings.ToValidUTF8(text[:longest], "") + "…"
}

func (p *parser) errorHere(class errclass.Class, detail string) *errclass.Error {
	t := p.tok()
	return p.errorAt(&plan.Span{Text: p.text, Start: t.start, End: t.end}, class, detail)
}

func (p *parser) errorAt(at *plan.Span, class errclass.Class, detail string) *errclass.Error {
	return &errclass.Error{Class: class, Detail: detail, At: at}
}

// refuse names what the grammar knows and this build does not do.
func (p *parser) refuse(feature string) error {
	return p.errorHere(errclass.UnsupportedFeature, "The feature is not supported: "+feature+".")
}
