package parquetio

import (
	"encoding/binary"
	"math"

	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/parquet-go/parquet-go/format"

	"lakehouse/internal/predicate"
	"lakehouse/internal/types"
)

// mayMatch reports whether the row group's statistics leave a row possible for which opts.Where holds.
func (f *File) mayMatch(g *rowGroup, opts ReadOptions) bool {
	if opts.Where == nil {
		return true
	}
	return predicate.MayMatch(opts.Where, g.rows, func(path []string) (predicate.ColumnStats, bool) {
		return f.statsOf(g, path, opts)
	})
}

func (f *File) statsOf(g *rowGroup, path []string, opts ReadOptions) (predicate.ColumnStats, bool) {
	if len(path) == 0 || opts.Schema.Index(path[0]) < 0 {
		return predicate.ColumnStats{}, false // not of this file: a partition column, whose values stand elsewhere
	}
	n, want := f.root, types.Type(opts.Schema)
	for _, name := range path {
		field, wanted := fieldNamed(want, name)
		if n.kind != structNode || !wanted && opts.Find != ByName {
			return predicate.ColumnStats{}, false
		}
		child, err := opts.Find.child(n, field, opts.CaseSensitive)
		if err != nil {
			return predicate.ColumnStats{}, false
		}
		if child == nil {
			return predicate.ColumnStats{Nulls: g.rows}, true // absent: all null
		}
		n, want = child, field.Type
	}
	if n.kind != leafNode || n.rep > 0 {
		return predicate.ColumnStats{}, false
	}
	if want == nil {
		want = inferLeaf(n.element)
	}
	c := &g.chunks[n.leaf]
	s := predicate.ColumnStats{Nulls: c.bounds.nulls}
	s.Min, s.Max = f.boundsOf(n.element, want, c.bounds)
	if f.rebase(opts).hides(n.element, s.Min) {
		s.Min, s.Max = nil, nil
	}
	_, isFloat := s.Max.(float64)
	s.MayHoldNaN = isFloat && !f.ours() // others leave NaN out of their bounds
	return s, true
}

// fieldNamed is a struct's field; one without a type where it has none of that name.
func fieldNamed(t types.Type, name string) (f types.Field, ok bool) {
	if s, isStruct := t.(types.Struct); isStruct {
		if i := s.Index(name); i >= 0 {
			return s.Fields[i], true
		}
	}
	return types.Field{Name: name}, false
}

// boundsOf gives the bounds of a chunk as values of the wanted type.
func (f *File) boundsOf(e element, want types.Type, b chunkBounds) (low, high predicate.Value) {
	least, most := b.min, b.max
	if f.footer.ordered == 0 {
		least, most = nil, nil // without an order nobody knows what they mean
	}
	if least == nil && most == nil && signedOrder(e) {
		least, most = b.oldMin, b.oldMax
	}
	return boundValue(e, want, least), boundValue(e, want, most)
}

// signedOrder reports whether the deprecated bounds, compared as signed, are in the type's order.
func signedOrder(e element) bool {
	if _, signed := e.integer(); !signed && (e.converted >= 0 || e.logical.kind == logicalInteger) {
		return e.physical == format.Int32 && inferLeaf(e) == types.Date
	}
	switch e.physical {
	case format.Boolean, format.Int32, format.Int64, format.Float, format.Double:
		return true
	default:
		return false
	}
}

// boundValue gives nil for what is unknown or does not convert.
func boundValue(e element, want types.Type, v []byte) predicate.Value {
	if v == nil {
		return nil
	}
	if d, ok := want.(types.Decimal); ok {
		return decimalBound(e, d, v)
	}
	switch e.physical {
	case format.Boolean:
		if len(v) == 1 && want == types.Boolean {
			return v[0] != 0
		}
	case format.Int32, format.Int64:
		return integerBound(e, want, v)
	case format.Float:
		if len(v) == 4 {
			return floatBound(float64(math.Float32frombits(binary.LittleEndian.Uint32(v))), want)
		}
	case format.Double:
		if len(v) == 8 {
			return floatBound(math.Float64frombits(binary.LittleEndian.Uint64(v)), want)
		}
	case format.ByteArray:
		switch {
		case inferLeaf(e) == types.String && want == types.String:
			return string(v)
		case inferLeaf(e) == types.Binary && want == types.Binary:
			return v
		}
	default:
	}
	return nil
}

func floatBound(v float64, want types.Type) predicate.Value {
	if math.IsNaN(v) || want != types.Float && want != types.Double {
		return nil
	}
	return v
}

// integerBits reads a plainly encoded integer.
func integerBits(e element, v []byte) (int64, bool) {
	switch {
	case e.physical == format.Int32 && len(v) == 4:
		return int64(int32(binary.LittleEndian.Uint32(v))), true
	case e.physical == format.Int64 && len(v) == 8:
		return int64(binary.LittleEndian.Uint64(v)), true
	}
	return 0, false
}

func integerBound(e element, want types.Type, v []byte) predicate.Value {
	i, ok := integerBits(e, v)
	if bits, signed := e.integer(); !ok || bits != 0 && !signed {
		return nil
	}
	from := inferLeaf(e)
	_, isInteger := integerRank(want)
	_, fromInteger := integerRank(from)
	switch {
	case isInteger && fromInteger, want == types.Date && from == types.Date:
		return i
	case want == types.Double && fromInteger && e.physical == format.Int32:
		return float64(i)
	case want != types.Timestamp && want != types.TimestampNTZ:
		return nil
	}
	micros := []int64{i}
	var err error
	switch unit, _ := e.timestamp(); unit {
	case unitMillis:
		err = convertMillis(micros, micros)
	case unitNanos:
		err = convertNanos(micros, micros)
	case unitMicros:
	default:
		return nil
	}
	if err != nil {
		return nil
	}
	return micros[0]
}

func decimalBound(e element, want types.Decimal, v []byte) predicate.Value {
	have, ok := e.decimal()
	if !ok || have.Scale > want.Scale {
		return nil
	}
	var unscaled decimal128.Num
	switch e.physical {
	case format.Int32, format.Int64:
		i, ok := integerBits(e, v)
		if !ok {
			return nil
		}
		unscaled = decimal128.FromI64(i)
	case format.FixedLenByteArray, format.ByteArray:
		if len(v) == 0 || len(v) > 16 {
			return nil
		}
		unscaled = decimalOf(v)
	default:
		return nil
	}
	scaled := newDecimalFactor(want.Scale - have.Scale).times(unscaled)
	return decimal128.New(int64(scaled.high), scaled.low)
}
