package expr

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

// A Kind says what sort of function a name stands for.
type Kind uint8

// The kinds of functions. Operators are scalar functions, by the names that plan.UnresolvedFunction
// gives them: "+", "==", "and", "not".
const (
	Scalar Kind = iota
	AggregateKind
	GeneratorKind
	WindowKind
)

// BuildContext is what the choice of a function may depend on.
type BuildContext struct {
	ANSI     bool
	TimeZone *time.Location
}

// A table holds functions by name, one entry each.
type table map[string]function

var scalars = merge(
	operatorFunctions, conditionalFunctions, accessFunctions, mathFunctions, datetimeFunctions, timestampFunctions,
	sessionFunctions, windowTimeFunctions, stringFunctions, concatFunctions, regexFunctions, arrayFunctions, mapFunctions, structFunctions,
	hashFunctions, encodingFunctions, randomFunctions, castFunctions, intervalFunctions, formatFunctions, contextFunctions, jsonFunctions, variantFunctions,
)

func merge(tables ...table) table {
	all := table{}
	for _, t := range tables {
		maps.Copy(all, t)
	}
	return all
}

// Lookup says what kind of function a name, in lower case, stands for.
func Lookup(name string) (Kind, bool) {
	if _, ok := scalars[name]; ok {
		return Scalar, true
	}
	if _, ok := aggregates[name]; ok {
		return AggregateKind, true
	}
	if _, ok := generators[name]; ok {
		return GeneratorKind, true
	}
	if windowFunctions[name] {
		return WindowKind, true
	}
	if _, ok := higherOrder[name]; ok {
		return Scalar, true
	}
	return 0, false
}

// windowFunctions need OVER; the window operator computes them.
var windowFunctions = map[string]bool{
	"row_number": true, "rank": true, "dense_rank": true, "percent_rank": true, "cume_dist": true,
	"ntile": true, "lag": true, "lead": true, "nth_value": true,
}

// Names lists all functions, for suggestions.
func Names() []string {
	all := slices.Collect(maps.Keys(scalars))
	all = slices.AppendSeq(all, maps.Keys(aggregates))
	all = slices.AppendSeq(all, maps.Keys(generators))
	all = slices.AppendSeq(all, maps.Keys(windowFunctions))
	all = slices.AppendSeq(all, maps.Keys(higherOrder))
	slices.Sort(all)
	return slices.Compact(all)
}

// Build resolves a call of a scalar function: it checks and converts the arguments.
func Build(ctx *BuildContext, name string, args []Expr) (Expr, error) {
	f, ok := scalars[name]
	if !ok {
		if _, ok := higherOrder[name]; ok {
			return buildHigherOrder(ctx, name, args)
		}
		return nil, unresolvedRoutine(name)
	}
	return resolve(ctx, scalars, name, f, args)
}

func resolve(ctx *BuildContext, all table, name string, f function, args []Expr) (Expr, error) {
	b := &builder{ctx: ctx, all: all, name: name, fn: f, args: slices.Clone(args)}
	if err := b.checkCount(); err != nil {
		return nil, err
	}
	if f.build != nil {
		return f.build(b)
	}
	return b.call()
}

// sub resolves a call of another function, of which this one is made.
func (b *builder) sub(name string, args ...Expr) (Expr, error) {
	return resolve(b.ctx, b.all, name, b.all[name], args)
}

func unresolvedRoutine(name string) error {
	err := errclass.UnresolvedRoutine.New("Cannot resolve routine `%s` on search path [`system`.`builtin`, `system`.`session`, `spark_catalog`.`default`].", name)
	if hint := errclass.DidYouMean(name, Names()); hint != "" {
		return err.WithHint("%s", hint)
	}
	return err
}

// wrongCount is the error for too few or too many arguments.
func wrongCount(name string, want string, got int) error {
	return errclass.WrongNumArgs.New("The `%s` requires %s parameters but the actual number is %d.", name, want, got)
}

// countText is "2", "[1, 2]" or "> 0".
func countText(low, high int) string {
	switch {
	case high < 0:
		return "> " + strconv.Itoa(low-1)
	case low == high:
		return strconv.Itoa(low)
	}
	list := make([]string, 0, high-low+1)
	for n := low; n <= high; n++ {
		list = append(list, strconv.Itoa(n))
	}
	return "[" + strings.Join(list, ", ") + "]"
}

func typesOf(args []Expr) []types.Type {
	out := make([]types.Type, len(args))
	for i, a := range args {
		out[i] = a.Type()
	}
	return out
}
