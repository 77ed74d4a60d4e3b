package statestore

import (
	"context"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"lakehouse/internal/errclass"
	"lakehouse/internal/state"
	"lakehouse/internal/types"
)

// isTransform reports whether the operator is transformWithState, whose state is in variables.
func isTransform(op state.OperatorInfo) bool { return strings.HasPrefix(op.Name, "transformWithState") }

// settleVariable finds a state variable, or the timers.
func (s *Source) settleVariable(ctx context.Context, op state.OperatorInfo) error {
	if !isTransform(op) {
		remove := "Found operator=" + op.Name + ". Please remove this option and re-run the query."
		if s.opts.timers {
			return invalid(optTimers, "Providing %s=true is only supported with the transformWithState operator. %s", optTimers, remove)
		}
		return invalid(optVariable, "Providing state variable names is only supported with the transformWithState operator. %s", remove)
	}
	properties, err := state.ParseTransformProperties(op.Properties)
	if err != nil {
		return err
	}
	v, err := s.variable(properties)
	if err != nil {
		return err
	}
	s.store = v.Name
	key, value, err := s.schema(ctx)
	if err != nil {
		return err
	}
	s.layout = variableRows{kind: v.Kind, stored: newPairs(key, value)}
	return nil
}

func (s *Source) variable(p state.TransformProperties) (found state.VariableSummary, err error) {
	name := s.opts.variable
	switch {
	case s.opts.timers && p.TimeMode == state.NoTimeMode:
		return found, invalid(optTimers, "Registered timers are not available in TimeMode=None.")
	case s.opts.timers:
		name = state.TimerVariableName(p.TimeMode)
	case name == "":
		return found, missing(optVariable)
	}
	var names []string
	for _, v := range p.Variables {
		if v.Name == name {
			found = v
		}
		names = append(names, v.Name)
	}
	if found.Name == "" {
		return found, invalid(optVariable, "State variable %s is not defined for the transformWithState operator.", name).
			WithHint("%s", errclass.DidYouMean(name, names))
	}
	if !s.opts.flatten && (found.Kind == state.ListVariable || found.Kind == state.MapVariable) {
		return found, invalid(optFlatten, "a row for each element or entry is all there is; group them by key.")
	}
	return found, nil
}

// variableRows shows a state variable as Spark does: an element or an entry a row.
type variableRows struct {
	kind   state.VariableKind
	stored pairs
}

func (v variableRows) groupingKey() types.Struct {
	n := len(v.stored.key.Fields)
	if v.kind != state.ValueVariable {
		n--
	}
	return leading(v.stored.key, n)
}

func (v variableRows) schema(opts options) types.Struct {
	key := types.Field{Name: "key", Type: v.groupingKey(), Nullable: true}
	value := func(name string) types.Field {
		return types.Field{Name: name, Type: v.stored.value, Nullable: true}
	}
	switch v.kind {
	case state.ListVariable:
		return rowSchema(opts, key, value("list_element"))
	case state.MapVariable:
		last := v.stored.key.Fields[len(v.stored.key.Fields)-1]
		return rowSchema(opts, key, types.Field{Name: "user_map_key", Type: last.Type, Nullable: true}, value("user_map_value"))
	case state.TimerVariable:
		return rowSchema(opts, key, types.Field{Name: "expiration_timestamp_ms", Type: types.Long, Nullable: true})
	default:
		return rowSchema(opts, key, value("value"))
	}
}

func (v variableRows) rows(e entries, opts options, partition int) (arrow.RecordBatch, error) {
	keys, values, err := v.stored.decode(e)
	if err != nil {
		return nil, err
	}
	key := structOf(v.groupingKey(), keys, e.keys)
	value := structOf(v.stored.value, values, e.values)
	schema := v.schema(opts)
	switch v.kind {
	case state.MapVariable:
		return rowBatch(schema, e, opts, partition, key, keys[len(keys)-1], value), nil
	case state.TimerVariable:
		return rowBatch(schema, e, opts, partition, key, millis(keys[len(keys)-1])), nil
	default:
		return rowBatch(schema, e, opts, partition, key, value), nil
	}
}

// millis is a column of timestamps as Spark keeps those of timers.
func millis(column arrow.Array) arrow.Array {
	b := array.NewInt64Builder(memory.DefaultAllocator)
	times, ok := column.(*array.Timestamp)
	for i := range column.Len() {
		if !ok || times.IsNull(i) {
			b.AppendNull()
			continue
		}
		b.Append(int64(times.Value(i)) / 1000)
	}
	return b.NewArray()
}
