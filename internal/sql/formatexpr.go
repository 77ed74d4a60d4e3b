package sql

import (
	"strings"

	"lakehouse/internal/plan"
	"lakehouse/internal/types"
)

// expr prints an expression, in parentheses if it binds looser than floor.
func (w *printer) expr(e plan.Expression, floor power) {
	if binding(e) >= floor {
		w.bare(e)
		return
	}
	w.text("(")
	w.bare(e)
	w.text(")")
}

// binding is the power of the operator that an expression prints with.
func binding(e plan.Expression) power {
	switch e := e.(type) {
	case *plan.UnresolvedFunction:
		if o, ok := operatorOf(e); ok {
			return o.binds
		}
	case *plan.InList:
		return powerPredicate
	case *plan.Subquery:
		switch {
		case e.Child != nil:
			return powerPredicate
		case e.Not:
			return powerNot
		}
	case *plan.Alias, *plan.LambdaFunction, *plan.NamedArgument:
		return powerNone
	}
	return powerPrimary
}

func (w *printer) bare(e plan.Expression) {
	switch e := e.(type) {
	case *plan.Literal:
		w.literal(e)
	case *plan.UnresolvedAttribute:
		w.text(qualifiedName(e.Parts))
	case *plan.UnresolvedStar:
		if len(e.Target) > 0 {
			w.text(qualifiedName(e.Target), ".")
		}
		w.text("*")
	case *plan.UnresolvedFunction:
		w.function(e)
	case *plan.Cast:
		w.cast(e)
	case *plan.UnresolvedExtractValue:
		w.expr(e.Child, powerPostfix)
		w.text("[")
		w.expr(e.Extraction, powerNone)
		w.text("]")
	case *plan.Alias:
		w.alias(e)
	case *plan.LambdaFunction:
		w.lambda(e)
	case *plan.NamedArgument:
		w.text(quoteName(e.Name), " => ")
		w.expr(e.Value, powerNone)
	case *plan.TableArgument:
		w.text("TABLE(", qualifiedName(e.Name), ")")
	case *plan.CaseWhen:
		w.caseWhen(e)
	case *plan.InList:
		w.expr(e.Child, powerPredicate)
		w.text(notIf(e.Not), " IN (")
		w.expressions(e.Values)
		w.text(")")
	case *plan.Subquery:
		w.subquery(e)
	case *plan.Window:
		w.window(e)
	case *plan.ExpressionString:
		w.text("(", e.Text, ")")
	default:
		w.foreign(e)
	}
}

func notIf(not bool) string {
	if not {
		return " NOT"
	}
	return ""
}

func (w *printer) alias(a *plan.Alias) {
	w.expr(a.Child, powerNone)
	w.text(" AS ")
	if len(a.Names) == 1 {
		w.text(quoteName(a.Names[0]))
		return
	}
	w.names(a.Names)
}

func (w *printer) lambda(l *plan.LambdaFunction) {
	if len(l.Args) == 1 {
		w.text(quoteName(l.Args[0]))
	} else {
		w.names(l.Args)
	}
	w.text(" -> ")
	w.expr(l.Body, powerNone)
}

func (w *printer) caseWhen(c *plan.CaseWhen) {
	w.text("CASE")
	if c.Operand != nil {
		w.text(" ")
		w.expr(c.Operand, powerNone)
	}
	for _, branch := range c.When {
		w.text(" WHEN ")
		w.expr(branch.When, powerNone)
		w.text(" THEN ")
		w.expr(branch.Then, powerNone)
	}
	if c.Else != nil {
		w.text(" ELSE ")
		w.expr(c.Else, powerNone)
	}
	w.text(" END")
}

func (w *printer) subquery(s *plan.Subquery) {
	switch {
	case s.Child != nil:
		w.expr(s.Child, powerPredicate)
		w.text(notIf(s.Not), " IN ")
	case s.Exists && s.Not:
		w.text("NOT EXISTS ")
	case s.Exists:
		w.text("EXISTS ")
	}
	w.text("(")
	w.query(s.Query)
	w.text(")")
}

// cast prints DATE '…' for what that text was read as.
func (w *printer) cast(c *plan.Cast) {
	if literal, ok := c.Child.(*plan.Literal); ok && c.Mode == plan.EvalANSI && literal.Type == types.String {
		switch c.To {
		case types.Date, types.Timestamp, types.TimestampNTZ:
			w.text(types.SQL(c.To), " ")
			w.literal(literal)
			return
		}
	}
	if c.Mode == plan.EvalTry {
		w.text("TRY_")
	}
	w.text("CAST(")
	w.expr(c.Child, powerNone)
	w.text(" AS ", types.SQL(c.To), ")")
}

// A notation is how a function prints as an operator.
type notation struct {
	binds  power
	infix  string // between two operands
	prefix string
	suffix string // none of the three: between, like and ilike have shapes of their own
}

var notations = map[string]notation{
	"or": {binds: powerOr, infix: "OR"}, "and": {binds: powerAnd, infix: "AND"},
	"==": {binds: powerCompare, infix: "="}, "!=": {binds: powerCompare, infix: "<>"}, "<=>": {binds: powerCompare, infix: "<=>"},
	"<": {binds: powerCompare, infix: "<"}, "<=": {binds: powerCompare, infix: "<="},
	">": {binds: powerCompare, infix: ">"}, ">=": {binds: powerCompare, infix: ">="},
	"|": {binds: powerBitOr, infix: "|"}, "^": {binds: powerBitXor, infix: "^"}, "&": {binds: powerBitAnd, infix: "&"},
	"<<": {binds: powerShift, infix: "<<"}, ">>": {binds: powerShift, infix: ">>"},
	">>>": {binds: powerShift, infix: ">>>"},
	"+":   {binds: powerAdd, infix: "+"}, "-": {binds: powerAdd, infix: "-"},
	"*": {binds: powerMultiply, infix: "*"}, "/": {binds: powerMultiply, infix: "/"}, "%": {binds: powerMultiply, infix: "%"},
	"div": {binds: powerMultiply, infix: "DIV"},

	"not": {binds: powerNot, prefix: "NOT "}, "negative": {binds: powerUnary, prefix: "- "},
	"positive": {binds: powerUnary, prefix: "+ "}, "~": {binds: powerUnary, prefix: "~ "},

	"isnull": {binds: powerPredicate, suffix: " IS NULL"}, "isnotnull": {binds: powerPredicate, suffix: " IS NOT NULL"},
	"istrue": {binds: powerPredicate, suffix: " IS TRUE"}, "isfalse": {binds: powerPredicate, suffix: " IS FALSE"},

	"between": {binds: powerPredicate},
	"like":    {binds: powerPredicate}, "ilike": {binds: powerPredicate},
	"rlike": {binds: powerPredicate, infix: "RLIKE"},
}

// operatorOf is the notation of a call that has the operator's arguments, and nothing else.
func operatorOf(f *plan.UnresolvedFunction) (notation, bool) {
	n, ok := notations[f.Name]
	if !ok || f.IsDistinct || f.IgnoreNull || f.Filter != nil || f.OrderBy != nil {
		return n, false
	}
	for _, arg := range f.Args {
		switch arg.(type) {
		case *plan.Alias, *plan.NamedArgument, *plan.LambdaFunction:
			return n, false
		}
	}
	switch {
	case n.infix != "":
		return n, len(f.Args) == 2
	case n.prefix != "" || n.suffix != "":
		return n, len(f.Args) == 1
	case f.Name == "between":
		return n, len(f.Args) == 3
	case len(f.Args) == 3:
		escape, ok := f.Args[2].(*plan.Literal)
		return n, ok && escape.Type == types.String && escape.Value != nil
	}
	return n, len(f.Args) == 2
}

func (w *printer) function(f *plan.UnresolvedFunction) {
	n, ok := operatorOf(f)
	switch {
	case !ok:
		w.call(f)
	case n.infix != "":
		w.expr(f.Args[0], n.binds)
		w.text(" ", n.infix, " ")
		w.expr(f.Args[1], n.binds+1)
	case n.suffix != "":
		w.expr(f.Args[0], n.binds)
		w.text(n.suffix)
	case n.prefix != "":
		w.prefixed(n, f)
	case f.Name == "between":
		w.between(f)
	default:
		w.like(f)
	}
}

// prefixed prints an operator before its operand. Two operands need parentheses that their power
// does not ask for: - 1 is a literal, and NOT EXISTS (…) one node.
func (w *printer) prefixed(n notation, f *plan.UnresolvedFunction) {
	var operand printer
	operand.expr(f.Args[0], n.binds)
	text := operand.String()
	sub, exists := f.Args[0].(*plan.Subquery)
	if n.prefix == "- " && (digit(text[0]) || text[0] == '.') || exists && sub.Exists && !sub.Not && f.Name == "not" {
		text = "(" + text + ")"
	}
	w.text(n.prefix, text)
}

func (w *printer) between(f *plan.UnresolvedFunction) {
	w.expr(f.Args[0], powerPredicate)
	w.text(" BETWEEN ")
	w.expr(f.Args[1], powerPredicate+1)
	w.text(" AND ")
	w.expr(f.Args[2], powerPredicate+1)
}

func (w *printer) like(f *plan.UnresolvedFunction) {
	w.expr(f.Args[0], powerPredicate)
	w.text(" ", strings.ToUpper(f.Name), " ")
	floor := powerPredicate + 1
	if call, ok := f.Args[1].(*plan.UnresolvedFunction); ok && (call.Name == "any" || call.Name == "some") {
		floor = powerPrimary + 1 // LIKE ANY (…) is another predicate
	}
	w.expr(f.Args[1], floor)
	if len(f.Args) == 3 {
		w.text(" ESCAPE ")
		w.bare(f.Args[2])
	}
}

func (w *printer) call(f *plan.UnresolvedFunction) {
	w.text(quoteFunction(f), "(")
	if f.IsDistinct {
		w.text("DISTINCT ")
	}
	w.expressions(f.Args)
	w.text(")")
	if len(f.OrderBy) > 0 {
		w.text(" WITHIN GROUP (ORDER BY ")
		w.sortOrder(f.OrderBy)
		w.text(")")
	}
	if f.Filter != nil {
		w.text(" FILTER (WHERE ")
		w.expr(f.Filter, powerNone)
		w.text(")")
	}
	if f.IgnoreNull {
		w.text(" IGNORE NULLS")
	}
}

func (w *printer) window(o *plan.Window) {
	if f, ok := o.Function.(*plan.UnresolvedFunction); ok {
		w.call(f)
	} else {
		w.expr(o.Function, powerPrimary)
	}
	w.text(" OVER (")
	gap := ""
	if len(o.PartitionBy) > 0 {
		w.text("PARTITION BY ")
		w.expressions(o.PartitionBy)
		gap = " "
	}
	if len(o.OrderBy) > 0 {
		w.text(gap, "ORDER BY ")
		w.sortOrder(o.OrderBy)
		gap = " "
	}
	if o.Frame != nil {
		w.text(gap)
		w.frame(o.Frame)
	}
	w.text(")")
}

func (w *printer) frame(f *plan.WindowFrame) {
	unit := "RANGE"
	if f.Rows {
		unit = "ROWS"
	}
	w.text(unit, " BETWEEN ")
	w.bound(f.Lower, "UNBOUNDED PRECEDING")
	w.text(" AND ")
	w.bound(f.Upper, "UNBOUNDED FOLLOWING")
}

// bound prints a negative bound as FOLLOWING too: -1 FOLLOWING is 1 PRECEDING.
func (w *printer) bound(e plan.Expression, unbounded string) {
	literal, _ := e.(*plan.Literal)
	switch {
	case e == nil:
		w.text(unbounded)
	case literal != nil && literal.Value == int32(0):
		w.text("CURRENT ROW")
	default:
		w.expr(e, powerNone)
		w.text(" FOLLOWING")
	}
}
