package sql

import (
	"fmt"

	"lakehouse/internal/errclass"
	"lakehouse/internal/plan"
	"lakehouse/internal/types"
)

// Bounds against hostile text.
const (
	maxDepth = 400    // of nested expressions and queries
	maxChain = 20_000 // of operators, joins or set operations in a row
)

// parser walks the tokens of one text. A production reads its tokens and leaves the parser behind
// them; on an error it stays where the fault is.
type parser struct {
	text    string
	tokens  []token
	i       int // the next token
	depth   int
	pending []*windowReference // OVER name, whose WINDOW clause has not come yet

	beforeQuery bool // an expression is read behind which a query in parentheses comes: these are no function's

	copied     []copied // see copies
	copiedSize int
	rescans    int // see rescan
}

func newParser(text string) (*parser, error) {
	if len(text) > maxText {
		return nil, errclass.ParseSyntaxError.New("The text has %d bytes; at most %d are read.", len(text), maxText)
	}
	return &parser{text: text, tokens: scan(text)}, nil
}

// Parse reads one statement; a ";" may end it.
func Parse(text string) (plan.Statement, error) {
	return parseAll(text, func(p *parser) (plan.Statement, error) {
		s, err := p.statement()
		if err == nil {
			p.take(";")
		}
		return s, err
	})
}

// ParseScript reads statements with ";" between them. Empty ones are passed over.
func parseScript(text string) ([]plan.Statement, error) {
	return parseAll(text, (*parser).script)
}

// script: [statement] (';' [statement])*
func (p *parser) script() ([]plan.Statement, error) {
	var list []plan.Statement
	for {
		for p.take(";") {
		}
		if p.tok().kind == kindEnd {
			return list, nil
		}
		s, err := p.statement()
		if err != nil {
			return nil, err
		}
		list = append(list, s)
		if !p.is(";") && p.tok().kind != kindEnd {
			return nil, p.unexpected("")
		}
	}
}

// ParseExpression reads one expression, as expr() and filter() take it.
func ParseExpression(text string) (plan.Expression, error) {
	return parseAll(text, (*parser).expression)
}

// ParseNamedExpression reads one expression with or without a name, as selectExpr() takes it:
// "a AS b", "explode(x) AS (k, v)", "t.*".
func ParseNamedExpression(text string) (plan.Expression, error) {
	return parseAll(text, (*parser).namedExpression)
}

// ParseNamedExpressions reads a select list.
func parseNamedExpressions(text string) ([]plan.Expression, error) {
	return parseAll(text, (*parser).selectList)
}

// ParseRelation reads a query.
func ParseRelation(text string) (plan.Relation, error) {
	return parseAll(text, func(p *parser) (plan.Relation, error) {
		r, err := p.query()
		if err == nil {
			p.take(";")
		}
		return r, err
	})
}

// ParseTableName reads a name of one or more parts: a.`b-c`.d
func ParseTableName(text string) ([]string, error) {
	return parseAll(text, (*parser).multipartIdentifier)
}

// parseAll runs a production over the whole text.
func parseAll[T any](text string, production func(*parser) (T, error)) (T, error) {
	var none T
	p, err := newParser(text)
	if err != nil {
		return none, err
	}
	node, err := production(p)
	if err == nil && p.tok().kind != kindEnd {
		err = p.unexpected("")
	}
	if err == nil && len(p.pending) > 0 {
		err = p.missingWindow(p.pending[0])
	}
	if err != nil {
		return none, err
	}
	return node, nil
}

func (p *parser) tok() *token { return &p.tokens[p.i] }

// peek is the token n behind the next one.
func (p *parser) peek(n int) *token { return &p.tokens[min(p.i+n, len(p.tokens)-1)] }

// is reports whether the next tokens are these keywords or symbols.
func (p *parser) is(keys ...string) bool {
	for n, key := range keys {
		if p.peek(n).key != key {
			return false
		}
	}
	return true
}

// isAny reports whether the next token is one of these.
func (p *parser) isAny(keys ...string) bool {
	for _, key := range keys {
		if p.tok().key == key {
			return true
		}
	}
	return false
}

func (p *parser) skip() {
	if p.i < len(p.tokens)-1 {
		p.i++
	}
}

// take passes over the keywords or symbols if all of them come next.
func (p *parser) take(keys ...string) bool {
	if !p.is(keys...) {
		return false
	}
	p.i += len(keys) // the end token has no key
	return true
}

// takeAny passes over one of the keywords and tells which; "" if none comes.
func (p *parser) takeAny(keys ...string) string {
	if !p.isAny(keys...) {
		return ""
	}
	key := p.tok().key
	p.skip()
	return key
}

func (p *parser) expect(keys ...string) error {
	for _, key := range keys {
		if !p.take(key) {
			return p.unexpected(fmt.Sprintf("expected %q", upper(key)))
		}
	}
	return nil
}

// enter counts how deep productions nest; leave follows.
func (p *parser) enter() error {
	p.depth++
	if p.depth > maxDepth {
		return p.errorHere(errclass.ParseSyntaxError, fmt.Sprintf("The text nests deeper than %d levels.", maxDepth))
	}
	return nil
}

func (p *parser) leave() { p.depth-- }

// chain bounds how many operators follow each other: each makes the tree one higher.
func (p *parser) chain(length int) error {
	if length > maxChain {
		return p.errorHere(errclass.ParseSyntaxError, fmt.Sprintf("More than %d operators in a row.", maxChain))
	}
	return nil
}

// span is the text from a token to the last one taken.
func (p *parser) span(from int) *plan.Span {
	return &plan.Span{Text: p.text, Start: p.tokens[from].start, End: p.tokens[max(p.i-1, from)].end}
}

// list: item (',' item)*
func list[T any](p *parser, item func() (T, error)) ([]T, error) {
	var items []T
	for {
		it, err := item()
		if err != nil {
			return nil, err
		}
		items = append(items, it)
		if !p.take(",") {
			return items, nil
		}
	}
}

// parenthesised: '(' item (',' item)* ')'
func parenthesised[T any](p *parser, item func() (T, error)) ([]T, error) {
	if err := p.expect("("); err != nil {
		return nil, err
	}
	items, err := list(p, item)
	if err != nil {
		return nil, err
	}
	return items, p.expect(")")
}

// dataType is read by package types from the same text.
func (p *parser) dataType() (types.Type, error) {
	t, end, err := types.ParseTypeAt(p.text, p.tok().start)
	if err != nil {
		return nil, err
	}
	return t, p.moveTo(end)
}

// moveTo goes on at an offset that another parser has reached. It may lie inside a symbol: of
// "array<int>>5" the type takes the first ">".
func (p *parser) moveTo(offset int) error {
	for p.tok().kind != kindEnd && p.tok().end <= offset {
		p.i++
	}
	t := p.tok()
	if t.start >= offset {
		return nil
	}
	if t.kind != kindSymbol {
		return p.unexpected("")
	}
	t.key, t.start = p.text[offset:t.end], offset
	return nil
}
