package records

import (
	"slices"
	"strings"
	"sync"

	"lakehouse/internal/types"
)

// Found gathers what the files of a scan hold beyond their schema: fields that it lacks, and values that do not fit their
// columns. It is safe for concurrent use; the zero value is ready.
type Found struct {
	mu     sync.Mutex
	fields []FoundField
	index  map[string]int
}

// A FoundField is a place in the records. An array's elements are named element, a map's keys and values key and value.
type FoundField struct {
	Path   []string
	Type   types.Type // that holds all values seen there
	Misfit bool       // there is a column, and values are not of its type
}

// maxFound bounds what is remembered: names may come from the data.
const maxFound = 10_000

// Unknown notes a value at a place that the schema lacks.
func (f *Found) Unknown(path []string, t types.Type) { f.add(path, t, false) }

// Misfit notes a value that does not fit its column.
func (f *Found) Misfit(path []string, t types.Type) { f.add(path, t, true) }

func (f *Found) add(path []string, t types.Type, misfit bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	key := strings.Join(path, "\x00")
	if at, ok := f.index[key]; ok {
		f.fields[at].Type = MergeInferred(f.fields[at].Type, t)
		return
	}
	if len(f.fields) >= maxFound {
		return
	}
	if f.index == nil {
		f.index = map[string]int{}
	}
	f.index[key] = len(f.fields)
	f.fields = append(f.fields, FoundField{Path: slices.Clone(path), Type: t, Misfit: misfit})
}

// Fields lists what was found, in the order of the paths. Where nothing but nulls was seen the type is void.
func (f *Found) Fields() []FoundField {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := slices.Clone(f.fields)
	slices.SortFunc(all, func(a, b FoundField) int { return slices.Compare(a.Path, b.Path) })
	return all
}

// Unknowns lists the fields that the schema lacks.
func (f *Found) Unknowns() []FoundField {
	return slices.DeleteFunc(f.Fields(), func(f FoundField) bool { return f.Misfit })
}

// Misfits lists the columns that some values do not fit.
func (f *Found) Misfits() []FoundField {
	return slices.DeleteFunc(f.Fields(), func(f FoundField) bool { return !f.Misfit })
}

// MergeInferred is the type that inference takes where it has seen values of both: the wider number, a struct with the fields
// of both, else string.
func MergeInferred(a, b types.Type) types.Type {
	switch {
	case a == types.Type(types.Null):
		return b
	case b == types.Type(types.Null):
		return a
	}
	switch x := a.(type) {
	case types.Struct:
		if y, ok := b.(types.Struct); ok {
			return mergeStructs(x, y)
		}
		return types.String
	case types.Array:
		if y, ok := b.(types.Array); ok {
			return types.Array{Element: MergeInferred(x.Element, y.Element), ContainsNull: true}
		}
		return types.String
	case types.Map:
		if y, ok := b.(types.Map); ok {
			return types.Map{Key: MergeInferred(x.Key, y.Key), Value: MergeInferred(x.Value, y.Value), ValueContainsNull: true}
		}
		return types.String
	}
	if types.EqualIgnoringNullability(a, b) {
		return a
	}
	return mergeScalars(a, b)
}

func mergeStructs(a, b types.Struct) types.Type {
	out := types.Struct{Fields: slices.Clone(a.Fields)}
	for _, f := range b.Fields {
		at := slices.IndexFunc(out.Fields, func(have types.Field) bool { return have.Name == f.Name })
		if at < 0 {
			out.Fields = append(out.Fields, f)
			continue
		}
		out.Fields[at].Type = MergeInferred(out.Fields[at].Type, f.Type)
	}
	return out
}

func mergeScalars(a, b types.Type) types.Type {
	x, xDecimal := decimalOf(a)
	y, yDecimal := decimalOf(b)
	switch {
	case isFloating(a) && (isFloating(b) || yDecimal), isFloating(b) && xDecimal:
		return types.Double
	case xDecimal && yDecimal:
		if _, ok := a.(types.Decimal); !ok {
			if _, ok := b.(types.Decimal); !ok {
				return widerInteger(a, b)
			}
		}
		whole, scale := max(x.Precision-x.Scale, y.Precision-y.Scale), max(x.Scale, y.Scale)
		if whole+scale > types.MaxPrecision {
			return types.Double
		}
		return types.Decimal{Precision: whole + scale, Scale: scale}
	}
	if t, ok := types.TightestCommon(a, b); ok {
		return t
	}
	return types.String
}

func isFloating(t types.Type) bool {
	return t == types.Type(types.Float) || t == types.Type(types.Double)
}

// decimalOf is the decimal that holds a whole number or a decimal.
func decimalOf(t types.Type) (types.Decimal, bool) {
	switch t := t.(type) {
	case types.Decimal:
		return t, true
	case types.Primitive:
		switch t {
		case types.Byte, types.Short, types.Integer:
			return types.Decimal{Precision: 10}, true
		case types.Long:
			return types.Decimal{Precision: 20}, true
		default:
			return types.Decimal{}, false
		}
	}
	return types.Decimal{}, false
}

func widerInteger(a, b types.Type) types.Type {
	return max(a.(types.Primitive), b.(types.Primitive)) // the constants stand in order of width
}
