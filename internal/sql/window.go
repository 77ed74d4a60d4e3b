package sql

import (
	"slices"
	"strings"

	"lakehouse/internal/errclass"
	"lakehouse/internal/plan"
	"lakehouse/internal/types"
)

// windowReference is an OVER name that waits for the WINDOW clause behind it.
type windowReference struct {
	name   string
	window *plan.Window
}

// over: OVER (name | '(' name ')' | '(' windowSpec ')')
func (p *parser) over(from int, function plan.Expression) (plan.Expression, error) {
	p.skip()
	window := &plan.Window{Function: function}
	name := p.tok().value
	switch {
	case !p.is("("):
		p.skip()
	case p.peek(1).value != "" && p.peek(2).key == ")":
		name = p.peek(1).value
		p.i += 3
	default:
		err := p.windowSpec(window)
		window.At = p.span(from)
		return window, err
	}
	window.At = p.span(from)
	p.pending = append(p.pending, &windowReference{name, window})
	return window, nil
}

// windowSpec: '(' [(PARTITION | DISTRIBUTE) BY expression, …] [(ORDER | SORT) BY sortItem, …] [frame] ')'
func (p *parser) windowSpec(w *plan.Window) error {
	if err := p.expect("("); err != nil {
		return err
	}
	var err error
	if p.take("partition", "by") || p.take("distribute", "by") {
		if w.PartitionBy, err = list(p, p.expression); err != nil {
			return err
		}
	}
	if p.take("order", "by") || p.take("sort", "by") {
		if w.OrderBy, err = list(p, p.sortItem); err != nil {
			return err
		}
	}
	if unit := p.takeAny("rows", "range"); unit != "" {
		w.Frame = &plan.WindowFrame{Rows: unit == "rows"}
		if err := p.frame(w.Frame); err != nil {
			return err
		}
	}
	return p.expect(")")
}

// frame: (ROWS | RANGE) (bound | BETWEEN bound AND bound)
func (p *parser) frame(f *plan.WindowFrame) (err error) {
	if !p.take("between") {
		f.Upper = p.currentRow()
		f.Lower, err = p.bound("preceding")
		return err
	}
	if f.Lower, err = p.bound("preceding"); err != nil {
		return err
	}
	if err := p.expect("and"); err != nil {
		return err
	}
	f.Upper, err = p.bound("following")
	return err
}

// bound: CURRENT ROW | UNBOUNDED (PRECEDING | FOLLOWING) | expression (PRECEDING | FOLLOWING). Only
// the given direction can be unbounded: a frame does not begin at its end.
func (p *parser) bound(unbounded string) (plan.Expression, error) {
	if p.take("current", "row") {
		return p.currentRow(), nil
	}
	if p.is("unbounded") && (p.peek(1).key == "preceding" || p.peek(1).key == "following") {
		p.skip()
		return nil, p.expect(unbounded)
	}
	from := p.i
	n, err := p.expression()
	if err != nil {
		return nil, err
	}
	switch p.takeAny("preceding", "following") {
	case "following":
		return n, nil
	case "preceding":
		return p.negated(from, n), nil
	}
	return nil, p.unexpected("expected PRECEDING or FOLLOWING")
}

func (p *parser) currentRow() plan.Expression {
	return &plan.Literal{At: p.span(p.i), Value: int32(0), Type: types.Integer}
}

// negated turns n PRECEDING into -n.
func (p *parser) negated(from int, n plan.Expression) plan.Expression {
	literal, ok := n.(*plan.Literal)
	if !ok {
		return p.call(from, "negative", n)
	}
	switch v := literal.Value.(type) {
	case int32:
		return &plan.Literal{At: literal.At, Value: -v, Type: literal.Type}
	case int64:
		return &plan.Literal{At: literal.At, Value: -v, Type: literal.Type}
	}
	return p.call(from, "negative", n)
}

// windowClause: WINDOW name AS windowSpec, …. It fills in the windows that were named since the mark.
func (p *parser) windowClause(mark int) error {
	if !p.isClause() || !p.take("window") {
		return nil
	}
	waiting := map[string][]*windowReference{}
	for _, ref := range p.pending[mark:] {
		key := strings.ToLower(ref.name)
		waiting[key] = append(waiting[key], ref)
	}
	defined := map[string]bool{}
	_, err := list(p, func() (string, error) {
		from, before := p.i, len(p.pending)
		name, err := p.windowDefinition(waiting)
		switch {
		case err != nil:
			return "", err
		case len(p.pending) > before:
			return "", p.refuse("a named window in the definition of another")
		}
		key := strings.ToLower(name)
		defined[key] = true
		return name, p.copies(from, p.i, len(waiting[key]))
	})
	p.pending = append(p.pending[:mark], slices.DeleteFunc(p.pending[mark:], func(ref *windowReference) bool {
		return defined[strings.ToLower(ref.name)]
	})...)
	return err
}

// windowDefinition: name AS windowSpec
func (p *parser) windowDefinition(waiting map[string][]*windowReference) (string, error) {
	name, err := p.identifier()
	if err == nil {
		err = p.expect("as")
	}
	if err != nil {
		return "", err
	}
	var spec plan.Window
	if err := p.windowSpec(&spec); err != nil {
		return "", err
	}
	for _, ref := range waiting[strings.ToLower(name)] {
		ref.window.PartitionBy, ref.window.OrderBy, ref.window.Frame = spec.PartitionBy, spec.OrderBy, spec.Frame
	}
	return name, nil
}

func (p *parser) missingWindow(ref *windowReference) error {
	return p.errorAt(ref.window.At, errclass.MissingWindowSpecification,
		"Window specification is not defined in the WINDOW clause for `"+ref.name+"`.")
}
