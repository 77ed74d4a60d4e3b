package plan

import (
	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

// An Expression is an unresolved expression.
type Expression interface{ isExpression() }

// Span is where in the SQL text a node stands; the zero value for nodes that no text made.
type Span = errclass.Span

// Literal is a constant. Value is nil (NULL of any type), bool, int8, int16, int32, int64 (also
// timestamps and day-time intervals in microseconds), float32, float64, string, []byte,
// decimal128.Num at the type's scale, int32 for dates (days) and year-month intervals, or, for
// CalendarInterval, arrow.MonthDayNanoInterval. Arrays, maps and structs are made by functions.
type Literal struct {
	At    *Span
	Value any
	Type  types.Type
}

// UnresolvedAttribute is a column, or a field of one: `a`, `t.a`, `a.b.c`.
type UnresolvedAttribute struct {
	At    *Span
	Parts []string // without back-ticks
}

// UnresolvedFunction calls a function by name; operators too ("+", "==", "and", "not").
// Name is lower case.
type UnresolvedFunction struct {
	At         *Span
	Name       string
	Args       []Expression
	IsDistinct bool
	Filter     Expression // FILTER (WHERE …) of an aggregate; nil: none
	OrderBy    []SortOrder
	IgnoreNull bool
}

// NamedArgument is name => value in a function's arguments.
type NamedArgument struct {
	At    *Span
	Name  string
	Value Expression
}

// TableArgument is TABLE(name) in a table function's arguments.
type TableArgument struct {
	At   *Span
	Name []string
}

// ExpressionString is SQL text of an expression, as expr() and selectExpr() take it.
type ExpressionString struct {
	Text string
}

// UnresolvedStar is * or t.* or struct.*; Except and the like are not there yet.
type UnresolvedStar struct {
	At     *Span
	Target []string // empty: all columns
}

// Alias names an expression. Several names belong to a generator (explode of a map, inline).
type Alias struct {
	At    *Span
	Child Expression
	Names []string
}

// EvalMode says what a cast does with a value it cannot convert.
type EvalMode uint8

// The modes of Cast.
const (
	EvalDefault EvalMode = iota // as spark.sql.ansi.enabled says
	EvalLegacy                  // null
	EvalANSI                    // error
	EvalTry                     // null
)

// Cast converts to a type.
type Cast struct {
	At    *Span
	Child Expression
	To    types.Type
	Mode  EvalMode
}

// Direction and null order of a sort key.
const (
	Ascending  = false
	Descending = true
)

// SortOrder is a sort key. NullsFirst nil: first when ascending, last when descending.
type SortOrder struct {
	Child      Expression
	Descending bool
	NullsFirst *bool
}

// UnresolvedExtractValue is child[key], child.field on a computed child, or a map's value.
type UnresolvedExtractValue struct {
	At         *Span
	Child      Expression
	Extraction Expression
}

// LambdaFunction is (x, y) -> body, an argument of a higher-order function.
type LambdaFunction struct {
	At   *Span
	Body Expression
	Args []string
}

// CaseWhen is CASE: Operand, when not nil, is compared with each When.
type CaseWhen struct {
	At      *Span
	Operand Expression
	When    []WhenThen
	Else    Expression // nil: NULL
}

// WhenThen is one branch of CASE.
type WhenThen struct{ When, Then Expression }

// InList is child [NOT] IN (values).
type InList struct {
	At     *Span
	Child  Expression
	Values []Expression
	Not    bool
}

// Subquery is a query used as an expression: scalar, EXISTS, or, with Child, IN.
type Subquery struct {
	At     *Span
	Query  Relation
	Exists bool
	Child  Expression // IN: what is looked for
	Not    bool
}

// Window is func OVER (PARTITION BY … ORDER BY … frame).
type Window struct {
	At          *Span
	Function    Expression
	PartitionBy []Expression
	OrderBy     []SortOrder
	Frame       *WindowFrame
}

// WindowFrame bounds a window. A nil bound is UNBOUNDED; CURRENT ROW is a literal 0; what PRECEDING
// counts is negative: a negative literal, or the function "negative".
type WindowFrame struct {
	Rows         bool // ROWS, else RANGE
	Lower, Upper Expression
}

func (*Literal) isExpression()                {}
func (*UnresolvedAttribute) isExpression()    {}
func (*UnresolvedFunction) isExpression()     {}
func (*NamedArgument) isExpression()          {}
func (*TableArgument) isExpression()          {}
func (*ExpressionString) isExpression()       {}
func (*UnresolvedStar) isExpression()         {}
func (*Alias) isExpression()                  {}
func (*Cast) isExpression()                   {}
func (*UnresolvedExtractValue) isExpression() {}
func (*LambdaFunction) isExpression()         {}
func (*CaseWhen) isExpression()               {}
func (*InList) isExpression()                 {}
func (*Subquery) isExpression()               {}
func (*Window) isExpression()                 {}
