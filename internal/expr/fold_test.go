package expr

import (
	"testing"

	"lakehouse/internal/types"
)

// counting is a node of two children that counts how often it is asked for them.
type counting struct {
	Expr
	left, right Expr
	asked       *int
}

func (c *counting) Children() []Expr {
	*c.asked++
	return []Expr{c.left, c.right}
}

func (c *counting) WithChildren(l []Expr) Expr { return &counting{c.Expr, l[0], l[1], c.asked} }

// A long chain is looked at once, not once from each of its nodes.
func TestFoldingIsLinear(t *testing.T) {
	work := func(n int, last Expr) int {
		asked := 0
		one := &Constant{DataType: last.Type(), Value: int64(1)}
		e := Expr(one)
		for range n {
			e = &counting{one, e, one, &asked}
		}
		Fold(&counting{one, e, last, &asked}, &Context{})
		return asked
	}
	column := NewColumn(0, "a", types.Long, true)
	if small, large := work(100, column), work(400, column); large > 5*small {
		t.Errorf("%d steps for 100 nodes, %d for 400", small, large)
	}
}
