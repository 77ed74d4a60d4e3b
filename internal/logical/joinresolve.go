package logical

import (
	"errors"
	"strings"

	"lakehouse/internal/errclass"
	"lakehouse/internal/expr"
	"lakehouse/internal/plan"
	"lakehouse/internal/types"
)

// join resolves a join: ON a condition, USING columns, or NATURAL: all columns that both sides have.
func (r *resolver) join(j *plan.Join) (*scope, error) {
	left, err := r.relation(j.Left)
	if err != nil {
		return nil, err
	}
	right, err := r.relation(j.Right)
	if err != nil {
		return nil, err
	}
	using := j.Using
	if j.Natural {
		using = shared(left.visible(), right.visible())
	}
	if len(using) > 0 {
		s, err := r.joinUsing(left.visible(), right.visible(), j.Type, using)
		return s, placed(err, j.At)
	}
	s, err := r.joinOn(left.named(), right.named(), j)
	return s, placed(err, j.At)
}

// shared lists the columns of the left that the right has too.
func shared(left, right *scope) []string {
	var names []string
	for _, c := range left.columns {
		if len(right.matches(nil, c.Name)) > 0 {
			names = append(names, c.Name)
		}
	}
	return names
}

func (r *resolver) joinOn(left, right *scope, j *plan.Join) (*scope, error) {
	both := &scope{node: &Join{Left: left.node, Right: right.node, Type: plan.InnerJoin}}
	both.columns = append(append(both.columns, left.columns...), right.columns...)
	var conditions []expr.Expr
	if j.Condition != nil {
		condition, err := r.over(both).condition(j.Condition)
		if e, ok := errors.AsType[*errclass.Error](err); ok && e.Class == errclass.DatatypeMismatchFilter {
			return nil, r.over(both).notJoinCondition(j.Condition)
		}
		if err != nil {
			return nil, err
		}
		if has[*aggregateCall](condition) || has[*subqueryCall](condition) {
			return nil, errclass.UnsupportedFeature.New("A join condition holds an aggregate or a subquery: %s.", condition)
		}
		conditions = append(conditions, condition)
	}
	how := j.Type
	if len(conditions) == 0 && how == plan.InnerJoin {
		how = plan.CrossJoin
	}
	return joined(newJoin(left.node, right.node, how, conditions), left, right), nil
}

// notJoinCondition is the error for an ON that is not true or false.
func (x *expressions) notJoinCondition(e plan.Expression) error {
	out, err := x.resolve(e)
	if err != nil {
		return err
	}
	return errclass.JoinNotBoolean.New("The join condition \"%s\" has the invalid type \"%s\", expected \"BOOLEAN\".", out, types.SQL(out.Type()))
}

// joined is the scope of a join, with the nullability that it has given to the columns.
func joined(node Node, left, right *scope) *scope {
	s := &scope{node: node}
	columns := append(append([]column(nil), left.columns...), right.columns...)
	for i, f := range node.Schema().Fields {
		c := columns[i]
		c.Nullable = f.Nullable
		s.columns = append(s.columns, c)
	}
	return s
}

// joinUsing joins on equal columns, each of which appears once, in front. The sides' own ones stay
// to be had by their qualified names.
func (r *resolver) joinUsing(left, right *scope, how plan.JoinType, using []string) (*scope, error) {
	leftKeys, rightKeys := make([]int, len(using)), make([]int, len(using))
	conditions := make([]expr.Expr, len(using))
	width := len(left.columns)
	for i, name := range using {
		var err error
		if leftKeys[i], err = usingColumn(left, name, "left"); err != nil {
			return nil, err
		}
		if rightKeys[i], err = usingColumn(right, name, "right"); err != nil {
			return nil, err
		}
		sides := []expr.Expr{left.column(leftKeys[i]), shifted(right.column(rightKeys[i]), width)}
		if conditions[i], err = expr.Build(&r.build, "==", sides); err != nil {
			return nil, err
		}
	}
	s := joined(newJoin(left.node, right.node, how, conditions), left, right)
	return r.mergeKeys(s, how, leftKeys, rightKeys, width)
}

func usingColumn(s *scope, name, side string) (int, error) {
	switch matches := s.matches(nil, name); len(matches) {
	case 1:
		return matches[0], nil
	case 0:
		return -1, errclass.UnresolvedUsing.New("USING column `%s` cannot be resolved on the %s side of the join. The %s-side columns: [%s].",
			name, side, side, "`"+strings.Join(s.node.Schema().Names(), "`, `")+"`")
	default:
		return -1, s.ambiguous([]string{name}, matches)
	}
}

// mergeKeys puts the join's keys in front, once, and hides the sides' own.
func (r *resolver) mergeKeys(s *scope, how plan.JoinType, leftKeys, rightKeys []int, width int) (*scope, error) {
	one := how == plan.LeftSemiJoin || how == plan.LeftAntiJoin
	hidden := map[int]bool{}
	out := &scope{}
	project := &Project{Input: s.node}
	add := func(e expr.Expr, c column) {
		project.Columns = append(project.Columns, Named{Expr: e, Name: c.Name, Metadata: c.Metadata})
		c.Nullable = e.Nullable()
		out.columns = append(out.columns, c)
	}
	for i, l := range leftKeys {
		hidden[l] = true
		key := expr.Expr(s.column(l))
		c := s.columns[l]
		if !one {
			right := width + rightKeys[i]
			hidden[right] = true
			switch how {
			case plan.RightOuterJoin:
				key = s.column(right)
				c.qualifier = s.columns[right].qualifier
			case plan.FullOuterJoin:
				both, err := expr.Build(&r.build, "coalesce", []expr.Expr{key, s.column(right)})
				if err != nil {
					return nil, err
				}
				key, c.qualifier = both, nil
			default: // the left's key is there for every row
			}
		}
		add(key, c)
	}
	for i, c := range s.columns {
		if !hidden[i] {
			add(s.column(i), c)
		}
	}
	for i, c := range s.columns {
		if hidden[i] && !sameColumn(out.columns, c) {
			c.hidden = true
			add(s.column(i), c)
		}
	}
	out.node = project
	return out, nil
}

// sameColumn reports whether a column can be had by its qualified name already.
func sameColumn(columns []column, c column) bool {
	for _, known := range columns {
		if strings.EqualFold(known.Name, c.Name) && len(known.qualifier) > 0 && known.answersTo(c.qualifier) && len(c.qualifier) > 0 {
			return true
		}
	}
	return false
}
