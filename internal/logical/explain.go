package logical

import (
	"fmt"
	"strings"

	"lakehouse/internal/predicate"
)

// Explain is the plan as text, a line a node, inputs indented under what reads them.
func Explain(node Node) string {
	var text strings.Builder
	explain(&text, node, "", "")
	return text.String()
}

// explain writes a node behind first, and what belongs to it behind rest.
func explain(text *strings.Builder, node Node, first, rest string) {
	text.WriteString(first + node.String() + "\n")
	children := node.Children()
	for i, c := range children {
		if i < len(children)-1 {
			explain(text, c, rest+":- ", rest+":  ")
		} else {
			explain(text, c, rest+"+- ", rest+"   ")
		}
	}
}

var comparisons = [...]string{
	predicate.Equal: "=", predicate.NotEqual: "!=", predicate.Less: "<",
	predicate.LessOrEqual: "<=", predicate.Greater: ">", predicate.GreaterOrEqual: ">=",
}

func describePredicate(p predicate.Predicate) string {
	switch p := p.(type) {
	case predicate.And:
		return describeAll(p, " AND ")
	case predicate.Or:
		return describeAll(p, " OR ")
	case predicate.Compare:
		return fmt.Sprintf("%s %s %v", strings.Join(p.Column, "."), comparisons[p.Op], p.Value)
	case predicate.IsNull:
		if p.Not {
			return strings.Join(p.Column, ".") + " IS NOT NULL"
		}
		return strings.Join(p.Column, ".") + " IS NULL"
	case predicate.In:
		return fmt.Sprintf("%s IN %v", strings.Join(p.Column, "."), p.Values)
	case predicate.Monotone:
		return p.Text
	case predicate.Test:
		return p.Text
	}
	return "true"
}

func describeAll(parts []predicate.Predicate, between string) string {
	texts := make([]string, len(parts))
	for i, p := range parts {
		texts[i] = describePredicate(p)
	}
	return "(" + strings.Join(texts, between) + ")"
}
