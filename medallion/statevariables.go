package medallion

import (
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/errclass"
	"lakehouse/internal/exec"
	"lakehouse/internal/state"
	"lakehouse/internal/types"
)

// A StatefulProcessorHandle declares state variables in Init, and sets timers in handlers.
type StatefulProcessorHandle struct{ p *processor }

// ValueState declares a variable that holds one row for each key. columns is DDL. With a ttl the row ends so long after it
// was set, by the time of batches; the time mode has to be that of processing time.
func (h *StatefulProcessorHandle) ValueState(name, columns string, ttl time.Duration) *ValueState {
	return &ValueState{h.declare(state.Variable{Name: name, Kind: state.ValueVariable, Value: h.columns(columns)}, ttl)}
}

// ListState declares a variable that holds a list of rows for each key. With a ttl each row ends by itself.
func (h *StatefulProcessorHandle) ListState(name, columns string, ttl time.Duration) *ListState {
	return &ListState{h.declare(state.Variable{Name: name, Kind: state.ListVariable, Value: h.columns(columns)}, ttl)}
}

// MapState declares a variable that holds for each key rows under keys of their own. With a ttl each row ends by itself.
func (h *StatefulProcessorHandle) MapState(name, keyColumns, valueColumns string, ttl time.Duration) *MapState {
	return &MapState{h.declare(state.Variable{
		Name: name, Kind: state.MapVariable, UserKey: h.columns(keyColumns), Value: h.columns(valueColumns),
	}, ttl)}
}

func (h *StatefulProcessorHandle) columns(ddl string) Schema {
	schema, err := types.ParseDDL(ddl)
	if err == nil && len(schema.Fields) == 0 {
		err = errclass.DatatypeMismatch.New("A state variable needs columns: its DDL is empty.")
	}
	h.p.fail(err)
	return schema
}

// variable is a declared variable.
type variable struct {
	p      *processor
	number int
}

func (h *StatefulProcessorHandle) declare(v state.Variable, ttl time.Duration) variable {
	p := h.p
	same := func(other state.Variable) bool { return other.Name == v.Name }
	switch {
	case p.ready:
		p.fail(errclass.ProcessorHandleState.New("Failed to perform stateful processor operation=get_state with invalid handle state=INITIALIZED.").
			WithHint("Declare state variables in Init."))
	case !validVariableName(v.Name):
		p.fail(errclass.InvalidParameterValue.New("The name %q of a state variable is invalid: it is letters, digits, _ and -, and not `default`.", v.Name))
	case slices.ContainsFunc(p.variables, same):
		p.fail(errclass.ProcessorDuplicateVariable.New("State variable with name %s has already been defined in the StatefulProcessor.", v.Name))
	case ttl < 0 || ttl > 0 && ttl < time.Millisecond:
		p.fail(errclass.ProcessorTTL.New("TTL duration must be greater than zero for State store operation=get_state on state=%s.", v.Name))
	case ttl > 0 && p.timeMode != TimeModeProcessingTime:
		p.fail(errclass.ProcessorTTLMode.New("Cannot use TTL for state=%s in timeMode=%s, use TimeMode.ProcessingTime() instead.", v.Name, p.timeMode))
	}
	v.TTL = ttl > 0
	p.variables, p.ttl = append(p.variables, v), append(p.ttl, ttl)
	return variable{p, len(p.variables) - 1}
}

// validVariableName: it is the name of a folder.
func validVariableName(name string) bool {
	if name == "" || name == "default" || len(name) > 200 {
		return false
	}
	return !strings.ContainsFunc(name, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_' && r != '-'
	}) && name[0] != '_'
}

// state is that of the key whose handler runs; nil outside of handlers, which is a mistake of the user's.
func (v variable) state() *exec.Keyed {
	if v.p.keyed == nil {
		v.p.fail(errclass.ProcessorHandleState.New("Failed to perform stateful processor operation=get_state with invalid handle state=CREATED.").
			WithHint("State is there within a handler, for its key."))
	}
	return v.p.keyed
}

func (v variable) expiry(k *exec.Keyed) int64 {
	return k.BatchTimestampMs() + v.p.ttl[v.number].Milliseconds()
}

// row makes a row of values of a schema; nil after a mistake.
func (v variable) row(schema Schema, values []any) arrow.RecordBatch {
	row, err := recordOf(schema, values)
	if err != nil {
		v.p.fail(err)
		return nil
	}
	return row
}

func (v variable) schema() state.Variable { return v.p.variables[v.number] }

// clear forgets all that is held for the key.
func (v variable) clear() {
	if k := v.state(); k != nil {
		k.Clear(v.number)
	}
}

// A ValueState holds a row for each key.
type ValueState struct{ variable }

// Get is the row; ok is false where there is none.
func (s *ValueState) Get() (row Row, ok bool) {
	k := s.state()
	if k == nil {
		return Row{}, false
	}
	value, err := k.Value(s.number)
	s.p.fail(err)
	if value == nil {
		return Row{}, false
	}
	return rowAt(value, 0), true
}

// Exists reports whether there is a row.
func (s *ValueState) Exists() bool { _, ok := s.Get(); return ok }

// Update sets the row, its values in the order of the columns. A value that does not fit fails the batch.
func (s *ValueState) Update(values ...any) {
	k, row := s.state(), s.row(s.schema().Value, values)
	if k != nil && row != nil {
		k.SetValue(s.number, row, s.expiry(k))
	}
}

// Clear removes the row.
func (s *ValueState) Clear() { s.clear() }

// A ListState holds a list of rows for each key.
type ListState struct{ variable }

// Get gives the rows in their order.
func (s *ListState) Get() iter.Seq[Row] {
	return func(yield func(Row) bool) {
		k := s.state()
		if k == nil {
			return
		}
		rows, err := k.List(s.number)
		s.p.fail(err)
		if err != nil {
			return
		}
		rowsOf(rows)(yield)
	}
}

// Exists reports whether there is a row.
func (s *ListState) Exists() bool {
	for range s.Get() {
		return true
	}
	return false
}

// Append adds a row.
func (s *ListState) Append(values ...any) {
	k, row := s.state(), s.row(s.schema().Value, values)
	if k != nil && row != nil {
		k.AppendList(s.number, row, s.expiry(k))
	}
}

// AppendAll adds rows.
func (s *ListState) AppendAll(rows ...[]any) {
	k := s.state()
	all, err := recordOf(s.schema().Value, rows...)
	s.p.fail(err)
	if k != nil && err == nil && len(rows) > 0 {
		k.AppendList(s.number, all, s.expiry(k))
	}
}

// Put replaces the list.
func (s *ListState) Put(rows ...[]any) {
	s.clear()
	s.AppendAll(rows...)
}

// Clear removes the list.
func (s *ListState) Clear() { s.clear() }

// A MapState holds for each key rows under keys of their own.
type MapState struct{ variable }

// Get is the row under a key, given by the values of its columns; ok is false where there is none.
func (s *MapState) Get(key ...any) (row Row, ok bool) {
	k, userKey := s.state(), s.row(s.schema().UserKey, key)
	if k == nil || userKey == nil {
		return Row{}, false
	}
	value, err := k.MapValue(s.number, userKey)
	s.p.fail(err)
	if value == nil {
		return Row{}, false
	}
	return rowAt(value, 0), true
}

// ContainsKey reports whether there is a row under a key.
func (s *MapState) ContainsKey(key ...any) bool { _, ok := s.Get(key...); return ok }

// Update sets the row under a key.
func (s *MapState) Update(key, value []any) {
	k, userKey, row := s.state(), s.row(s.schema().UserKey, key), s.row(s.schema().Value, value)
	if k != nil && userKey != nil && row != nil {
		k.SetMapValue(s.number, userKey, row, s.expiry(k))
	}
}

// RemoveKey removes the row under a key.
func (s *MapState) RemoveKey(key ...any) {
	k, userKey := s.state(), s.row(s.schema().UserKey, key)
	if k != nil && userKey != nil {
		k.RemoveMapKey(s.number, userKey)
	}
}

// All gives the keys and their rows, in no particular order.
func (s *MapState) All() iter.Seq2[Row, Row] {
	return func(yield func(key, value Row) bool) {
		k := s.state()
		if k == nil {
			return
		}
		keys, values, err := k.Map(s.number)
		s.p.fail(err)
		if err != nil {
			return
		}
		for i := range int(keys.NumRows()) {
			if !yield(rowAt(keys, i), rowAt(values, i)) {
				return
			}
		}
	}
}

// Clear removes all rows.
func (s *MapState) Clear() { s.clear() }

// RegisterTimer has HandleExpiredTimer called for the key of the handler that runs, once the time has come: of processing, or
// of events as the watermark tells it. The same time twice is one timer.
func (h *StatefulProcessorHandle) RegisterTimer(at time.Time) {
	if k := h.timers("register_timer"); k != nil {
		k.RegisterTimer(at.UnixMilli())
	}
}

// DeleteTimer takes a timer of the key back.
func (h *StatefulProcessorHandle) DeleteTimer(at time.Time) {
	if k := h.timers("delete_timer"); k != nil {
		k.DeleteTimer(at.UnixMilli())
	}
}

// ListTimers are those of the key, in order.
func (h *StatefulProcessorHandle) ListTimers() []time.Time {
	k := h.timers("list_timers")
	if k == nil {
		return nil
	}
	var all []time.Time
	for _, ms := range k.Timers() {
		all = append(all, time.UnixMilli(ms).UTC())
	}
	return all
}

func (h *StatefulProcessorHandle) timers(operation string) *exec.Keyed {
	switch {
	case h.p.timeMode == TimeModeNone:
		h.p.fail(errclass.ProcessorTimeMode.New("Failed to perform stateful processor operation=%s with invalid timeMode=%s", operation, h.p.timeMode))
		return nil
	case h.p.keyed == nil:
		h.p.fail(errclass.ProcessorHandleState.New("Failed to perform stateful processor operation=%s with invalid handle state=CREATED.", operation).
			WithHint("Timers belong to a key: set them within a handler."))
	}
	return h.p.keyed
}
