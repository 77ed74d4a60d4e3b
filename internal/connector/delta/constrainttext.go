package delta

import (
	"fmt"
	"strings"

	"lakehouse/internal/plan"
	"lakehouse/internal/sql"
)

// infixes are the operators that stand between their operands, as Spark writes them.
var infixes = map[string]string{
	"+": "+", "-": "-", "*": "*", "/": "/", "%": "%", "div": "div", "||": "||", "&": "&", "|": "|", "^": "^",
	"==": "=", "=": "=", "<=>": "<=>", "<": "<", "<=": "<=", ">": ">", ">=": ">=", "and": "AND", "or": "OR",
}

// asSpark writes an expression as Delta shows it in errors: each operation in parentheses, long chains of AND and OR as balanced trees.
func asSpark(e plan.Expression) string {
	switch e := e.(type) {
	case *plan.UnresolvedAttribute:
		return dotted(e.Parts)
	case *plan.UnresolvedFunction:
		return callAsSpark(e)
	case *plan.InList:
		values := make([]string, len(e.Values))
		for i, v := range e.Values {
			values[i] = asSpark(v)
		}
		text := fmt.Sprintf("(%s IN (%s))", asSpark(e.Child), strings.Join(values, ", "))
		if e.Not {
			return "(NOT " + text + ")"
		}
		return text
	}
	return sql.Format(e)
}

func callAsSpark(f *plan.UnresolvedFunction) string {
	args := make([]string, len(f.Args))
	for i, a := range f.Args {
		args[i] = asSpark(a)
	}
	infix := infixes[f.Name]
	switch {
	case (f.Name == "and" || f.Name == "or") && len(args) == 2:
		return balanced(chain(f, f.Name, nil), infix)
	case (f.Name == "!=" || f.Name == "<>") && len(args) == 2:
		return fmt.Sprintf("(NOT (%s = %s))", args[0], args[1])
	case infix != "" && len(args) == 2:
		return fmt.Sprintf("(%s %s %s)", args[0], infix, args[1])
	case f.Name == "not" && len(args) == 1:
		return "(NOT " + args[0] + ")"
	case f.Name == "isnull" && len(args) == 1:
		return "(" + args[0] + " IS NULL)"
	case f.Name == "isnotnull" && len(args) == 1:
		return "(" + args[0] + " IS NOT NULL)"
	case f.IsDistinct || f.Filter != nil || len(f.OrderBy) > 0 || strings.ContainsFunc(f.Name, func(r rune) bool { return r != '_' && (r < 'a' || r > 'z') && (r < '0' || r > '9') }):
		return sql.Format(f)
	}
	return f.Name + "(" + strings.Join(args, ", ") + ")"
}

// chain are the operands of one AND or OR behind another.
func chain(e plan.Expression, name string, to []plan.Expression) []plan.Expression {
	if f, ok := e.(*plan.UnresolvedFunction); ok && f.Name == name && len(f.Args) == 2 {
		return append(chain(f.Args[0], name, to), f.Args[1])
	}
	return append(to, e)
}

func balanced(operands []plan.Expression, infix string) string {
	if len(operands) == 1 {
		return asSpark(operands[0])
	}
	half := (len(operands) + 1) / 2
	return fmt.Sprintf("(%s %s %s)", balanced(operands[:half], infix), infix, balanced(operands[half:], infix))
}
