package expr

import (
	"regexp"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/errclass"
	"lakehouse/internal/jsonio"
	"lakehouse/internal/types"
	"lakehouse/internal/variant"
)

// aVariant takes a variant, and nothing that would have to become one.
var aVariant = param{quote(types.SQL(types.Variant)), func(t types.Type, _ bool) (types.Type, bool) {
	return types.Variant, t == types.Variant || t == types.Null
}}

// onlyText takes a text, and nothing that would have to become one.
var onlyText = param{`"STRING"`, func(t types.Type, _ bool) (types.Type, bool) {
	return types.String, t == types.String || t == types.Null
}}

var variantFunctions = table{
	"parse_json":     fn(types.Variant, parseJSON(false), onlyText),
	"try_parse_json": fn(types.Variant, parseJSON(true), onlyText).nullable(),
	"is_variant_null": fn(types.Boolean, func(_ *Context, n int, args []Vector) (arrow.Array, error) {
		return variantTest(n, args[0], func(v variant.Value) (bool, error) {
			kind, err := v.Kind()
			return kind == variant.Null, err
		})
	}, aVariant).never(),
	"is_valid_variant": fn(types.Boolean, func(_ *Context, n int, args []Vector) (arrow.Array, error) {
		column := variantsOf(args[0])
		return tryRows(types.Boolean, n, args, func(i int) (bool, bool, error) { return column.at(i).Valid(), true, nil })
	}, aVariant),
	"schema_of_variant": fn(types.String, func(_ *Context, n int, args []Vector) (arrow.Array, error) {
		column := variantsOf(args[0])
		return textRows(types.String, n, args, func(dst []byte, i int) ([]byte, bool, error) {
			t, err := column.at(i).Schema()
			if err != nil {
				return dst, false, err
			}
			return append(dst, variant.SchemaSQL(t)...), true, nil
		})
	}, aVariant),
	"to_variant_object": built(1, 1, buildToVariantObject),
	"variant_get":       built(2, 3, buildVariantGet(failError)),
	"try_variant_get":   built(2, 3, buildVariantGet(failNull)),
	// What v:a.b is. A select list names it for its last part.
	"semi_structured_extract": built(2, 2, func(b *builder) (Expr, error) {
		if b.args[0].Type() != types.Variant {
			return nil, b.wrongInput(0, aVariant.requires)
		}
		b.fn.text = extractName
		return buildVariantGet(failError)(b)
	}),
}

// comparing refuses variants within the arguments: which of them are equal nobody says.
func comparing(f function) function {
	build := f.build
	f.build = func(b *builder) (Expr, error) {
		for _, a := range b.args {
			if types.HasVariant(a.Type()) {
				return nil, b.mismatch(errclass.DatatypeMismatchOrdering, "The `%s` does not support ordering on type \"VARIANT\".", b.name)
			}
		}
		if build != nil {
			return build(b)
		}
		return b.call()
	}
	return f
}

// parseJSON makes variants of JSON texts; where a text is none, it fails or, to try, gives null.
func parseJSON(try bool) kernel {
	return func(_ *Context, n int, args []Vector) (arrow.Array, error) {
		s, valid := textsOf(args[0]), args[0].valid(n)
		b := newVariantBuilder(n)
		for i := range n {
			if !valid.has(i) {
				b.end(false)
				continue
			}
			err := jsonio.ParseVariant(&b.Builder, bytesOf(s.at(i)))
			if err == nil && b.TooLarge() {
				err = variant.TooLarge("parse_json")
			}
			if err != nil && !try {
				return nil, err
			}
			b.end(err == nil)
		}
		return b.array(), nil
	}
}

// variantTest is a test that is false for a null.
func variantTest(n int, v Vector, test func(variant.Value) (bool, error)) (arrow.Array, error) {
	column := variantsOf(v)
	out := make([]bool, n)
	for i := range out {
		if v.null(i) {
			continue
		}
		var err error
		if out[i], err = test(column.at(i)); err != nil {
			return nil, err
		}
	}
	return store(types.Boolean, out, nil), nil
}

// buildToVariantObject is to_variant_object(x): x is nested, and its structs and maps become objects.
func buildToVariantObject(b *builder) (Expr, error) {
	t := b.args[0].Type()
	switch t.(type) {
	case types.Struct, types.Array, types.Map:
	default:
		t = nil
	}
	if t == nil || !variantTarget(t, true) {
		return nil, b.mismatch(errclass.DatatypeMismatchCast, "cannot cast \"%s\" to \"VARIANT\".", types.SQL(b.args[0].Type()))
	}
	return b.make(types.Variant, func(_ *Context, n int, args []Vector) (arrow.Array, error) {
		return toVariants(args[0], t, n, "to_variant_object")
	}), nil
}

// buildVariantGet is variant_get(v, path[, type]).
func buildVariantGet(fail onFailure) func(b *builder) (Expr, error) {
	return func(b *builder) (Expr, error) {
		to := types.Type(types.Variant)
		if len(b.args) == 3 {
			t, err := b.typeArgument(b.args[2])
			if err != nil {
				return nil, err
			}
			to, b.args = types.AsNullable(t), b.args[:2]
		}
		if err := b.coerceTo(aVariant, aString); err != nil {
			return nil, err
		}
		if !variantTarget(to, true) {
			return nil, b.mismatch(errclass.DatatypeMismatchCast, "cannot cast \"VARIANT\" to \"%s\".", types.SQL(to))
		}
		b.fn.null = nullMaybe
		name := b.name
		return b.make(to, func(ctx *Context, n int, args []Vector) (arrow.Array, error) {
			return variantGet(ctx, n, args, to, fail, name)
		}), nil
	}
}

// extractName is the last name in the path.
func extractName(_ string, args []Expr) string {
	if path, ok := args[1].(*Constant); ok {
		text, _ := path.Value.(string)
		steps, _ := variant.ParsePath(text)
		for _, s := range slices.Backward(steps) {
			if s.Index < 0 {
				return s.Key
			}
		}
	}
	return "semi_structured_extract(" + joinText(args, ", ") + ")"
}

// typeArgument is a type given as a constant text.
func (b *builder) typeArgument(e Expr) (types.Type, error) {
	v, known := buildValue(e, b.ctx)
	text, isText := v.(string)
	if !known || !isText {
		return nil, errclass.InvalidSchema.New("The input schema \"%s\" is not a valid schema string: it must be a string literal.", e.String())
	}
	t, err := types.ParseType(text)
	if err != nil {
		if s, ddlErr := types.ParseDDL(text); ddlErr == nil {
			return s, nil
		}
		return nil, err
	}
	if charType.MatchString(text) {
		return nil, errclass.CharAsString.New("The char/varchar type can't be used in the table schema.").
			WithHint("Use STRING.")
	}
	return t, nil
}

var charType = regexp.MustCompile(`(?i)\b(var)?char(acter)?\s*\(`)

func variantGet(ctx *Context, n int, args []Vector, to types.Type, fail onFailure, name string) (arrow.Array, error) {
	column, paths := variantsOf(args[0]), textsOf(args[1])
	valid := validAll(n, args)
	var steps []variant.Step
	var last string
	known := false
	cells := make([]cell, n)
	for i := range cells {
		if !valid.has(i) {
			continue
		}
		if p := paths.at(i); !known || p != last {
			var ok bool
			if steps, ok = variant.ParsePath(p); !ok {
				return nil, invalidVariantPath(p, name)
			}
			last, known = p, true
		}
		v, found, err := column.at(i).Get(steps)
		if err != nil {
			return nil, err
		}
		cells[i] = cell{v, found}
	}
	run := &caster{ctx: ctx, from: types.Variant, to: to, fail: fail, zone: newZone(ctx.TimeZone)}
	return run.fromCells(cells, to)
}

func invalidVariantPath(path, function string) error {
	return errclass.InvalidVariantPath.New("The path `%s` is not a valid variant extraction path in `%s`.", path, function).
		WithHint("A valid path should start with `$` and is followed by zero or more segments like `[123]`, `.name`, `['name']`, or `[\"name\"]`.")
}
