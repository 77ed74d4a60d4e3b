package logical

import (
	"fmt"
	"strings"

	"lakehouse/internal/expr"
)

// Same reports whether two expressions over the same input compute the same.
func Same(a, b expr.Expr) bool { return a == b || signature(a) == signature(b) }

// signature writes an expression so that different ones differ: columns by position, since names may
// stand for several, and everything with its type, since implicit casts do not show.
func signature(e expr.Expr) string {
	var text strings.Builder
	writeSignature(&text, e)
	return text.String()
}

func writeSignature(text *strings.Builder, e expr.Expr) {
	switch e := e.(type) {
	case *expr.Column:
		fmt.Fprintf(text, "#%d", e.Index)
		return
	case *expr.LambdaVariable:
		fmt.Fprintf(text, "$%d", e.Index)
		return
	case *laterAlias:
		writeSignature(text, e.Expr)
		return
	case *itemRef:
		fmt.Fprintf(text, "@%d", e.index)
		return
	}
	fmt.Fprintf(text, "%T:%s:%s(", e, e.Type(), e)
	for _, c := range e.Children() {
		writeSignature(text, c)
		text.WriteByte(',')
	}
	text.WriteByte(')')
}

// rewrite replaces subtrees from the top down: where f answers, with a replacement or an error, it is not
// asked for what is below.
func rewrite(e expr.Expr, f func(expr.Expr) (expr.Expr, error)) (expr.Expr, error) {
	if out, err := f(e); out != nil || err != nil {
		return out, err
	}
	children := e.Children()
	if len(children) == 0 {
		return e, nil
	}
	changed := false
	out := make([]expr.Expr, len(children))
	for i, c := range children {
		var err error
		if out[i], err = rewrite(c, f); err != nil {
			return nil, err
		}
		changed = changed || out[i] != c
	}
	if !changed {
		return e, nil
	}
	return e.WithChildren(out), nil
}

// contains reports whether a subtree has a property.
func contains(e expr.Expr, has func(expr.Expr) bool) bool {
	if has(e) {
		return true
	}
	for _, c := range e.Children() {
		if contains(c, has) {
			return true
		}
	}
	return false
}

// has reports whether an expression holds a node of type T.
func has[T expr.Expr](e expr.Expr) bool {
	return contains(e, func(e expr.Expr) bool { _, ok := e.(T); return ok })
}

// moved is the expression over columns that have other positions now.
func moved(e expr.Expr, to func(index int) int) expr.Expr {
	out, _ := rewrite(e, func(e expr.Expr) (expr.Expr, error) {
		c, ok := e.(*expr.Column)
		if !ok {
			return nil, nil
		}
		return expr.NewColumn(to(c.Index), c.Name, c.DataType, c.Null), nil
	})
	return out
}

func shifted(e expr.Expr, by int) expr.Expr {
	return moved(e, func(i int) int { return i + by })
}

// columnsIn marks the columns that an expression reads.
func columnsIn(e expr.Expr, mark func(index int)) {
	if c, ok := e.(*expr.Column); ok {
		mark(c.Index)
	}
	for _, c := range e.Children() {
		columnsIn(c, mark)
	}
}
