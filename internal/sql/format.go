package sql

import (
	"fmt"
	"strings"

	"lakehouse/internal/plan"
	"lakehouse/internal/types"
)

// Format prints a plan.Statement, plan.Relation, plan.Expression or types.Field (a column of CREATE TABLE) as SQL. What the parser made
// parses to the same nodes again, places aside. A node that no SQL text makes prints as its name in
// angle brackets, which does not parse.
func Format(node any) string {
	var w printer
	switch node := node.(type) {
	case plan.Statement:
		w.statement(node)
	case types.Field:
		w.column(node)
	case plan.Relation:
		w.query(node)
	case plan.Expression:
		w.expr(node, powerNone)
	default:
		w.foreign(node)
	}
	return w.String()
}

type printer struct{ strings.Builder }

func (w *printer) text(parts ...string) {
	for _, part := range parts {
		w.WriteString(part)
	}
}

// foreign prints a node that SQL has no words for.
func (w *printer) foreign(node any) {
	name := fmt.Sprintf("%T", node)
	w.text("<", name[strings.LastIndexByte(name, '.')+1:], ">")
}

// each prints items with commas between them.
func each[T any](w *printer, items []T, item func(T)) {
	for i, it := range items {
		if i > 0 {
			w.text(", ")
		}
		item(it)
	}
}

func (w *printer) expressions(list []plan.Expression) {
	each(w, list, func(e plan.Expression) { w.expr(e, powerNone) })
}

func (w *printer) names(list []string) {
	w.text("(")
	each(w, list, func(name string) { w.text(quoteName(name)) })
	w.text(")")
}

// quoteName puts a name in back-ticks where it would not be read as one.
func quoteName(name string) string {
	lower := strings.ToLower(name)
	if strict[lower] || clauses[lower] || reserved[lower] || nullary[lower] || notNames[lower] {
		return "`" + name + "`"
	}
	return types.QuoteIfNeeded(name)
}

// notNames mean something else than a name in one place or other.
var notNames = set("all", "any", "both", "case", "cube", "current", "distinct", "exists", "false", "for", "grouping", "if", "interval",
	"leading", "not", "null", "recursive", "rollup", "some", "stream", "system_time", "system_version", "table", "trailing", "true",
	"unbounded", "version")

// quoteFunction is quoteName for what stands before a parenthesis, where most words are functions.
func quoteFunction(f *plan.UnresolvedFunction) string {
	name := f.Name
	plainArgs := len(f.Args) > 0 && !f.IsDistinct
	if reserved[name] || clauses[name] || notFunctions[name] || specialForms[name] && !plainArgs || name == "exists" && len(f.Args) == 1 {
		return "`" + name + "`"
	}
	return types.QuoteIfNeeded(name)
}

var notFunctions = set("all", "case", "cast", "cube", "distinct", "grouping", "not", "outer", "position", "rollup", "table", "try_cast")

// specialForms have keywords between their arguments; written with commas they are plain calls.
var specialForms = set("ceil", "ceiling", "extract", "floor", "overlay", "substr", "substring", "trim")

// qualifiedName quotes what a name begins with more carefully than what stands behind a point.
func qualifiedName(parts []string) string {
	quoted := make([]string, len(parts))
	for i, part := range parts {
		if i == 0 {
			quoted[i] = quoteName(part)
		} else {
			quoted[i] = types.QuoteIfNeeded(part)
		}
	}
	return strings.Join(quoted, ".")
}

func (w *printer) sortOrder(order []plan.SortOrder) {
	each(w, order, func(o plan.SortOrder) {
		w.expr(o.Child, powerNone)
		if o.Descending {
			w.text(" DESC")
		}
		switch {
		case o.NullsFirst == nil:
		case *o.NullsFirst:
			w.text(" NULLS FIRST")
		default:
			w.text(" NULLS LAST")
		}
	})
}
