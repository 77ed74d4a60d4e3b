package logical

import (
	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"lakehouse/internal/expr"
	"lakehouse/internal/types"
)

// withComparedNulls makes two keys of each for which null equals null: the value with another in the place of null, and whether it is
// null. So Spark has them in the state of a join of streams.
func (n *Join) withComparedNulls() *Join {
	var keys []JoinKey
	changed := false
	for _, k := range n.Keys {
		left, okLeft := withoutNull(k.Left)
		right, okRight := withoutNull(k.Right)
		if !k.NullSafe || !okLeft || !okRight {
			keys = append(keys, k)
			continue
		}
		changed = true
		keys = append(keys, JoinKey{Left: left, Right: right}, JoinKey{Left: expr.IsNull(k.Left), Right: expr.IsNull(k.Right)})
	}
	if !changed {
		return n
	}
	out := *n
	out.Keys = keys
	return &out
}

// withoutNull is an expression with Spark's default of its type in the place of null; false where the type has none here.
func withoutNull(e expr.Expr) (expr.Expr, bool) {
	value := defaultOf(e.Type())
	if value == nil {
		return nil, false
	}
	out, err := expr.Build(&expr.BuildContext{}, "coalesce", []expr.Expr{e, &expr.Constant{Value: value, DataType: e.Type()}})
	return out, err == nil
}

// defaultOf is what Spark puts in the place of null; nil: of a type with parts, whose nulls stay.
func defaultOf(t types.Type) any {
	switch t := t.(type) {
	case types.Primitive:
		return defaults[t]
	case types.Decimal:
		return decimal128.Num{}
	}
	return nil
}

var defaults = map[types.Primitive]any{
	types.Boolean: false, types.Byte: int8(0), types.Short: int16(0), types.Integer: int32(0), types.Long: int64(0),
	types.Float: float32(0), types.Double: float64(0), types.String: "", types.Binary: []byte{},
	types.Date: int32(0), types.Timestamp: int64(0), types.TimestampNTZ: int64(0),
}
