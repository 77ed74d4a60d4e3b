package exec_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"lakehouse/internal/exec"
	"lakehouse/internal/expr"
	"lakehouse/internal/logical"
	"lakehouse/internal/types"
)

var matchSchema = types.Struct{Fields: []types.Field{
	{Name: "k", Type: types.Long, Nullable: true},
	{Name: "s", Type: types.String, Nullable: true},
	{Name: "l", Type: types.Array{Element: types.String, ContainsNull: true}, Nullable: true},
}}

// matchRows are rows from first to end; every seventh has no key.
func matchRows(first, end int64) arrow.RecordBatch {
	b := array.NewRecordBuilder(memory.DefaultAllocator, types.ToArrowSchema(matchSchema))
	for i := first; i < end; i++ {
		if i%7 == 0 {
			b.Field(0).AppendNull()
		} else {
			b.Field(0).(*array.Int64Builder).Append(i % 5000)
		}
		b.Field(1).(*array.StringBuilder).Append(fmt.Sprint("row ", i))
		list := b.Field(2).(*array.ListBuilder)
		list.Append(i%3 > 0)
		if i%3 > 0 {
			list.ValueBuilder().(*array.StringBuilder).Append(fmt.Sprint("element ", i))
		}
	}
	return b.NewRecordBatch()
}

// matched are the pairs that a matcher with so much memory finds, as texts, and whether its rows had to be spilled.
func matched(t *testing.T, memory *exec.Memory, keys []logical.JoinKey) (pairs []string, shares int) {
	t.Helper()
	var batches []arrow.RecordBatch
	for at := range int64(8) {
		batches = append(batches, matchRows(at*1000, at*1000+1000))
	}
	env := &exec.Env{Eval: evalContext(), Memory: memory, Workers: 1}
	op, err := exec.Build(logical.NewLocalRelation(matchSchema, batches), env)
	if err != nil {
		t.Fatal(err)
	}
	m, err := exec.NewMatcher(t.Context(), op, keys, env)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Release()
	eval := evalContext()
	var left []expr.Expr
	for _, k := range keys {
		left = append(left, k.Left)
	}
	probe := matchRows(4000, 6000)
	turns := 0
	for share := range m.Shares() {
		if err := m.Index(share); err != nil {
			t.Fatal(err)
		}
		turn, err := m.Candidates(&eval, left, probe, func(left, right []int32) error {
			found, err := m.TakeRows(right)
			if err != nil {
				return err
			}
			for i, row := range left {
				pairs = append(pairs, fmt.Sprint(probe.Column(1).ValueStr(int(row)), " ", right[i], " ", found.Column(0).ValueStr(i), " ", found.Column(1).ValueStr(i), " ", found.Column(2).ValueStr(i)))
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if turns += len(turn); m.Shares() == 1 {
			turns = int(probe.NumRows())
		}
	}
	if turns != int(probe.NumRows()) {
		t.Errorf("%d rows had their turn, not %d", turns, probe.NumRows())
	}
	slices.Sort(pairs)
	return pairs, m.Shares()
}

// What has no room in memory is found in mapped files: the same rows under the same keys.
func TestMatcherFindsTheSameWithoutMemory(t *testing.T) {
	long := func(side string) expr.Expr { return expr.NewColumn(0, side, types.Long, true) }
	for name, nullSafe := range map[string]bool{"null equals nothing": false, "null equals null": true} {
		t.Run(name, func(t *testing.T) {
			keys := []logical.JoinKey{{Left: long("l"), Right: long("r"), NullSafe: nullSafe}}
			with, one := matched(t, &exec.Memory{}, keys)
			without, several := matched(t, exec.NewMemory(1), keys)
			if one != 1 || several < 2 {
				t.Errorf("%d and %d shares, want one and several", one, several)
			}
			if len(with) == 0 || !slices.Equal(with, without) {
				t.Errorf("%d pairs with memory, %d without, which are not the same", len(with), len(without))
			}
			between, _ := matched(t, exec.NewMemory(500<<10), keys) // some of the rows come before memory ends
			if !slices.Equal(with, between) {
				t.Errorf("%d pairs with memory, %d with some, which are not the same", len(with), len(between))
			}
		})
	}
}
