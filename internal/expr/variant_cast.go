package expr

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
	"lakehouse/internal/variant"
)

// variantTarget reports whether variants can be cast to a type, or values of it to variants. Structs and maps become
// variants only where that is asked for, with to_variant_object.
func variantTarget(t types.Type, nested bool) bool {
	switch t := t.(type) {
	case types.Array:
		return variantTarget(t.Element, nested)
	case types.Map:
		return nested && t.Key == types.String && variantTarget(t.Value, nested)
	case types.Struct:
		for _, f := range t.Fields {
			if !variantTarget(f.Type, nested) {
				return false
			}
		}
		return nested
	case types.Interval:
		return false
	}
	return t != types.Null && t != types.CalendarInterval
}

// variantConversion is the conversion from or to VARIANT; nil where there is none.
func variantConversion(from, to types.Type) conversion {
	switch {
	case from == types.Variant && variantTarget(to, true):
		return convertFromVariant
	case to == types.Variant && variantTarget(from, false):
		return convertToVariant
	}
	return nil
}

// convertFromVariant casts each variant to the target, whatever it is.
func convertFromVariant(c *caster, arr arrow.Array) (arrow.Array, error) {
	column := variantsOf(Vector{Values: arr})
	return c.fromCells(column.cells(arr.Len()), c.to)
}

// fromCells casts variants to a type. A variant null becomes a null of any type but VARIANT.
func (c *caster) fromCells(cells []cell, to types.Type) (arrow.Array, error) {
	switch to := to.(type) {
	case types.Array:
		return c.cellsToArrays(cells, to)
	case types.Map:
		return c.cellsToMaps(cells, to)
	case types.Struct:
		return c.cellsToStructs(cells, to)
	}
	if to == types.Variant {
		return copyCells(cells)
	}
	return c.cellsToScalars(cells, to)
}

func copyCells(cells []cell) (arrow.Array, error) {
	b := newVariantBuilder(len(cells))
	for _, v := range cells {
		if !v.ok {
			b.end(false)
		} else if err := b.copyOf(v.value); err != nil {
			return nil, err
		}
	}
	return b.array(), nil
}

// misfit is the error for a variant that is not of the target; nil where a null stands for it.
func (c *caster) misfit(v variant.Value, to types.Type) error {
	if c.fail == failNull {
		return nil
	}
	text, err := v.JSON(c.ctx.TimeZone)
	if err != nil {
		return err
	}
	return errclass.InvalidVariantCast.New("The variant value `%s` cannot be cast into \"%s\".", text, types.SQL(to)).
		WithHint("Please use `try_variant_get` instead.")
}

// containers opens the cells of one kind, objects or arrays, and makes nulls of the others.
func (c *caster) containers(cells []cell, kind variant.Kind, to types.Type) (all []variant.Container, valid mask, err error) {
	all, valid = make([]variant.Container, len(cells)), fullMask(len(cells))
	for i, v := range cells {
		k := variant.Null
		if v.ok {
			if k, err = v.value.Kind(); err != nil {
				return nil, nil, err
			}
		}
		switch k {
		case kind:
			all[i], err = v.value.Container()
		case variant.Null:
			valid.clear(i)
		default:
			valid.clear(i)
			err = c.misfit(v.value, to)
		}
		if err != nil {
			return nil, nil, err
		}
	}
	return all, valid, nil
}

// members are the values of all containers, one after the other, and where those of each begin.
func members(all []variant.Container) (cells []cell, offsets []int32, err error) {
	offsets = make([]int32, 1, len(all)+1)
	for i := range all {
		for k := range all[i].Len() {
			v, err := all[i].At(k)
			if err != nil {
				return nil, nil, err
			}
			cells = append(cells, cell{v, true})
		}
		offsets = append(offsets, int32(len(cells)))
	}
	return cells, offsets, nil
}

func (c *caster) cellsToArrays(cells []cell, to types.Array) (arrow.Array, error) {
	all, valid, err := c.containers(cells, variant.Array, to)
	if err != nil {
		return nil, err
	}
	inside, offsets, err := members(all)
	if err != nil {
		return nil, err
	}
	elements, err := c.fromCells(inside, to.Element)
	if err != nil {
		return nil, err
	}
	return newLists(types.ToArrow(to), offsets, elements, valid), nil
}

func newLists(t arrow.DataType, offsets []int32, elements arrow.Array, valid mask) arrow.Array {
	n := len(offsets) - 1
	buffers := []*memory.Buffer{valid.buffer(), offsetsBuffer(offsets)}
	return array.MakeFromData(array.NewData(t, n, buffers, []arrow.ArrayData{elements.Data()}, valid.nulls(n), 0))
}

func (c *caster) cellsToMaps(cells []cell, to types.Map) (arrow.Array, error) {
	all, valid, err := c.containers(cells, variant.Object, to)
	if err != nil {
		return nil, err
	}
	inside, offsets, err := members(all)
	if err != nil {
		return nil, err
	}
	keys := newTextBuilder(len(inside))
	for i := range all {
		for k := range all[i].Len() {
			name, err := all[i].Key(k)
			if err != nil {
				return nil, err
			}
			keys.appendString(string(name))
		}
	}
	values, err := c.fromCells(inside, to.Value)
	if err != nil {
		return nil, err
	}
	t := types.ToArrow(to).(*arrow.MapType)
	entries := newStructLike(t.Elem(), []arrow.Array{keys.array(types.String), values}, nil, len(inside))
	return newLists(t, offsets, entries, valid), nil
}

func (c *caster) cellsToStructs(cells []cell, to types.Struct) (arrow.Array, error) {
	all, valid, err := c.containers(cells, variant.Object, to)
	if err != nil {
		return nil, err
	}
	fields := make([]arrow.Array, len(to.Fields))
	inside := make([]cell, len(cells))
	for i, f := range to.Fields {
		clear(inside)
		for row := range all {
			if all[row].Len() == 0 {
				continue
			}
			v, found, err := all[row].Find([]byte(f.Name))
			if err != nil {
				return nil, err
			}
			inside[row] = cell{v, found}
		}
		if fields[i], err = c.fromCells(inside, f.Type); err != nil {
			return nil, err
		}
	}
	return newStructLike(types.ToArrow(to), fields, valid, len(cells)), nil
}
