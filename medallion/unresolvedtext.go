package medallion

import (
	"fmt"
	"strings"

	"lakehouse/internal/plan"
	"lakehouse/internal/sql"
)

// unresolvedText is a condition as Spark's history tells it of OPTIMIZE and REORG: before anybody knows what its names are, which have a tick.
func unresolvedText(e plan.Expression) string {
	switch e := e.(type) {
	case *plan.UnresolvedAttribute:
		return "'" + strings.Join(e.Parts, ".")
	case *plan.Literal:
		if e.Value == nil {
			return "null"
		}
		return fmt.Sprint(e.Value)
	case *plan.InList:
		text := unresolvedText(e.Child) + " IN (" + unresolvedTexts(e.Values) + ")"
		if e.Not {
			return "NOT " + text
		}
		return text
	case *plan.UnresolvedFunction:
		return unresolvedCall(e)
	}
	return sql.Format(e)
}

func unresolvedCall(e *plan.UnresolvedFunction) string {
	if len(e.Args) == 2 {
		left, right := unresolvedText(e.Args[0]), unresolvedText(e.Args[1])
		switch name := strings.ToLower(e.Name); name {
		case "==", "=":
			return "(" + left + " = " + right + ")"
		case "!=", "<>":
			return "NOT (" + left + " = " + right + ")"
		case "and", "or":
			return "(" + left + " " + strings.ToUpper(name) + " " + right + ")"
		case "<", "<=", ">", ">=", "<=>", "+", "-", "*", "/", "%":
			return "(" + left + " " + name + " " + right + ")"
		}
	}
	switch strings.ToLower(e.Name) {
	case "not":
		return "NOT " + unresolvedTexts(e.Args)
	case "isnull", "isnotnull":
		return strings.ToLower(e.Name) + "(" + unresolvedTexts(e.Args) + ")"
	}
	return "'" + e.Name + "(" + unresolvedTexts(e.Args) + ")"
}

func unresolvedTexts(all []plan.Expression) string {
	texts := make([]string, len(all))
	for i, e := range all {
		texts[i] = unresolvedText(e)
	}
	return strings.Join(texts, ", ")
}
