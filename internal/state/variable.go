package state

import (
	"encoding/json"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

// A VariableKind says what a state variable of transformWithState holds for a key.
type VariableKind string

// The kinds of variables, as Spark's operator properties name them.
const (
	ValueVariable VariableKind = "ValueState"
	ListVariable  VariableKind = "ListState"
	MapVariable   VariableKind = "MapState"
	TimerVariable VariableKind = "TimerState"
)

// A Variable is a state variable of transformWithState: a store of its own.
type Variable struct {
	Name    string
	Kind    VariableKind
	UserKey types.Struct // of a map
	Value   types.Struct
	TTL     bool // each value, element or entry has an end
}

// What a variable's store has beside the columns of the grouping key and of the value.
const (
	listIndex = "listIndex"       // the last column of a list's key: a long
	userKey   = "userKey"         // the last column of a map's key: a struct
	expiry    = "expiryTimestamp" // the last column of a timer's key
	ttlValue  = "value"           // with TTL, the value is a struct of this name, and its end
	ttlExpiry = "ttlExpiration"
)

// TimerVariableName is the store of a query's timers.
func TimerVariableName(timeMode string) string {
	if timeMode == EventTimeMode {
		return "$eventTimers"
	}
	return "$procTimers"
}

// Store lays the variable out for a grouping key. A list is an entry for each element, a map one for each entry, found by
// the grouping key as their prefix.
func (v Variable) Store(key types.Struct) StoreSpec {
	s := StoreSpec{Name: v.Name, Key: key, Value: v.Value, PlacedBy: len(key.Fields)}
	switch v.Kind {
	case ListVariable:
		s.Key = behind(key, types.Field{Name: listIndex, Type: types.Long})
	case MapVariable:
		s.Key = behind(key, types.Field{Name: userKey, Type: v.UserKey})
	case TimerVariable:
		s.Key = behind(key, types.Field{Name: expiry, Type: types.Timestamp})
		s.Value = types.Struct{Fields: []types.Field{{Name: "__dummy__", Type: types.Null, Nullable: true}}}
		s.Time = &TimeOf{Path: []int{len(key.Fields)}}
	case ValueVariable:
	}
	if v.Kind != ValueVariable {
		s.PrefixColumns = len(key.Fields)
	}
	if v.TTL {
		s.Value = types.Struct{Fields: []types.Field{{Name: ttlValue, Type: v.Value}, {Name: ttlExpiry, Type: types.Timestamp}}}
		s.Time = &TimeOf{InValue: true, Path: []int{1}}
	}
	return s
}

func behind(key types.Struct, last types.Field) types.Struct {
	fields := make([]types.Field, 0, len(key.Fields)+1)
	return types.Struct{Fields: append(append(fields, key.Fields...), last)}
}

// The time modes of transformWithState, as Spark's operator properties name them.
const (
	NoTimeMode         = "NoTime"
	ProcessingTimeMode = "ProcessingTime"
	EventTimeMode      = "EventTime"
)

// TransformOperator is Spark's name of the operator.
const TransformOperator = "transformWithStateExec"

// TransformProperties are the properties of a transformWithState operator.
type TransformProperties struct {
	TimeMode   string            `json:"timeMode"`
	OutputMode string            `json:"outputMode"`
	Variables  []VariableSummary `json:"stateVariables"`
}

// VariableSummary is what the properties say of a variable.
type VariableSummary struct {
	Name string       `json:"stateName"`
	Kind VariableKind `json:"stateVariableType"`
	TTL  bool         `json:"ttlEnabled"`
}

// Description is the operator's: variables may be added and left out, and what is said of one stays.
func (p TransformProperties) Description() (*Description, error) {
	text, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	return &Description{Properties: string(text), Follows: p.follows}, nil
}

// ParseTransformProperties reads operator properties.
func ParseTransformProperties(text string) (p TransformProperties, err error) {
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return p, errclass.MalformedLogFile.New("Log file was malformed: operator properties %.100q.", text)
	}
	return p, nil
}

// follows refuses what Spark refuses.
func (p TransformProperties) follows(before string) error {
	old, err := ParseTransformProperties(before)
	if err != nil {
		return err
	}
	for _, c := range []struct{ name, old, new string }{
		{"timeMode", old.TimeMode, p.TimeMode}, {"outputMode", old.OutputMode, p.OutputMode},
	} {
		if c.old != c.new {
			return errclass.StateInvalidConfig.New("Cannot change %[1]s from %[2]s to %[3]s between restarts. Please set %[1]s to %[2]s, or restart with a new checkpoint directory.", c.name, c.old, c.new)
		}
	}
	for _, was := range old.Variables {
		for _, is := range p.Variables {
			if is.Name == was.Name && is.Kind != was.Kind {
				return errclass.StateVariableType.New("Cannot change %[1]s to %[2]s between query restarts. Please set %[1]s to %[3]s, or restart with a new checkpoint directory.", is.Name, is.Kind, was.Kind)
			}
		}
	}
	return nil
}
