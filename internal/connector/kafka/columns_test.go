package kafka

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"lakehouse/internal/errclass"
	"lakehouse/internal/logical"
	"lakehouse/volumes/volumestest"
)

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
