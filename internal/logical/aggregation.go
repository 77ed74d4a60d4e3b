package logical

import (
	"fmt"

	"lakehouse/internal/errclass"
	"lakehouse/internal/expr"
	"lakehouse/internal/types"
)

// An aggregation gathers the keys of a GROUP BY and the aggregate functions that the clauses use.
type aggregation struct {
	keys  []Named
	calls []AggregateCall
	bare  bool     // there is no GROUP BY: aggregates alone make one group of all rows
	sets  [][]bool // grouping sets: which keys each has; nil: plain grouping

	keyAt  map[string]int // the first of keys of each signature, as far as known
	known  int            // how many keys are in keyAt
	callAt map[string]int // the place in calls of each signature
}

// over turns an expression over the rows into one over the groups: what equals a key is that key, an
// aggregate is its result, and any other column has no one value in a group.
func (a *aggregation) over(e expr.Expr) (expr.Expr, error) {
	return rewrite(e, func(e expr.Expr) (expr.Expr, error) {
		switch e := e.(type) {
		case *aggregateCall:
			return a.call(e), nil
		case *laterAlias:
			inner, err := a.over(e.Expr)
			return &laterAlias{inner, e.name}, err
		case *subqueryCall:
			return nil, nil
		}
		if i := a.key(e); i >= 0 {
			return a.keyColumn(i, e), nil
		}
		if c, ok := e.(*expr.Column); ok && a.bare {
			return nil, errclass.MissingGroupBy.New("The query does not include a GROUP BY clause: the column `%s` has no one value.", c.Name).
				WithHint("Add GROUP BY or turn it into the window functions using OVER clauses.")
		} else if ok {
			return nil, errclass.MissingAggregation.New(
				"The non-aggregating expression \"%s\" is based on columns which are not participating in the GROUP BY clause.\nAdd the columns or the expression to the GROUP BY, aggregate the expression, or use \"any_value(%s)\" if you do not care which of the values within a group is returned.",
				c.Name, c.Name)
		}
		if g, err := a.grouping(e); g != nil || err != nil {
			return g, err
		}
		return nil, nil
	})
}

// key is the number of the key that an expression equals, or -1.
func (a *aggregation) key(e expr.Expr) int {
	if _, ok := e.(*expr.Constant); ok || len(a.keys) == 0 {
		return -1
	}
	if a.keyAt == nil {
		a.keyAt = map[string]int{}
	}
	for ; a.known < len(a.keys); a.known++ {
		text := signature(a.keys[a.known].Expr)
		if _, ok := a.keyAt[text]; !ok {
			a.keyAt[text] = a.known
		}
	}
	if at, ok := a.keyAt[signature(e)]; ok {
		return at
	}
	return -1
}

func (a *aggregation) keyColumn(i int, e expr.Expr) expr.Expr {
	k := a.keys[i]
	return expr.NewColumn(i, e.String(), k.Expr.Type(), k.Expr.Nullable() || a.sets != nil)
}

// width is how many key columns the node has: with grouping sets, one more, that tells the sets apart.
func (a *aggregation) width() int {
	if a.sets != nil {
		return len(a.keys) + 1
	}
	return len(a.keys)
}

// call is the column of an aggregate's result.
func (a *aggregation) call(c *aggregateCall) expr.Expr {
	text := fmt.Sprint(c.Distinct, signature(c))
	at, ok := a.callAt[text]
	if !ok {
		if a.callAt == nil {
			a.callAt = map[string]int{}
		}
		at = len(a.calls)
		a.callAt[text] = at
		a.calls = append(a.calls, c.AggregateCall)
	}
	return expr.NewColumn(a.width()+at, c.String(), c.Type(), c.Nullable())
}

// node makes the aggregate over an input.
func (a *aggregation) node(r *resolver, input Node) (Node, error) {
	exprs := make([]expr.Expr, 0, len(a.keys)+len(a.calls))
	for _, k := range a.keys {
		exprs = append(exprs, k.Expr)
	}
	for _, c := range a.calls {
		exprs = append(exprs, (&aggregateCall{c}).Children()...)
	}
	input, exprs, err := r.plant(input, exprs)
	if err != nil {
		return nil, err
	}
	keys := make([]Named, len(a.keys))
	for i, k := range a.keys {
		k.Expr = exprs[i]
		keys[i] = k
	}
	exprs = exprs[len(keys):]
	calls := make([]AggregateCall, len(a.calls))
	for i, c := range a.calls {
		n := len((&aggregateCall{c}).Children())
		calls[i] = c.withArgs(exprs[:n])
		exprs = exprs[n:]
	}
	if a.sets != nil {
		input, keys = a.expand(input, keys)
	}
	out := &Aggregate{Input: input, Keys: keys, Calls: calls}
	for i, k := range keys {
		if c, ok := k.Expr.(*expr.Column); ok && isSession(input, c.Index) {
			out.Session = &SessionKey{Key: i}
		}
	}
	return out, nil
}

// groupingID is the column that tells grouping sets apart: a bit for each key, set where the set has
// it not, the first key highest.
const groupingID = "spark_grouping_id"

// expand makes a copy of each row for each grouping set, with the keys that the set has not as null.
func (a *aggregation) expand(input Node, keys []Named) (Node, []Named) {
	in := input.Schema()
	expand := &Expand{Input: input, Columns: types.Struct{Fields: append([]types.Field(nil), in.Fields...)}}
	out := make([]Named, 0, len(keys)+1)
	for i, k := range keys {
		f := types.Field{Name: k.Name, Type: k.Expr.Type(), Nullable: true}
		expand.Columns.Fields = append(expand.Columns.Fields, f)
		out = append(out, Named{Expr: expr.NewColumn(len(in.Fields)+i, f.Name, f.Type, true), Name: f.Name})
	}
	id := types.Field{Name: groupingID, Type: types.Long}
	expand.Columns.Fields = append(expand.Columns.Fields, id)
	out = append(out, Named{Expr: expr.NewColumn(len(in.Fields)+len(keys), id.Name, id.Type, false), Name: id.Name})
	for _, set := range a.sets {
		expand.Projections = append(expand.Projections, projection(in, keys, set))
	}
	return expand, out
}

func projection(in types.Struct, keys []Named, set []bool) []expr.Expr {
	var exprs []expr.Expr
	for i := range in.Fields {
		exprs = append(exprs, columnOf(in, i))
	}
	id := int64(0)
	for i, k := range keys {
		id <<= 1
		if set[i] {
			exprs = append(exprs, k.Expr)
			continue
		}
		id |= 1
		exprs = append(exprs, &expr.Constant{DataType: k.Expr.Type()})
	}
	return append(exprs, &expr.Constant{Value: id, DataType: types.Long})
}

// grouping resolves grouping(key) and grouping_id(), of grouping sets.
func (a *aggregation) grouping(e expr.Expr) (expr.Expr, error) {
	g, ok := e.(*groupingCall)
	if !ok {
		return nil, nil
	}
	if a.sets == nil {
		return nil, errclass.UnsupportedGrouping.New("grouping()/grouping_id() can only be used with GroupingSets/Cube/Rollup.")
	}
	id := expr.NewColumn(len(a.keys), groupingID, types.Long, false)
	if g.key == nil {
		return id, nil
	}
	at := a.key(g.key)
	if at < 0 {
		return nil, errclass.UnsupportedGrouping.New("Column of grouping (%s) can't be found in grouping columns.", g.key)
	}
	return &bitOf{id: id, bit: len(a.keys) - 1 - at}, nil
}
