package autoloader

import (
	"slices"

	"lakehouse/internal/types"
)

// widening says what may become of the types of a stream's columns when its files show more.
type widening struct {
	types  bool // existing types may become wider
	dates  bool // also date → timestamp without zone (Parquet)
	joined []string
}

// merge is a schema with what another has besides: new fields stand behind those that are there, at any depth. It notes
// the paths of the fields that are new.
func (w *widening) merge(have, found types.Struct, prefix string) types.Struct {
	fields := slices.Clone(have.Fields)
	for _, f := range found.Fields {
		i := have.Index(f.Name)
		if i < 0 {
			f.Nullable = true
			fields = append(fields, f)
			w.joined = append(w.joined, prefix+f.Name)
			continue
		}
		fields[i].Type = w.mergeType(fields[i].Type, f.Type, prefix+f.Name+".")
	}
	return types.Struct{Fields: fields}
}

func (w *widening) mergeType(have, found types.Type, prefix string) types.Type {
	switch have := have.(type) {
	case types.Struct:
		if found, ok := found.(types.Struct); ok {
			return w.merge(have, found, prefix)
		}
	case types.Array:
		if found, ok := found.(types.Array); ok {
			have.Element = w.mergeType(have.Element, found.Element, prefix+"element.")
			return have
		}
	case types.Map:
		if found, ok := found.(types.Map); ok {
			have.Key = w.mergeType(have.Key, found.Key, prefix+"key.")
			have.Value = w.mergeType(have.Value, found.Value, prefix+"value.")
			return have
		}
	default:
		if w.types {
			return w.wider(have, found)
		}
	}
	return have
}

// wider is the type that holds both, where Auto Loader widens the first to the second; else the first.
func (w *widening) wider(have, found types.Type) types.Type {
	switch have := have.(type) {
	case types.Decimal:
		if other, ok := found.(types.Decimal); ok {
			return widerOr(have, types.WiderDecimal(have, other), other)
		}
		return have
	case types.Primitive:
		return w.widerPrimitive(have, found)
	}
	return have
}

// widenings is what a type may become. Decimals are told apart from it.
var widenings = map[types.Primitive][]types.Primitive{
	types.Byte:    {types.Short, types.Integer, types.Long, types.Double},
	types.Short:   {types.Integer, types.Long, types.Double},
	types.Integer: {types.Long, types.Double},
	types.Float:   {types.Double},
}

func (w *widening) widerPrimitive(have types.Primitive, found types.Type) types.Type {
	if other, ok := found.(types.Decimal); ok && types.Integral(have) {
		start := types.Decimal{Precision: 10}
		if have == types.Long {
			start.Precision = 20
		}
		return widerOr(have, types.WiderDecimal(start, other), other, start)
	}
	other, ok := found.(types.Primitive)
	if ok && (slices.Contains(widenings[have], other) || w.dates && have == types.Date && other == types.TimestampNTZ) {
		return other
	}
	return have
}

// widerOr is a decimal if it holds all digits of the others: 38 may not be enough.
func widerOr(have types.Type, wide types.Decimal, others ...types.Decimal) types.Type {
	for _, o := range others {
		if wide.Precision-wide.Scale < o.Precision-o.Scale || wide.Scale < o.Scale {
			return have
		}
	}
	return wide
}
