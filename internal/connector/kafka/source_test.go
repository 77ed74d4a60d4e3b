package kafka

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"lakehouse/internal/errclass"
	"lakehouse/internal/stream"
	"lakehouse/volumes"
)

// Where a stream begins is what its options say, and is written down before its first batch.
func TestAStreamBeginsWhereItsOptionsSay(t *testing.T) {
	at := func(ms int64) time.Time { return time.UnixMilli(ms) }
	tests := []struct {
		name    string
		options []string
		want    string // the first offsets
	}{
		{"the default is latest", nil, `{"t":{"0":3,"1":1}}`},
		{"latest", []string{"startingOffsets", " Latest "}, `{"t":{"0":3,"1":1}}`},
		{"earliest", []string{"startingOffsets", "EARLIEST"}, `{"t":{"0":1,"1":0}}`},
		{"each its own", []string{"startingOffsets", `{"t":{"0":2,"1":-1}}`}, `{"t":{"0":2,"1":1}}`},
		{"-2 is earliest", []string{"startingOffsets", `{"t":{"0":-2,"1":0}}`}, `{"t":{"0":1,"1":0}}`},
		{"a time for all", []string{"startingTimestamp", "2000", "startingOffsetsByTimestampStrategy", "LATEST"}, `{"t":{"0":1,"1":1}}`},
		{"a time for each", []string{"startingOffsetsByTimestamp", `{"t":{"0":2500,"1":500}}`}, `{"t":{"0":2,"1":0}}`},
		{"a time beats a time for each, which beats offsets", []string{"startingTimestamp", "500", "startingOffsetsByTimestamp", `{"t":{"0":2500,"1":500}}`, "startingOffsets", "latest"}, `{"t":{"0":1,"1":0}}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := newBench(t, kfake.SeedTopics(2, "t"))
			for i, ms := range []int64{1000, 2000, 3000} {
				b.send(&kgo.Record{Topic: "t", Timestamp: at(ms), Value: fmt.Append(nil, i)})
			}
			b.send(&kgo.Record{Topic: "t", Partition: 1, Timestamp: at(1000)})
			if err := b.cluster.DeleteRecords("t", 0, 1); err != nil {
				t.Fatal(err)
			}
			s := b.open(append([]string{"subscribe", "t"}, test.options...)...)
			if _, err := s.Latest(t.Context(), 0, nil, stream.LimitByOptions); err != nil {
				t.Fatal(err)
			}
			data, err := volumes.ReadFile(t.Context(), b.store, "sources/0/0")
			if err != nil {
				t.Fatal(err)
			}
			equalText(t, "sources/0/0", string(data), "\x00v1\n"+test.want)
		})
	}
}

// A beginning that cannot be is an error when the query runs.
func TestABeginningThatCannotBe(t *testing.T) {
	tests := []struct {
		name    string
		options []string
		class   errclass.Class
		text    string
	}{
		{"no such word", []string{"startingOffsets", "newest"}, errclass.InvalidOptionValue, `Expected e.g. {"topicA":{"0":23,"1":-1},"topicB":{"0":-2}}, got newest`},
		{"a partition is missing", []string{"startingOffsets", `{"t":{"0":1}}`}, errclass.KafkaStartNotAssigned, "Use -1 for latest, -2 for earliest, if you don't care.\nSpecified: Set(t-0) Assigned: Set(t-0, t-1)"},
		{"a time's partition is missing", []string{"startingOffsetsByTimestamp", `{"t":{"0":1}}`}, errclass.KafkaTimestampNotAssigned, "timestamp based start offsets don't match what are assigned."},
		{"nothing that late", []string{"startingTimestamp", "9000"}, errclass.InvalidOptionValue, "No offset matched from request of topic-partition t-0 and timestamp 9000."},
		{"no number", []string{"startingTimestamp", "today"}, errclass.InvalidOptionValue, "Expected a single long value, got today"},
		{"no timestamps", []string{"startingOffsetsByTimestamp", "today"}, errclass.InvalidOptionValue, "\"topicB\": {\"0\": 123456789, \"1\": 123456789}}, got today"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := newBench(t, kfake.SeedTopics(2, "t"))
			s := b.open(append([]string{"subscribe", "t"}, test.options...)...)
			_, err := s.Latest(t.Context(), 0, nil, stream.LimitByOptions)
			wantError(t, err, test.class, test.text)
		})
	}
}

// The rows of a batch are those between its offsets, whatever comes later; the next batch begins where it ended.
func TestBatchesFollowEachOther(t *testing.T) {
	b := newBench(t, kfake.SeedTopics(2, "t"))
	b.produce("t", 0, "a", "b")
	s := b.open("subscribe", "t", "startingOffsets", "earliest")
	rows, first := b.step(s, nil)
	equal(t, "batch 0", rows, []string{"0@0 a", "0@1 b"})
	b.produce("t", 1, "c")
	rows, second := b.step(s, first)
	equal(t, "batch 1", rows, []string{"1@0 c"})
	rows, third := b.step(s, second)
	if len(rows) > 0 || !bytes.Equal(third, second) {
		t.Errorf("with nothing new, %s is followed by %s with %q", second, third, rows)
	}
	b.produce("t", 0, "d")
	again := b.open("subscribe", "t", "startingOffsets", "latest") // a restart looks into the checkpoint alone
	for _, c := range []struct {
		start, end stream.Offset
		want       []string
	}{{nil, first, []string{"0@0 a", "0@1 b"}}, {first, second, []string{"1@0 c"}}} {
		rows, err := b.rows(again, c.start, c.end)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "repeated", rows, c.want)
	}
	rows, last := b.step(again, second)
	equal(t, "batch 2", rows, []string{"0@2 d"})
	equalText(t, "offset", string(last), `{"t":{"0":3,"1":1}}`)
}

// An offset that Spark wrote in another order of keys is the same offset.
func TestTheOrderOfKeysIsNoNews(t *testing.T) {
	b := newBench(t, kfake.SeedTopics(2, "t"))
	s := b.open("subscribe", "t")
	start := stream.Offset(`{ "t" : {"1":0, "0":0} }`)
	end, err := s.Latest(t.Context(), 1, start, stream.LimitByOptions)
	if err != nil || !bytes.Equal(end, start) {
		t.Errorf("got %s, %v, want the start itself", end, err)
	}
}

// A limit is shared by what the partitions have, and none starves.
func TestMaxOffsetsPerTrigger(t *testing.T) {
	b := newBench(t, kfake.SeedTopics(3, "t"))
	b.produce("t", 0, strings.Fields(strings.Repeat("x ", 80))...)
	b.produce("t", 1, strings.Fields(strings.Repeat("x ", 20))...)
	b.produce("t", 2, "x")
	s := b.open("subscribe", "t", "startingOffsets", "earliest", "maxOffsetsPerTrigger", "10")
	var at stream.Offset
	for i, want := range []string{`{"t":{"0":7,"1":1,"2":1}}`, `{"t":{"0":14,"1":3,"2":1}}`} {
		var rows []string
		rows, at = b.step(s, at)
		equalText(t, fmt.Sprint("batch ", i), string(at), want)
		if i == 0 && len(rows) != 9 {
			t.Errorf("batch 0 has %d rows", len(rows))
		}
	}
	equalText(t, "maxOffsetsBehindLatest", metric(s, "maxOffsetsBehindLatest"), "66")
	equalText(t, "minOffsetsBehindLatest", metric(s, "minOffsetsBehindLatest"), "0")
	equalText(t, "avgOffsetsBehindLatest", metric(s, "avgOffsetsBehindLatest"), "27.666666666666668")
	equalText(t, "latestOffset", string(s.(stream.Farseeing).LatestOffset()), `{"t":{"0":80,"1":20,"2":1}}`)
	all, err := s.Latest(t.Context(), 2, at, stream.LimitNone)
	if err != nil {
		t.Fatal(err)
	}
	equalText(t, "without limits", string(all), `{"t":{"0":80,"1":20,"2":1}}`)
}

// A batch waits for minOffsetsPerTrigger, but not for ever.
func TestMinOffsetsPerTrigger(t *testing.T) {
	b := newBench(t, kfake.SeedTopics(1, "t"))
	s := b.open("subscribe", "t", "startingOffsets", "earliest", "minOffsetsPerTrigger", "3", "maxTriggerDelay", "5s")
	rows, at := b.step(s, nil) // the first has waited since 1970
	equal(t, "batch 0", rows, nil)
	b.produce("t", 0, "a", "b")
	rows, at = b.step(s, at)
	equal(t, "two are too few", rows, nil)
	b.produce("t", 0, "c")
	rows, at = b.step(s, at)
	equal(t, "three", rows, []string{"0@0 a", "0@1 b", "0@2 c"})
	b.produce("t", 0, "d")
	rows, at = b.step(s, at)
	equal(t, "one is too few", rows, nil)
	b.advance(5 * time.Second)
	rows, _ = b.step(s, at)
	equal(t, "it has waited", rows, []string{"0@3 d"})
}

// Partitions and topics that are made while the query runs are read from their beginning.
func TestNewPartitionsAreFound(t *testing.T) {
	b := newBench(t, kfake.SeedTopics(1, "in-1", "other"))
	s := b.open("subscribePattern", "^in-")
	rows, at := b.step(s, nil)
	equal(t, "batch 0", rows, nil)
	if err := b.cluster.CreateTopic("in-2", 2, nil); err != nil {
		t.Fatal(err)
	}
	b.produce("in-2", 1, "new")
	b.produce("other", 0, "not mine")
	rows, at = b.step(s, at)
	equal(t, "batch 1", rows, []string{"1@0 new"})
	equalText(t, "offset", string(at), `{"in-1":{"0":0},"in-2":{"0":0,"1":1}}`)
	equalText(t, "description", s.Description(), "KafkaV2[SubscribePattern[^in-]]")
}

// A pattern that fits no topic yet waits for one.
func TestAPatternWaitsForItsFirstTopic(t *testing.T) {
	b := newBench(t, kfake.SeedTopics(1, "other"))
	s := b.open("subscribePattern", "in", "startingOffsets", "earliest")
	end, err := s.Latest(t.Context(), 0, nil, stream.LimitByOptions)
	if err != nil || end != nil {
		t.Fatalf("got %s, %v, want no offset", end, err)
	}
	if err := b.cluster.CreateTopic("in", 1, nil); err != nil {
		t.Fatal(err)
	}
	b.produce("in", 0, "first")
	rows, _ := b.step(s, nil)
	equal(t, "batch 0", rows, []string{"0@0 first"})
}

// Assigned partitions are read, and no others.
func TestAssign(t *testing.T) {
	b := newBench(t, kfake.SeedTopics(3, "t", "u"))
	for p := range int32(3) {
		b.produce("t", p, "x")
	}
	s := b.open("assign", `{"t":[2,0],"u":[1]}`, "startingOffsets", "earliest")
	rows, at := b.step(s, nil)
	equal(t, "rows", rows, []string{"0@0 x", "2@0 x"})
	equalText(t, "offset", string(at), `{"t":{"0":1,"2":1},"u":{"1":0}}`)
	equalText(t, "description", s.Description(), "KafkaV2[Assign[t-0, t-2, u-1]]")
}

// A topic that is not there is an error that names it.
func TestATopicThatIsNotThere(t *testing.T) {
	b := newBench(t)
	_, _, err := b.tryStep(b.open("subscribe", "missing"), nil)
	wantError(t, err, kerr.UnknownTopicOrPartition, "find topic missing")
}

// Under availableNow a query reads what there was at its start, batch by batch.
func TestFreeze(t *testing.T) {
	b := newBench(t, kfake.SeedTopics(1, "t"))
	b.produce("t", 0, "a", "b", "c")
	s := b.open("subscribe", "t", "startingOffsets", "earliest", "maxOffsetsPerTrigger", "2")
	if err := s.Freeze(t.Context()); err != nil {
		t.Fatal(err)
	}
	rows, at := b.step(s, nil)
	equal(t, "batch 0", rows, []string{"0@0 a", "0@1 b"})
	b.produce("t", 0, "late")
	rows, at = b.step(s, at)
	equal(t, "batch 1", rows, []string{"0@2 c"})
	rows, _ = b.step(s, at)
	equal(t, "the end", rows, nil)
}

// A checkpoint that is broken is an error that shows what is wrong with it, never a wrong row.
func TestABrokenCheckpoint(t *testing.T) {
	for _, text := range []string{``, `x`, `[]`, `{}x`, `{"t":null}`, `{"t":{"0":null}}`, `{"t":{"0":-1}}`, `{"t":{"-1":0}}`, `{"t":{"0":1.5}}`, `{"t":{"0":99999999999999999999}}`, `{"t":[0]}`} {
		b := newBench(t, kfake.SeedTopics(1, "t"))
		s := b.open("subscribe", "t")
		if _, err := s.Latest(t.Context(), 1, stream.Offset(text), stream.LimitByOptions); err == nil {
			t.Errorf("offset %q is taken", text)
		}
		if _, err := s.Rows(t.Context(), stream.Offset(`{"t":{"0":0}}`), stream.Offset(text)); err == nil {
			t.Errorf("end %q is taken", text)
		}
		for _, file := range []string{"\x00v1\n" + text, "\x00" + text, "\x00v2\n{}", "\x00v1"} {
			if err := b.store.Put(t.Context(), "sources/0/0", []byte(file)); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Latest(t.Context(), 0, nil, stream.LimitByOptions); err == nil {
				t.Errorf("sources/0/0 %q is taken", file)
			}
		}
	}
}

// Spark 2.1 wrote the first offsets without a version.
func TestFirstOffsetsOfOldSpark(t *testing.T) {
	b := newBench(t, kfake.SeedTopics(1, "t"))
	b.produce("t", 0, "a", "b")
	if err := b.store.Put(t.Context(), "sources/0/0", []byte("\x00{\"t\":{\"0\":1}}")); err != nil {
		t.Fatal(err)
	}
	rows, _ := b.step(b.open("subscribe", "t"), nil)
	equal(t, "rows", rows, []string{"0@1 b"})
}

// A limit as large as numbers go takes all.
func TestTheLargestLimit(t *testing.T) {
	b := newBench(t, kfake.SeedTopics(1, "t"))
	b.produce("t", 0, "a", "b")
	_, at := b.step(b.open("subscribe", "t", "startingOffsets", "earliest", "maxOffsetsPerTrigger", "9223372036854775807"), nil)
	equalText(t, "offset", string(at), `{"t":{"0":2}}`)
}
