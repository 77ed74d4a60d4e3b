package deltalog

import (
	"bytes"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"lakehouse/internal/parquetio"
	"lakehouse/internal/types"
)

// ColumnStats is what the writer of a data file knows of one leaf column.
type ColumnStats struct {
	Path     []string // into structs
	Min, Max any      // as the values of a [Predicate]; nil: unknown
	Nulls    int64    // -1: unknown
}

// StatsOptions says for which columns to write statistics.
type StatsOptions struct {
	Schema           Schema
	PartitionColumns []string   // have none: the partition values say it all
	IndexedColumns   int        // leaf columns, from the left, that get statistics; -1: all
	Columns          [][]string // these get statistics, whatever their place, with what is inside of them; nil: by IndexedColumns
}

// left is how many leaf columns get statistics by their place.
func (o *StatsOptions) left() int {
	if o.Columns != nil {
		return -1
	}
	return o.IndexedColumns
}

// wants reports whether the column at the path gets statistics, as far as its name goes.
func (o *StatsOptions) wants(path []string) bool {
	if o.Columns == nil {
		return true
	}
	return slices.ContainsFunc(o.Columns, func(named []string) bool {
		return len(named) <= len(path) && slices.EqualFunc(named, path[:len(named)], strings.EqualFold)
	})
}

// StatsOptions says for which columns the table wants statistics, by the names that data files give them.
func (m *Metadata) StatsOptions() (StatsOptions, error) {
	schema, err := m.StoredSchema()
	if err != nil {
		return StatsOptions{}, err
	}
	partition, err := m.StoredPartitionColumns()
	if err != nil {
		return StatsOptions{}, err
	}
	columns, err := m.statsColumns()
	return StatsOptions{schema, partition, m.IndexedColumns(), columns}, err
}

// MakeStats writes the statistics of a data file for [AddFile].Stats: numRecords, minValues,
// maxValues and nullCount. Texts are cut after 32 characters, a cut maximum gets a character that
// keeps it above; timestamps are cut to milliseconds. Booleans, binaries, arrays and maps have only
// a null count.
func MakeStats(numRecords int64, columns []ColumnStats, opts StatsOptions) string {
	w := statsWriter{opts: &opts, columns: make(map[string]*ColumnStats, len(columns)), left: opts.left()}
	for i := range columns {
		w.columns[statsKey(columns[i].Path)] = &columns[i]
	}
	var data Schema
	for _, f := range opts.Schema.Fields {
		if !slices.ContainsFunc(opts.PartitionColumns, func(p string) bool { return strings.EqualFold(p, f.Name) }) {
			data.Fields = append(data.Fields, f)
		}
	}
	w.fields(data, nil)
	out := append([]byte(`{"numRecords":`), strconv.FormatInt(numRecords, 10)...)
	out = append(append(out, `,"minValues":`...), w.low.object()...)
	out = append(append(out, `,"maxValues":`...), w.high.object()...)
	out = append(append(out, `,"nullCount":`...), w.nulls.object()...)
	return string(append(out, '}'))
}

// StatsOf writes the statistics of a file that our Parquet writer has finished.
func StatsOf(file parquetio.FileStats, opts StatsOptions) string {
	columns := make([]ColumnStats, len(file.Columns))
	for i, c := range file.Columns {
		columns[i] = ColumnStats{Path: c.Path, Min: c.Min, Max: c.Max, Nulls: c.Nulls}
	}
	return MakeStats(file.NumRows, columns, opts)
}

func statsKey(path []string) string { return strings.ToLower(strings.Join(path, "\x00")) }

// statsWriter walks the schema once and fills three JSON objects in step.
type statsWriter struct {
	opts             *StatsOptions
	columns          map[string]*ColumnStats
	left             int // leaf columns still to index; negative: all
	low, high, nulls members
}

// members is the inside of a JSON object.
type members struct{ buf bytes.Buffer }

func (m *members) put(name string, value []byte) {
	if m.buf.Len() > 0 {
		m.buf.WriteByte(',')
	}
	key, _ := encodeJSON(name) // a text cannot fail
	m.buf.Write(key)
	m.buf.WriteByte(':')
	m.buf.Write(value)
}

func (m *members) object() []byte {
	return append(append([]byte{'{'}, m.buf.Bytes()...), '}')
}

func (w *statsWriter) fields(s Schema, path []string) {
	for _, f := range s.Fields {
		if w.left == 0 {
			return
		}
		at := append(slices.Clip(path), f.Name)
		inner, nested := f.Type.(Schema)
		if !nested {
			w.left--
			if w.opts.wants(at) {
				w.leaf(f, at)
			}
			continue
		}
		low, high, nulls := w.low, w.high, w.nulls
		w.low, w.high, w.nulls = members{}, members{}, members{}
		w.fields(inner, at)
		for _, pair := range []struct{ outer, inner *members }{{&low, &w.low}, {&high, &w.high}, {&nulls, &w.nulls}} {
			if pair.inner.buf.Len() > 0 {
				pair.outer.put(f.Name, pair.inner.object())
			}
		}
		w.low, w.high, w.nulls = low, high, nulls
	}
}

func (w *statsWriter) leaf(f Field, path []string) {
	stats := w.columns[statsKey(path)]
	if stats == nil {
		return
	}
	if stats.Nulls >= 0 {
		w.nulls.put(f.Name, strconv.AppendInt(nil, stats.Nulls, 10))
	}
	if low := statsValue(f.Type, stats.Min, cutMin); low != nil {
		w.low.put(f.Name, low)
	}
	if high := statsValue(f.Type, zeroAbove(stats.Max), cutMax); high != nil {
		w.high.put(f.Name, high)
	}
}

// zeroAbove makes 0.0 of a maximum of -0.0: some readers order the one before the other, and would skip the file when
// asked for zero.
func zeroAbove(v any) any {
	if v == 0.0 {
		return 0.0
	}
	return v
}

// statsValue is the value as JSON; nil for what has no place in statistics.
func statsValue(t Type, v any, cut func(string) (string, bool)) []byte {
	switch v := v.(type) {
	case string:
		if text, ok := cut(v); ok && t == types.String && utf8.ValidString(text) { // JSON would change others
			out, _ := encodeJSON(text) // a text cannot fail
			return out
		}
	case float64:
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			if t == types.Float {
				v = shortestFloat(v)
			}
			return []byte(javaDouble(v))
		}
	case decimal128.Num:
		if d, ok := t.(types.Decimal); ok {
			return []byte(v.ToString(int32(d.Scale)))
		}
	case int64:
		return statsInteger(t, v)
	}
	return nil
}

// The years that four digits can write, in microseconds.
const (
	minMicros = -62135596800 * 1000000
	maxMicros = 253402300800*1000000 - 1
)

func statsInteger(t Type, v int64) []byte {
	switch t {
	case types.Byte, types.Short, types.Integer, types.Long:
		return strconv.AppendInt(nil, v, 10)
	case types.Date:
		if v >= minMicros/1000000/secondsPerDay && v <= maxMicros/1000000/secondsPerDay {
			return []byte(`"` + formatDate(v) + `"`)
		}
	case types.Timestamp:
		if v >= minMicros && v <= maxMicros {
			return []byte(`"` + formatMicros(floorDiv(v, 1000)*1000, "T15:04:05.000Z") + `"`)
		}
	case types.TimestampNTZ:
		if v >= minMicros && v <= maxMicros {
			return []byte(`"` + formatMicros(floorDiv(v, 1000)*1000, "T15:04:05.000") + `"`)
		}
	}
	return nil
}

// statsPrefix is how many UTF-16 units of a text statistics keep, as Spark counts.
const statsPrefix = 32

// cutMin cuts a text for minValues: a prefix is never above the whole.
func cutMin(text string) (string, bool) {
	end, cut := prefixUnits(text, statsPrefix)
	if !cut {
		return text, true
	}
	return text[:end], true
}

// cutMax cuts a text for maxValues. The prefix gets a tie-breaker, a character above the first one
// that was cut off: DEL where that is enough, else the last code point. The last code point itself
// cannot be cut off; a text that is full of it has no maximum.
func cutMax(text string) (string, bool) {
	end, cut := prefixUnits(text, statsPrefix)
	if !cut {
		return text, true
	}
	for limit, _ := prefixUnits(text, 2*statsPrefix); end <= limit; {
		if end >= len(text) {
			return text, true
		}
		switch next, size := utf8.DecodeRuneInString(text[end:]); {
		case next == lastRune:
			end += size
		case next < '\x7f':
			return text[:end] + "\x7f", true
		default:
			return text[:end] + string(lastRune), true
		}
	}
	return "", false
}

const lastRune = '\U0010FFFF'

// prefixUnits is where the prefix of n UTF-16 units ends, never inside a character, and whether
// anything follows.
func prefixUnits(text string, n int) (end int, cut bool) {
	units := 0
	for i, r := range text {
		if units >= n {
			return i, true
		}
		units += max(utf16.RuneLen(r), 1)
	}
	return len(text), false
}
