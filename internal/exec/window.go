package exec

import (
	"bytes"
	"context"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/batch"
	"lakehouse/internal/expr"
	"lakehouse/internal/logical"
	"lakehouse/internal/types"
)

// window appends the results of window functions to the rows, which come out sorted by partition and
// order. One sequence has all rows.
type window struct {
	sorted Operator
	node   *logical.Window
	schema types.Struct
	env    *Env
}

func newWindow(n *logical.Window, child Operator, env *Env) Operator {
	order := make([]logical.SortKey, 0, len(n.PartitionBy)+len(n.OrderBy))
	for _, p := range n.PartitionBy {
		order = append(order, logical.SortKey{Expr: p, NullsFirst: true})
	}
	sorted := &sorter{child: child, order: append(order, n.OrderBy...), limit: -1, env: env}
	return &window{sorted: sorted, node: n, schema: n.Schema(), env: env}
}

func (w *window) Schema() types.Struct { return w.schema }

func (w *window) Execute(ctx context.Context, n int) []batch.Seq {
	seqs := make([]batch.Seq, n)
	for i := range seqs {
		seqs[i] = batch.Of()
	}
	seqs[0] = func(yield func(arrow.RecordBatch, error) bool) {
		held := reservation{memory: w.env.Memory, operator: "window"}
		defer held.release()
		out, err := w.compute(ctx, &held)
		if err != nil {
			yield(nil, err)
			return
		}
		give(out, yield)
	}
	return seqs
}

func (w *window) compute(ctx context.Context, held *reservation) (arrow.RecordBatch, error) {
	var batches []arrow.RecordBatch
	err := walk(Gather(ctx, w.sorted, 1), func(b arrow.RecordBatch) error {
		batches = append(batches, b)
		return held.add(2 * batchBytes(b))
	})
	if err != nil {
		return nil, err
	}
	target := types.ToArrowSchema(w.schema)
	if len(batches) == 0 {
		return newBatch(target, emptyColumns(target), 0), nil
	}
	rows, err := concatBatches(w.sorted.Schema(), batches)
	if err != nil {
		return nil, err
	}
	run := &windowRun{window: w, eval: w.env.eval(0), rows: rows, n: int(rows.NumRows())}
	if err := run.findBorders(); err != nil {
		return nil, err
	}
	columns := append([]arrow.Array(nil), rows.Columns()...)
	for _, call := range w.node.Calls {
		column, err := run.call(call)
		if err != nil {
			return nil, err
		}
		columns = append(columns, column)
	}
	return newBatch(target, columns, run.n), nil
}

// A windowRun computes window functions over sorted rows.
type windowRun struct {
	*window
	eval *expr.Context
	rows arrow.RecordBatch
	n    int
	// start and end bound the partition of each row, peerStart and peerEnd the rows that the order
	// does not tell from it.
	start, end, peerStart, peerEnd []int32
}

func (r *windowRun) findBorders() error {
	partition, err := r.encodings(r.node.PartitionBy)
	if err != nil {
		return err
	}
	order := make([]expr.Expr, len(r.node.OrderBy))
	for i, key := range r.node.OrderBy {
		order[i] = key.Expr
	}
	peers, err := r.encodings(append(append([]expr.Expr(nil), r.node.PartitionBy...), order...))
	if err != nil {
		return err
	}
	r.start, r.end = borders(partition)
	r.peerStart, r.peerEnd = borders(peers)
	return nil
}

// encodings is, for each row, bytes that are equal where the expressions are.
func (r *windowRun) encodings(exprs []expr.Expr) ([][]byte, error) {
	columns, err := evaluate(r.eval, exprs, r.rows)
	if err != nil {
		return nil, err
	}
	encoders := make([]keyEncoder, len(columns))
	for i, c := range columns {
		encoders[i] = newKeyEncoder(c, nullFirst)
	}
	out := make([][]byte, r.n)
	var all []byte
	for row := range out {
		from := len(all)
		for _, encode := range encoders {
			all = encode(all, row)
		}
		out[row] = all[from:len(all):len(all)]
	}
	return out, nil
}

// borders gives, for each row, the first of the equal rows around it and the one behind the last.
func borders(texts [][]byte) (start, end []int32) {
	n := len(texts)
	start, end = make([]int32, n), make([]int32, n)
	for i := 1; i < n; i++ {
		if bytes.Equal(texts[i-1], texts[i]) {
			start[i] = start[i-1]
		} else {
			start[i] = int32(i)
		}
	}
	for i := n - 1; i >= 0; i-- {
		if i+1 < n && start[i+1] == start[i] {
			end[i] = end[i+1]
		} else {
			end[i] = int32(i + 1)
		}
	}
	return start, end
}

// call computes one function for every row.
func (r *windowRun) call(call logical.WindowCall) (arrow.Array, error) {
	if call.Aggregate == nil {
		return r.rank(call)
	}
	if call.Frame.Lower.Unbounded && call.Frame.Upper.Unbounded {
		return r.wholePartitions(call)
	}
	from, to, err := r.frames(call.Frame)
	if err != nil {
		return nil, err
	}
	if call.Frame.Lower.Unbounded {
		return r.growing(call, to)
	}
	return r.sliding(call, from, to)
}
