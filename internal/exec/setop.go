package exec

import (
	"context"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/batch"
	"lakehouse/internal/logical"
	"lakehouse/internal/plan"
	"lakehouse/internal/types"
)

// bagOp is INTERSECT ALL and EXCEPT ALL: each row of the right is the partner of one equal row of the
// left, which INTERSECT keeps and EXCEPT drops.
type bagOp struct {
	left, right Operator
	keepPaired  bool // INTERSECT
	env         *Env
}

// newSetOp makes the distinct forms of joins: null equals null, and rows come once.
func newSetOp(node *logical.SetOp, left, right Operator, env *Env) Operator {
	if node.All {
		return &bagOp{left: left, right: right, keepPaired: node.Type == plan.Intersect, env: env}
	}
	how := plan.LeftSemiJoin
	if node.Type == plan.Except {
		how = plan.LeftAntiJoin
	}
	semi := &join{
		left: left, right: right, schema: left.Schema(), env: env,
		node: &logical.Join{Type: how, Keys: logical.EqualColumns(node.Left.Schema(), node.Right.Schema())},
	}
	all := make([]int, len(left.Schema().Fields))
	for i := range all {
		all[i] = i
	}
	return &deduplicate{child: semi, columns: all, env: env}
}

func (o *bagOp) Schema() types.Struct { return o.left.Schema() }

func (o *bagOp) Execute(ctx context.Context, n int) []batch.Seq {
	bag := &bag{bagOp: o}
	return each(o.left.Execute(ctx, n), func(_ int, in batch.Seq) batch.Seq {
		return batch.Transform(in, func(b arrow.RecordBatch) (arrow.RecordBatch, error) {
			rows, err := bag.pair(ctx, b)
			if err != nil {
				return nil, err
			}
			return takeRows(b, rows), nil
		})
	})
}

// A bag counts, for each distinct row of the right, how often it still has a partner to find.
type bag struct {
	*bagOp
	mu    sync.Mutex
	made  bool      // under mu
	table *keyTable // under mu
	left  []int64   // under mu
}

// pair gives the rows of a batch to keep.
func (g *bag) pair(ctx context.Context, b arrow.RecordBatch) ([]int32, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if err := g.make(ctx); err != nil {
		return nil, err
	}
	numbers := make([]uint32, b.NumRows())
	g.table.find(g.table.hasher.load(b.Columns(), int(b.NumRows())), numbers)
	var rows []int32
	for row, n := range numbers {
		paired := n != none && g.left[n] > 0
		if paired {
			g.left[n]--
		}
		if paired == g.keepPaired {
			rows = append(rows, int32(row))
		}
	}
	return rows, nil
}

func (g *bag) make(ctx context.Context) error {
	if g.made {
		return nil
	}
	g.made = true
	g.table = newKeyTable(newHasher(), g.right.Schema())
	held := reservation{memory: g.env.Memory, operator: "set operation"}
	defer held.release()
	return walk(Gather(ctx, g.right, g.env.workers()), func(b arrow.RecordBatch) error {
		numbers := make([]uint32, b.NumRows())
		fresh := g.table.insert(g.table.hasher.load(b.Columns(), int(b.NumRows())), numbers)
		g.left = append(g.left, make([]int64, len(fresh))...)
		for _, n := range numbers {
			g.left[n]++
		}
		return held.hold(g.table.memory())
	})
}
