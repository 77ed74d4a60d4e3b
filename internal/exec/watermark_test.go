package exec

import (
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

func timesOf(micros ...any) arrow.Array {
	b := array.NewTimestampBuilder(memory.DefaultAllocator, &arrow.TimestampType{Unit: arrow.Microsecond})
	for _, m := range micros {
		if m == nil {
			b.AppendNull()
			continue
		}
		b.Append(arrow.Timestamp(m.(int)))
	}
	return b.NewArray()
}

// Event times are counted in milliseconds, rounded down; a null counts as 1970, as Spark reads it.
func TestEventTimeStats(t *testing.T) {
	tests := []struct {
		name   string
		column arrow.Array
		want   EventTimeStats
	}{
		{"none", timesOf(), EventTimeStats{}},
		{"some", timesOf(1_000_999, 3_000_000), EventTimeStats{Max: 3000, Min: 1000, Avg: 2000, Count: 2}},
		{"before 1970", timesOf(-1), EventTimeStats{Max: -1, Min: -1, Avg: -1, Count: 1}},
		{"null is 1970", timesOf(nil, 4_000_000), EventTimeStats{Max: 4000, Avg: 2000, Count: 2}},
		{"only null", timesOf(nil), EventTimeStats{Count: 1}},
	}
	for _, test := range tests {
		if got := statsOf(test.column); got != test.want {
			t.Errorf("%s: got %+v, want %+v", test.name, got, test.want)
		}
	}
}

// Stats of parts, merged in any order, are those of the whole.
func TestEventTimeStatsMerge(t *testing.T) {
	var all []any
	var merged EventTimeStats
	for range 20 {
		var part []any
		for range rand.IntN(5) {
			part = append(part, 1_700_000_000_000_000+rand.IntN(1e9)*1000)
		}
		merged.Merge(statsOf(timesOf(part...)))
		all = append(all, part...)
	}
	want := statsOf(timesOf(all...))
	if d := merged.Avg - want.Avg; d > 1e-3 || d < -1e-3 {
		t.Errorf("the mean is %f, want %f", merged.Avg, want.Avg)
	}
	merged.Avg, want.Avg = 0, 0
	if merged != want {
		t.Errorf("got %+v, want %+v", merged, want)
	}
}

// delayed is a stateful operator whose rows are a while behind its input.
type delayed struct {
	stateful
	by   int64
	none bool
}

func (d delayed) outputWatermark(input int64) (int64, bool) { return input - d.by, !d.none }

// An operator's input has the least watermark of what flows into it; inputs without one do not count; below 1970 there is none.
func TestWatermarksPropagate(t *testing.T) {
	chained := carried(originOf).through(delayed{by: 300})
	tests := []struct {
		name   string
		input  carried
		origin int64
		want   int64
	}{
		{"no watermark below", leastOf(nil), 1000, 0},
		{"one", leastOf([]carried{originOf}), 1000, 1000},
		{"beside rows without one", leastOf([]carried{nil, originOf, nil}), 1000, 1000},
		{"above an operator that holds rows back", chained, 1000, 700},
		{"the least of two", leastOf([]carried{originOf, chained}), 1000, 700},
		{"never negative", chained, 100, 0},
		{"nothing while the query has none", chained, 0, 0},
		{"beside an operator that carries none on", leastOf([]carried{originOf, carried(originOf).through(delayed{none: true})}), 1000, 1000},
		{"an operator that carries none on", carried(originOf).through(delayed{none: true}), 1000, 0},
	}
	for _, test := range tests {
		if got := test.input.at(test.origin); got != test.want {
			t.Errorf("%s: got %d, want %d", test.name, got, test.want)
		}
	}
}
