package kafka_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"lakehouse/medallion"
)

const (
	benchRecords    = 500_000
	benchPartitions = 4
)

// benchCluster holds records of 200 bytes in four partitions.
func benchCluster(b *testing.B) string {
	b.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(benchPartitions, "in"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(cluster.Close)
	servers := strings.Join(cluster.ListenAddrs(), ",")
	client, err := kgo.NewClient(kgo.SeedBrokers(servers), kgo.DefaultProduceTopic("in"), kgo.ProducerBatchCompression(kgo.NoCompression()), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		b.Fatal(err)
	}
	defer client.Close()
	for i := range benchRecords {
		value := benchEvent(i)
		client.Produce(b.Context(), &kgo.Record{Key: fmt.Appendf(nil, "k%d", i%1000), Value: value, Partition: int32(i % benchPartitions)}, func(_ *kgo.Record, err error) {
			if err != nil {
				b.Error(err)
			}
		})
	}
	if err := client.Flush(b.Context()); err != nil {
		b.Fatal(err)
	}
	return servers
}

// benchEvent is a JSON object of 200 bytes, such as shops send.
func benchEvent(i int) []byte {
	page := i * 2_654_435_761 >> 8 & 0xffff
	value := fmt.Appendf(make([]byte, 0, 200), `{"id":"%016x","customer":"c%07d","at":"2026-11-21T%02d:%02d:%02d.%03dZ","page":"/products/%d","action":"view","country":"%c%c","amount":%d.%02d,"agent":"`,
		uint64(i)*0x9e3779b97f4a7c15, i*7919%1_000_003, i/3600%24, i/60%60, i%60, i*37%1000, page, 'A'+page%26, 'A'+page/26%26, page%500, i%100)
	value = append(value, "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox"[:198-len(value)]...)
	return append(value, '"', '}')
}

// A bare consumer of the client library, and ours: rows that nobody keeps, and rows in a Delta table. In one run, so that
// the numbers may be compared.
func BenchmarkKafka(b *testing.B) {
	servers := benchCluster(b)
	b.Run("consumer", func(b *testing.B) {
		b.SetBytes(benchRecords * 200)
		for b.Loop() {
			consumeAll(b, servers)
		}
	})
	for _, sink := range []string{"noop", "delta"} {
		b.Run(sink, func(b *testing.B) {
			b.SetBytes(benchRecords * 200)
			for b.Loop() {
				readAll(b, servers, sink)
			}
		})
	}
}

func consumeAll(b *testing.B, servers string) {
	client, err := kgo.NewClient(kgo.SeedBrokers(servers), kgo.ConsumeTopics("in"), kgo.ConsumeStartOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		b.Fatal(err)
	}
	defer client.Close()
	var n, bytes int
	for n < benchRecords {
		fetches := client.PollFetches(b.Context())
		if err := fetches.Err(); err != nil {
			b.Fatal(err)
		}
		fetches.EachRecord(func(r *kgo.Record) {
			n++
			bytes += len(r.Value)
		})
	}
	if bytes != benchRecords*200 {
		b.Fatalf("%d bytes", bytes)
	}
}

func readAll(b *testing.B, servers, sink string) {
	session, err := medallion.NewSession(medallion.Options{Root: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	defer session.Close()
	df, err := session.ReadStream().Format("kafka").Option("kafka.bootstrap.servers", servers).Option("subscribe", "in").Option("startingOffsets", "earliest").Load(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	w := df.WriteStream().Format(sink).Option("checkpointLocation", "dbfs:/cp").Trigger(medallion.AvailableNow())
	if sink == "delta" {
		w = w.Option("path", "dbfs:/out")
	}
	q, err := w.Start(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	if _, err := q.AwaitTermination(b.Context()); err != nil {
		b.Fatal(err)
	}
	var n int64
	for _, p := range q.RecentProgress() {
		n += p.NumInputRows
	}
	if n != benchRecords {
		b.Fatalf("%d rows, %d reports", n, len(q.RecentProgress()))
	}
}
