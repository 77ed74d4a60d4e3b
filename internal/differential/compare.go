package differential

import (
	"fmt"
	"math"
	"strings"
)

// Difference says how our answer differs from Spark's; empty where it does not.
func Difference(spark, ours Answer) string {
	if spark.Error != "" || ours.Error != "" {
		if !sameError(spark, ours) {
			return fmt.Sprintf("error: Spark %q (%s), ours %q (%s)", spark.Error, firstLine(spark.Message), ours.Error, firstLine(ours.Message))
		}
		if len(ours.Batches) < len(spark.Batches) { // an error in a batch may come before its rows are counted
			return fmt.Sprintf("batches before the error: Spark %d, ours %d", len(spark.Batches), len(ours.Batches))
		}
		return ""
	}
	if spark.Schema != ours.Schema {
		return fmt.Sprintf("schema: Spark %s, ours %s", spark.Schema, ours.Schema)
	}
	for i, want := range spark.Batches {
		if i >= len(ours.Batches) {
			return fmt.Sprintf("batch %d is missing: Spark %s", want.ID, rowsText(want.Rows))
		}
		if d := batchDifference(want, ours.Batches[i]); d != "" {
			return fmt.Sprintf("batch %d: %s", want.ID, d)
		}
	}
	if len(ours.Batches) > len(spark.Batches) {
		extra := ours.Batches[len(spark.Batches)]
		return fmt.Sprintf("a batch more than Spark's %d: %d, %s", len(spark.Batches), extra.ID, rowsText(extra.Rows))
	}
	return ""
}

// RefusedOnPurpose reports whether ours refuses what Spark runs wrongly: an outer join of streams whose rows without a partner would
// never come, because nothing that is compared is the event time of their side. Spark takes any comparison of a column with the other
// side's time, or with a constant, for a bound.
func RefusedOnPurpose(spark, ours Answer) bool {
	return spark.Error == "" && ours.Error == "UNSUPPORTED_STREAMING_OPERATION" && strings.Contains(ours.Message, "Outer join") &&
		strings.Contains(ours.Message, "without a watermark in the join keys")
}

func batchDifference(want, got Batch) string {
	switch {
	case want.ID != got.ID:
		return fmt.Sprintf("ours is batch %d", got.ID)
	case !sameRows(want.Rows, got.Rows):
		return fmt.Sprintf("rows:\n  Spark %s\n  ours  %s", rowsText(want.Rows), rowsText(got.Rows))
	case want.Watermark != got.Watermark:
		return fmt.Sprintf("watermark: Spark %q, ours %q", want.Watermark, got.Watermark)
	case len(want.State) != len(got.State):
		return fmt.Sprintf("state operators: Spark %v, ours %v", want.State, got.State)
	}
	for i, s := range want.State {
		if s != got.State[i] {
			return fmt.Sprintf("state: Spark %+v, ours %+v", s, got.State[i])
		}
	}
	return ""
}

// sameRows compares rows as multisets. Doubles may differ in their last bits: an engine adds in an order of its own.
func sameRows(want, got [][]any) bool {
	if len(want) != len(got) {
		return false
	}
	left := append([][]any(nil), got...)
	for _, w := range want {
		found := false
		for i, g := range left {
			if same(w, g) {
				left, found = append(left[:i:i], left[i+1:]...), true
				break
			}
		}
		if !found {
			return false
		}
	}
	return true
}

func same(a, b any) bool {
	switch a := a.(type) {
	case []any:
		b, ok := b.([]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for i := range a {
			if !same(a[i], b[i]) {
				return false
			}
		}
		return true
	case float64:
		b, ok := b.(float64)
		return ok && (a == b || math.Abs(a-b) <= 1e-9*math.Max(math.Abs(a), math.Abs(b)))
	}
	return a == b
}

// sameError: the class, or, where Spark has none, that there is one.
func sameError(spark, ours Answer) bool {
	if spark.Error == "" || ours.Error == "" {
		return false
	}
	return spark.Error == ours.Error || !strings.Contains(spark.Error, "_")
}

func rowsText(rows [][]any) string {
	lines := make([]string, len(rows))
	for i, r := range rows {
		lines[i] = text(r)
	}
	return fmt.Sprintf("%d: %s", len(rows), strings.Join(lines, " "))
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line[:min(len(line), 300)]
}
