package exec

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"lakehouse/internal/errclass"
	"lakehouse/internal/expr"
	"lakehouse/internal/logical"
)

// rank computes the functions that only a window has.
func (r *windowRun) rank(call logical.WindowCall) (arrow.Array, error) {
	switch call.Function {
	case "row_number":
		return r.ints(func(i int32) int32 { return i - r.start[i] + 1 }), nil
	case "rank":
		return r.ints(func(i int32) int32 { return r.peerStart[i] - r.start[i] + 1 }), nil
	case "dense_rank":
		return r.denseRank(), nil
	case "percent_rank":
		return r.doubles(func(i int32) float64 {
			if r.end[i]-r.start[i] == 1 {
				return 0
			}
			return float64(r.peerStart[i]-r.start[i]) / float64(r.end[i]-r.start[i]-1)
		}), nil
	case "cume_dist":
		return r.doubles(func(i int32) float64 {
			return float64(r.peerEnd[i]-r.start[i]) / float64(r.end[i]-r.start[i])
		}), nil
	case "ntile":
		return r.ntile(call)
	case "lag", "lead":
		return r.shifted(call)
	case "nth_value":
		return r.nthValue(call)
	}
	return nil, fmt.Errorf("internal error: no window function %s", call.Function)
}

func (r *windowRun) ints(f func(i int32) int32) arrow.Array {
	b := array.NewInt32Builder(memory.DefaultAllocator)
	b.Reserve(r.n)
	for i := range int32(r.n) {
		b.UnsafeAppend(f(i))
	}
	return b.NewArray()
}

func (r *windowRun) doubles(f func(i int32) float64) arrow.Array {
	b := array.NewFloat64Builder(memory.DefaultAllocator)
	b.Reserve(r.n)
	for i := range int32(r.n) {
		b.UnsafeAppend(f(i))
	}
	return b.NewArray()
}

func (r *windowRun) denseRank() arrow.Array {
	rank := int32(0)
	return r.ints(func(i int32) int32 {
		switch i {
		case r.start[i]:
			rank = 1
		case r.peerStart[i]:
			rank++
		}
		return rank
	})
}

// constantInt is an argument that is the same whole number for all rows.
func (r *windowRun) constantInt(call logical.WindowCall, arg int) (int64, error) {
	v, err := call.Args[arg].Eval(r.eval, r.rows)
	if err != nil {
		return 0, err
	}
	if values, ok := v.Values.(*array.Int32); ok && v.Const && values.IsValid(0) {
		return int64(values.Value(0)), nil
	}
	return 0, errclass.DatatypeMismatch.New("Cannot resolve %q: argument %d has to be a constant whole number.", call.Text, arg+1)
}

// ntile deals the rows of a partition into buckets; the first ones take the rest.
func (r *windowRun) ntile(call logical.WindowCall) (arrow.Array, error) {
	buckets, err := r.constantInt(call, 0)
	if err != nil {
		return nil, err
	}
	if buckets <= 0 {
		return nil, errclass.DatatypeMismatch.New("Cannot resolve %q: the number of buckets has to be positive.", call.Text)
	}
	return r.ints(func(i int32) int32 {
		rows, at := int64(r.end[i]-r.start[i]), int64(i-r.start[i])
		small, large := rows/buckets, rows%buckets
		if at < large*(small+1) {
			return int32(at/(small+1)) + 1
		}
		return int32(large+(at-large*(small+1))/max(small, 1)) + 1
	}), nil
}

// shifted is lag and lead: the value some rows away, or the default.
func (r *windowRun) shifted(call logical.WindowCall) (arrow.Array, error) {
	distance := int64(1)
	if len(call.Args) > 1 {
		var err error
		if distance, err = r.constantInt(call, 1); err != nil {
			return nil, err
		}
	}
	if call.Function == "lag" {
		distance = -distance
	}
	values, err := call.Args[0].Eval(r.eval, r.rows)
	if err != nil {
		return nil, err
	}
	column := values.Expand(r.n)
	source := r.shiftedRows(call, column, distance)
	if len(call.Args) < 3 {
		return expr.Take(column, source), nil
	}
	fallback, err := call.Args[2].Eval(r.eval, r.rows)
	if err != nil {
		return nil, err
	}
	both, err := expr.Concat([]arrow.Array{column, fallback.Expand(r.n)})
	if err != nil {
		return nil, err
	}
	for i, from := range source {
		if from < 0 {
			source[i] = int32(r.n + i)
		}
	}
	return expr.Take(both, source), nil
}

// shiftedRows is, for each row, the row some values away, or -1 outside the partition.
func (r *windowRun) shiftedRows(call logical.WindowCall, column arrow.Array, distance int64) []int32 {
	source := make([]int32, r.n)
	for i := range source {
		source[i] = r.shiftedRow(call, column, i, distance)
	}
	return source
}

func (r *windowRun) shiftedRow(call logical.WindowCall, column arrow.Array, i int, distance int64) int32 {
	step := int64(1)
	if distance < 0 {
		step = -1
	}
	at := int64(i) + distance
	if call.SkipNulls && distance != 0 {
		at = int64(i)
		for left := distance * step; left > 0; {
			at += step
			if at < int64(r.start[i]) || at >= int64(r.end[i]) {
				return -1
			}
			if column.IsValid(int(at)) {
				left--
			}
		}
	}
	if at < int64(r.start[i]) || at >= int64(r.end[i]) {
		return -1
	}
	return int32(at)
}

// nthValue is the value of the frame's n-th row.
func (r *windowRun) nthValue(call logical.WindowCall) (arrow.Array, error) {
	nth, err := r.constantInt(call, 1)
	if err != nil {
		return nil, err
	}
	values, err := call.Args[0].Eval(r.eval, r.rows)
	if err != nil {
		return nil, err
	}
	from, to, err := r.frames(call.Frame)
	if err != nil {
		return nil, err
	}
	column := values.Expand(r.n)
	source := make([]int32, r.n)
	for i := range source {
		source[i] = -1
		left := nth
		for row := from[i]; row < to[i] && left > 0; row++ {
			if call.SkipNulls && column.IsNull(int(row)) {
				continue
			}
			if left--; left == 0 {
				source[i] = row
			}
		}
	}
	return expr.Take(column, source), nil
}
