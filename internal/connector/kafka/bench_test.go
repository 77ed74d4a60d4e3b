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
		value := fmt.Appendf(make([]byte, 0, 200), `{"id":%09d,"customer":"c%07d","text":"`, i, i*7919%1_000_003)
		for n := i; len(value) < 198; n = n*1103515245 + 12345 {
			value = append(value, 'a'+byte(n>>8&15))
		}
		client.Produce(b.Context(), &kgo.Record{Key: fmt.Appendf(nil, "k%d", i%1000), Value: append(value, '"', '}'), Partition: int32(i % benchPartitions)}, func(_ *kgo.Record, err error) {
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
