package kafka

import (
	"context"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"lakehouse/internal/errclass"
	"lakehouse/internal/stream"
)

// newRealBench is a bench on the cluster that KAFKA_TEST_BROKER names, which may be of one broker, or on one that is started.
func newRealBench(t *testing.T) (b *bench, topic string) {
	t.Helper()
	servers := os.Getenv("KAFKA_TEST_BROKER")
	if servers == "" {
		servers = startApacheKafka(t).plain
	}
	b = &bench{T: t, servers: servers, store: emptyStore(), now: time.UnixMilli(1_700_000_000_000)}
	b.client = b.newClient()
	topic = "t-" + uuid.NewString()
	req := kmsg.NewPtrCreateTopicsRequest()
	create := kmsg.NewCreateTopicsRequestTopic()
	create.Topic, create.NumPartitions, create.ReplicationFactor = topic, 2, 1
	large := kmsg.NewCreateTopicsRequestTopicConfig()
	large.Name, large.Value = "max.message.bytes", new("20000000")
	create.Configs = append(create.Configs, large)
	req.Topics = append(req.Topics, create)
	resp, err := req.RequestWith(t.Context(), b.client)
	if err != nil {
		t.Fatal(err)
	}
	if err := kerr.ErrorForCode(resp.Topics[0].ErrorCode); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		req := kmsg.NewPtrDeleteTopicsRequest()
		req.TopicNames = []string{topic}
		one := kmsg.NewDeleteTopicsRequestTopic()
		one.Topic = new(topic)
		req.Topics = append(req.Topics, one)
		client, err := kgo.NewClient(kgo.SeedBrokers(servers))
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		if _, err := req.RequestWith(context.WithoutCancel(t.Context()), client); err != nil {
			t.Log(err)
		}
	})
	return b, topic
}

// What the cluster in memory cannot vouch for: Apache Kafka gives the same rows, offsets and errors.
func TestAgainstApacheKafka(t *testing.T) {
	b, topic := newRealBench(t)
	s := b.open("subscribe", topic, "startingOffsets", "earliest", "kafka.isolation.level", "read_committed")
	rows, at := b.step(s, nil)
	equal(t, "batch 0", rows, nil)
	var want []string
	for i, codec := range []kgo.CompressionCodec{kgo.NoCompression(), kgo.GzipCompression(), kgo.SnappyCompression(), kgo.Lz4Compression(), kgo.ZstdCompression()} {
		client := b.newClient(kgo.ProducerBatchCompression(codec))
		for range 3 {
			if err := client.ProduceSync(t.Context(), &kgo.Record{Topic: topic, Value: fmt.Appendf(nil, "codec %d", i), Timestamp: time.UnixMilli(1000 * int64(len(want)))}).FirstErr(); err != nil {
				t.Fatal(err)
			}
			want = append(want, fmt.Sprintf("0@%d codec %d", len(want), i))
		}
	}
	rows, at = b.step(s, at)
	equal(t, "compressed", rows, want)

	huge := make([]byte, 10<<20)
	for i := range huge {
		huge[i] = 'a' + byte(i%26)
	}
	b.send(&kgo.Record{Topic: topic, Value: huge})
	rows, at = b.step(s, at)
	equal(t, "10 MB", rows, []string{"0@15 " + string(huge)})

	client := b.newClient(kgo.TransactionalID(topic))
	for i, end := range []kgo.TransactionEndTry{kgo.TryAbort, kgo.TryCommit} {
		if err := client.BeginTransaction(); err != nil {
			t.Fatal(err)
		}
		if err := client.ProduceSync(t.Context(), &kgo.Record{Topic: topic, Partition: 1, Value: fmt.Appendf(nil, "tx %d", i)}).FirstErr(); err != nil {
			t.Fatal(err)
		}
		if i == 1 {
			rows, open := b.step(s, at)
			equal(t, "while a transaction is open", rows, nil)
			at = open
		}
		if err := client.EndTransaction(t.Context(), end); err != nil {
			t.Fatal(err)
		}
	}
	rows, at = b.step(s, at)
	equal(t, "committed", rows, []string{"1@2 tx 1"})
	equalText(t, "offset", string(at), fmt.Sprintf(`{"%s":{"0":16,"1":4}}`, topic))

	rows, err := b.batchRows("subscribe", topic, "startingTimestamp", "5000", "startingOffsetsByTimestampStrategy", "latest", "endingTimestamp", "8000", "maxRecordsPerPartition", "2")
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "between two times", rows, slices.Clone(want[5:8]))

	if _, err := b.sink("topic", topic).Write(t.Context(), 0, newFrame(t, "value STRING, partition INT", `[{"value": "ours", "partition": 1}]`)); err != nil {
		t.Fatal(err)
	}
	rows, at = b.step(s, at)
	equal(t, "what the sink wrote", rows, []string{"1@4 ours"})
	b.aged(topic, at)
}

// aged deletes records, and has a query read them that was too slow.
func (b *bench) aged(topic string, at stream.Offset) {
	b.Helper()
	b.produce(topic, 0, "gone", "kept")
	req := kmsg.NewPtrDeleteRecordsRequest()
	one := kmsg.NewDeleteRecordsRequestTopic()
	one.Topic = topic
	part := kmsg.NewDeleteRecordsRequestTopicPartition()
	part.Offset = 17
	one.Partitions = append(one.Partitions, part)
	req.Topics = append(req.Topics, one)
	for _, shard := range b.client.RequestSharded(b.Context(), req) {
		if shard.Err != nil {
			b.Fatal(shard.Err)
		}
	}
	_, _, err := b.tryStep(b.open("subscribe", topic), at)
	wantError(b.T, err, errclass.KafkaOffsetRange, "Could not read records in offset [16, 18)")
	rows, _, err := b.tryStep(b.open("subscribe", topic, "failOnDataLoss", "false"), at)
	if err != nil {
		b.Fatal(err)
	}
	equal(b.T, "what is left", rows, []string{"0@17 kept"})
}
