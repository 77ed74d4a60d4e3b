package deltalog

import (
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"lakehouse/internal/datetime"
	"lakehouse/internal/errclass"
	"lakehouse/internal/predicate"
	"lakehouse/internal/records"
	"lakehouse/internal/types"
)

// nullPartition is the directory name of null, and of the empty text, which the protocol reads as null.
const nullPartition = "__HIVE_DEFAULT_PARTITION__"

// PartitionValue writes a value as add.partitionValues holds it; nil is null. Values are those of a
// [Predicate]; timestamps are written in UTC.
func PartitionValue(t Type, v any) (*string, error) {
	if v == nil {
		return nil, nil
	}
	text, err := partitionText(t, v)
	if err != nil || text == "" {
		return nil, err // the empty text means null
	}
	if n, whole := v.(int64); whole && isFar(text) { // what cannot be read would spoil the table
		if back, err := ParsePartitionValue(t, &text); err != nil || back != n {
			return nil, errclass.UnsupportedFeature.New("a table cannot be partitioned by the %s %s.", t, text).
				WithHint("Partition by another column.")
		}
	}
	return &text, nil
}

func partitionText(t Type, v any) (string, error) {
	switch v := v.(type) {
	case string:
		return v, nil
	case []byte:
		if !utf8.Valid(v) { // the log is JSON: it would change such bytes
			return "", errclass.UnsupportedFeature.New("a table cannot be partitioned by the binary value x'%x', which is no UTF-8.", v).
				WithHint("Partition by its hex digits, or by another column.")
		}
		return string(v), nil
	case bool:
		return strconv.FormatBool(v), nil
	case float64:
		if t == types.Float {
			v = shortestFloat(v)
		}
		return javaDouble(v), nil
	case decimal128.Num:
		if d, ok := t.(types.Decimal); ok {
			return v.ToString(int32(d.Scale)), nil
		}
	case int64:
		switch t {
		case types.Date:
			return formatDate(v), nil
		case types.Timestamp:
			return formatMicros(v, "T15:04:05.000000Z"), nil
		case types.TimestampNTZ:
			return formatMicros(v, " 15:04:05.999999"), nil
		}
		return strconv.FormatInt(v, 10), nil
	}
	return "", fmt.Errorf("partition value %v (%T) does not fit type %s", v, v, t)
}

// ParsePartitionValue reads a text of add.partitionValues. Null, the empty text included, is nil.
// Timestamps without a zone are read as UTC.
func ParsePartitionValue(t Type, text *string) (predicate.Value, error) {
	if text == nil || *text == "" {
		return nil, nil
	}
	v, err := parseScalar(t, *text)
	if err != nil {
		return nil, fmt.Errorf("partition value %q of type %s: %w", *text, t, err)
	}
	return v, nil
}

// parseScalar reads a value that is written as a text in partition values and statistics, as a cast in Spark does, which passes over
// the space around values.
func parseScalar(t Type, text string) (predicate.Value, error) {
	if t != types.String && t != types.Binary {
		text = strings.TrimSpace(text)
	}
	switch t := t.(type) {
	case types.Decimal:
		n, ok := records.ParseDecimal([]byte(text), t.Precision, t.Scale)
		if !ok {
			return nil, errors.New("not a number of so many digits")
		}
		return n, nil
	case types.Primitive:
		switch t {
		case types.String:
			return text, nil
		case types.Binary:
			return []byte(text), nil
		case types.Boolean:
			return parseBool(text)
		case types.Byte:
			return strconv.ParseInt(text, 10, 8)
		case types.Short:
			return strconv.ParseInt(text, 10, 16)
		case types.Integer:
			return strconv.ParseInt(text, 10, 32)
		case types.Long:
			return strconv.ParseInt(text, 10, 64)
		case types.Float:
			return parseFloat(text, 32)
		case types.Double:
			return parseFloat(text, 64)
		case types.Date:
			return parseDate(text)
		case types.Timestamp, types.TimestampNTZ:
			return parseTimestamp(text)
		default: // void and intervals are in no table
		}
	}
	return nil, fmt.Errorf("type %s has no text form here", t)
}

func parseBool(text string) (predicate.Value, error) {
	switch strings.ToLower(text) {
	case "true", "t", "yes", "y", "1":
		return true, nil
	case "false", "f", "no", "n", "0":
		return false, nil
	}
	return nil, errors.New("not a boolean")
}

// parseFloat takes a number that is too large for infinity, as Spark and the kernel do.
func parseFloat(text string, bits int) (predicate.Value, error) {
	v, err := strconv.ParseFloat(text, bits)
	if errors.Is(err, strconv.ErrRange) {
		err = nil
	}
	return v, err
}

const secondsPerDay = 24 * 60 * 60

func parseDate(text string) (predicate.Value, error) {
	at, err := time.Parse("2006-1-2", text)
	if err == nil {
		return floorDiv(at.Unix(), secondsPerDay), nil
	}
	if day, ok := datetime.ParseDateText(text); ok && isFar(text) {
		return day, nil
	}
	return nil, err
}

// isFar reports whether the year of a date or time is one that package time does not read: below 0 or above 9999.
func isFar(text string) bool {
	return strings.IndexAny(text, "+-") == 0 || strings.IndexByte(text, '-') > 4
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

var timestampLayouts = []string{
	"2006-01-02 15:04:05.999999999", "2006-01-02T15:04:05.999999999Z07:00", "2006-01-02T15:04:05.999999999",
	"2006-01-02 15:04:05.999999999Z07:00", "2006-01-02",
}

func parseTimestamp(text string) (predicate.Value, error) {
	var first error
	for _, layout := range timestampLayouts {
		at, err := time.Parse(layout, text)
		if err == nil {
			return at.UnixMicro(), nil
		}
		if first == nil {
			first = err
		}
	}
	if micros, zone, dated, ok := datetime.ParseWallClock(text); ok && dated && isFar(text) && (zone == "" || zone == "Z") {
		return micros, nil
	}
	return nil, first
}

// formatDate writes a year that has not four digits with its sign, as Spark does.
func formatDate(days int64) string {
	year, month, day := datetime.Civil(days)
	sign := ""
	switch {
	case year > 9999:
		sign = "+"
	case year < 0:
		sign, year = "-", -year
	}
	return fmt.Sprintf("%s%04d-%02d-%02d", sign, year, month, day)
}

// formatMicros writes the day, and behind it the time of day in a layout.
func formatMicros(micros int64, layout string) string {
	const perDay = secondsPerDay * 1_000_000
	day := floorDiv(micros, perDay)
	return formatDate(day) + time.UnixMicro(micros-day*perDay).UTC().Format(layout)
}

// shortestFloat is the double that is written like the float v, with no more digits.
func shortestFloat(v float64) float64 {
	short, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'g', -1, 32), 64) // its own output
	return short
}

// javaDouble writes a number as Java does, so that "15.0" stays a double for every reader.
func javaDouble(v float64) string {
	switch {
	case math.IsNaN(v):
		return "NaN"
	case math.IsInf(v, 1):
		return "Infinity"
	case math.IsInf(v, -1):
		return "-Infinity"
	}
	if size := math.Abs(v); size != 0 && (size < 1e-3 || size >= 1e7) {
		mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(v, 'E', -1, 64), "E")
		if !strings.Contains(mantissa, ".") {
			mantissa += ".0"
		}
		n, _ := strconv.Atoi(exponent)
		return mantissa + "E" + strconv.Itoa(n)
	}
	text := strconv.FormatFloat(v, 'f', -1, 64)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return text
}

// PartitionDir is the folder of a file with these values, as Hive and Spark name it:
// "day=2026-01-01/at=12%3A30/". These escapes are part of the name, which add.path encodes once more.
// It ends with a slash; a table without partitions has none.
func PartitionDir(columns []string, values map[string]*string) string {
	var dir strings.Builder
	for _, column := range columns {
		escapeHive(&dir, column)
		dir.WriteByte('=')
		if v := values[column]; v == nil || *v == "" {
			dir.WriteString(nullPartition)
		} else {
			escapeHive(&dir, *v)
		}
		dir.WriteByte('/')
	}
	return dir.String()
}

// escapeHive escapes what Hive does in a directory name.
func escapeHive(out *strings.Builder, text string) {
	for i := range len(text) {
		if c := text[i]; c < 0x20 || c == 0x7f || strings.IndexByte(`"#%'*/:=?\{[]^`, c) >= 0 {
			out.WriteByte('%')
			out.WriteString(strings.ToUpper(hex.EncodeToString([]byte{c})))
		} else {
			out.WriteByte(c)
		}
	}
}

// PartitionKey is a text that the files of one partition have in common, and no file of another. The columns are named as the log names
// them, see [Metadata.StoredPartitionColumns]. Null, which a log writes as no text or as an empty one, is one value. Keys sort as the texts
// of the values do.
func (a *AddFile) PartitionKey(columns []string) string {
	var key strings.Builder
	for _, c := range columns {
		if v := valueOf(a.PartitionValues, c); v != nil {
			key.WriteString(strings.ReplaceAll(*v, "\x00", "\x00\x01")) // a text may hold what ends it
		}
		key.WriteString("\x00\x00")
	}
	return key.String()
}
