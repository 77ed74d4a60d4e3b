package medallion

import (
	"context"
	"maps"
	"slices"
	"strings"

	"lakehouse/internal/errclass"
	"lakehouse/internal/logical"
	"lakehouse/internal/types"
)

// A tableFunction is a function in FROM that the session brings: its arguments are options by name, the first ones also
// by position.
type tableFunction struct {
	params  []string // the options that may be given by position, in order
	streams bool     // STREAM f(…) is allowed
	resolve func(ctx context.Context, r resolver, args tableArgs) (logical.Node, error)
}

// tableArgs are the arguments of one call.
type tableArgs struct {
	function  string
	options   map[string]string // what was given as a constant, by the option's name
	types     map[string]types.Type
	tables    map[string][]string // what was given as TABLE(name): the name's parts
	streaming bool
}

// tableFunctions are the functions by name.
func tableFunctions() map[string]tableFunction {
	return map[string]tableFunction{
		"cloud_files_state": {params: []string{"checkpoint"}, resolve: cloudFilesState},
		"read_files":        {params: []string{"path"}, streams: true, resolve: readFiles},
		"state":             {params: []string{"path", "operatorId", "storeName"}, resolve: stateFunction},
		"state_metadata":    {params: []string{"path"}, resolve: stateMetadataFunction},

		"table_changes":         {params: []string{"table", "start", "end"}, resolve: tableChanges},
		"table_changes_by_path": {params: []string{"path", "start", "end"}, resolve: tableChangesByPath},
	}
}

// TableFunction resolves a call of one of the session's table functions.
func (r resolver) TableFunction(ctx context.Context, call *logical.TableCall) (logical.Node, error) {
	all := tableFunctions()
	f, ok := all[call.Name]
	if !ok {
		return nil, logical.UnknownTableFunction(call.Name).
			WithHint("%s", errclass.DidYouMean(call.Name, append(slices.Sorted(maps.Keys(all)), "range")))
	}
	if call.Streaming && !f.streams {
		return nil, errclass.UnsupportedFeature.New("The table function `%s` is no stream.", call.Name).WithHint("Leave STREAM out.")
	}
	args, err := bindTableCall(call, f.params)
	if err != nil {
		return nil, err
	}
	return f.resolve(ctx, r, args)
}

// bindTableCall gives each argument its option's name.
func bindTableCall(call *logical.TableCall, params []string) (tableArgs, error) {
	out := tableArgs{
		function: call.Name, streaming: call.Streaming, options: map[string]string{}, types: map[string]types.Type{}, tables: map[string][]string{},
	}
	named := ""
	byPosition := map[string]bool{}
	for i, arg := range call.Args {
		name := arg.Name
		switch {
		case name != "":
			named = name
		case named != "":
			return out, errclass.UnexpectedPositional.New("Cannot invoke routine `%s` because it contains positional argument(s) following the named argument assigned to `%s`; please rearrange them so the positional arguments come first and then retry the query again.", call.Name, named)
		case i >= len(params):
			return out, errclass.WrongNumArgs.New("The `%s` takes at most %d arguments by position but the actual number is %d.", call.Name, len(params), i+1).
				WithHint("The others are given by name: option => value.")
		default:
			name = params[i]
			byPosition[strings.ToLower(name)] = true
		}
		if err := out.put(name, arg, byPosition); err != nil {
			return out, err
		}
	}
	return out, nil
}

func (a tableArgs) put(name string, arg logical.TableCallArg, byPosition map[string]bool) error {
	if a.has(name) {
		class, found := errclass.DuplicateArgument, "More than one named argument referred to the same parameter. Please assign a value only once."
		if byPosition[strings.ToLower(name)] {
			class, found = errclass.DuplicateArgumentBoth, "A positional argument and named argument both referred to the same parameter. Please remove the named argument referring to this parameter."
		}
		return class.New("Call to routine `%s` is invalid because it includes multiple argument assignments to the same parameter name `%s`. %s", a.function, name, found)
	}
	switch {
	case arg.Table != nil:
		a.tables[name] = arg.Table
	case arg.Null && strings.HasPrefix(a.function, "table_changes"):
		return errclass.DeltaNullRange.New("CDC read start/end parameters cannot be null. Please provide a valid version or timestamp.")
	case arg.Null:
		return errclass.InvalidParameterValue.New("The value of parameter `%s` in `%s` is invalid: it must not be NULL.", name, a.function).
			WithHint("Leave the argument out for its default.")
	default:
		a.options[name], a.types[name] = arg.Text, arg.Type
	}
	return nil
}

// has reports whether the argument was given, in any letter case.
func (a tableArgs) has(name string) bool {
	same := func(have string) bool { return strings.EqualFold(have, name) }
	return slices.ContainsFunc(slices.Collect(maps.Keys(a.options)), same) || slices.ContainsFunc(slices.Collect(maps.Keys(a.tables)), same)
}

// required takes an argument that has no default out of the options, in any letter case.
func (a tableArgs) required(name string, index int) (string, error) {
	for have, value := range a.options {
		if strings.EqualFold(have, name) {
			delete(a.options, have)
			return value, nil
		}
	}
	return "", errclass.RequiredParameter.New("Cannot invoke routine `%s` because the parameter named `%s` is required, but the routine call did not supply a value. Please update the routine call to supply an argument value (either positionally at index %d or by name) and retry the query again.", a.function, name, index)
}

// rename gives an option that was written by its short name its own, unless both were given.
func (a tableArgs) rename(short, name string) {
	for have, value := range a.options {
		if strings.EqualFold(have, short) && !a.has(name) {
			delete(a.options, have)
			a.options[name] = value
		}
	}
}

// noTables refuses TABLE(name) where the function takes constants only.
func (a tableArgs) noTables() error {
	for name := range a.tables {
		return errclass.InvalidParameterValue.New("The value of parameter `%s` in `%s` is invalid: it is a table.", name, a.function)
	}
	return nil
}
