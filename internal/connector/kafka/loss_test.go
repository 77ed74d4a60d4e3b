package kafka

import (
	"fmt"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"lakehouse/internal/errclass"
	"lakehouse/internal/logical"
	"lakehouse/internal/stream"
)

// What changes under a query that runs for what is available is an error, in Spark's words.
func TestFreezeNoticesChanges(t *testing.T) {
	freeze := func(b *bench) (stream.Source, stream.Offset) {
		s := b.open("subscribePattern", "t", "startingOffsets", "earliest")
		if err := s.Freeze(b.Context()); err != nil {
			b.Fatal(err)
		}
		end, err := s.Latest(b.Context(), 0, nil, stream.LimitByOptions)
		if err != nil {
			b.Fatal(err)
		}
		return s, end
	}
	tests := []struct {
		name   string
		class  errclass.Class
		text   string
		change func(b *bench, end stream.Offset) stream.Offset
	}{
		{
			"other partitions", errclass.KafkaMismatchedPrefetched, "topic-partitions for pre-fetched offset: Set(t-0), topic-partitions for end offset: Set(t-0, t-1).",
			func(*bench, stream.Offset) stream.Offset { return stream.Offset(`{"t":{"0":1,"1":1}}`) },
		},
		{
			"too far", errclass.KafkaEndPastPrefetched, "pre-fetched offset: Map(t-0 -> 1), end offset: Map(t-0 -> 2).",
			func(*bench, stream.Offset) stream.Offset { return stream.Offset(`{"t":{"0":2}}`) },
		},
		{
			"a topic is gone", errclass.KafkaLostPartitions, "topic-partitions for latest offset: Set(), topic-partitions for end offset: Set(t-0)",
			func(b *bench, end stream.Offset) stream.Offset {
				if err := b.cluster.DeleteTopic("t"); err != nil {
					b.Fatal(err)
				}
				return end
			},
		},
		{
			"a topic is made anew", errclass.KafkaEndPastLatest, "latest offset: Map(t-0 -> 0), end offset: Map(t-0 -> 1)",
			func(b *bench, end stream.Offset) stream.Offset {
				if err := b.cluster.DeleteTopic("t"); err != nil {
					b.Fatal(err)
				}
				if err := b.cluster.CreateTopic("t", 1, nil); err != nil {
					b.Fatal(err)
				}
				return end
			},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := newBench(t, kfake.SeedTopics(1, "t"))
			b.produce("t", 0, "a")
			s, end := freeze(b)
			_, err := s.Rows(t.Context(), nil, test.change(b, end))
			wantError(t, err, test.class, test.text)
		})
	}
}

// What Kafka no longer has is an error that says how to go on, or with failOnDataLoss false a warning.
func TestDataLoss(t *testing.T) {
	must := func(b *bench, err error) {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
	}
	tests := []struct {
		name    string
		class   errclass.Class
		text    string
		options []string
		change  func(b *bench)
		want    []string // of the rows that are left, with failOnDataLoss false
	}{
		{
			"records aged out", errclass.KafkaOffsetRange, "Reason: Could not read records in offset [1, 4) for topic partition t-0\nwith consumer group spark-kafka-source-query-executor.", nil,
			func(b *bench) { b.produce("t", 0, "b", "c", "d"); must(b, b.cluster.DeleteRecords("t", 0, 3)) },
			[]string{"0@3 d"},
		},
		{
			"all records aged out", errclass.KafkaOffsetRange, "Could not read records in offset [1, 4)", nil,
			func(b *bench) { b.produce("t", 0, "b", "c", "d"); must(b, b.cluster.DeleteRecords("t", 0, 4)) }, nil,
		},
		{
			"the group's name is the user's", errclass.KafkaOffsetRange, "with consumer group mine.",
			[]string{"kafka.group.id", "mine"},
			func(b *bench) { b.produce("t", 0, "b"); must(b, b.cluster.DeleteRecords("t", 0, 2)) }, nil,
		},
		{
			"a topic is gone", errclass.KafkaPartitionsDeleted, "Reason: Partitions Set(t-0) have been deleted.", nil,
			func(b *bench) { must(b, b.cluster.DeleteTopic("t")); must(b, b.cluster.CreateTopic("t2", 1, nil)) }, nil,
		},
		{
			"a topic is gone, and there is a group", errclass.KafkaPartitionsDeletedGroup, "Partitions Set(t-0) have been deleted.\nKafka option 'kafka.group.id' has been set",
			[]string{"kafka.group.id", "mine"},
			func(b *bench) { must(b, b.cluster.DeleteTopic("t")); must(b, b.cluster.CreateTopic("t2", 1, nil)) }, nil,
		},
		{
			"a topic is made anew", errclass.KafkaPartitionsDeleted, "Topics of these names have been made anew.", nil,
			func(b *bench) {
				must(b, b.cluster.DeleteTopic("t"))
				must(b, b.cluster.CreateTopic("t", 1, nil))
				b.client = b.newClient() // the old one still knows the old topic
				b.produce("t", 0, "x", "y", "z")
			},
			[]string{"0@1 y", "0@2 z"},
		}, // Spark, too, goes on at the old offset
		{
			"a new partition has lost its first records", errclass.KafkaAddedPartition, "Added partition t2-0 starts from 1 instead of 0.", nil,
			func(b *bench) {
				must(b, b.cluster.CreateTopic("t2", 1, nil))
				b.produce("t2", 0, "x", "y")
				must(b, b.cluster.DeleteRecords("t2", 0, 1))
			},
			[]string{"0@1 y"},
		},
	}
	for _, test := range tests {
		for _, fail := range []string{"true", "false"} {
			t.Run(test.name+"/failOnDataLoss="+fail, func(t *testing.T) {
				b := newBench(t, kfake.SeedTopics(1, "t"))
				b.produce("t", 0, "a")
				s := b.open(append([]string{"subscribePattern", "^t", "startingOffsets", "earliest", "failOnDataLoss", fail}, test.options...)...)
				_, at := b.step(s, nil)
				test.change(b)
				rows, _, err := b.tryStep(s, at)
				if fail == "true" {
					wantError(t, err, test.class, test.text)
					wantError(t, err, test.class, "Some data may have been lost because they are not available in Kafka any more;\neither the data was aged out")
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				equal(t, "rows that are left", rows, test.want)
				if !strings.Contains(b.warned(), "class="+string(test.class)) {
					t.Errorf("no warning of %s: %s", test.class, b.warned())
				}
			})
		}
	}
}

// A partition whose end lies before what was read is no longer the same one.
func TestAnOffsetThatWentBack(t *testing.T) {
	for _, fail := range []string{"true", "false"} {
		b := newBench(t, kfake.SeedTopics(1, "t"))
		b.produce("t", 0, "a")
		s := b.open("subscribe", "t", "failOnDataLoss", fail)
		rows, at, err := b.tryStep(s, stream.Offset(`{"t":{"0":5}}`))
		if fail == "true" {
			wantError(t, err, errclass.KafkaOffsetChanged, "Partition t-0 offset was changed from 5 to 1.\nThis could be either 1) a user error")
		} else if err != nil || len(rows) > 0 || string(at) != `{"t":{"0":1}}` {
			t.Errorf("got %q up to %s, %v", rows, at, err)
		}
	}
}

// A topic that goes while its rows are read is a loss that is told, not a wait.
func TestATopicThatGoesWhileItIsRead(t *testing.T) {
	for _, fail := range []string{"true", "false"} {
		b := newBench(t, kfake.SeedTopics(1, "t"))
		b.produce("t", 0, "a", "b")
		b.cluster.ControlKey(int16(kmsg.Fetch), func(req kmsg.Request) (kmsg.Response, error, bool) {
			b.cluster.KeepControl()
			return refuseFetch(req.(*kmsg.FetchRequest), kerr.UnknownTopicOrPartition.Code), nil, true
		})
		b.cluster.ControlKey(int16(kmsg.ListOffsets), func(kmsg.Request) (kmsg.Response, error, bool) { return nil, nil, false })
		s := b.open("subscribe", "t", "startingOffsets", "earliest", "failOnDataLoss", fail)
		end, err := s.Latest(t.Context(), 0, nil, stream.LimitByOptions)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := b.source(s, nil, end)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for piece, err := range rows.Scan(t.Context(), logical.ScanOptions{}) {
			if err != nil {
				t.Fatal(err)
			}
			if fail == "false" { // the topic is deleted for good before it is asked where it begins
				if err := b.cluster.DeleteTopic("t"); err != nil {
					t.Fatal(err)
				}
			}
			for _, readErr := range piece.Read(t.Context()) {
				if fail == "true" {
					wantError(t, readErr, errclass.KafkaOffsetRange, "Could not read records in offset [0, 2)")
				} else if readErr != nil {
					t.Error(readErr)
				}
				got = append(got, "read")
			}
		}
		if fail == "false" && (len(got) > 0 || !strings.Contains(b.warned(), string(errclass.KafkaOffsetRange))) {
			t.Errorf("got %q and the warnings %s", got, b.warned())
		}
	}
}

// The gaps that compaction leaves are no loss.
func TestACompactedTopic(t *testing.T) {
	b := newBench(t)
	if err := b.cluster.CreateTopic("t", 1, map[string]string{"cleanup.policy": "compact", "segment.ms": "1", "segment.bytes": "1", "min.cleanable.dirty.ratio": "0"}); err != nil {
		t.Fatal(err)
	}
	for i := range 6 {
		b.send(&kgo.Record{Topic: "t", Key: fmt.Append(nil, i%2), Value: fmt.Append(nil, i)})
	}
	b.cluster.Compact()
	rows, err := b.batchRows("subscribe", "t", "maxRecordsPerPartition", "2")
	if err != nil {
		t.Fatal(err)
	}
	if n := len(rows); n == 0 || rows[n-1] != "0@5 5" || n > 5 {
		t.Errorf("got %q", rows)
	}
}
