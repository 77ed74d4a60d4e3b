package expr

import (
	"maps"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/types"
)

// An aggregateFunction is an entry of the table of aggregates.
type aggregateFunction struct {
	min, max int // number of arguments; max -1: any
	build    func(b *builder) (*aggregate, error)
}

// aggregate is the one implementation of [Aggregate]; what differs between functions is data.
type aggregate struct {
	name     string
	args     []Expr
	shown    []Expr // the arguments as printed, where they differ
	distinct bool
	whole    bool // the name is all that is printed
	result   types.Type
	nullable bool
	buffer   types.Struct
	start    func(ctx *Context) Accumulator
}

func (a *aggregate) Type() types.Type     { return a.result }
func (a *aggregate) Nullable() bool       { return a.nullable }
func (a *aggregate) Args() []Expr         { return a.args }
func (a *aggregate) Buffer() types.Struct { return a.buffer }

func (a *aggregate) New(ctx *Context) Accumulator { return a.start(ctx) }

// Name is the function's.
func (a *aggregate) Name() string { return a.name }

// Distinct reports whether equal arguments count once; the operator sees to it.
func (a *aggregate) Distinct() bool { return a.distinct }

func (a *aggregate) String() string {
	if a.whole {
		return a.name
	}
	args := a.shown
	if args == nil {
		args = a.args
	}
	text := joinText(args, ", ")
	if a.distinct {
		text = "DISTINCT " + text
	}
	return a.name + "(" + text + ")"
}

func (a *aggregate) WithArgs(args []Expr) Aggregate {
	out := *a
	out.args = args
	if a.shown == nil {
		out.shown = a.args // the name stays
	}
	return &out
}

// aggregates holds the aggregate functions by name.
var aggregates = mergeAggregates(plainAggregates, pairAggregates, percentileAggregates, textAggregates, distinctAggregates, variantAggregates)

func mergeAggregates(tables ...map[string]aggregateFunction) map[string]aggregateFunction {
	all := map[string]aggregateFunction{}
	for _, t := range tables {
		maps.Copy(all, t)
	}
	return all
}

var plainAggregates = map[string]aggregateFunction{
	"count":    {1, -1, buildCount},
	"count_if": {1, 1, buildCountIf},
	"sum":      {1, 1, func(b *builder) (*aggregate, error) { return buildSum(b, failureOf(0, b.ctx.ANSI)) }},
	"try_sum":  {1, 1, func(b *builder) (*aggregate, error) { return buildSum(b, failNull) }},
	"avg":      {1, 1, buildAvg}, "mean": {1, 1, buildAvg}, "try_avg": {1, 1, buildAvg},
	"min": {1, 1, func(b *builder) (*aggregate, error) { return buildExtreme(b, false) }},
	"max": {1, 1, func(b *builder) (*aggregate, error) { return buildExtreme(b, true) }},

	"bool_and": {1, 1, buildBool(false)}, "every": {1, 1, buildBool(false)},
	"bool_or": {1, 1, buildBool(true)}, "some": {1, 1, buildBool(true)}, "any": {1, 1, buildBool(true)},
	"bit_and": {1, 1, buildBits(andBits[int64])}, "bit_or": {1, 1, buildBits(orBits[int64])}, "bit_xor": {1, 1, buildBits(xorBits[int64])},

	"first": {1, 2, buildFirst(false)}, "first_value": {1, 2, buildFirst(false)}, "any_value": {1, 2, buildFirst(false)},
	"last": {1, 2, buildFirst(true)}, "last_value": {1, 2, buildFirst(true)},
	"max_by": {2, 2, buildBy(true)}, "min_by": {2, 2, buildBy(false)},

	"collect_list": {1, 1, buildCollect(false)}, "array_agg": {1, 1, buildCollect(false)},
	"collect_set": {1, 1, buildCollect(true)},

	"stddev": {1, 1, buildMoments(stddevSample)}, "stddev_samp": {1, 1, buildMoments(stddevSample)}, "std": {1, 1, buildMoments(stddevSample)},
	"stddev_pop": {1, 1, buildMoments(stddevPopulation)},
	"variance":   {1, 1, buildMoments(varianceSample)}, "var_samp": {1, 1, buildMoments(varianceSample)},
	"var_pop":  {1, 1, buildMoments(variancePopulation)},
	"skewness": {1, 1, buildMoments(skewness)}, "kurtosis": {1, 1, buildMoments(kurtosis)},
}

// BuildAggregate resolves an aggregate call. For distinct, the operator hands each group's arguments on
// only once; here it is part of the name.
func BuildAggregate(ctx *BuildContext, name string, args []Expr, distinct bool) (Aggregate, error) {
	f, ok := aggregates[name]
	if !ok {
		return nil, unresolvedRoutine(name)
	}
	if len(args) < f.min || f.max >= 0 && len(args) > f.max {
		return nil, wrongCount(name, countText(f.min, f.max), len(args))
	}
	b := &builder{ctx: ctx, name: name, args: append([]Expr(nil), args...)}
	a, err := f.build(b)
	if err != nil {
		return nil, err
	}
	a.distinct = distinct
	if a.name == "" {
		a.name = name
	}
	return a, nil
}

// coerceTo converts the arguments to the parameters.
func (b *builder) coerceTo(params ...param) error {
	b.fn.params = params
	return b.coerce()
}

func field(name string, t types.Type, nullable bool) types.Field {
	return types.Field{Name: name, Type: t, Nullable: nullable}
}

func structOf(fields ...types.Field) types.Struct { return types.Struct{Fields: fields} }

// grow extends a slice with zeros to n elements.
func grow[T any](s []T, n int) []T {
	if n <= len(s) {
		return s
	}
	if n <= cap(s) {
		return s[:n]
	}
	out := make([]T, n, max(n, 2*cap(s)))
	copy(out, s)
	return out
}

// maskOf packs flags; nil when all are set.
func maskOf(flags []bool) mask {
	m := newMask(len(flags))
	for i, f := range flags {
		m[i>>6] |= b2u(f) << (i & 63)
	}
	if m.nulls(len(flags)) == 0 {
		return nil
	}
	return m
}

// eachRow calls f for the rows whose argument has a value.
func eachRow(v Vector, n int, f func(i int)) {
	if v.Const {
		if v.null(0) {
			return
		}
	} else if v.Values.NullN() > 0 || v.Values.DataType().ID() == arrow.NULL {
		valid := validOf(v.Values)
		for i := range n {
			if valid.get(i) {
				f(i)
			}
		}
		return
	}
	for i := range n {
		f(i)
	}
}
