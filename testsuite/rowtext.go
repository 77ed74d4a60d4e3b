package testsuite

import (
	"fmt"
	"strings"
	"time"

	"lakehouse/medallion"
)

// rowText is a row as assertions write it: its values with ", " between, nulls as "null", structs in braces, times as Spark shows
// them: "A, 1, 2.5, {2025-01-01 10:00:00, 2025-01-01 10:05:00}".
func rowText(r medallion.Row) string { return joined(r.Values) }

func joined(values []any) string {
	parts := make([]string, len(values))
	for i, v := range values {
		parts[i] = valueText(v)
	}
	return strings.Join(parts, ", ")
}

func valueText(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case medallion.Row:
		return "{" + joined(v.Values) + "}"
	case []any:
		return "[" + joined(v) + "]"
	case medallion.Map:
		parts := make([]string, len(v))
		for i, e := range v {
			parts[i] = valueText(e.Key) + " -> " + valueText(e.Value)
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case time.Time:
		return v.UTC().Format("2006-01-02 15:04:05.999999")
	}
	return fmt.Sprint(v)
}

// rowTexts are rows as a test gives them: each a text, a []any of values, or a value.
func rowTexts(rows []any) []string {
	texts := make([]string, len(rows))
	for i, row := range rows {
		switch row := row.(type) {
		case string:
			texts[i] = row
		case []any:
			texts[i] = joined(row)
		default:
			texts[i] = valueText(row)
		}
	}
	return texts
}
