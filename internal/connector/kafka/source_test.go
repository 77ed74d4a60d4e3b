package kafka

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"lakehouse/internal/errclass"
	"lakehouse/internal/logical"
	"lakehouse/internal/stream"
	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
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

// The rows of transactions that were aborted or are open are not read where committed ones alone are asked for; the gaps
// in the offsets are no loss.
func TestReadCommitted(t *testing.T) { checkTransactions(t, newBench(t, kfake.SeedTopics(1, "t"))) }

// checkTransactions writes transactions of each kind into the empty topic "t" and reads them.
func checkTransactions(t *testing.T, b *bench) {
	client := b.newClient(kgo.TransactionalID("tx"), kgo.TransactionTimeout(time.Minute))
	for i, commit := range []kgo.TransactionEndTry{kgo.TryCommit, kgo.TryAbort, kgo.TryCommit, kgo.TryAbort} {
		if err := client.BeginTransaction(); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if err := client.ProduceSync(t.Context(), &kgo.Record{Topic: "t", Value: fmt.Appendf(nil, "tx%d", i)}).FirstErr(); err != nil {
				t.Fatal(err)
			}
		}
		if err := client.EndTransaction(t.Context(), commit); err != nil {
			t.Fatal(err)
		}
	}
	b.produce("t", 0, "plain")
	if err := client.BeginTransaction(); err != nil {
		t.Fatal(err)
	}
	if err := client.ProduceSync(t.Context(), &kgo.Record{Topic: "t", Value: []byte("open")}).FirstErr(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.EndTransaction(context.Background(), kgo.TryAbort) })

	committed := []string{"0@0 tx0", "0@1 tx0", "0@2 tx0", "0@8 tx2", "0@9 tx2", "0@10 tx2", "0@16 plain"}
	for _, test := range []struct {
		level string
		want  []string
		end   string
	}{
		{"read_committed", committed, `{"t":{"0":17}}`},
		{"read_uncommitted", []string{"0@0 tx0", "0@1 tx0", "0@2 tx0", "0@4 tx1", "0@5 tx1", "0@6 tx1", "0@8 tx2", "0@9 tx2", "0@10 tx2", "0@12 tx3", "0@13 tx3", "0@14 tx3", "0@16 plain", "0@17 open"}, `{"t":{"0":18}}`},
	} {
		t.Run(test.level, func(t *testing.T) {
			rows, err := b.batchRows("subscribe", "t", "kafka.isolation.level", test.level)
			if err != nil {
				t.Fatal(err)
			}
			equal(t, "rows", rows, test.want)
			store := b.store
			b.store = volumestest.NewMemory()
			defer func() { b.store = store }()
			_, at := b.step(b.open("subscribe", "t", "startingOffsets", "earliest", "kafka.isolation.level", test.level), nil)
			equalText(t, "offset", string(at), test.end)
		})
	}
	ranges, err := b.batchRows("subscribe", "t", "kafka.isolation.level", "read_committed", "maxRecordsPerPartition", "2")
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "read in ranges that begin and end within transactions", ranges, committed)
}

// The columns hold what was sent, nulls and headers too.
func TestColumns(t *testing.T) {
	b := newBench(t, kfake.SeedTopics(2, "t"))
	at := time.UnixMilli(1_600_000_000_123)
	b.send(
		&kgo.Record{Topic: "t", Partition: 1, Key: []byte("k"), Value: []byte{0, 255}, Timestamp: at, Headers: []kgo.RecordHeader{{Key: "h", Value: []byte("1")}, {Key: "h", Value: nil}, {Key: "", Value: []byte{}}}},
		&kgo.Record{Topic: "t", Partition: 1, Key: nil, Value: []byte{}, Timestamp: at},
		&kgo.Record{Topic: "t", Partition: 1, Key: []byte{}, Value: nil, Timestamp: at},
	)
	opts, err := ParseReadOptions(t.Context(), b.options("subscribe", "t", "includeHeaders", "true"), false, b.env())
	if err != nil {
		t.Fatal(err)
	}
	source, err := NewSource(opts, "id")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for piece, err := range source.Scan(t.Context(), logical.ScanOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		for rows, err := range piece.Read(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			for i := range int(rows.NumRows()) {
				var cells []string
				for c := range int(rows.NumCols()) {
					cells = append(cells, rows.Column(c).ValueStr(i))
				}
				got = append(got, strings.Join(cells, " "))
			}
			if h := rows.Column(7).(*array.List); h.IsValid(1) || !h.IsValid(0) {
				t.Error("headers: a record without headers has null, others have them")
			}
		}
	}
	equal(t, "rows", got, []string{
		`aw== AP8= t 1 0 2020-09-13T12:26:40.123Z 0 [{"key":"h","value":"MQ=="},{"key":"h","value":null},{"key":"","value":""}]`,
		`(null)  t 1 1 2020-09-13T12:26:40.123Z 0 (null)`,
		` (null) t 1 2 2020-09-13T12:26:40.123Z 0 (null)`,
	})
}

// A topic may say that a record's time is when it was appended.
func TestAppendTime(t *testing.T) {
	b := newBench(t)
	if err := b.cluster.CreateTopic("t", 1, map[string]string{"message.timestamp.type": "LogAppendTime"}); err != nil {
		t.Fatal(err)
	}
	b.send(&kgo.Record{Topic: "t", Timestamp: time.UnixMilli(5), Value: []byte("x")})
	opts, err := ParseReadOptions(t.Context(), b.options("subscribe", "t"), false, b.env())
	if err != nil {
		t.Fatal(err)
	}
	source, err := NewSource(opts, "id")
	if err != nil {
		t.Fatal(err)
	}
	for piece, err := range source.Scan(t.Context(), logical.ScanOptions{Columns: []string{"timestampType", "timestamp"}}) {
		if err != nil {
			t.Fatal(err)
		}
		for rows, err := range piece.Read(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			if kind, ms := rows.Column(0).(*array.Int32).Value(0), rows.Column(1).(*array.Timestamp).Value(0); kind == 1 && ms < 1e15 {
				t.Errorf("timestampType %d and %d: the time is not that of the broker", kind, ms)
			} else if kind != 1 {
				t.Skip("this cluster does not stamp records")
			}
		}
	}
}

// Whatever a producer compresses with, and however large its records are, the rows come whole.
func TestCompressionAndHugeRecords(t *testing.T) {
	b := newBench(t)
	if err := b.cluster.CreateTopic("t", 1, map[string]string{"max.message.bytes": "67108864"}); err != nil {
		t.Fatal(err)
	}
	huge := strings.Repeat("ten megabytes ", 750_000)
	var want []string
	for i, codec := range []kgo.CompressionCodec{kgo.NoCompression(), kgo.GzipCompression(), kgo.SnappyCompression(), kgo.Lz4Compression(), kgo.ZstdCompression()} {
		client := b.newClient(kgo.ProducerBatchCompression(codec))
		for _, v := range []string{fmt.Sprint("small ", i), huge, ""} {
			if err := client.ProduceSync(t.Context(), &kgo.Record{Topic: "t", Value: []byte(v)}).FirstErr(); err != nil {
				t.Fatal(err)
			}
			want = append(want, fmt.Sprintf("0@%d %s", len(want), v))
		}
	}
	rows, err := b.batchRows("subscribe", "t")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(rows, want) {
		t.Errorf("%d of %d rows came, or not as they were sent", len(rows), len(want))
	}
}

// A batch read ends where its options say.
func TestBatchLimits(t *testing.T) {
	b := newBench(t, kfake.SeedTopics(2, "t"))
	for ms := range int64(5) {
		b.send(&kgo.Record{Topic: "t", Timestamp: time.UnixMilli(1000 * ms), Value: fmt.Append(nil, ms)})
	}
	tests := []struct {
		name    string
		options []string
		want    string
	}{
		{"all", nil, "0 1 2 3 4"},
		{"offsets", []string{"startingOffsets", `{"t":{"0":1,"1":-2}}`, "endingOffsets", `{"t":{"0":3,"1":-1}}`}, "1 2"},
		{"times", []string{"startingTimestamp", "1000", "startingOffsetsByTimestampStrategy", "latest", "endingTimestamp", "3000"}, "1 2"},
		{"times of each", []string{"startingOffsetsByTimestamp", `{"t":{"0":500,"1":0}}`, "startingOffsetsByTimestampStrategy", "latest", "endingOffsetsByTimestamp", `{"t":{"0":9000,"1":0}}`}, "1 2 3 4"},
		{"nothing", []string{"startingOffsets", `{"t":{"0":2,"1":0}}`, "endingOffsets", `{"t":{"0":2,"1":0}}`}, ""},
		{"in many ranges", []string{"minPartitions", "4"}, "0 1 2 3 4"},
		{"in ranges of one", []string{"maxRecordsPerPartition", "1"}, "0 1 2 3 4"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			rows, err := b.batchRows(append([]string{"subscribe", "t"}, test.options...)...)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, r := range rows {
				got = append(got, r[strings.IndexByte(r, ' ')+1:])
			}
			equalText(t, "values", strings.Join(got, " "), test.want)
		})
	}
	for _, wrong := range []struct {
		options []string
		class   errclass.Class
		text    string
	}{
		{[]string{"startingOffsets", "latest"}, errclass.InvalidOptionValue, "starting offset can't be latest for batch queries on Kafka"},
		{[]string{"startingOffsets", `{"t":{"0":-1}}`}, errclass.InvalidOptionValue, "startingOffsets for t-0 can't be latest for batch queries on Kafka"},
		{[]string{"endingOffsets", "earliest"}, errclass.InvalidOptionValue, "ending offset can't be earliest for batch queries on Kafka"},
		{[]string{"endingOffsets", `{"t":{"0":-2}}`}, errclass.InvalidOptionValue, "ending offset for t-0 can't be earliest for batch queries on Kafka"},
		{[]string{"startingOffsets", `{"t":{"0":3}}`, "endingOffsets", `{"t":{"0":2}}`}, errclass.KafkaStartAfterEnd, "The specified start offset 3 is greater than the end offset 2 for topic t partition 0."},
		{[]string{"startingOffsetsByTimestamp", `{"t":{"0":3}}`, "endingOffsetsByTimestamp", `{"t":{"0":2}}`}, errclass.KafkaStartAfterEnd, "The specified start timestamp 3 is greater than the end timestamp 2 for topic t partition 0."},
		{[]string{"startingOffsets", `{"t":{"0":1}}`, "endingOffsets", `{"u":{"0":2}}`}, errclass.KafkaMismatchedLimits, "Topic-partitions for start offset: t-0, topic-partitions for end offset: u-0."},
		{[]string{"startingOffsets", `{"t":{"0":9,"1":0}}`}, errclass.KafkaResolvedStartAfterEnd, "The resolved start offset 9 is greater than the resolved end offset 5 for topic t partition 0."},
		{[]string{"startingOffsets", `{"t":{"0":0}}`}, errclass.KafkaStartNotAssigned, "Specified: Set(t-0) Assigned: Set(t-0, t-1)"},
	} {
		_, err := b.batchRows(append([]string{"subscribe", "t"}, wrong.options...)...)
		wantError(t, err, wrong.class, wrong.text)
	}
}

// Brokers that fail for a moment, move partitions or cut connections cost time, and no rows.
func TestRestlessBrokers(t *testing.T) {
	b := newBench(t, kfake.NumBrokers(3), kfake.SeedTopics(3, "t"))
	var want []string
	for p := range int32(3) {
		for i := range 50 {
			b.produce("t", p, fmt.Sprint(i))
			want = append(want, fmt.Sprintf("%d@%d %d", p, i, i))
		}
	}
	for i, code := range []int16{kerr.NotLeaderForPartition.Code, kerr.KafkaStorageError.Code, kerr.LeaderNotAvailable.Code, 0} {
		b.cluster.ControlKey(int16(kmsg.Fetch), func(req kmsg.Request) (kmsg.Response, error, bool) {
			if code == 0 {
				return nil, fmt.Errorf("the connection is cut"), true
			}
			return refuseFetch(req.(*kmsg.FetchRequest), code), nil, true
		})
		b.cluster.ShufflePartitionLeaders()
		rows, err := b.batchRows("subscribe", "t", "maxRecordsPerPartition", "20", "fetchOffset.retryIntervalMs", "10")
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(rows, want) {
			t.Errorf("after fault %d: %d rows, want %d", i, len(rows), len(want))
		}
	}
}

func refuseFetch(req *kmsg.FetchRequest, code int16) *kmsg.FetchResponse {
	resp := req.ResponseKind().(*kmsg.FetchResponse)
	for _, t := range req.Topics {
		rt := kmsg.NewFetchResponseTopic()
		rt.Topic, rt.TopicID = t.Topic, t.TopicID
		for _, p := range t.Partitions {
			rp := kmsg.NewFetchResponseTopicPartition()
			rp.Partition, rp.ErrorCode = p.Partition, code
			rt.Partitions = append(rt.Partitions, rp)
		}
		resp.Topics = append(resp.Topics, rt)
	}
	return resp
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

// A limit of patience: nothing comes where there must be something.
func TestAPollThatGetsNothing(t *testing.T) {
	b := newBench(t, kfake.SeedTopics(1, "t"))
	b.produce("t", 0, "a")
	b.cluster.ControlKey(int16(kmsg.Fetch), func(req kmsg.Request) (kmsg.Response, error, bool) {
		b.cluster.KeepControl()
		b.advance(time.Second)
		return refuseFetch(req.(*kmsg.FetchRequest), 0), nil, true
	})
	_, err := b.batchRows("subscribe", "t", "kafkaConsumer.pollTimeoutMs", "3000", "kafka.fetch.max.wait.ms", "1")
	if err == nil || !strings.Contains(err.Error(), "Cannot fetch record for offset 0 in 3000 milliseconds") {
		t.Errorf("got %v", err)
	}
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

// Partitions that a topic is given while the query runs are read from their beginning.
func TestATopicThatGrows(t *testing.T) {
	b := newBench(t, kfake.SeedTopics(1, "t"))
	s := b.open("subscribe", "t", "maxOffsetsPerTrigger", "100")
	_, at := b.step(s, nil)
	grow := kmsg.NewCreatePartitionsRequestTopic()
	grow.Topic, grow.Count = "t", 3
	req := kmsg.NewPtrCreatePartitionsRequest()
	req.Topics = append(req.Topics, grow)
	if _, err := req.RequestWith(t.Context(), b.client); err != nil {
		t.Fatal(err)
	}
	b.client = b.newClient()
	b.produce("t", 2, "new")
	rows, at := b.step(s, at)
	equal(t, "rows", rows, []string{"2@0 new"})
	equalText(t, "offset", string(at), `{"t":{"0":0,"1":0,"2":1}}`)
}

// A broker that is killed and started again costs time, and no rows.
func TestABrokerThatRestarts(t *testing.T) {
	dir := t.TempDir()
	in, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := in.Addr().(*net.TCPAddr).Port
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
	b := newBench(t, kfake.SeedTopics(1, "t"), kfake.Ports(port), kfake.DataDir(dir), kfake.SyncWrites())
	s := b.open("subscribe", "t", "startingOffsets", "earliest", "kafka.retry.backoff.ms", "1")
	b.produce("t", 0, "a", "b")
	_, at := b.step(s, nil)
	b.produce("t", 0, "c")
	b.cluster.Close()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.Ports(port), kfake.DataDir(dir), kfake.SyncWrites())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	b.produce("t", 0, "d")
	rows, _ := b.step(s, at)
	equal(t, "rows", rows, []string{"0@2 c", "0@3 d"})
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

// A limit as large as numbers go takes all.
func TestTheLargestLimit(t *testing.T) {
	b := newBench(t, kfake.SeedTopics(1, "t"))
	b.produce("t", 0, "a", "b")
	_, at := b.step(b.open("subscribe", "t", "startingOffsets", "earliest", "maxOffsetsPerTrigger", "9223372036854775807"), nil)
	equalText(t, "offset", string(at), `{"t":{"0":2}}`)
}
