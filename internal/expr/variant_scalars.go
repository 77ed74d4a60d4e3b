package expr

import (
	"math"
	"math/big"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"lakehouse/internal/datetime"
	"lakehouse/internal/types"
	"lakehouse/internal/variant"
)

// A sort of scalars has one SQL type.
type scalarSort struct {
	kind  variant.Kind
	scale int // of decimals
}

// cellsToScalars sorts the variants by what they are, and casts those of each sort at once, as values of its SQL type.
func (c *caster) cellsToScalars(cells []cell, to types.Type) (arrow.Array, error) {
	sorts := map[scalarSort][]int32{}
	var order []scalarSort
	for i, v := range cells {
		if !v.ok {
			continue
		}
		kind, err := v.value.Kind()
		if err != nil {
			return nil, err
		}
		if kind == variant.Null {
			continue
		}
		s := scalarSort{kind: kind}
		if kind == variant.Decimal {
			if _, s.scale, err = v.value.Decimal(); err != nil {
				return nil, err
			}
			s.scale = max(s.scale, 0)
		}
		rows, known := sorts[s]
		if !known {
			order = append(order, s)
		}
		sorts[s] = append(rows, int32(i))
	}
	parts := []arrow.Array{nulls(to, 1)}
	at, next := make([]int32, len(cells)), int32(1) // where each row is among the parts; 0: the null
	for _, s := range order {
		rows := sorts[s]
		part, err := c.sortToScalars(s, rows, cells, to)
		if err != nil {
			return nil, err
		}
		if len(rows) == len(cells) {
			return part, nil
		}
		parts = append(parts, part)
		for _, r := range rows {
			at[r] = next
			next++
		}
	}
	all, err := Concat(parts)
	if err != nil {
		return nil, err
	}
	return Take(all, at), nil
}

// sortToScalars casts the variants of some rows, all of one sort.
func (c *caster) sortToScalars(s scalarSort, rows []int32, cells []cell, to types.Type) (arrow.Array, error) {
	from, source, err := c.scalars(s, rows, cells, to)
	if err != nil {
		return nil, err
	}
	inner := c.inner(from, to)
	inner.fail = failNull
	var out arrow.Array
	if convert := findConversion(from, to, castRules{fail: failNull}); source == nil || convert == nil {
		out = nulls(to, len(rows))
	} else if out, err = convert(inner, source); err != nil {
		return nil, err
	}
	if c.fail != failNull && out.NullN() > 0 {
		for i, r := range rows {
			if out.IsNull(i) {
				return nil, c.misfit(cells[r].value, to)
			}
		}
	}
	return out, nil
}

// scalars are the values of one sort as a column of its SQL type; nil where there is no such cast.
func (c *caster) scalars(s scalarSort, rows []int32, cells []cell, to types.Type) (types.Type, arrow.Array, error) {
	from := variant.ScalarType(s.kind)
	switch s.kind {
	case variant.Object, variant.Array, variant.UUID:
		if to != types.String {
			return types.String, nil, nil
		}
		out, err := c.jsonTexts(s.kind, rows, cells)
		return types.String, out, err
	case variant.Decimal:
		if to == types.String {
			out, err := c.jsonTexts(s.kind, rows, cells)
			return types.String, out, err
		}
		if to == types.Timestamp {
			return c.instants(rows, cells)
		}
		from = types.Decimal{Precision: types.MaxPrecision, Scale: s.scale}
		out, err := gatherCells(from, rows, cells, decimalAt(s.scale))
		return from, out, err
	case variant.Boolean:
		out, err := gatherCells(from, rows, cells, variant.Value.Bool)
		return from, out, err
	case variant.Long:
		if to == types.Timestamp {
			return c.instants(rows, cells)
		}
		out, err := gatherCells(from, rows, cells, variant.Value.Int)
		return from, out, err
	case variant.Timestamp, variant.TimestampNTZ:
		out, err := gatherCells(from, rows, cells, variant.Value.Int)
		return from, out, err
	case variant.Date:
		out, err := gatherCells(from, rows, cells, func(v variant.Value) (int32, error) {
			days, err := v.Int()
			return int32(days), err
		})
		return from, out, err
	case variant.Double:
		if to == types.Timestamp {
			return c.instants(rows, cells)
		}
		out, err := gatherCells(from, rows, cells, variant.Value.Float)
		return from, out, err
	case variant.Float:
		if to == types.Timestamp {
			return c.instants(rows, cells)
		}
		out, err := gatherCells(from, rows, cells, func(v variant.Value) (float32, error) {
			f, err := v.Float()
			return float32(f), err
		})
		return from, out, err
	default: // texts and binaries
		out, err := gatherCells(from, rows, cells, func(v variant.Value) (string, error) {
			raw, err := v.Bytes()
			return string(raw), err
		})
		return from, out, err
	}
}

func gatherCells[T value](t types.Type, rows []int32, cells []cell, read func(variant.Value) (T, error)) (arrow.Array, error) {
	out := make([]T, len(rows))
	for i, r := range rows {
		var err error
		if out[i], err = read(cells[r].value); err != nil {
			return nil, err
		}
	}
	return store(t, out, nil), nil
}

// decimalAt reads decimals of one scale, at which those with a scale below zero stand, too.
func decimalAt(scale int) func(variant.Value) (decimal128.Num, error) {
	return func(v variant.Value) (decimal128.Num, error) {
		digits, own, err := v.Decimal()
		if err != nil || own >= scale {
			return digits, err
		}
		return digits.IncreaseScaleBy(int32(scale - own)), nil
	}
}

// jsonTexts are the texts of objects, arrays, decimals and UUIDs.
func (c *caster) jsonTexts(kind variant.Kind, rows []int32, cells []cell) (arrow.Array, error) {
	clock := datetime.NewClock(c.ctx.TimeZone)
	b := newTextBuilder(len(rows))
	for _, r := range rows {
		var err error
		if kind == variant.UUID {
			var raw []byte
			raw, err = cells[r].value.Bytes()
			b.data = variant.AppendUUID(b.data, raw)
		} else {
			b.data, err = cells[r].value.AppendJSON(b.data, clock)
		}
		if err != nil {
			return nil, err
		}
		b.end(true)
	}
	return b.array(types.String), nil
}

// instants reads numbers as seconds since the epoch. What is out of range is null, where a plain cast would be silently wrong.
func (c *caster) instants(rows []int32, cells []cell) (types.Type, arrow.Array, error) {
	out, valid := make([]int64, len(rows)), fullMask(len(rows))
	for i, r := range rows {
		micros, ok, err := variantMicros(cells[r].value)
		if err != nil {
			return nil, nil, err
		}
		if out[i] = micros; !ok {
			valid.clear(i)
		}
	}
	return types.Timestamp, store(types.Timestamp, out, valid), nil
}

func variantMicros(v variant.Value) (micros int64, ok bool, err error) {
	kind, err := v.Kind()
	if err != nil {
		return 0, false, err
	}
	if kind == variant.Long {
		seconds, err := v.Int()
		const most = math.MaxInt64 / microsPerSecond
		return seconds * microsPerSecond, seconds <= most && seconds >= -most, err
	}
	if kind != variant.Decimal {
		seconds, err := v.Float()
		const most = 1 << 63
		f := math.Trunc(seconds * float64(microsPerSecond))
		ok := f >= -most && f < most // not so of NaN
		if !ok {
			f = 0
		}
		return int64(f), ok, err
	}
	digits, scale, err := v.Decimal()
	if err != nil {
		return 0, false, err
	}
	n := new(big.Int).Mul(digits.BigInt(), big.NewInt(microsPerSecond))
	power := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(scale, -scale))), nil)
	if scale >= 0 {
		n.Quo(n, power)
	} else {
		n.Mul(n, power)
	}
	return n.Int64(), n.IsInt64(), nil
}
