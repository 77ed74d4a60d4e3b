package kafka

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"lakehouse/internal/errclass"
	"lakehouse/internal/logical"
	"lakehouse/internal/stream"
)

// What befalls topics of Apache Kafka while a query reads them costs no row and brings none twice, or is an error.
func TestLifeOfTopicsOfApacheKafka(t *testing.T) {
	k := startApacheKafka(t)
	k.killedInABatch(t)
	t.Run("aborted transactions", func(t *testing.T) { checkTransactions(t, k.bench(t, "t", 1)) })
	t.Run("partitions are added", k.grows)
	t.Run("a topic is made again", k.madeAgain)
	t.Run("compacted", k.compacted)
}

// killedInABatch kills the broker (kill -9) when the first rows of a batch have come, and starts it again a little later.
func (k *apacheKafka) killedInABatch(t *testing.T) {
	b := k.bench(t, "killed", 1)
	value := strings.Repeat("v", 10_000)
	var records []*kgo.Record
	for i := range 3000 {
		records = append(records, &kgo.Record{Topic: "killed", Value: fmt.Appendf(nil, "%04d %s", i, value)})
	}
	for some := range slices.Chunk(records, 90) { // smaller than a broker's limit
		b.send(some...)
	}
	s := b.open("subscribe", "killed", "startingOffsets", "earliest", "kafka.max.partition.fetch.bytes", "100000", "kafka.fetch.max.bytes", "100000", "kafka.retry.backoff.ms", "50")
	end, err := s.Latest(t.Context(), 0, nil, stream.LimitByOptions)
	if err != nil {
		t.Fatal(err)
	}
	source, err := b.source(s, nil, end)
	if err != nil {
		t.Fatal(err)
	}
	got, killed := 0, make(chan error, 1)
	for piece, err := range source.Scan(t.Context(), logical.ScanOptions{Columns: []string{"value", "partition", "offset"}}) {
		if err != nil {
			t.Fatal(err)
		}
		for rows, err := range piece.Read(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			if got == 0 {
				k.kill()
				time.AfterFunc(500*time.Millisecond, func() { killed <- k.launch() })
			}
			for _, text := range texts3(rows) {
				if want := fmt.Sprintf("0@%d %04d ", got, got); !strings.HasPrefix(text, want) {
					t.Fatalf("row %d is %.30q, want %q", got, text, want)
				}
				got++
			}
		}
	}
	if err := <-killed; err != nil || got != 3000 {
		t.Errorf("%d rows, %v", got, err)
	}
	k.await(t)
}

// grows adds a partition while the query runs.
func (k *apacheKafka) grows(t *testing.T) {
	b := k.bench(t, "grows", 1)
	s := b.open("subscribe", "grows", "startingOffsets", "earliest")
	b.produce("grows", 0, "a")
	rows, at := b.step(s, nil)
	equal(t, "rows", rows, []string{"0@0 a"})
	add := kmsg.NewCreatePartitionsRequestTopic()
	add.Topic, add.Count = "grows", 3
	req := kmsg.NewPtrCreatePartitionsRequest()
	req.Topics = append(req.Topics, add)
	if _, err := req.RequestWith(t.Context(), b.client); err != nil {
		t.Fatal(err)
	}
	b.client = b.newClient() // the old one knows one partition
	b.until(func() bool { return b.try("grows", 2, "c") })
	b.produce("grows", 0, "b")
	rows, _ = b.step(s, at)
	equal(t, "rows", rows, []string{"0@1 b", "2@0 c"})
}

// until waits for what brokers do in their own time.
func (b *bench) until(ok func() bool) {
	b.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			b.Fatal("it did not come to pass")
		}
	}
}

func (b *bench) try(topic string, partition int32, value string) bool {
	return b.newClient().ProduceSync(b.Context(), &kgo.Record{Topic: topic, Partition: partition, Value: []byte(value)}).FirstErr() == nil
}

// madeAgain deletes a topic and makes it again, with more records than it had.
func (k *apacheKafka) madeAgain(t *testing.T) {
	b := k.bench(t, "again", 1)
	s := b.open("subscribe", "again", "startingOffsets", "earliest")
	b.produce("again", 0, "a", "b")
	_, at := b.step(s, nil)
	req := kmsg.NewPtrDeleteTopicsRequest()
	one := kmsg.NewDeleteTopicsRequestTopic()
	one.Topic = new("again")
	req.Topics, req.TopicNames = append(req.Topics, one), []string{"again"}
	if _, err := req.RequestWith(t.Context(), b.client); err != nil {
		t.Fatal(err)
	}
	b.until(func() bool {
		create := kmsg.NewCreateTopicsRequestTopic()
		create.Topic, create.NumPartitions, create.ReplicationFactor = "again", 1, 1
		req := kmsg.NewPtrCreateTopicsRequest()
		req.Topics = append(req.Topics, create)
		resp, err := req.RequestWith(t.Context(), b.client)
		return err == nil && resp.Topics[0].ErrorCode == 0
	})
	b.until(func() bool { return b.try("again", 0, "x") })
	for range 3 {
		b.until(func() bool { return b.try("again", 0, "y") })
	}
	_, _, err := b.tryStep(s, at)
	wantError(t, err, errclass.KafkaPartitionsDeleted, "Topics of these names have been made anew.")
}

// compacted reads a topic that has gaps where newer records of the same keys took the place of older ones.
func (k *apacheKafka) compacted(t *testing.T) {
	b := k.bench(t, "compacted", 1, "cleanup.policy", "compact", "segment.ms", "100", "min.cleanable.dirty.ratio", "0.01", "max.compaction.lag.ms", "100")
	for i := range 6 {
		b.send(&kgo.Record{Topic: "compacted", Key: fmt.Append(nil, i%2), Value: fmt.Append(nil, i)})
	}
	var rows []string
	b.until(func() bool {
		time.Sleep(200 * time.Millisecond)
		b.send(&kgo.Record{Topic: "compacted", Key: []byte("other"), Value: []byte("last")}) // the newest segment is never compacted
		var err error
		if rows, err = b.batchRows("subscribe", "compacted", "maxRecordsPerPartition", "2"); err != nil {
			t.Fatal(err)
		}
		return strings.HasPrefix(rows[0], "0@4 ")
	})
	equal(t, "what is left of the first", rows[:2], []string{"0@4 4", "0@5 5"})
	all, err := b.batchRows("subscribe", "compacted", "startingOffsets", `{"compacted":{"0":1}}`)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "from within a gap", all[:2], []string{"0@4 4", "0@5 5"})
}

// A topic of ten thousand partitions is read in one batch, and in the next what has come since.
func TestTenThousandPartitions(t *testing.T) {
	const partitions = 10_000
	b := newBench(t, kfake.SeedTopics(partitions, "t"))
	for _, p := range []int32{0, 1, 4711, partitions - 1} {
		b.produce("t", p, fmt.Sprint(p))
	}
	s := b.open("subscribe", "t", "startingOffsets", "earliest")
	rows, at := b.step(s, nil)
	slices.Sort(rows)
	equal(t, "rows", rows, []string{"0@0 0", "1@0 1", "4711@0 4711", "9999@0 9999"})
	b.produce("t", 4711, "more")
	rows, at = b.step(s, at)
	equal(t, "next rows", rows, []string{"4711@1 more"})
	if from, err := parsePositions(at); err != nil || len(from) != partitions {
		t.Errorf("the offset has %d partitions, %v", len(from), err)
	}
}
