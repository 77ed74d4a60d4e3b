package exec

import (
	"strconv"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"lakehouse/internal/expr"
	"lakehouse/internal/logical"
	"lakehouse/internal/types"
)

// distinctCalls is the calls over the distinct values of the same arguments. It keeps the distinct
// pairs of group and arguments, and shows them to the aggregates at the end, when no other table can hold
// the same pair any more.
type distinctCalls struct {
	calls []*accumulation
	pairs *keyTable
	of    []uint32      // the group of each pair
	args  []arrow.Array // of each pair, once frozen
}

// addDistinct puts a call to those of the same arguments.
func (t *groupTable) addDistinct(h hasher, acc *accumulation) {
	for _, d := range t.distinct {
		if sameArguments(d.calls[0], acc) {
			d.calls = append(d.calls, acc)
			return
		}
	}
	t.distinct = append(t.distinct, &distinctCalls{
		calls: []*accumulation{acc}, pairs: newKeyTable(h, pairSchema(acc.call.Function)),
	})
}

func sameArguments(a, b *accumulation) bool {
	x, y := a.call.Function.Args(), b.call.Function.Args()
	if a.call.Filter != nil || b.call.Filter != nil || len(x) != len(y) {
		return false
	}
	for i := range x {
		if !logical.Same(x[i], y[i]) {
			return false
		}
	}
	return true
}

// pairSchema is the group's number, as a long, and the arguments.
func pairSchema(f expr.Aggregate) types.Struct {
	fields := []types.Field{{Name: "group", Type: types.Long}}
	for i, arg := range f.Args() {
		fields = append(fields, types.Field{Name: strconv.Itoa(i), Type: arg.Type(), Nullable: arg.Nullable()})
	}
	return types.Struct{Fields: fields}
}

func (d *distinctCalls) update(eval *expr.Context, b arrow.RecordBatch, groups []uint32) error {
	call := d.calls[0].call
	if call.Filter != nil {
		var err error
		if b, groups, err = countedRows(eval, call.Filter, b, groups); err != nil {
			return err
		}
	}
	args, err := evaluate(eval, call.Function.Args(), b)
	if err != nil {
		return err
	}
	d.insert(args, groups)
	return nil
}

func (d *distinctCalls) insert(args []arrow.Array, groups []uint32) {
	numbers := make([]uint32, len(groups))
	columns := append([]arrow.Array{longs(groups)}, args...)
	for _, row := range d.pairs.insert(d.pairs.hasher.load(columns, len(groups)), numbers) {
		d.of = append(d.of, groups[row])
	}
}

func longs(values []uint32) arrow.Array {
	b := array.NewInt64Builder(memory.DefaultAllocator)
	b.Reserve(len(values))
	for _, v := range values {
		b.UnsafeAppend(int64(v))
	}
	return b.NewArray()
}

// merge adds the pairs of those groups of another, frozen, table, which has size of them; groups says
// what their numbers are here.
func (d *distinctCalls) merge(from *distinctCalls, size int, rows []int32, groups []uint32) {
	here := make([]uint32, size)
	for i := range here {
		here[i] = none
	}
	for i, r := range rows {
		here[r] = groups[i]
	}
	var pairs []int32
	var of []uint32
	for pair, group := range from.of {
		if g := here[group]; g != none {
			pairs, of = append(pairs, int32(pair)), append(of, g)
		}
	}
	d.insert(takeColumns(from.args, pairs), of)
}

// freeze makes the arguments of all pairs columns.
func (d *distinctCalls) freeze() error {
	columns, err := d.pairs.keys()
	if err == nil {
		d.args = columns[1:]
	}
	return err
}

// finish shows the pairs to the aggregates and puts their results in the places of their calls.
func (d *distinctCalls) finish(t *groupTable, results []arrow.Array) error {
	if err := d.freeze(); err != nil {
		return err
	}
	args := make([]expr.Vector, len(d.args))
	for i, c := range d.args {
		args[i] = expr.Vector{Values: c}
	}
	for _, acc := range d.calls {
		acc.state.Grow(t.groups())
		if err := acc.state.Update(d.of, args); err != nil {
			return err
		}
		if err := acc.finish(t.groups(), &results[acc.index]); err != nil {
			return err
		}
	}
	return nil
}

func (d *distinctCalls) memory() int64 {
	total := d.pairs.memory() + int64(4*cap(d.of))
	for _, acc := range d.calls {
		total += acc.state.Bytes()
	}
	return total
}
