package medallion

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"lakehouse/internal/batch"
	"lakehouse/internal/connector/memory"
	"lakehouse/internal/jsonio"
	"lakehouse/internal/logical"
	"lakehouse/internal/types"
)

// A MemoryStream is a streaming source for tests: its rows are what was added. It outlives the queries that read it, each of which
// goes on from its checkpoint, and ends with the process.
type MemoryStream struct {
	session *Session
	source  *memory.Stream
	decoder *jsonio.Decoder
}

// MemoryStream makes one of columns given as DDL.
func (s *Session) MemoryStream(ddl string) (*MemoryStream, error) {
	schema, err := types.ParseDDL(ddl)
	if err != nil {
		return nil, err
	}
	opts, err := jsonio.ParseOptions(map[string]string{"mode": "FAILFAST"})
	if err != nil {
		return nil, err
	}
	decoder, err := jsonio.NewDecoder(schema, opts)
	if err != nil {
		return nil, err
	}
	return &MemoryStream{session: s, source: memory.NewStream(decoder.Schema()), decoder: decoder}, nil
}

// DataFrame is the stream as a frame.
func (m *MemoryStream) DataFrame() *DataFrame {
	return &DataFrame{session: m.session, rel: &resolved{Node: &logical.StreamRelation{Provider: m.source}}}
}

// AddData adds rows, which one batch takes together. A row is a []any of values in the order of the columns, a map[string]any by
// their names, or, where there is one column, a value. Values are what JSON can hold, and time.Time.
func (m *MemoryStream) AddData(rows ...any) error {
	var text bytes.Buffer
	for _, row := range rows {
		object, err := m.object(row)
		if err != nil {
			return err
		}
		line, err := json.Marshal(object)
		if err != nil {
			return fmt.Errorf("add a row to %s: %w", m.source, err)
		}
		text.Write(append(line, '\n'))
	}
	return m.add(text.Bytes())
}

// AddJSON adds rows given as JSON objects.
func (m *MemoryStream) AddJSON(objects ...string) error {
	var text bytes.Buffer
	for _, o := range objects {
		if err := m.known(o); err != nil {
			return err
		}
		text.WriteString(o + "\n")
	}
	return m.add(text.Bytes())
}

// known refuses a name that is no column: a decoder would pass over it, and the test would wonder.
func (m *MemoryStream) known(object string) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal([]byte(object), &fields); err != nil {
		return fmt.Errorf("add a row to %s: %s: %w", m.source, object, err)
	}
	for name := range fields {
		if m.source.Schema().Index(name) < 0 {
			return fmt.Errorf("add a row to %s: it has no column %q", m.source, name)
		}
	}
	return nil
}

func (m *MemoryStream) add(text []byte) error {
	rows, err := batch.Collect(m.decoder.Decode(bytes.NewReader(text)))
	if err != nil {
		return fmt.Errorf("add rows to %s: %w", m.source, err)
	}
	m.source.Add(rows...)
	return nil
}

var errRowWidth = errors.New("a row has as many values as there are columns")

func (m *MemoryStream) object(row any) (map[string]any, error) {
	fields := m.source.Schema().Fields
	object := map[string]any{}
	switch row := row.(type) {
	case map[string]any:
		for name, v := range row {
			if m.source.Schema().Index(name) < 0 {
				return nil, fmt.Errorf("add a row to %s: it has no column %q", m.source, name)
			}
			object[name] = jsonValue(v)
		}
		return object, nil
	case []any:
		if len(row) != len(fields) {
			return nil, fmt.Errorf("add a row of %d values to %s: %w", len(row), m.source, errRowWidth)
		}
		for i, v := range row {
			object[fields[i].Name] = jsonValue(v)
		}
		return object, nil
	}
	if len(fields) != 1 {
		return nil, fmt.Errorf("add %v to %s: %w: give []any{…}", row, m.source, errRowWidth)
	}
	return map[string]any{fields[0].Name: jsonValue(row)}, nil
}

// jsonValue is a Go value as the JSON source reads it.
func jsonValue(v any) any {
	switch v := v.(type) {
	case time.Time:
		return v.UTC().Format("2006-01-02T15:04:05.999999Z07:00")
	case []any:
		list := make([]any, len(v))
		for i, e := range v {
			list[i] = jsonValue(e)
		}
		return list
	case map[string]any:
		object := make(map[string]any, len(v))
		for name, e := range v {
			object[name] = jsonValue(e)
		}
		return object
	}
	return v
}
