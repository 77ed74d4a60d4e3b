package logical

import (
	"slices"
	"strings"

	"lakehouse/internal/errclass"
	"lakehouse/internal/expr"
	"lakehouse/internal/plan"
	"lakehouse/internal/types"
)

var setOpNames = map[plan.SetOpType]string{plan.Union: "UNION", plan.Intersect: "INTERSECT", plan.Except: "EXCEPT"}

// setOp resolves UNION, INTERSECT and EXCEPT: the columns of both sides are brought to common types.
func (r *resolver) setOp(op *plan.SetOp) (*scope, error) {
	if isUnionAll(op) {
		return r.unionAll(op)
	}
	left, err := r.relation(op.Left)
	if err != nil {
		return nil, err
	}
	right, err := r.relation(op.Right)
	if err != nil {
		return nil, err
	}
	left, right = left.visible(), right.visible()
	if op.ByName {
		if left, right, err = r.matchNames(left, right, op.AllowMissing); err != nil {
			return nil, err
		}
	}
	first, second, err := r.alike(op, left, right)
	if err != nil {
		return nil, err
	}
	return scopeOf(combined(op, first, second), nil), nil
}

func isUnionAll(op *plan.SetOp) bool { return op.Type == plan.Union && op.All && !op.ByName }

// unionAll resolves a chain of UNION ALL as one union: a text may have thousands.
func (r *resolver) unionAll(op *plan.SetOp) (*scope, error) {
	var rights []plan.Relation // the last comes first
	below := plan.Relation(op)
	for next := op; isUnionAll(next); {
		rights, below = append(rights, next.Right), next.Left
		var ok bool
		if next, ok = below.(*plan.SetOp); !ok {
			break
		}
	}
	left, err := r.relation(below)
	if err != nil {
		return nil, err
	}
	left = left.visible()
	var all *Union // nobody else has it before the end
	for _, rel := range slices.Backward(rights) {
		right, err := r.relation(rel)
		if err != nil {
			return nil, err
		}
		right = right.visible()
		first, second, err := r.alike(op, left, right)
		if err != nil {
			return nil, err
		}
		if all == nil || first != left.node {
			all = &Union{Inputs: unionInputs(first)}
		}
		all.Inputs = append(all.Inputs, second)
		left = &scope{node: all, columns: unionColumns(first, left, second, right)}
	}
	return left, nil
}

// unionColumns are the columns of a union, as its Schema tells them; a side that was converted tells its own.
func unionColumns(first Node, left *scope, second Node, right *scope) []column {
	columns, others := left.columns, right.columns
	if first != left.node {
		columns = scopeOf(first, nil).columns
	}
	if second != right.node {
		others = scopeOf(second, nil).columns
	}
	out := make([]column, len(columns))
	for i, c := range columns {
		out[i].Field = c.Field
		out[i].Nullable = c.Nullable || others[i].Nullable
		out[i].Type = types.EitherNullable(c.Type, others[i].Type)
	}
	return out
}

// alike brings both sides to common types.
func (r *resolver) alike(op *plan.SetOp, left, right *scope) (first, second Node, err error) {
	if len(left.columns) != len(right.columns) {
		return nil, nil, errclass.NumColumnsMismatch.New("%s can only be performed on inputs with the same number of columns, but the first input has %d columns and the second input has %d columns.",
			setOpNames[op.Type], len(left.columns), len(right.columns))
	}
	return r.commonTypes(left, right, setOpNames[op.Type])
}

func combined(op *plan.SetOp, first, second Node) Node {
	if op.Type != plan.Union {
		return &SetOp{Left: first, Right: second, Type: op.Type, All: op.All}
	}
	both := &Union{Inputs: append(unionInputs(first), second)}
	if op.All {
		return both
	}
	return distinct(both)
}

// unionInputs flattens a chain of unions.
func unionInputs(node Node) []Node {
	if u, ok := node.(*Union); ok {
		return slices.Clip(u.Inputs)
	}
	return []Node{node}
}

func allColumns(node Node) []int {
	all := make([]int, len(node.Schema().Fields))
	for i := range all {
		all[i] = i
	}
	return all
}

// commonTypes casts both sides, where they need it.
func (r *resolver) commonTypes(left, right *scope, op string) (first, second Node, err error) {
	leftColumns, rightColumns := passThrough(left.fields()), passThrough(right.fields())
	castLeft, castRight := false, false
	for i := range leftColumns {
		a, b := leftColumns[i].Expr, rightColumns[i].Expr
		wide, ok := expr.Wider(a.Type(), b.Type(), r.build.ANSI)
		if !ok {
			return nil, nil, errclass.IncompatibleColumnType.New("%s can only be performed on tables with compatible column types. The %d. column of the second table is \"%s\" type which is not compatible with \"%s\" at the same column of the first table.",
				op, i+1, types.SQL(b.Type()), types.SQL(a.Type()))
		}
		if leftColumns[i].Expr, err = r.castTo(a, wide, &castLeft); err != nil {
			return nil, nil, err
		}
		if rightColumns[i].Expr, err = r.castTo(b, wide, &castRight); err != nil {
			return nil, nil, err
		}
	}
	first, second = left.node, right.node
	if castLeft {
		first = &Project{Input: first, Columns: leftColumns}
	}
	if castRight {
		second = &Project{Input: second, Columns: rightColumns}
	}
	return first, second, nil
}

// fields is the schema of the scope's node, which need not be made anew.
func (s *scope) fields() types.Struct {
	fields := make([]types.Field, len(s.columns))
	for i, c := range s.columns {
		fields[i] = c.Field
	}
	return types.Struct{Fields: fields}
}

// castTo converts where the type differs, and says that it did.
func (r *resolver) castTo(e expr.Expr, to types.Type, did *bool) (expr.Expr, error) {
	if types.EqualIgnoringNullability(e.Type(), to) {
		return e, nil
	}
	*did = true
	return expr.NewCast(e, to, plan.EvalDefault, r.build.ANSI, true)
}

// matchNames puts the right's columns into the order of the left's. With missing allowed, what one side
// lacks is null there.
func (r *resolver) matchNames(left, right *scope, missing bool) (first, second *scope, err error) {
	leftColumns := passThrough(left.node.Schema())
	var rightColumns []Named
	taken := map[int]bool{}
	for _, c := range left.columns {
		at := right.node.Schema().Index(c.Name)
		if at < 0 && !missing {
			return nil, nil, errclass.UnresolvedColumn.New("Cannot resolve column name \"%s\" among (%s).", c.Name, strings.Join(right.node.Schema().Names(), ", "))
		}
		if at < 0 {
			rightColumns = append(rightColumns, Named{Expr: &expr.Constant{DataType: c.Type}, Name: c.Name})
			continue
		}
		taken[at] = true
		rightColumns = append(rightColumns, Named{Expr: right.column(at), Name: c.Name})
	}
	for i, c := range right.columns {
		if taken[i] {
			continue
		}
		if !missing {
			return nil, nil, errclass.NumColumnsMismatch.New("UNION can only be performed on inputs with the same number of columns, but the first input has %d columns and the second input has %d columns.",
				len(left.columns), len(right.columns))
		}
		leftColumns = append(leftColumns, Named{Expr: &expr.Constant{DataType: c.Type}, Name: c.Name})
		rightColumns = append(rightColumns, Named{Expr: right.column(i), Name: c.Name})
	}
	first = scopeOf(&Project{Input: left.node, Columns: leftColumns}, nil)
	return first, scopeOf(&Project{Input: right.node, Columns: rightColumns}, nil), nil
}
