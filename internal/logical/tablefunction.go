package logical

import (
	"lakehouse/internal/errclass"
	"lakehouse/internal/expr"
	"lakehouse/internal/plan"
	"lakehouse/internal/types"
)

// A TableCall is a call of a function in FROM, its arguments computed.
type TableCall struct {
	Name      string // lower case
	Args      []TableCallArg
	Streaming bool // STREAM f(…)
}

// TableCallArg is one argument: a constant, or TABLE(name).
type TableCallArg struct {
	Name  string     // name => …; empty: by position
	Type  types.Type // of the constant
	Text  string     // the constant as text, as an option of that value would be written
	Null  bool
	Table []string // TABLE(name): the name's parts
}

// UnknownTableFunction is the error of a name that no table function has.
func UnknownTableFunction(name string) *errclass.Error {
	return errclass.UnresolvableTableFunction.New("Could not resolve `%s` to a table-valued function. Please make sure that `%s` is defined as a table-valued function and that all required parameters are provided correctly.", name, name)
}

// tableFunction resolves a function in FROM: range, a generator, or one of the catalog's.
func (r *resolver) tableFunction(f *plan.TableFunction) (*scope, error) {
	one := scopeOf(oneRow(), nil)
	own := f.Name == "range"
	if kind, ok := expr.Lookup(f.Name); ok {
		own = own || kind == expr.GeneratorKind
	}
	switch {
	case !own:
		return r.catalogFunction(f)
	case f.Streaming:
		return nil, errclass.UnsupportedFeature.New("The table function `%s` is no stream.", f.Name).WithHint("Leave STREAM out.")
	case f.Name == "range":
		return r.rangeFunction(f, one)
	}
	call, err := r.over(one).function(&plan.UnresolvedFunction{At: f.At, Name: f.Name, Args: f.Args})
	if err != nil {
		return nil, err
	}
	node, err := newGenerate(one.node, call.(*generatorCall), nil)
	return scopeOrError(node, nil, err)
}

func (r *resolver) catalogFunction(f *plan.TableFunction) (*scope, error) {
	call := &TableCall{Name: f.Name, Streaming: f.Streaming}
	for _, a := range f.Args {
		arg, err := r.tableCallArg(a)
		if err != nil {
			return nil, err
		}
		call.Args = append(call.Args, arg)
	}
	node, err := r.call(call)
	if err != nil {
		return nil, err
	}
	return r.leaf(node, relationName(node, nil)), nil
}

func (r *resolver) tableCallArg(a plan.Expression) (arg TableCallArg, err error) {
	if named, ok := a.(*plan.NamedArgument); ok {
		arg.Name, a = named.Name, named.Value
	}
	if table, ok := a.(*plan.TableArgument); ok {
		arg.Table = table.Name
		return arg, nil
	}
	e, err := r.over(scopeOf(oneRow(), nil)).resolve(a)
	if err != nil {
		return arg, err
	}
	arg.Type = e.Type()
	var cast bool
	if e, err = r.castTo(e, types.String, &cast); err != nil {
		return arg, err
	}
	value, err := expr.Value(e, &r.eval)
	if err != nil {
		return arg, err
	}
	text, ok := value.(string)
	arg.Text, arg.Null = text, !ok
	return arg, nil
}

// rangeFunction is range(end), range(start, end[, step[, partitions]]).
func (r *resolver) rangeFunction(f *plan.TableFunction, one *scope) (*scope, error) {
	args := make([]int64, len(f.Args))
	for i, a := range f.Args {
		e, err := r.over(one).resolve(a)
		if err != nil {
			return nil, err
		}
		value, err := expr.Value(e, &r.eval)
		if err != nil {
			return nil, err
		}
		n, ok := wholeNumber(value)
		if !ok {
			return nil, errclass.DatatypeMismatch.New("range takes whole numbers, not %s of type \"%s\".", e, types.SQL(e.Type()))
		}
		args[i] = n
	}
	source := rangeSource{step: 1}
	switch len(args) {
	case 1:
		source.end = args[0]
	case 2:
		source.start, source.end = args[0], args[1]
	case 3, 4:
		source.start, source.end, source.step = args[0], args[1], args[2]
	default:
		return nil, errclass.WrongNumArgs.New("The `range` requires [1, 2, 3, 4] parameters but the actual number is %d.", len(args))
	}
	if source.step == 0 {
		return nil, errclass.DatatypeMismatch.New("range needs a step other than 0.")
	}
	return scopeOf(&Relation{Source: source}, nil), nil
}
