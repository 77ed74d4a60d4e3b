package expr

import (
	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

// An inList is x IN (a, b, c). A null among the values makes every miss null.
type inList struct {
	child  Expr
	values []Expr
}

// NewIn resolves IN; NOT IN is the negation of it.
func NewIn(ctx *BuildContext, child Expr, values []Expr) (Expr, error) {
	all := append([]Expr{child}, values...)
	wide, ok := WiderAll(typesOf(all), ctx.ANSI)
	if ok && len(values) > 0 && !ctx.ANSI {
		wide, ok = comparable2(child.Type(), wide, false)
	}
	if !ok {
		return nil, errclass.DatatypeMismatchDataDiff.New(
			"Cannot resolve \"%s\" due to data type mismatch: Input to `in` should all be the same type, but it's %s.",
			(&inList{child, values}).String(), quoteAll(typesOf(all)))
	}
	if types.HasVariant(wide) {
		return nil, errclass.DatatypeMismatchOrdering.New("Cannot resolve \"%s\" due to data type mismatch: The `in` does not support ordering on type \"%s\".",
			(&inList{child, values}).String(), types.SQL(wide))
	}
	all, err := implicitAll(ctx, all, wide)
	if err != nil {
		return nil, err
	}
	return &inList{child: all[0], values: all[1:]}, nil
}

func (e *inList) Type() types.Type { return types.Boolean }
func (e *inList) Nullable() bool {
	for _, c := range e.Children() {
		if c.Nullable() {
			return true
		}
	}
	return false
}

func (e *inList) String() string {
	return "(" + e.child.String() + " IN (" + joinText(e.values, ", ") + "))"
}
func (e *inList) Children() []Expr { return append([]Expr{e.child}, e.values...) }
func (e *inList) infallible() bool { return true }
func (e *inList) WithChildren(children []Expr) Expr {
	return &inList{child: children[0], values: children[1:]}
}

func (e *inList) Eval(ctx *Context, batch arrow.RecordBatch) (Vector, error) {
	child, err := e.child.Eval(ctx, batch)
	if err != nil {
		return Vector{}, err
	}
	n := int(batch.NumRows())
	values, constant, err := evalAll(ctx, batch, e.values)
	if err != nil {
		return Vector{}, err
	}
	if constant && child.Const {
		n = 1
	}
	hit, unknown := e.search(n, child, values, constant)
	valid := child.valid(n)
	for i := range unknown {
		unknown[i] &^= hit[i]
	}
	if unknown.count() > 0 {
		if valid == nil {
			valid = fullMask(n)
		}
		valid = valid.minus(unknown)
	}
	return Vector{Values: newBools(hit, valid, n), Const: constant && child.Const}, nil
}

// search marks the rows found among the values, and those that met a null.
func (e *inList) search(n int, child Vector, values []Vector, constant bool) (hit, unknown mask) {
	hit, unknown = newMask(n), newMask(n)
	if constant && len(values) > 8 && !child.Const {
		if ok := searchSet(n, child, values, hit, unknown); ok {
			return hit, unknown
		}
	}
	for _, v := range values {
		valid := v.valid(n)
		bits := equalTo.bits(n, child, v)
		for i := range hit {
			known := ^uint64(0)
			if valid != nil {
				known = valid[i]
			}
			hit[i] |= bits[i] & known
			unknown[i] |= ^known
		}
	}
	if len(unknown) > 0 {
		unknown.trim(n)
	}
	return hit, unknown
}

// searchSet looks the rows up in a set of many constants.
func searchSet(n int, child Vector, values []Vector, hit, unknown mask) bool {
	switch child.Values.DataType().ID() {
	case arrow.INT32, arrow.DATE32:
		setLoop[int32](child, values, hit, unknown, n)
	case arrow.INT64, arrow.TIMESTAMP:
		setLoop[int64](child, values, hit, unknown, n)
	case arrow.STRING:
		setLoop[string](child, values, hit, unknown, n)
	default:
		return false
	}
	return true
}

func setLoop[T value](child Vector, values []Vector, hit, unknown mask, n int) {
	set := make(map[T]struct{}, len(values))
	for _, v := range values {
		if v.null(0) {
			for i := range unknown {
				unknown[i] = ^uint64(0)
			}
			continue
		}
		set[load[T](v.Values)[0]] = struct{}{}
	}
	for i, v := range load[T](child.Values) {
		_, found := set[v]
		hit[i>>6] |= b2u(found) << (i & 63)
	}
	if n > 0 {
		unknown.trim(n)
	}
}
