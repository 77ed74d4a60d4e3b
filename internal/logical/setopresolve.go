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
	if len(left.columns) != len(right.columns) {
		return nil, errclass.NumColumnsMismatch.New("%s can only be performed on inputs with the same number of columns, but the first input has %d columns and the second input has %d columns.",
			setOpNames[op.Type], len(left.columns), len(right.columns))
	}
	first, second, err := r.commonTypes(left, right, setOpNames[op.Type])
	if err != nil {
		return nil, err
	}
	return scopeOf(combined(op, first, second), nil), nil
}

func combined(op *plan.SetOp, first, second Node) Node {
	if op.Type != plan.Union {
		return &SetOp{Left: first, Right: second, Type: op.Type, All: op.All}
	}
	both := &Union{Inputs: append(unionInputs(first), second)}
	if op.All {
		return both
	}
	return &Deduplicate{Input: both, Columns: allColumns(both)}
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
	leftColumns, rightColumns := passThrough(left.node.Schema()), passThrough(right.node.Schema())
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
