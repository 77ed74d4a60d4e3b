package expr

import (
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/types"
)

// A kernel computes a function for n rows. A constant argument holds one value for all of them.
type kernel func(ctx *Context, n int, args []Vector) (arrow.Array, error)

// nullRule says when the result of a call may be null.
type nullRule uint8

const (
	nullIfAny nullRule = iota // when an argument may be
	nullMaybe
	nullNever
)

// A function is an entry of a table: how calls of it are resolved and computed. Entries are made by
// [fn] and its kin, or give build for what does not fit them.
type function struct {
	params   []param
	min, max int        // number of arguments; max -1: any number
	result   types.Type // nil: what resultOf says
	resultOf func(args []Expr) types.Type
	kernel   kernel
	kernelOf func(ctx *BuildContext, args []Expr) (kernel, error) // nil: kernel
	null     nullRule
	impure   bool                                  // may differ from row to row, or from call to call
	safe     bool                                  // cannot fail on any value
	text     func(name string, args []Expr) string // nil: name(args)
	build    func(b *builder) (Expr, error)
}

// A builder resolves one call.
type builder struct {
	ctx  *BuildContext
	all  table // to build on other functions
	name string
	fn   function
	args []Expr
}

// fn is a function of fixed parameters and result.
func fn(result types.Type, k kernel, params ...param) function {
	return function{params: params, min: len(params), max: len(params), result: result, kernel: k}
}

// built is a function that resolves itself, of between low and high arguments (-1: any number).
func built(low, high int, build func(b *builder) (Expr, error)) function {
	return function{min: low, max: high, build: build}
}

// variadic lets the last parameter repeat, n times or more.
func (f function) variadic(n int) function { f.min = len(f.params) - 1 + n; f.max = -1; return f }

// nullable says that the result may be null even where no argument is.
func (f function) nullable() function { f.null = nullMaybe; return f }

// never says that the result is never null.
func (f function) never() function { f.null = nullNever; return f }

func (f function) random() function { f.impure = true; return f }

// infallible says that no value makes the function fail.
func (f function) infallible() function { f.safe = true; return f }

func (f function) named(text func(name string, args []Expr) string) function { f.text = text; return f }

// upperNamed prints the name in upper case, as Spark does for mathematics.
func (f function) upperNamed() function {
	return f.named(func(name string, args []Expr) string { return callText(strings.ToUpper(name), args) })
}

// as prints another name: the function is an alias.
func (f function) as(other string) function {
	return f.named(func(_ string, args []Expr) string { return callText(other, args) })
}

// of makes the result type depend on the arguments.
func (f function) of(result func(args []Expr) types.Type) function { f.resultOf = result; return f }

// by makes the kernel depend on the arguments.
func (f function) by(k func(ctx *BuildContext, args []Expr) (kernel, error)) function {
	f.kernelOf = k
	return f
}

func (b *builder) checkCount() error {
	n := len(b.args)
	if n < b.fn.min || b.fn.max >= 0 && n > b.fn.max {
		return wrongCount(b.name, countText(b.fn.min, b.fn.max), n)
	}
	return nil
}

// call converts the arguments to the parameters' types and makes the call.
func (b *builder) call() (Expr, error) {
	if err := b.coerce(); err != nil {
		return nil, err
	}
	f := b.fn
	k := f.kernel
	if f.kernelOf != nil {
		var err error
		if k, err = f.kernelOf(b.ctx, b.args); err != nil {
			return nil, err
		}
	}
	t := f.result
	if f.resultOf != nil {
		t = f.resultOf(b.args)
	}
	return b.make(t, k), nil
}

// make is the call with that type and kernel.
func (b *builder) make(t types.Type, k kernel) *call {
	nullable := b.fn.null == nullMaybe
	if b.fn.null == nullIfAny {
		for _, a := range b.args {
			nullable = nullable || a.Nullable()
		}
	}
	return &call{name: b.name, text: b.fn.text, args: b.args, result: t, nullable: nullable, kernel: k, impure: b.fn.impure, safe: b.fn.safe}
}

// A call is a resolved call of a function whose arguments are all evaluated.
type call struct {
	name     string
	text     func(name string, args []Expr) string
	args     []Expr
	result   types.Type
	nullable bool
	kernel   kernel
	impure   bool
	safe     bool
}

func (c *call) Type() types.Type { return c.result }
func (c *call) Nullable() bool   { return c.nullable }
func (c *call) Children() []Expr { return c.args }

func (c *call) String() string {
	if c.text != nil {
		return c.text(c.name, c.args)
	}
	return callText(c.name, c.args)
}

func (c *call) WithChildren(children []Expr) Expr {
	out := *c
	out.args = children
	return &out
}

func (c *call) infallible() bool    { return c.safe }
func (c *call) deterministic() bool { return !c.impure }

func (c *call) Eval(ctx *Context, in arrow.RecordBatch) (Vector, error) {
	args, constant, err := evalAll(ctx, in, c.args)
	if err != nil {
		return Vector{}, err
	}
	n := int(in.NumRows())
	if constant = constant && !c.impure; constant {
		n = 1
	}
	out, err := c.kernel(ctx, n, args)
	return Vector{Values: out, Const: constant}, err
}

// evalAll evaluates expressions and tells whether all of them are constant.
func evalAll(ctx *Context, in arrow.RecordBatch, exprs []Expr) (args []Vector, constant bool, err error) {
	args = make([]Vector, len(exprs))
	constant = true
	for i, e := range exprs {
		if args[i], err = e.Eval(ctx, in); err != nil {
			return nil, false, err
		}
		constant = constant && args[i].Const
	}
	return args, constant, nil
}

func callText(name string, args []Expr) string { return name + "(" + joinText(args, ", ") + ")" }

func joinText(args []Expr, separator string) string {
	parts := make([]string, len(args))
	for i, a := range args {
		parts[i] = a.String()
	}
	return strings.Join(parts, separator)
}

// operatorText is (a + b).
func operatorText(symbol string) func(string, []Expr) string {
	return func(_ string, args []Expr) string { return "(" + joinText(args, " "+symbol+" ") + ")" }
}
