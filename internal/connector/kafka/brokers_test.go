package kafka

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

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
