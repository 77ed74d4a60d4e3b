package expr

import (
	"strings"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

// A param is what a function takes in one place.
type param struct {
	requires string // the type, as the error for another one names it
	// accept gives the type to convert an argument of type t to; false where none will do.
	accept func(t types.Type, ansi bool) (types.Type, bool)
}

// is takes a type, and what converts to it without being asked.
func is(to types.Type) param {
	return param{quote(types.SQL(to)), func(t types.Type, _ bool) (types.Type, bool) {
		return to, storable(t, to) || t == types.String && isAtomic(to) || t == types.Binary && to == types.String
	}}
}

// The usual parameters.
var (
	aString    = is(types.String)
	anInt      = is(types.Integer)
	aLong      = is(types.Long)
	aDouble    = is(types.Double)
	aBool      = is(types.Boolean)
	aDate      = is(types.Date)
	aTimestamp = is(types.Timestamp)
	aBinary    = param{`"BINARY"`, func(t types.Type, _ bool) (types.Type, bool) {
		return types.Binary, t == types.Binary || t == types.String || t == types.Null
	}}
	anything = param{"", func(t types.Type, _ bool) (types.Type, bool) { return t, true }}
	// aText takes text or binary as it is.
	aText = param{`("STRING" or "BINARY")`, func(t types.Type, _ bool) (types.Type, bool) {
		if t == types.Binary {
			return t, true
		}
		return types.String, t == types.Null || storable(t, types.String)
	}}
	aNumber = param{`"NUMERIC"`, func(t types.Type, _ bool) (types.Type, bool) {
		if t == types.String || t == types.Null {
			return types.Double, true
		}
		return t, isNumeric(t)
	}}
	anInteger = param{`"INTEGRAL"`, func(t types.Type, _ bool) (types.Type, bool) {
		if t == types.String {
			return types.Long, true
		}
		if t == types.Null {
			return types.Integer, true
		}
		return t, isInteger(t)
	}}
	anArray = param{`"ARRAY"`, func(t types.Type, _ bool) (types.Type, bool) {
		if t == types.Null {
			return types.Array{Element: types.Null, ContainsNull: true}, true
		}
		_, ok := t.(types.Array)
		return t, ok
	}}
	aMap = param{`"MAP"`, func(t types.Type, _ bool) (types.Type, bool) {
		if t == types.Null {
			return types.Map{Key: types.Null, Value: types.Null, ValueContainsNull: true}, true
		}
		_, ok := t.(types.Map)
		return t, ok
	}}
	anArrayOrMap = param{`("ARRAY" or "MAP")`, func(t types.Type, ansi bool) (types.Type, bool) {
		if t, ok := t.(types.Map); ok {
			return t, true
		}
		return anArray.accept(t, ansi)
	}}
	// aTime takes both kinds of timestamp as they are, dates and text as timestamps.
	aTime = param{`"(TIMESTAMP OR TIMESTAMP WITHOUT TIME ZONE)"`, func(t types.Type, _ bool) (types.Type, bool) {
		if t == types.TimestampNTZ {
			return t, true
		}
		return types.Timestamp, t == types.Timestamp || t == types.Date || t == types.String || t == types.Null
	}}
)

// coerce converts the arguments to the types of the parameters; the last repeats.
func (b *builder) coerce() error {
	if len(b.fn.params) == 0 {
		return nil
	}
	for i, a := range b.args {
		p := b.fn.params[min(i, len(b.fn.params)-1)]
		to, ok := p.accept(a.Type(), b.ctx.ANSI)
		if !ok {
			return b.wrongInput(i, p.requires)
		}
		var err error
		if b.args[i], err = implicit(b.ctx, a, to); err != nil {
			return err
		}
	}
	return nil
}

// text is the call as written, for errors.
func (b *builder) text() string {
	if b.fn.text != nil {
		return b.fn.text(b.name, b.args)
	}
	return callText(b.name, b.args)
}

func (b *builder) wrongInput(i int, requires string) error {
	return unexpectedInput(b.text(), i, b.args[i], requires)
}

func unexpectedInput(call string, i int, arg Expr, requires string) error {
	return errclass.DatatypeMismatchInput.New(
		"Cannot resolve \"%s\" due to data type mismatch: The %s parameter requires the %s type, however \"%s\" has the type \"%s\".",
		call, ordinal(i), requires, arg.String(), types.SQL(arg.Type()))
}

func ordinal(i int) string {
	names := []string{"first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"}
	if i < len(names) {
		return names[i]
	}
	return "last"
}

func quote(s string) string { return `"` + s + `"` }

func quoteAll(ts []types.Type) string {
	parts := make([]string, len(ts))
	for i, t := range ts {
		parts[i] = quote(types.SQL(t))
	}
	return "(" + strings.Join(parts, " or ") + ")"
}

// mismatch is an error of a class under DATATYPE_MISMATCH.
func (b *builder) mismatch(class errclass.Class, format string, args ...any) error {
	return class.New("Cannot resolve \""+strings.ReplaceAll(b.text(), "%", "%%")+"\" due to data type mismatch: "+format, args...)
}

// unify converts the arguments from position first on to one type.
func (b *builder) unify(first int) (types.Type, error) {
	wide, ok := WiderAll(typesOf(b.args[first:]), b.ctx.ANSI)
	if !ok {
		return nil, b.mismatch(errclass.DatatypeMismatchDataDiff,
			"Input to `%s` should all be the same type, but it's %s.", b.name, quoteAll(typesOf(b.args[first:])))
	}
	args, err := implicitAll(b.ctx, b.args[first:], wide)
	if err != nil {
		return nil, err
	}
	copy(b.args[first:], args)
	return wide, nil
}
