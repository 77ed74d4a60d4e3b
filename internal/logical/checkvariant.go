package logical

import (
	"lakehouse/internal/errclass"
	"lakehouse/internal/plan"
	"lakehouse/internal/types"
)

// checkVariants refuses what would have to tell equal variants: grouping, DISTINCT, set operations, the partitions of
// window functions. Two variants that mean the same may differ in their bytes.
func checkVariants(node Node) error {
	for _, child := range node.Children() {
		if err := checkVariants(child); err != nil {
			return err
		}
	}
	switch n := node.(type) {
	case *Aggregate:
		for _, k := range n.Keys {
			if t := k.Expr.Type(); types.HasVariant(t) {
				return errclass.GroupByUnorderable.New("The expression \"%s\" cannot be used as a grouping expression because its data type \"VARIANT\" is not an orderable data type.", k.Expr)
			}
		}
	case *Deduplicate:
		fields := n.Schema().Fields
		for _, c := range n.Columns {
			if types.HasVariant(fields[c].Type) {
				return variantInSet(fields[c])
			}
		}
	case *SetOp:
		for _, f := range n.Schema().Fields {
			if types.HasVariant(f.Type) {
				return variantInSet(f)
			}
		}
	case *Window:
		for _, e := range n.PartitionBy {
			if types.HasVariant(e.Type()) {
				return errclass.ExpressionUnorderable.New("Column expression \"%s\" cannot be sorted because its type \"%s\" is not orderable.", e, types.SQL(e.Type()))
			}
		}
	}
	return nil
}

func variantInSet(f types.Field) error {
	return errclass.SetOperationOnVariant.New("The feature is not supported: Cannot have VARIANT type columns in DataFrame which calls set operations (INTERSECT, EXCEPT, etc.), but the type of column `%s` is \"%s\".", f.Name, types.SQL(f.Type))
}

// partitionByVariant refuses DISTRIBUTE BY and repartition by variants.
func (r *resolver) partitionByVariant(s *scope, rel *plan.RepartitionByExpression) error {
	list, err := r.over(s).all(rel.Expressions)
	if err != nil {
		return err
	}
	for _, e := range list {
		if types.HasVariant(e.Type()) {
			return errclass.PartitionByVariant.New("The feature is not supported: Cannot use VARIANT producing expressions to partition a DataFrame, but the type of expression \"%s\" is \"%s\".", e, types.SQL(e.Type()))
		}
	}
	return nil
}
