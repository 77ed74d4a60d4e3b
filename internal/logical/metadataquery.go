package logical

import (
	"context"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"lakehouse/internal/expr"
	"lakehouse/internal/predicate"
	"lakehouse/internal/types"
)

// A Totaled source knows of all its rows together how many there are, and of its columns how many values are null, and which is the
// least and the greatest. It tells only what is exact.
type Totaled interface {
	Source
	// Totals may stop, and give what it has, as soon as that is of no use.
	Totals(ctx context.Context, columns []string, useful func(Totals) bool) (Totals, error)
}

// Totals is what a source knows of all its rows.
type Totals struct {
	Rows    int64 // -1: not known
	Columns []ColumnTotals
}

// ColumnTotals is what a source knows of a column. Bounds are exact where Bounded; nil where all values are null.
type ColumnTotals struct {
	Nulls    int64 // -1: not known
	Min, Max predicate.Value
	Bounded  bool
}

// AnswerFromMetadata replaces counts, least and greatest values of a whole source by what the source knows without reading its rows.
// The plan must have been optimized: only then a relation names the columns that it needs.
func AnswerFromMetadata(ctx context.Context, node Node) (Node, error) {
	if a, ok := node.(*Aggregate); ok {
		answer, err := a.answer(ctx)
		if answer != nil || err != nil {
			return answer, err
		}
	}
	children := node.Children()
	if len(children) == 0 {
		return node, nil
	}
	answered, changed := make([]Node, len(children)), false
	for i, c := range children {
		var err error
		if answered[i], err = AnswerFromMetadata(ctx, c); err != nil {
			return nil, err
		}
		changed = changed || answered[i] != c
	}
	if !changed {
		return node, nil
	}
	return node.WithChildren(answered), nil
}

// answer is the aggregate's row, nil where the rows have to be read.
func (n *Aggregate) answer(ctx context.Context) (Node, error) {
	source, columns, ok := n.totaled()
	if !ok {
		return nil, nil
	}
	asks := make([]totalAsk, len(n.Calls))
	var names []string
	for i, call := range n.Calls {
		ask, ok := askOf(call, columns)
		if !ok {
			return nil, nil
		}
		if asks[i] = ask; ask.column != "" {
			asks[i].at = len(names)
			names = append(names, ask.column)
		}
	}
	totals, err := source.Totals(ctx, names, func(t Totals) bool { return answers(asks, t) })
	if err != nil || !answers(asks, totals) {
		return nil, err
	}
	values := make([]arrow.Array, len(asks))
	for i, ask := range asks {
		value, _ := ask.of(totals)
		constant, ok := expr.ConstantOf(value, n.Calls[i].Function.Type())
		if !ok {
			return nil, nil
		}
		v, err := constant.Eval(&expr.Context{}, expr.OneRow)
		if err != nil {
			return nil, err
		}
		values[i] = v.Expand(1)
	}
	schema := n.Schema()
	row := array.NewRecordBatch(types.ToArrowSchema(schema), values, 1)
	return NewLocalRelation(schema, []arrow.RecordBatch{row}), nil
}

// answers reports whether the totals tell all that is asked.
func answers(asks []totalAsk, t Totals) bool {
	return !slices.ContainsFunc(asks, func(a totalAsk) bool { _, ok := a.of(t); return !ok })
}

// totaled is the source whose rows are aggregated as a whole, and its columns by their position in the input.
func (n *Aggregate) totaled() (source Totaled, columns []string, ok bool) {
	if len(n.Keys) > 0 || n.Session != nil || len(n.Calls) == 0 {
		return nil, nil, false
	}
	r, isRelation := n.Input.(*Relation)
	p, isProject := n.Input.(*Project)
	if isProject {
		r, isRelation = p.Input.(*Relation)
	}
	if !isRelation || r.Stream || len(r.Hidden) > 0 || r.Options.Where != nil {
		return nil, nil, false
	}
	if source, ok = r.Source.(Totaled); !ok {
		return nil, nil, false
	}
	columns = r.Schema().Names()
	if !isProject {
		return source, columns, true
	}
	projected := make([]string, len(p.Columns))
	for i, c := range p.Columns {
		if column, plain := c.Expr.(*expr.Column); plain {
			projected[i] = columns[column.Index]
		}
	}
	return source, projected, true
}

// A totalAsk is an aggregate that totals may answer.
type totalAsk struct {
	function string // count, min or max
	column   string // empty: of rows
	at       int    // of the column among those asked for
}

func askOf(call AggregateCall, columns []string) (totalAsk, bool) {
	named, ok := call.Function.(interface {
		Name() string
		Distinct() bool
	})
	if !ok || named.Distinct() || call.Distinct || call.Filter != nil {
		return totalAsk{}, false
	}
	ask := totalAsk{function: named.Name()}
	args := call.Function.Args()
	switch {
	case ask.function != "count" && ask.function != "min" && ask.function != "max":
		return ask, false
	case ask.function == "count" && !anyNullable(args):
		return ask, true
	case len(args) != 1:
		return ask, false
	}
	column, ok := args[0].(*expr.Column)
	if !ok || columns[column.Index] == "" {
		return ask, false
	}
	ask.column = columns[column.Index]
	return ask, true
}

// anyNullable reports whether an argument may be null in a row, or costs more than a look.
func anyNullable(args []expr.Expr) bool {
	for _, a := range args {
		switch a := a.(type) {
		case *expr.Constant:
			if a.Value == nil {
				return true
			}
		case *expr.Column:
			if a.Null {
				return true
			}
		default:
			return true
		}
	}
	return false
}

// of is the answer; ok is false where the source does not know it.
func (a totalAsk) of(t Totals) (v predicate.Value, ok bool) {
	if a.column == "" {
		return t.Rows, t.Rows >= 0
	}
	if t.Rows < 0 || a.at >= len(t.Columns) {
		return nil, false
	}
	c := t.Columns[a.at]
	switch a.function {
	case "count":
		return t.Rows - c.Nulls, c.Nulls >= 0
	case "min":
		return c.Min, c.Bounded
	}
	return c.Max, c.Bounded
}
