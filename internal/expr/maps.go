package expr

import (
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

var mapFunctions = table{
	"map":              built(0, -1, buildMap),
	"map_from_arrays":  built(2, 2, buildMapFromArrays),
	"map_from_entries": built(1, 1, buildMapFromEntries),
	"map_concat":       built(0, -1, buildMapConcat),
	"map_keys": fn(nil, func(_ *Context, _ int, args []Vector) (arrow.Array, error) {
		m := args[0].Values.(*array.Map)
		return withElements(m, listOf(m.Keys().DataType(), false), m.Keys()), nil
	}, aMap).of(func(args []Expr) types.Type { return types.Array{Element: args[0].Type().(types.Map).Key} }).infallible(),
	"map_values": fn(nil, nil, aMap).of(valuesType).by(func(_ *BuildContext, args []Expr) (kernel, error) {
		t := types.ToArrow(valuesType(args))
		return func(_ *Context, _ int, args []Vector) (arrow.Array, error) {
			m := args[0].Values.(*array.Map)
			return withElements(m, t, m.Items()), nil
		}, nil
	}).infallible(),
	"map_entries": built(1, 1, func(b *builder) (Expr, error) {
		if err := b.coerceTo(aMap); err != nil {
			return nil, err
		}
		m := b.args[0].Type().(types.Map)
		t := types.Array{Element: structOf(field("key", m.Key, false), field("value", m.Value, m.ValueContainsNull))}
		b.fn.safe = true
		return b.make(t, func(_ *Context, _ int, args []Vector) (arrow.Array, error) {
			entries := elementsOf(args[0].Values)
			at := types.ToArrow(t).(*arrow.ListType)
			return withElements(args[0].Values, at, retype(entries, at.Elem())), nil
		}), nil
	}),
	"map_contains_key": built(2, 2, func(b *builder) (Expr, error) {
		if err := b.coerceTo(aMap, anything); err != nil {
			return nil, err
		}
		var err error
		if b.args[1], err = implicit(b.ctx, b.args[1], b.args[0].Type().(types.Map).Key); err != nil {
			return nil, err
		}
		b.fn.safe = true
		return b.make(types.Boolean, func(_ *Context, n int, args []Vector) (arrow.Array, error) {
			m := args[0].Values.(*array.Map)
			order := newComparer(m.Keys(), args[1].Values)
			return tryRows(types.Boolean, n, args, func(i int) (bool, bool, error) {
				start, end := m.ValueOffsets(args[0].at(i))
				for e := start; e < end; e++ {
					if order(int(e), args[1].at(i)) == 0 {
						return true, true, nil
					}
				}
				return false, true, nil
			})
		}), nil
	}),
}

func valuesType(args []Expr) types.Type {
	m := args[0].Type().(types.Map)
	return types.Array{Element: m.Value, ContainsNull: m.ValueContainsNull}
}

func listOf(t arrow.DataType, nullable bool) arrow.DataType {
	return arrow.ListOfField(arrow.Field{Name: "element", Type: t, Nullable: nullable})
}

// A mapMaker gathers keys and values into maps and refuses keys that are null or come twice.
type mapMaker struct {
	keys, values *gatherer
	seen         map[string]struct{}
	buffer       []byte
}

func newMapMaker(n int, valid mask, keys, values []arrow.Array) *mapMaker {
	return &mapMaker{keys: newGatherer(n, valid, keys...), values: newGatherer(n, valid, values...), seen: map[string]struct{}{}}
}

// put adds an entry to the current row's map.
func (m *mapMaker) put(key Keyer, keys arrow.Array, keySource int, k int64, valueSource int, v int64) error {
	if isNull(keys, int(k)) {
		return errclass.NullMapKey.New("Cannot use null as map key.")
	}
	m.buffer = key(m.buffer[:0], int(k))
	if _, dup := m.seen[string(m.buffer)]; dup {
		return duplicateKey(keys, int(k))
	}
	m.seen[string(m.buffer)] = struct{}{}
	m.keys.emit(keySource, k)
	if v < 0 {
		m.values.emitNull()
	} else {
		m.values.emit(valueSource, v)
	}
	return nil
}

func duplicateKey(keys arrow.Array, k int) error {
	return errclass.DuplicatedMapKey.New("Duplicate map key %s was found, please check the input data.", keys.ValueStr(k)).
		WithHint("If you want to remove the duplicated keys, you can set \"spark.sql.mapKeyDedupPolicy\" to \"LAST_WIN\" so that the key inserted at last takes precedence.")
}

func (m *mapMaker) end() {
	clear(m.seen)
	m.keys.end()
	m.values.end()
}

func (m *mapMaker) array(t types.Map) (arrow.Array, error) {
	at := types.ToArrow(t).(*arrow.MapType)
	keys, err := m.keys.elements(at.KeyType())
	if err != nil {
		return nil, err
	}
	values, err := m.values.elements(at.ItemType())
	if err != nil {
		return nil, err
	}
	return newListLike(at, m.keys.offsets, newStructLike(at.Elem(), []arrow.Array{keys, values}, nil, keys.Len()), m.keys.valid), nil
}

// buildMap is map(k1, v1, k2, v2, …).
func buildMap(b *builder) (Expr, error) {
	if len(b.args)%2 != 0 {
		return nil, wrongCount(b.name, "2n (n > 0)", len(b.args))
	}
	var keys, values []Expr
	for i := 0; i < len(b.args); i += 2 {
		keys, values = append(keys, b.args[i]), append(values, b.args[i+1])
	}
	key, err := b.unifyOf(keys, "keys")
	if err != nil {
		return nil, err
	}
	value, err := b.unifyOf(values, "values")
	if err != nil {
		return nil, err
	}
	if types.HasVariant(key) {
		return nil, b.mismatch(errclass.InvalidMapKey, "The key of map cannot be/contain \"VARIANT\".")
	}
	t := types.Map{Key: key, Value: value}
	for i := range keys {
		b.args[2*i], b.args[2*i+1] = keys[i], values[i]
		t.ValueContainsNull = t.ValueContainsNull || values[i].Nullable()
	}
	b.fn.null = nullNever
	return b.make(t, func(_ *Context, n int, args []Vector) (arrow.Array, error) {
		m := newMapMaker(n, nil, []arrow.Array{nulls(key, 0)}, []arrow.Array{nulls(value, 0)})
		keyers := make([]Keyer, len(args)/2)
		for k := range keyers {
			m.keys.add(args[2*k].Values)
			m.values.add(args[2*k+1].Values)
			keyers[k] = NewKeyer(args[2*k].Values)
		}
		for i := range n {
			for k, keyer := range keyers {
				if err := m.put(keyer, args[2*k].Values, k+1, int64(args[2*k].at(i)), k+1, int64(args[2*k+1].at(i))); err != nil {
					return nil, err
				}
			}
			m.end()
		}
		return m.array(t)
	}), nil
}

// unifyOf converts expressions to one type.
func (b *builder) unifyOf(exprs []Expr, what string) (types.Type, error) {
	wide, ok := WiderAll(typesOf(exprs), b.ctx.ANSI)
	if !ok {
		return nil, b.mismatch(errclass.DatatypeMismatchMapKeys, "The given %s of function `%s` should all be the same type, but they are %s.", what, b.name, quoteAll(typesOf(exprs)))
	}
	converted, err := implicitAll(b.ctx, exprs, wide)
	copy(exprs, converted)
	return wide, err
}

func buildMapFromArrays(b *builder) (Expr, error) {
	if err := b.coerceTo(anArray, anArray); err != nil {
		return nil, err
	}
	k, v := b.args[0].Type().(types.Array), b.args[1].Type().(types.Array)
	t := types.Map{Key: k.Element, Value: v.Element, ValueContainsNull: v.ContainsNull}
	return b.make(t, func(_ *Context, n int, args []Vector) (arrow.Array, error) {
		keys, values := arrayOf(args[0]), arrayOf(args[1])
		valid := validAll(n, args)
		m := newMapMaker(n, valid, []arrow.Array{keys.items}, []arrow.Array{values.items})
		keyer := NewKeyer(keys.items)
		for i := range n {
			if valid.has(i) {
				ks, ke := keys.span(i)
				vs, ve := values.span(i)
				if ke-ks != ve-vs {
					return nil, errclass.MapSizes.New("The key array and value array of MapData must have the same length.")
				}
				for e := range ke - ks {
					if err := m.put(keyer, keys.items, 0, ks+e, 0, vs+e); err != nil {
						return nil, err
					}
				}
			}
			m.end()
		}
		return m.array(t)
	}), nil
}

func buildMapFromEntries(b *builder) (Expr, error) {
	a, ok := b.args[0].Type().(types.Array)
	var s types.Struct
	if ok {
		s, ok = a.Element.(types.Struct)
	}
	if !ok || len(s.Fields) != 2 {
		return nil, b.wrongInput(0, `"ARRAY" of pair "STRUCT"`)
	}
	if a.ContainsNull {
		b.fn.null = nullMaybe
	}
	t := types.Map{Key: s.Fields[0].Type, Value: s.Fields[1].Type, ValueContainsNull: s.Fields[1].Nullable}
	return b.make(t, func(_ *Context, n int, args []Vector) (arrow.Array, error) {
		entries := arrayOf(args[0])
		pairs := entries.items.(*array.Struct)
		keys, values := pairs.Field(0), pairs.Field(1)
		valid := args[0].valid(n)
		if valid == nil {
			valid = fullMask(n)
		} else {
			valid = valid.clone()
		}
		m := newMapMaker(n, valid, []arrow.Array{keys}, []arrow.Array{values})
		keyer := NewKeyer(keys)
		for i := range n {
			if valid.has(i) {
				start, end := entries.span(i)
				for e := start; e < end; e++ {
					if pairs.IsNull(int(e)) {
						valid.clear(i)
						continue
					}
					if err := m.put(keyer, keys, 0, e, 0, e); err != nil {
						return nil, err
					}
				}
			}
			m.end()
		}
		return m.array(t)
	}), nil
}

func buildMapConcat(b *builder) (Expr, error) {
	if len(b.args) == 0 {
		return b.sub("map")
	}
	b.fn.params = []param{aMap}
	if err := b.coerce(); err != nil {
		return nil, err
	}
	wide, err := b.unify(0)
	if err != nil {
		return nil, err
	}
	t := wide.(types.Map)
	return b.make(t, func(_ *Context, n int, args []Vector) (arrow.Array, error) {
		valid := validAll(n, args)
		m := newMapMaker(n, valid, nil, nil)
		keyers := make([]Keyer, len(args))
		for k, a := range args {
			source := a.Values.(*array.Map)
			m.keys.add(source.Keys())
			m.values.add(source.Items())
			keyers[k] = NewKeyer(source.Keys())
		}
		for i := range n {
			for k, a := range args {
				if !valid.has(i) {
					break
				}
				source := a.Values.(*array.Map)
				start, end := source.ValueOffsets(a.at(i))
				for e := start; e < end; e++ {
					if err := m.put(keyers[k], source.Keys(), k, e, k, e); err != nil {
						return nil, err
					}
				}
			}
			m.end()
		}
		return m.array(t)
	}), nil
}

// buildStrToMap is str_to_map(text, pair delimiter, key-value delimiter), both regular expressions.
func buildStrToMap(b *builder) (Expr, error) {
	if len(b.args) == 1 {
		b.args = append(b.args, textConstant(","))
	}
	if len(b.args) == 2 {
		b.args = append(b.args, textConstant(":"))
	}
	if err := b.coerceTo(aString, aString, aString); err != nil {
		return nil, err
	}
	t := types.Map{Key: types.String, Value: types.String, ValueContainsNull: true}
	return b.make(t, func(_ *Context, n int, args []Vector) (arrow.Array, error) {
		s, pairs, between := textsOf(args[0]), textsOf(args[1]), textsOf(args[2])
		valid := validAll(n, args)
		var pairCache, betweenCache regexCache
		var keys, values []string
		var has []bool
		offsets := []int32{0}
		for i := range n {
			if valid.has(i) {
				err := pairCache.split(s.at(i), pairs.at(i), -1, func(pair string) {
					var parts []string
					if betweenCache.split(pair, between.at(i), 2, func(p string) { parts = append(parts, p) }) != nil || len(parts) == 0 {
						parts = []string{pair}
					}
					value := ""
					if len(parts) == 2 {
						value = parts[1]
					}
					keys, values, has = append(keys, parts[0]), append(values, value), append(has, len(parts) == 2)
				})
				if err != nil {
					return nil, err
				}
			}
			offsets = append(offsets, int32(len(keys)))
		}
		if err := checkKeys(keys, offsets); err != nil {
			return nil, err
		}
		at := types.ToArrow(t).(*arrow.MapType)
		entries := []arrow.Array{newText(types.String, keys, nil), newText(types.String, values, maskOf(has))}
		return newListLike(at, offsets, newStructLike(at.Elem(), entries, nil, len(keys)), valid), nil
	}), nil
}

func checkKeys(keys []string, offsets []int32) error {
	seen := map[string]struct{}{}
	for i := range len(offsets) - 1 {
		clear(seen)
		for k := offsets[i]; k < offsets[i+1]; k++ {
			if _, dup := seen[keys[k]]; dup {
				return duplicateKey(newText(types.String, []string{strings.Clone(keys[k])}, nil), 0)
			}
			seen[keys[k]] = struct{}{}
		}
	}
	return nil
}
