package exec

import (
	"context"
	"strconv"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"lakehouse/internal/expr"
	"lakehouse/internal/state"
)

func keyName(i int) string { return "field" + strconv.Itoa(i) }

// A joinInput is new rows of one side.
type joinInput struct {
	*keyedRows
	values state.Rows // the rows as they are remembered, not matched
	// Nil: none is.
	useless []bool // fails the condition of its side: finds no partner, and is not remembered
	lonely  []bool // has a null in its key, which equals nothing: finds no partner
	past    []bool // would be forgotten by this batch
}

// newInput prepares rows of a side, several batches at once.
func (j *streamJoin) newInput(ctx context.Context, s *joinSide, rows []arrow.RecordBatch, store *state.Operator) ([]*joinInput, error) {
	inputs := make([]*joinInput, len(rows))
	counts := store.StoreOf(s.countsName())
	err := inParallel(ctx, j.env.workers(), len(rows), func(i int) error {
		in := &joinInput{}
		inputs[i] = in
		eval := j.env.eval(i)
		keys, err := evaluate(eval, s.keys, rows[i])
		if err != nil {
			return err
		}
		for k, key := range keys {
			keys[k] = plusZeros(key)
		}
		in.keyedRows = newKeyedRows(rows[i], keys, s.keyFields(), counts)
		n := int(rows[i].NumRows())
		columns := append([]arrow.Array(nil), rows[i].Columns()...)
		if !s.unmarked {
			columns = append(columns, falses(n))
		}
		in.values = state.EncodeRows(columns, s.remembered(), n)
		in.lonely = j.lonely(keys)
		in.past = s.past(keys, rows[i])
		in.useless, err = s.useless(eval, rows[i])
		return err
	})
	return inputs, err
}

func falses(n int) arrow.Array {
	b := array.NewBooleanBuilder(memory.DefaultAllocator)
	b.AppendValues(make([]bool, n), nil)
	return b.NewArray()
}

func (j *streamJoin) lonely(keys []arrow.Array) (lonely []bool) {
	for i, key := range keys {
		nulls := nullRows(key)
		if nulls == nil || j.node.Keys[i].NullSafe {
			continue
		}
		if lonely == nil {
			lonely = make([]bool, len(nulls))
		}
		for row, null := range nulls {
			lonely[row] = lonely[row] || null
		}
	}
	return lonely
}

// past marks the rows that are at or below the side's bound.
func (s *joinSide) past(keys []arrow.Array, b arrow.RecordBatch) []bool {
	if s.bound == nil {
		return nil
	}
	var column arrow.Array
	if s.bound.Key >= 0 {
		column = keys[s.bound.Key]
	} else {
		column = b.Column(s.bound.Column)
	}
	times, whole := eventTimes(column)
	past := make([]bool, len(times))
	for i, t := range times {
		past[i] = int64(t) <= s.bound.Ms*1000 && whole.IsValid(i)
	}
	return past
}

// useless marks the rows for which the side's own condition is not true.
func (s *joinSide) useless(eval *expr.Context, b arrow.RecordBatch) ([]bool, error) {
	if s.alone == nil {
		return nil, nil
	}
	v, err := s.alone.Eval(eval, b)
	if err != nil {
		return nil, err
	}
	rows, all := trueRows(v, int(b.NumRows()))
	if all {
		return nil, nil
	}
	useless := make([]bool, b.NumRows())
	for i := range useless {
		useless[i] = true
	}
	for _, row := range rows {
		useless[row] = false
	}
	return useless, nil
}

func isMarked(marks []bool, row int32) bool { return marks != nil && marks[row] }
