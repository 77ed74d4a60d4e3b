package delta

import (
	"math"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

// A curveKind says how the ranks of a row in several columns become one number, so that rows with close numbers are close in
// each of the columns.
type curveKind uint8

const (
	interleaved curveKind = iota // Z-order: the bits of the ranks in turn
	hilbert                      // the curve of Hilbert, which never jumps
)

// maxRankBits bounds how finely a column is told apart: into 1024 ranges of about as many rows each. Delta has 1000.
const maxRankBits = 10

// A spaceCurve gives rows their places on the curve, once it has learnt from a sample which values the columns have.
type spaceCurve struct {
	kind    curveKind
	columns []curveColumn
	bits    int // of a column's rank
}

// A curveColumn is one dimension. Its values are compared as numbers, or as texts.
type curveColumn struct {
	path    []int // into the rows, and into structs
	numbers []uint64
	texts   []string // the bounds of ranges, rising; a null is below all
}

// newSpaceCurve finds the columns in rows of the schema.
func newSpaceCurve(kind curveKind, schema types.Struct, names []string) (*spaceCurve, error) {
	c := &spaceCurve{kind: kind, bits: min(maxRankBits, 64/len(names))}
	if c.bits == 0 {
		return nil, errclass.UnsupportedFeature.New("rows can be arranged by 64 columns at once; these are %d.", len(names))
	}
	for _, name := range names {
		path, leaf := columnPath(schema, strings.Split(name, "."))
		if path == nil {
			return nil, errclass.DeltaZOrderNoColumn.New("Z-Ordering column %s does not exist in data schema.", name).
				WithHint("%s", errclass.DidYouMean(name, schema.Names()))
		}
		if !isOrdered(leaf) {
			return nil, errclass.UnsupportedFeature.New("rows cannot be arranged by column %s of type %s.", name, leaf)
		}
		c.columns = append(c.columns, curveColumn{path: path})
	}
	return c, nil
}

// columnPath finds a column by its name, letter case aside. A name with dots may also be that of a column.
func columnPath(schema types.Struct, parts []string) ([]int, types.Type) {
	if at := schema.Index(strings.Join(parts, ".")); at >= 0 {
		return []int{at}, schema.Fields[at].Type
	}
	at := schema.Index(parts[0])
	if at < 0 || len(parts) == 1 {
		return nil, nil
	}
	inner, ok := schema.Fields[at].Type.(types.Struct)
	if !ok {
		return nil, nil
	}
	rest, leaf := columnPath(inner, parts[1:])
	if rest == nil {
		return nil, nil
	}
	return append([]int{at}, rest...), leaf
}

// isOrdered reports whether a type's values have ranks here.
func isOrdered(t types.Type) bool {
	switch t.(type) {
	case types.Struct, types.Array, types.Map:
		return false
	}
	return t != types.Variant
}

// column walks to the values of a dimension. nulls are those of the structs above them.
func (c *curveColumn) column(b arrow.RecordBatch) (arr arrow.Array, above []arrow.Array) {
	arr = b.Column(c.path[0])
	for _, at := range c.path[1:] {
		above = append(above, arr)
		arr = arr.(*array.Struct).Field(at)
	}
	return arr, above
}

func isNullAt(arr arrow.Array, above []arrow.Array, i int) bool {
	return arr.IsNull(i) || slices.ContainsFunc(above, func(a arrow.Array) bool { return a.IsNull(i) })
}

// sample adds every so many-th value of a batch to what the curve learns from.
func (c *spaceCurve) sample(b arrow.RecordBatch, every int) {
	for d := range c.columns {
		column := &c.columns[d]
		arr, above := column.column(b)
		number, text := valuesOf(arr)
		for i := 0; i < arr.Len(); i += every {
			switch {
			case isNullAt(arr, above, i):
			case text != nil:
				column.texts = append(column.texts, strings.Clone(text(i)))
			case number != nil:
				column.numbers = append(column.numbers, number(i))
			}
		}
	}
}

// learn makes bounds of ranges of what was sampled.
func (c *spaceCurve) learn() {
	ranges := 1<<c.bits - 1 // nulls have one of their own
	for d := range c.columns {
		c.columns[d].numbers = boundsOf(c.columns[d].numbers, ranges)
		c.columns[d].texts = boundsOf(c.columns[d].texts, ranges)
	}
}

// boundsOf are values, rising and distinct, that part the values into at most so many ranges of about as many values each.
func boundsOf[T uint64 | string](values []T, ranges int) []T {
	slices.Sort(values)
	var bounds []T
	for r := 1; r < ranges; r++ {
		at := r * len(values) / ranges
		if at < len(values) && at > 0 && values[at] != values[0] {
			bounds = append(bounds, values[at])
		}
	}
	return slices.Compact(bounds)
}

// places gives each row its place on the curve.
func (c *spaceCurve) places(b arrow.RecordBatch) []uint64 {
	n := int(b.NumRows())
	ranks := make([][]uint32, len(c.columns))
	for d := range c.columns {
		ranks[d] = c.columns[d].ranks(b, c.bits)
	}
	out := make([]uint64, n)
	axes := make([]uint32, len(c.columns))
	for i := range out {
		for d := range axes {
			axes[d] = ranks[d][i]
		}
		if c.kind == hilbert {
			hilbertAxes(axes, c.bits)
		}
		out[i] = interleave(axes, c.bits)
	}
	return out
}

// ranks are the ranges that the values fall into, 0 for nulls. They are spread over all bits: a column of few values must
// not lie in a corner of the space.
func (c *curveColumn) ranks(b arrow.RecordBatch, bits int) []uint32 {
	arr, above := c.column(b)
	number, text := valuesOf(arr)
	out := make([]uint32, arr.Len())
	highest, last := uint32(1)<<bits-1, uint32(max(len(c.texts), len(c.numbers))+1)
	for i := range out {
		if isNullAt(arr, above, i) {
			continue
		}
		switch {
		case text != nil:
			out[i] = (1 + rankOf(c.texts, text(i))) * highest / last
		case number != nil:
			out[i] = (1 + rankOf(c.numbers, number(i))) * highest / last
		}
	}
	return out
}

// rankOf is how many bounds are not above the value.
func rankOf[T uint64 | string](bounds []T, v T) uint32 {
	low, high := 0, len(bounds)
	for low < high {
		middle := (low + high) / 2
		if bounds[middle] <= v {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return uint32(low)
}

// signed makes a signed number one that compares alike without its sign.
func signed(v int64) uint64 { return uint64(v) ^ 1<<63 }

func ordered(v float64) uint64 {
	bits := math.Float64bits(v)
	if bits>>63 != 0 {
		return ^bits
	}
	return bits | 1<<63
}

// valuesOf reads an array's values as numbers, or as texts, that compare as the values do. Of a decimal the highest 64 bits
// that are in use decide, which is enough to arrange rows by.
func valuesOf(arr arrow.Array) (number func(int) uint64, text func(int) string) {
	switch arr := arr.(type) {
	case *array.String:
		return nil, arr.Value
	case *array.Binary:
		return nil, func(i int) string { return string(arr.Value(i)) }
	case *array.Boolean:
		return func(i int) uint64 {
			if arr.Value(i) {
				return 1
			}
			return 0
		}, nil
	case *array.Int8:
		return func(i int) uint64 { return signed(int64(arr.Value(i))) }, nil
	case *array.Int16:
		return func(i int) uint64 { return signed(int64(arr.Value(i))) }, nil
	case *array.Int32:
		return func(i int) uint64 { return signed(int64(arr.Value(i))) }, nil
	case *array.Int64:
		return func(i int) uint64 { return signed(arr.Value(i)) }, nil
	case *array.Date32:
		return func(i int) uint64 { return signed(int64(arr.Value(i))) }, nil
	case *array.Timestamp:
		return func(i int) uint64 { return signed(int64(arr.Value(i))) }, nil
	case *array.Float32:
		return func(i int) uint64 { return ordered(float64(arr.Value(i))) }, nil
	case *array.Float64:
		return func(i int) uint64 { return ordered(arr.Value(i)) }, nil
	case *array.Decimal128:
		return func(i int) uint64 { return ordered(arr.Value(i).ToFloat64(0)) }, nil
	}
	return func(int) uint64 { return 0 }, nil
}

// interleave takes a bit of each axis in turn, the highest first.
func interleave(axes []uint32, bits int) uint64 {
	var out uint64
	for b := bits - 1; b >= 0; b-- {
		for _, axis := range axes {
			out = out<<1 | uint64(axis>>b&1)
		}
	}
	return out
}

// hilbertAxes makes of a point the number of its place on Hilbert's curve, with its bits spread over the axes as interleave takes them: J.
// Skilling, Programming the Hilbert curve (AIP Conference Proceedings 707, 2004).
func hilbertAxes(x []uint32, bits int) {
	if bits < 1 || len(x) < 2 {
		return
	}
	top := uint32(1) << (bits - 1)
	for q := top; q > 1; q >>= 1 { // undo the turns of the halves
		low := q - 1
		for i := range x {
			if x[i]&q != 0 {
				x[0] ^= low
			} else {
				swap := (x[0] ^ x[i]) & low
				x[0] ^= swap
				x[i] ^= swap
			}
		}
	}
	for i := 1; i < len(x); i++ { // Gray code
		x[i] ^= x[i-1]
	}
	var t uint32
	for q := top; q > 1; q >>= 1 {
		if x[len(x)-1]&q != 0 {
			t ^= q - 1
		}
	}
	for i := range x {
		x[i] ^= t
	}
}
