package exec

import (
	"bytes"
	"slices"
	"sort"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/batch"
	"lakehouse/internal/expr"
	"lakehouse/internal/logical"
)

// frames gives the rows [from, to) of each row's frame.
func (r *windowRun) frames(f logical.Frame) (from, to []int32, err error) {
	if from, err = r.bound(f, f.Lower, r.start, r.peerStart, 0); err != nil {
		return nil, nil, err
	}
	if to, err = r.bound(f, f.Upper, r.end, r.peerEnd, 1); err != nil {
		return nil, nil, err
	}
	for i := range to {
		to[i] = max(to[i], from[i])
	}
	return from, to, nil
}

// bound is one end of each row's frame; after is 1 for the upper end, which stands behind its row.
func (r *windowRun) bound(f logical.Frame, b logical.Bound, unbounded, peers []int32, after int64) ([]int32, error) {
	switch {
	case b.Unbounded:
		return slices.Clone(unbounded), nil
	case b.Value != nil:
		return r.valueBound(b, after == 1)
	case !f.Rows:
		return slices.Clone(peers), nil
	}
	at := make([]int32, r.n)
	for i := range at {
		to := min(max(int64(i)+b.Offset+after, int64(r.start[i])), int64(r.end[i]))
		at[i] = int32(to)
	}
	return at, nil
}

// valueBound finds, in each row's partition, the first row whose key is not before the bound's value,
// or, for an upper end, the first one behind it.
func (r *windowRun) valueBound(b logical.Bound, upper bool) ([]int32, error) {
	key := r.node.OrderBy[0]
	keys, err := r.ordered(key, key.Expr)
	if err != nil {
		return nil, err
	}
	values, err := r.ordered(key, b.Value)
	if err != nil {
		return nil, err
	}
	at := make([]int32, r.n)
	for i := range at {
		partition := keys[r.start[i]:r.end[i]]
		at[i] = r.start[i] + int32(sort.Search(len(partition), func(k int) bool {
			c := bytes.Compare(partition[k], values[i])
			return c > 0 || c == 0 && !upper
		}))
	}
	return at, nil
}

// ordered is an expression for each row, encoded to compare as the key orders.
func (r *windowRun) ordered(key logical.SortKey, e expr.Expr) ([][]byte, error) {
	v, err := e.Eval(r.eval, r.rows)
	if err != nil {
		return nil, err
	}
	encode := sortEncoder(key, v.Expand(r.n))
	out := make([][]byte, r.n)
	for i := range out {
		out[i] = encode(nil, i)
	}
	return out, nil
}

// arguments is the rows that an aggregate may count, and its arguments for them.
func (r *windowRun) arguments(call logical.WindowCall) (counted []bool, args []arrow.Array, err error) {
	if args, err = evaluate(r.eval, call.Aggregate.Args(), r.rows); err != nil || call.Filter == nil {
		return nil, args, err
	}
	v, err := call.Filter.Eval(r.eval, r.rows)
	if err != nil {
		return nil, nil, err
	}
	counted = make([]bool, r.n)
	rows, all := trueRows(v, r.n)
	for _, row := range rows {
		counted[row] = true
	}
	for i := range counted {
		counted[i] = counted[i] || all
	}
	return counted, args, nil
}

func update(acc expr.Accumulator, groups []uint32, args []arrow.Array) error {
	vectors := make([]expr.Vector, len(args))
	for i, a := range args {
		vectors[i] = expr.Vector{Values: a}
	}
	return acc.Update(groups, vectors)
}

// wholePartitions is for frames that hold all rows of the partition.
func (r *windowRun) wholePartitions(call logical.WindowCall) (arrow.Array, error) {
	counted, args, err := r.arguments(call)
	if err != nil {
		return nil, err
	}
	partitions := make([]int32, r.n) // numbered from 0
	for i := 1; i < r.n; i++ {
		partitions[i] = partitions[i-1]
		if r.start[i] == int32(i) {
			partitions[i]++
		}
	}
	var rows []int32
	var groups []uint32
	for i, p := range partitions {
		if counted == nil || counted[i] {
			rows, groups = append(rows, int32(i)), append(groups, uint32(p))
		}
	}
	acc := call.Aggregate.New(r.eval)
	acc.Grow(int(partitions[r.n-1]) + 1)
	if err := update(acc, groups, takeColumns(args, rows)); err != nil {
		return nil, err
	}
	results, err := acc.Result()
	if err != nil {
		return nil, err
	}
	return expr.Take(results, partitions), nil
}

// growing is for frames that begin with the partition: each result continues the one before.
func (r *windowRun) growing(call logical.WindowCall, to []int32) (arrow.Array, error) {
	counted, args, err := r.arguments(call)
	if err != nil {
		return nil, err
	}
	var acc expr.Accumulator
	var done int32
	var results []arrow.Array
	at := make([]int32, r.n)
	for i := range to {
		fresh := r.start[i] == int32(i)
		if fresh {
			acc, done = call.Aggregate.New(r.eval), int32(i)
			acc.Grow(1)
		}
		if fresh || to[i] > done {
			rows := between(counted, done, to[i])
			done = max(done, to[i])
			if err := update(acc, make([]uint32, len(rows)), takeColumns(args, rows)); err != nil {
				return nil, err
			}
			result, err := acc.Result()
			if err != nil {
				return nil, err
			}
			results = append(results, expr.Take(result, []int32{0})) // a copy: the accumulator goes on with its own
		}
		at[i] = int32(len(results) - 1)
	}
	all, err := expr.Concat(results)
	if err != nil {
		return nil, err
	}
	return expr.Take(all, at), nil
}

// between is the rows that count from one up to another.
func between(counted []bool, from, to int32) []int32 {
	var rows []int32
	for i := from; i < to; i++ {
		if counted == nil || counted[i] {
			rows = append(rows, i)
		}
	}
	return rows
}

// sliding computes every frame by itself, as a group of its own.
func (r *windowRun) sliding(call logical.WindowCall, from, to []int32) (arrow.Array, error) {
	counted, args, err := r.arguments(call)
	if err != nil {
		return nil, err
	}
	acc := call.Aggregate.New(r.eval)
	acc.Grow(r.n)
	var rows []int32
	var groups []uint32
	flush := func() error {
		err := update(acc, groups, takeColumns(args, rows))
		rows, groups = rows[:0], groups[:0]
		return err
	}
	for i := range from {
		for row := from[i]; row < to[i]; row++ {
			if counted == nil || counted[row] {
				rows, groups = append(rows, row), append(groups, uint32(i))
			}
			if len(rows) == batch.TargetRows {
				if err := flush(); err != nil {
					return nil, err
				}
			}
		}
	}
	if err := flush(); err != nil {
		return nil, err
	}
	return acc.Result()
}
