package deltalog

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"lakehouse/internal/batch"
	"lakehouse/internal/errclass"
	"lakehouse/internal/predicate"
)

// A truth is what a condition says of a row, in SQL's logic of three values.
type truth int8

const (
	no truth = iota
	unknown
	yes
)

// keepRows is the rows of a batch for which the condition holds; nil holds for all.
func keepRows(where Predicate, b arrow.RecordBatch) (arrow.RecordBatch, error) {
	if where == nil {
		return b, nil
	}
	truths, err := truthsOf(where, b)
	if err != nil {
		return nil, err
	}
	kept := make([]int32, 0, len(truths))
	for i, t := range truths {
		if t == yes {
			kept = append(kept, int32(i))
		}
	}
	if len(kept) == len(truths) {
		return b, nil
	}
	return batch.TakeRows(b, kept), nil
}

// truthsOf is what a condition says of each row of a batch.
func truthsOf(where Predicate, b arrow.RecordBatch) ([]truth, error) {
	switch p := where.(type) {
	case And:
		return combined(p, b, yes, func(a, b truth) truth { return min(a, b) })
	case Or:
		return combined(p, b, no, func(a, b truth) truth { return max(a, b) })
	case IsNull:
		column, err := columnAt(b, p.Column)
		if err != nil {
			return nil, err
		}
		return nullTruths(column, p.Not), nil
	case Compare:
		column, err := columnAt(b, p.Column)
		if err != nil {
			return nil, err
		}
		return compareTruths(column, p)
	case In:
		return inTruths(p, b)
	}
	return nil, fmt.Errorf("internal error: a condition of type %T", where)
}

func combined(parts []Predicate, b arrow.RecordBatch, start truth, with func(a, b truth) truth) ([]truth, error) {
	all := make([]truth, b.NumRows())
	for i := range all {
		all[i] = start
	}
	for _, p := range parts {
		truths, err := truthsOf(p, b)
		if err != nil {
			return nil, err
		}
		for i := range all {
			all[i] = with(all[i], truths[i])
		}
	}
	return all, nil
}

func inTruths(p In, b arrow.RecordBatch) ([]truth, error) {
	either := make(Or, len(p.Values))
	for i, v := range p.Values {
		either[i] = Compare{Column: p.Column, Op: Equal, Value: v}
	}
	return truthsOf(either, b)
}

// columnAt is a column of a batch, or a field inside of one: null where what it is in is null.
func columnAt(b arrow.RecordBatch, path []string) (nested, error) {
	if len(path) == 0 {
		return nested{}, errclass.UnresolvedColumn.New("a condition names no column.")
	}
	for i, f := range b.Schema().Fields() {
		if !strings.EqualFold(f.Name, path[0]) {
			continue
		}
		column := nested{values: b.Column(i)}
		for _, name := range path[1:] {
			inner, ok := column.values.(*array.Struct)
			at := -1
			if ok {
				at = fieldIndex(inner, name)
			}
			if at < 0 {
				return nested{}, errclass.UnresolvedColumn.New("the table has no column `%s`.", strings.Join(path, "`.`"))
			}
			column.outer = append(column.outer, inner)
			column.values = inner.Field(at)
		}
		return column, nil
	}
	return nested{}, errclass.UnresolvedColumn.New("the table has no column `%s`.", path[0])
}

func fieldIndex(s *array.Struct, name string) int {
	for i, f := range s.DataType().(*arrow.StructType).Fields() {
		if strings.EqualFold(f.Name, name) {
			return i
		}
	}
	return -1
}

// nested is a column, and the structs that it is in.
type nested struct {
	values arrow.Array
	outer  []*array.Struct
}

func (n nested) isNull(i int) bool {
	for _, s := range n.outer {
		if s.IsNull(i) {
			return true
		}
	}
	return n.values.IsNull(i)
}

func nullTruths(column nested, not bool) []truth {
	truths := make([]truth, column.values.Len())
	for i := range truths {
		if column.isNull(i) != not {
			truths[i] = yes
		}
	}
	return truths
}

// compareTruths holds a column against a constant.
func compareTruths(column nested, p Compare) ([]truth, error) {
	order, err := orders(column.values, p.Value)
	if err != nil {
		return nil, fmt.Errorf("condition on column %s: %w", strings.Join(p.Column, "."), err)
	}
	truths := make([]truth, column.values.Len())
	for i := range truths {
		switch {
		case column.isNull(i):
			truths[i] = unknown
		case holds3(p.Op, order(i)):
			truths[i] = yes
		}
	}
	return truths, nil
}

func holds3(op predicate.Op, order int) bool {
	switch op {
	case Equal:
		return order == 0
	case NotEqual:
		return order != 0
	case Less:
		return order < 0
	case LessOrEqual:
		return order <= 0
	case Greater:
		return order > 0
	case GreaterOrEqual:
		return order >= 0
	}
	return false
}

// orders compares the values of a column, which are not null, with a constant.
func orders(column arrow.Array, v predicate.Value) (func(i int) int, error) {
	switch v := v.(type) {
	case int64:
		return intOrders(column, v)
	case string:
		if c, ok := column.(*array.String); ok {
			return func(i int) int { return cmp.Compare(c.Value(i), v) }, nil
		}
	case []byte:
		if c, ok := column.(*array.Binary); ok {
			return func(i int) int { return bytes.Compare(c.Value(i), v) }, nil
		}
	case bool:
		if c, ok := column.(*array.Boolean); ok {
			return func(i int) int { return boolRank(c.Value(i)) - boolRank(v) }, nil
		}
	case float64:
		switch c := column.(type) {
		case *array.Float32:
			return func(i int) int { return compareFloats(float64(c.Value(i)), v) }, nil
		case *array.Float64:
			return func(i int) int { return compareFloats(c.Value(i), v) }, nil
		}
	case decimal128.Num:
		if c, ok := column.(*array.Decimal128); ok {
			return func(i int) int { return c.Value(i).Cmp(v) }, nil
		}
	}
	return nil, errclass.DatatypeMismatch.New("a value of Go's type %T cannot be compared with a column of type %s.", v, column.DataType()).
		WithHint("Integers, dates (days) and timestamps (microseconds) are int64, floating-point numbers float64, decimals decimal128.Num at the column's scale.")
}

func intOrders(column arrow.Array, v int64) (func(i int) int, error) {
	switch c := column.(type) {
	case *array.Int8:
		return func(i int) int { return cmp.Compare(int64(c.Value(i)), v) }, nil
	case *array.Int16:
		return func(i int) int { return cmp.Compare(int64(c.Value(i)), v) }, nil
	case *array.Int32:
		return func(i int) int { return cmp.Compare(int64(c.Value(i)), v) }, nil
	case *array.Int64:
		return func(i int) int { return cmp.Compare(c.Value(i), v) }, nil
	case *array.Date32:
		return func(i int) int { return cmp.Compare(int64(c.Value(i)), v) }, nil
	case *array.Timestamp:
		return func(i int) int { return cmp.Compare(int64(c.Value(i)), v) }, nil
	}
	return nil, errclass.DatatypeMismatch.New("an integer cannot be compared with a column of type %s.", column.DataType())
}

// compareFloats orders as Spark does: NaN is above all numbers and equal to itself, and zero has no sign.
func compareFloats(a, b float64) int {
	switch {
	case math.IsNaN(a) && math.IsNaN(b):
		return 0
	case math.IsNaN(a):
		return 1
	case math.IsNaN(b):
		return -1
	}
	return cmp.Compare(a, b)
}

func boolRank(b bool) int {
	if b {
		return 1
	}
	return 0
}
