package deltalog

import (
	"encoding/json"
	"math"
	"strconv"

	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"lakehouse/internal/exactjson"
	"lakehouse/internal/predicate"
	"lakehouse/internal/types"
)

// Stats is the statistics of one data file, read from [AddFile].Stats.
type Stats struct {
	NumRecords int64 // -1: unknown

	schema Schema
	stored func(Field) string // what a field is called in the statistics; nil: by its name
	parsed statsJSON
}

type statsJSON struct {
	NumRecords  *int64          `json:"numRecords"`
	TightBounds *bool           `json:"tightBounds"`
	MinValues   json.RawMessage `json:"minValues"`
	MaxValues   json.RawMessage `json:"maxValues"`
	NullCount   json.RawMessage `json:"nullCount"`
}

var statsTexts = exactjson.For[statsJSON]()

// ParseStats reads statistics. What cannot be read counts as unknown: statistics can only save
// work.
func ParseStats(text string, schema Schema) Stats {
	s := Stats{NumRecords: -1, schema: schema}
	if text == "" || statsTexts.Unmarshal([]byte(text), &s.parsed) != nil {
		return Stats{NumRecords: -1}
	}
	if n := s.parsed.NumRecords; n != nil && *n >= 0 {
		s.NumRecords = *n
	}
	return s
}

// ParseStats reads the statistics of one of the table's files.
func (m *Metadata) ParseStats(text string, schema Schema) Stats {
	s := ParseStats(text, schema)
	s.stored = m.StoredName
	return s
}

// Column is what is known of a column, named as in a [Predicate].
func (s *Stats) Column(path []string) (predicate.ColumnStats, bool) {
	field, names, ok := s.lookUp(path)
	if !ok {
		return predicate.ColumnStats{}, false
	}
	t := field.Type
	stats := predicate.ColumnStats{Nulls: -1}
	if raw := member(s.parsed.NullCount, names); raw != nil {
		if n, err := strconv.ParseInt(string(raw), 10, 64); err == nil && s.nullsCount(t, n) {
			stats.Nulls = n
		}
	}
	stats.Min = lowered(boundValue(t, member(s.parsed.MinValues, names)))
	stats.Max = raised(t, boundValue(t, member(s.parsed.MaxValues, names)))
	if wasFloat(field) {
		stats.Min, stats.Max = withinFloat(stats.Min, -1), withinFloat(stats.Max, 1)
	}
	_, stats.MayHoldNaN = stats.Max.(float64) // Spark's maximum would be the NaN, delta-rs leaves it out
	return stats, true
}

// nullsCount reports whether a null count can be relied on. With wide bounds only "none" and "all"
// carry information; of arrays and maps only "none", for some writers count the nulls inside.
func (s *Stats) nullsCount(t Type, n int64) bool {
	switch t.(type) {
	case Array, Map:
		return n == 0
	}
	tight := s.parsed.TightBounds == nil || *s.parsed.TightBounds
	return n >= 0 && (tight || n == 0 || n == s.NumRecords)
}

// lookUp finds a column by path, letter case aside, and gives it with the names that it has in the statistics.
func (s *Stats) lookUp(path []string) (f Field, names []string, ok bool) {
	f.Type = s.schema
	for _, name := range path {
		inner, nested := f.Type.(Schema)
		if !nested {
			return f, nil, false
		}
		i := inner.Index(name)
		if i < 0 {
			return f, nil, false
		}
		f = inner.Fields[i]
		stored := f.Name
		if s.stored != nil {
			stored = s.stored(f)
		}
		names = append(names, stored)
	}
	return f, names, len(path) > 0
}

// withinFloat moves a bound by as much as the digits of a float leave open.
func withinFloat(v predicate.Value, towards float64) predicate.Value {
	if d, ok := v.(float64); ok {
		return float64(math.Nextafter32(float32(d), float32(math.Inf(int(towards)))))
	}
	return v
}

// member is the value at the path in a JSON object, nil when there is none.
func member(object json.RawMessage, path []string) json.RawMessage {
	for _, name := range path {
		var inside map[string]json.RawMessage
		if len(object) == 0 || json.Unmarshal(object, &inside) != nil {
			return nil
		}
		object = inside[name]
	}
	if len(object) == 0 || string(object) == "null" {
		return nil
	}
	return object
}

// boundValue reads a bound; nil where it cannot be one.
func boundValue(t Type, raw json.RawMessage) predicate.Value {
	if len(raw) == 0 || t == types.Binary {
		return nil
	}
	text := string(raw)
	if raw[0] == '"' && json.Unmarshal(raw, &text) != nil {
		return nil
	}
	v, err := parseScalar(t, text)
	if err != nil {
		return nil
	}
	if f, ok := v.(float64); ok && (math.IsNaN(f) || math.IsInf(f, 0)) {
		return nil
	}
	return v
}

// lowered makes up for decimals that were written by way of a double, as delta-rs does.
func lowered(v predicate.Value) predicate.Value {
	if n, ok := v.(decimal128.Num); ok {
		return n.Sub(lostDigits(n))
	}
	return v
}

// raised does the same for a maximum, and makes up for the cut of timestamps to milliseconds.
func raised(t Type, v predicate.Value) predicate.Value {
	switch v := v.(type) {
	case decimal128.Num:
		return v.Add(lostDigits(v))
	case int64:
		if t == types.Timestamp || t == types.TimestampNTZ {
			return v + 999
		}
	}
	return v
}

// lostDigits is at least the error of a number that has been a double: nothing while its digits fit.
func lostDigits(n decimal128.Num) decimal128.Num {
	const doubleBits, roundings = 53, 3
	size := n.Abs().BigInt()
	return decimal128.FromBigInt(size.Rsh(size, doubleBits-roundings))
}
