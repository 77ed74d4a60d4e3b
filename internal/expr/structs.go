package expr

import (
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

var structFunctions = table{
	"struct":       built(0, -1, buildStruct),
	"named_struct": built(0, -1, buildNamedStruct),
	"typeof": built(1, 1, func(b *builder) (Expr, error) {
		return &folded{value: oneValue(types.String, b.args[0].Type().String()), of: b.make(types.String, nil)}, nil
	}),
}

// buildStruct is struct(a, b, …): fields are named for the columns, or col1, col2 …
func buildStruct(b *builder) (Expr, error) {
	names := make([]string, len(b.args))
	lambda := false
	for i, a := range b.args {
		if names[i] = ownName(a); names[i] == "" {
			names[i] = "col" + strconv.Itoa(i+1)
		}
		_, variable := a.(*LambdaVariable)
		lambda = lambda || variable
	}
	if lambda {
		b.fn.text = func(_ string, args []Expr) string { return namedText(names, args) }
	}
	return b.structOf(names, b.args), nil
}

func namedText(names []string, args []Expr) string {
	var text strings.Builder
	text.WriteString("named_struct(")
	for i, a := range args {
		if i > 0 {
			text.WriteString(", ")
		}
		text.WriteString(names[i] + ", " + a.String())
	}
	return text.String() + ")"
}

// NewStruct is a struct of expressions under names, as struct(a AS x, b) resolves to.
func NewStruct(ctx *BuildContext, names []string, args []Expr) Expr {
	b := &builder{ctx: ctx, name: "struct", args: args}
	b.fn.text = func(_ string, args []Expr) string { return namedText(names, args) }
	return b.structOf(names, args)
}

func (b *builder) structOf(names []string, values []Expr) Expr {
	fields := make([]types.Field, len(values))
	for i, v := range values {
		fields[i] = field(names[i], v.Type(), v.Nullable())
	}
	t := types.Struct{Fields: fields}
	inner := *b
	inner.args = values
	inner.fn.null, inner.fn.safe = nullNever, true
	at := types.ToArrow(t).(*arrow.StructType)
	return inner.make(t, func(_ *Context, n int, args []Vector) (arrow.Array, error) {
		columns := make([]arrow.Array, len(args))
		for i, a := range args {
			columns[i] = retype(a.Expand(n), at.Field(i).Type)
		}
		return newStructLike(at, columns, nil, n), nil
	})
}

// buildNamedStruct is named_struct(name, value, …); names are constants.
func buildNamedStruct(b *builder) (Expr, error) {
	if len(b.args)%2 != 0 {
		return nil, wrongCount(b.name, "2n (n > 0)", len(b.args))
	}
	names := make([]string, len(b.args)/2)
	values := make([]Expr, len(names))
	for i := range names {
		v, _ := buildValue(b.args[2*i], b.ctx)
		name, ok := v.(string)
		if names[i] = name; !ok {
			return nil, b.mismatch(errclass.DatatypeMismatchNonFoldable, "Only foldable \"STRING\" expressions are allowed to appear at odd position, but they are [\"%s\"].", b.args[2*i].String())
		}
		values[i] = b.args[2*i+1]
	}
	b.fn.text = func(_ string, args []Expr) string { return namedText(names, args) }
	return b.structOf(names, values), nil
}
