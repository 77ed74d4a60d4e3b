package kafka

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Ranges are cut as Spark's KafkaOffsetRangeCalculator does.
func TestRangesAreCutAsSparkDoes(t *testing.T) {
	tests := []struct {
		name  string
		split split
		sizes string // of the ranges, all from offset 0
		want  string
	}{
		{"no demand", split{}, "10 20", "0:0-10 1:0-20"},
		{"empty and negative ranges are dropped", split{}, "0 -3 5", "2:0-5"},
		{"enough already", split{minPartitions: 1}, "10 20", "0:0-10 1:0-20"},
		{"one into three", split{minPartitions: 3}, "10", "0:0-3 0:3-6 0:6-10"},
		{"a skewed one is split alone", split{minPartitions: 4}, "1 1 100", "0:0-1 1:0-1 2:0-50 2:50-100"},
		{"in proportion", split{minPartitions: 6}, "100 200", "0:0-50 0:50-100 1:0-50 1:50-100 1:100-150 1:150-200"},
		{"at the most 50", split{maxRecords: 50}, "40 100 51", "0:0-40 1:0-50 1:50-100 2:0-25 2:25-51"},
		{"both", split{minPartitions: 6, maxRecords: 50}, "40 100", "0:0-20 0:20-40 1:0-25 1:25-50 1:50-75 1:75-100"},
		{"more than there are records", split{minPartitions: 10}, "2 1", "0:0-1 0:1-2 1:0-1"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var ranges []offsetRange
			for i, size := range strings.Fields(test.sizes) {
				r := offsetRange{topicPartition: topicPartition{"t", int32(i)}}
				if _, err := fmt.Sscan(size, &r.until); err != nil {
					t.Fatal(err)
				}
				ranges = append(ranges, r)
			}
			var got []string
			for _, r := range test.split.apply(ranges) {
				got = append(got, fmt.Sprintf("%d:%d-%d", r.partition, r.from, r.until))
			}
			equalText(t, "ranges", strings.Join(got, " "), test.want)
		})
	}
}

// Whatever is asked for, the ranges together are those that were given: no record is lost, none is read twice.
func TestCutRangesCoverEachRecordOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var ranges []offsetRange
		for i, size := range rapid.SliceOfN(rapid.Int64Range(-5, 1<<40), 0, 6).Draw(t, "sizes") {
			from := rapid.Int64Range(0, 1<<50).Draw(t, "from")
			ranges = append(ranges, offsetRange{topicPartition{"t", int32(i)}, from, from + size})
		}
		s := split{minPartitions: rapid.Int64Range(0, 40).Draw(t, "minPartitions")}
		if rapid.Bool().Draw(t, "limited") {
			s.maxRecords = rapid.Int64Range(1<<32, 1<<41).Draw(t, "maxRecords")
		}
		at := map[topicPartition]int64{}
		for _, r := range ranges {
			at[r.topicPartition] = r.from
		}
		for _, r := range s.apply(ranges) {
			if r.from != at[r.topicPartition] || r.size() <= 0 || (s.maxRecords > 0 && r.size() > s.maxRecords) {
				t.Fatalf("%v does not follow %d", r, at[r.topicPartition])
			}
			at[r.topicPartition] = r.until
		}
		for _, r := range ranges {
			if at[r.topicPartition] != max(r.from, r.until) {
				t.Fatalf("%v is read up to %d", r, at[r.topicPartition])
			}
		}
	})
}
