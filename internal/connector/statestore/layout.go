package statestore

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/bitutil"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"lakehouse/internal/errclass"
	"lakehouse/internal/state"
	"lakehouse/internal/types"
)

// A layout says what the entries of a store look like as rows of a table.
type layout interface {
	schema(opts options) types.Struct
	rows(e entries, opts options, partition int) (arrow.RecordBatch, error)
}

const formatHint = "The checkpoint's schema file is of another query, or of an older Spark that wrote a wrong one; or the files are damaged."

// pairs shows an entry as a row of key and value. What an operator keeps behind them for itself is not shown.
type pairs struct {
	key, value           types.Struct // as stored
	keyShown, valueShown int          // how many leading columns
}

func newPairs(key, value types.Struct) pairs {
	return pairs{key, value, len(key.Fields), len(value.Fields)}
}

// newJoinSide shows one side of a stream-stream join: its store keeps the rows of a key by number, and, from format 2 on,
// whether a row has found a partner.
func newJoinSide(key, value types.Struct) (pairs, error) {
	p := newPairs(key, value)
	if last := p.keyShown - 1; last >= 0 && key.Fields[last].Name == "index" && key.Fields[last].Type == types.Long {
		p.keyShown--
	} else {
		return p, fmt.Errorf("the key %s has no index at its end", types.ToDDL(key))
	}
	if last := p.valueShown - 1; last >= 0 && value.Fields[last].Name == "matched" && value.Fields[last].Type == types.Boolean {
		p.valueShown--
	}
	return p, nil
}

func (p pairs) schema(opts options) types.Struct {
	return rowSchema(opts,
		types.Field{Name: "key", Type: leading(p.key, p.keyShown), Nullable: true},
		types.Field{Name: "value", Type: leading(p.value, p.valueShown), Nullable: true})
}

func leading(s types.Struct, n int) types.Struct { return types.Struct{Fields: s.Fields[:n]} }

// rowSchema puts what all layouts share around the columns of one.
func rowSchema(opts options, columns ...types.Field) types.Struct {
	var fields []types.Field
	if opts.changes {
		fields = append(fields, types.Field{Name: "batch_id", Type: types.Long, Nullable: true}, types.Field{Name: "change_type", Type: types.String, Nullable: true})
	}
	fields = append(fields, columns...)
	return types.Struct{Fields: append(fields, types.Field{Name: "partition_id", Type: types.Integer, Nullable: true})}
}

func (p pairs) rows(e entries, opts options, partition int) (arrow.RecordBatch, error) {
	keys, values, err := p.decode(e)
	if err != nil {
		return nil, err
	}
	return rowBatch(p.schema(opts), e, opts, partition,
		structOf(leading(p.key, p.keyShown), keys, e.keys), structOf(leading(p.value, p.valueShown), values, e.values)), nil
}

func (p pairs) decode(e entries) (keys, values []arrow.Array, err error) {
	if keys, err = state.DecodeRows(e.keys, p.key.Fields); err != nil {
		return nil, nil, errclass.StateKeyFormat.New("The written state for key row is not of its schema %s: %w.", types.ToDDL(p.key), err).WithHint(formatHint)
	}
	if values, err = state.DecodeRows(e.values, p.value.Fields); err != nil {
		return nil, nil, errclass.StateValueFormat.New("The written state for value row is not of its schema %s: %w.", types.ToDDL(p.value), err).WithHint(formatHint)
	}
	return keys, values, nil
}

// rowBatch puts what all layouts share around the columns of one.
func rowBatch(schema types.Struct, e entries, opts options, partition int, columns ...arrow.Array) arrow.RecordBatch {
	n := len(e.keys)
	var all []arrow.Array
	if opts.changes {
		all = append(all, longs(e.batch, n), changeTypes(e.values))
	}
	all = append(append(all, columns...), ints(int32(partition), n))
	return array.NewRecordBatch(types.ToArrowSchema(schema), all, int64(n))
}

func changeTypes(values [][]byte) arrow.Array {
	b := array.NewStringBuilder(memory.DefaultAllocator)
	for _, v := range values {
		if v == nil {
			b.Append("delete")
		} else {
			b.Append("update")
		}
	}
	return b.NewArray()
}

// structOf makes a struct column of the leading columns, null where the row is.
func structOf(t types.Struct, columns []arrow.Array, rows [][]byte) arrow.Array {
	children := make([]arrow.ArrayData, len(t.Fields))
	for i := range children {
		children[i] = columns[i].Data()
	}
	valid, nulls := make([]byte, bitutil.BytesForBits(int64(len(rows)))), 0
	for i, row := range rows {
		if row == nil {
			nulls++
		} else {
			bitutil.SetBit(valid, i)
		}
	}
	buffer := memory.NewBufferBytes(valid)
	return array.NewStructData(array.NewData(types.ToArrow(t), len(rows), []*memory.Buffer{buffer}, children, nulls, 0))
}
