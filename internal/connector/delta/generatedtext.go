package delta

import (
	"fmt"
	"strings"

	"lakehouse/deltalog"
	"lakehouse/internal/predicate"
	"lakehouse/internal/types"
)

// textOf is a condition that statistics are held against, as EXPLAIN shows it.
func textOf(p predicate.Predicate, schema types.Struct) string {
	switch p := p.(type) {
	case predicate.And:
		return joinedTexts(p, " AND ", schema)
	case predicate.Or:
		return "(" + joinedTexts(p, " OR ", schema) + ")"
	case predicate.Compare:
		symbols := map[predicate.Op]string{
			predicate.Equal: "=", predicate.NotEqual: "!=", predicate.Less: "<", predicate.LessOrEqual: "<=",
			predicate.Greater: ">", predicate.GreaterOrEqual: ">=",
		}
		return fmt.Sprintf("%s %s %s", strings.Join(p.Column, "."), symbols[p.Op], valueText(p, schema))
	case predicate.IsNull:
		return strings.Join(p.Column, ".") + " IS NULL"
	case predicate.In:
		texts := make([]string, len(p.Values))
		for i, v := range p.Values {
			texts[i] = valueText(predicate.Compare{Column: p.Column, Value: v}, schema)
		}
		return fmt.Sprintf("%s IN (%s)", strings.Join(p.Column, "."), strings.Join(texts, ", "))
	case predicate.Monotone:
		return p.Text
	case predicate.Test:
		return p.Text
	}
	return "?"
}

func joinedTexts[P ~[]predicate.Predicate](parts P, with string, schema types.Struct) string {
	texts := make([]string, len(parts))
	for i, p := range parts {
		texts[i] = textOf(p, schema)
		if and, ok := p.(predicate.And); ok && len(and) > 1 && len(parts) > 1 {
			texts[i] = "(" + texts[i] + ")"
		}
	}
	return strings.Join(texts, with)
}

func valueText(p predicate.Compare, schema types.Struct) string {
	if i := schema.Index(p.Column[0]); i >= 0 {
		if text, err := deltalog.PartitionValue(schema.Fields[i].Type, p.Value); err == nil && text != nil {
			if _, quoted := p.Value.(string); quoted {
				return fmt.Sprintf("'%s'", *text)
			}
			return *text
		}
	}
	return fmt.Sprintf("'%v'", p.Value)
}
