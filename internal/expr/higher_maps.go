package expr

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

// perEntry evaluates a lambda function for each entry of the maps.
func (e *lambdaEval) perEntry(l *Lambda, v Vector) (spreading, arrow.Array, error) {
	m := v.Values.(*array.Map)
	x := spread(v, e.n)
	out, err := e.apply(l, x.rows, x.take(m.Keys()), x.take(m.Items()))
	return x, out, err
}

func buildTransformEntries(keys bool) func(b *builder) (Expr, error) {
	return func(b *builder) (Expr, error) {
		t, err := b.mapType(0)
		if err != nil {
			return nil, err
		}
		l, err := b.lambda(1)
		if err != nil {
			return nil, err
		}
		if keys {
			t.Key = l.Type()
		} else {
			t.Value, t.ValueContainsNull = l.Type(), l.Nullable()
		}
		return b.lambdaCall(t, func(e *lambdaEval, args []Vector) (arrow.Array, error) {
			x, out, err := e.perEntry(e.lambdas[1], args[0])
			if err != nil {
				return nil, err
			}
			m := args[0].Values.(*array.Map)
			k, v := out, x.take(m.Items())
			if !keys {
				k, v = x.take(m.Keys()), out
			}
			return x.maps(t, e.n, k, v, args[0].valid(e.n), keys)
		}), nil
	}
}

// maps puts entries, in the order of the rows, together. New keys are checked.
func (x *spreading) maps(t types.Map, n int, keys, values arrow.Array, valid mask, check bool) (arrow.Array, error) {
	offsets := x.lengths(n)
	if check {
		keyer := NewKeyer(keys)
		seen := map[string]struct{}{}
		var key []byte
		for i := range n {
			clear(seen)
			for k := offsets[i]; k < offsets[i+1]; k++ {
				if isNull(keys, int(k)) {
					return nil, errclass.NullMapKey.New("Cannot use null as map key.")
				}
				key = keyer(key[:0], int(k))
				if _, dup := seen[string(key)]; dup {
					return nil, duplicateKey(keys, int(k))
				}
				seen[string(key)] = struct{}{}
			}
		}
	}
	at := types.ToArrow(t).(*arrow.MapType)
	entries := newStructLike(at.Elem(), []arrow.Array{retype(keys, at.KeyType()), retype(values, at.ItemType())}, nil, keys.Len())
	return newListLike(at, offsets, entries, valid), nil
}

func buildMapFilter(b *builder) (Expr, error) {
	t, err := b.mapType(0)
	if err != nil {
		return nil, err
	}
	if _, err := b.condition(1); err != nil {
		return nil, err
	}
	return b.lambdaCall(t, func(e *lambdaEval, args []Vector) (arrow.Array, error) {
		x, out, err := e.perEntry(e.lambdas[1], args[0])
		if err != nil {
			return nil, err
		}
		kept := x.where(truthOf(Vector{Values: out}, out.Len()).yes)
		m := args[0].Values.(*array.Map)
		return kept.maps(t, e.n, Take(m.Keys(), kept.elements), Take(m.Items(), kept.elements), args[0].valid(e.n), false)
	}), nil
}

// buildMapZipWith goes over the keys of both maps, those of the first first.
func buildMapZipWith(b *builder) (Expr, error) {
	t, err := b.mapType(0)
	if err != nil {
		return nil, err
	}
	if _, err := b.mapType(1); err != nil {
		return nil, err
	}
	l, err := b.lambda(2)
	if err != nil {
		return nil, err
	}
	t = types.Map{Key: t.Key, Value: l.Type(), ValueContainsNull: l.Nullable()}
	return b.lambdaCall(t, func(e *lambdaEval, args []Vector) (arrow.Array, error) {
		x, y := args[0].Values.(*array.Map), args[1].Values.(*array.Map)
		valid := validAll(e.n, args[:2])
		var s spreading
		var left, right []int32
		all, err := Concat([]arrow.Array{x.Keys(), retype(y.Keys(), x.Keys().DataType())})
		if err != nil {
			return nil, err
		}
		keyer := NewKeyer(all)
		base := int64(x.Keys().Len())
		for i := range e.n {
			if !valid.has(i) {
				continue
			}
			at := map[string]int{}
			xs, xe := x.ValueOffsets(i)
			for k := xs; k < xe; k++ {
				at[string(keyer(nil, int(k)))] = len(left)
				s.rows, s.elements = append(s.rows, int32(i)), append(s.elements, int32(k))
				left, right = append(left, int32(k)), append(right, -1)
			}
			ys, ye := y.ValueOffsets(i)
			for k := ys; k < ye; k++ {
				if place, found := at[string(keyer(nil, int(base+k)))]; found {
					right[place] = int32(k)
					continue
				}
				s.rows, s.elements = append(s.rows, int32(i)), append(s.elements, int32(base+k))
				left, right = append(left, -1), append(right, int32(k))
			}
		}
		keys := Take(all, s.elements)
		out, err := e.apply(e.lambdas[2], s.rows, keys, Take(x.Items(), left), Take(y.Items(), right))
		if err != nil {
			return nil, err
		}
		return s.maps(t, e.n, keys, out, valid, false)
	}), nil
}
