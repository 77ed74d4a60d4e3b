package deltalog

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

// An Operation says what a transaction does, for commitInfo and the table's history.
type Operation struct {
	Name         string // "WRITE", "STREAMING UPDATE", "CREATE TABLE" …
	Parameters   Parameters
	Metrics      map[string]string
	UserMetadata string
	Tags         map[string]string // of commitInfo
}

// Parameters are named values in the order in which they were given. Spark writes texts; a nil
// value becomes null.
type Parameters []Parameter

// A Parameter is one named value.
type Parameter struct {
	Name  string
	Value any
}

// With is the parameters and one more.
func (p Parameters) With(name string, value any) Parameters {
	return append(slices.Clip(p), Parameter{name, value})
}

// Get is the value of that name, nil when there is none.
func (p Parameters) Get(name string) any {
	for _, q := range p {
		if q.Name == name {
			return q.Value
		}
	}
	return nil
}

// MarshalJSON writes an object that keeps the order.
func (p Parameters) MarshalJSON() ([]byte, error) {
	out := []byte{'{'}
	for i, q := range p {
		if i > 0 {
			out = append(out, ',')
		}
		name, err := encodeJSON(q.Name)
		if err != nil {
			return nil, err
		}
		value, err := encodeJSON(q.Value)
		if err != nil {
			return nil, fmt.Errorf("operation parameter %q: %w", q.Name, err)
		}
		out = append(append(append(out, name...), ':'), value...)
	}
	return append(out, '}'), nil
}

// UnmarshalJSON reads an object and keeps its order.
func (p *Parameters) UnmarshalJSON(data []byte) error {
	*p = nil
	decoder := json.NewDecoder(bytes.NewReader(data))
	if start, err := decoder.Token(); err != nil || start != json.Delim('{') {
		return err // null, and what no writer should put here: no parameters
	}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return err
		}
		var value any
		if err := decoder.Decode(&value); err != nil {
			return err
		}
		*p = append(*p, Parameter{name.(string), value})
	}
	return nil
}
