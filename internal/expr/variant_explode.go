package expr

import (
	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/types"
	"lakehouse/internal/variant"
)

// A variantExplode is variant_explode of a variant: a row for each field of an object, or element of an array. Other
// variants make none.
type variantExplode struct {
	name string
	arg  Expr
}

func buildVariantExplode(b *builder) (Generator, error) {
	if err := b.coerceTo(aVariant); err != nil {
		return nil, err
	}
	return &variantExplode{b.name, b.args[0]}, nil
}

func (g *variantExplode) Args() []Expr                   { return []Expr{g.arg} }
func (g *variantExplode) String() string                 { return g.name + "(" + g.arg.String() + ")" }
func (g *variantExplode) WithArgs(args []Expr) Generator { return &variantExplode{g.name, args[0]} }

func (g *variantExplode) Schema() types.Struct {
	outer := Outer(g.name)
	return structOf(field("pos", types.Integer, outer), field("key", types.String, true), field("value", types.Variant, outer))
}

func (g *variantExplode) Generate(ctx *Context, in arrow.RecordBatch) ([]int32, []arrow.Array, error) {
	v, err := g.arg.Eval(ctx, in)
	if err != nil {
		return nil, nil, err
	}
	column := variantsOf(v)
	out := explodedVariants{keys: newTextBuilder(0), values: newVariantBuilder(0)}
	for i := range int(in.NumRows()) {
		if v.null(i) {
			continue
		}
		if err := out.add(int32(i), column.at(i)); err != nil {
			return nil, nil, err
		}
	}
	return out.rows, []arrow.Array{newFixed(types.Integer, out.positions, nil), out.keyColumn(), out.values.array()}, nil
}

// explodedVariants are the rows that are made.
type explodedVariants struct {
	rows, positions []int32
	keys            *textBuilder
	named           []bool
	values          *variantBuilder
}

func (x *explodedVariants) add(row int32, v variant.Value) error {
	kind, err := v.Kind()
	if err != nil || kind != variant.Object && kind != variant.Array {
		return err
	}
	c, err := v.Container()
	if err != nil {
		return err
	}
	for i := range c.Len() {
		var name []byte
		if kind == variant.Object {
			if name, err = c.Key(i); err != nil {
				return err
			}
		}
		member, err := c.At(i)
		if err != nil {
			return err
		}
		metadata, value, err := member.Raw()
		if err != nil {
			return err
		}
		x.rows, x.positions = append(x.rows, row), append(x.positions, int32(i))
		x.keys.data = append(x.keys.data, name...)
		x.keys.offsets = append(x.keys.offsets, int32(len(x.keys.data)))
		x.named = append(x.named, kind == variant.Object)
		x.values.raw(metadata, value)
	}
	return nil
}

func (x *explodedVariants) keyColumn() arrow.Array {
	x.keys.valid = fullMask(len(x.named)).and(maskOf(x.named))
	x.values.valid = fullMask(len(x.named))
	return x.keys.array(types.String)
}
