package kafka_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"

	"lakehouse/medallion"
	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

// relayInto runs the query from topic "in" to another until it has read all there is.
func relayInto(ctx context.Context, store volumes.Store, servers, topic string) error {
	s, err := sessionOn(store)
	if err != nil {
		return err
	}
	defer s.Close()
	df, err := s.ReadStream().Format("kafka").Option("kafka.bootstrap.servers", servers).Option("subscribe", "in").
		Option("startingOffsets", "earliest").Option("maxOffsetsPerTrigger", "5").Load(ctx)
	if err != nil {
		return err
	}
	q, err := df.Select(medallion.Col("value")).WriteStream().Format("kafka").Option("kafka.bootstrap.servers", servers).Option("topic", topic).Option("kafka.linger.ms", "0").
		Option("checkpointLocation", "dbfs:/cp").Trigger(medallion.AvailableNow()).Start(ctx)
	if err != nil {
		return err
	}
	_, err = q.AwaitTermination(ctx)
	return err
}

// A query from topic to topic that dies before or after any storage operation, and is started again, ends with each record at
// least once, and none twice but those of the one batch that was cut short.
func TestKafkaToKafkaSurvivesEveryCrashPoint(t *testing.T) {
	f := newFeed(t)
	f.send(12)
	record := volumestest.Record(volumestest.NewMemory())
	if err := relayInto(t.Context(), record, f.servers, "out"); err != nil {
		t.Fatal(err)
	}
	f.arrivedAtLeastOnce(t, "out", 0)
	ops, points := record.Ops(), 0
	for n := range ops {
		for when, fault := range map[string]func(volumes.Store, int) *volumestest.Faulty{"before": volumestest.StopBefore, "after": volumestest.StopAfter} {
			points++
			t.Run(fmt.Sprintf("%03d_%s_%s", n, when, ops[n].Kind), func(t *testing.T) {
				topic := fmt.Sprintf("out-%d-%s", n, when)
				f.create(t, topic)
				memory := volumestest.NewMemory()
				if err := relayInto(t.Context(), fault(memory, n), f.servers, topic); err != nil && !errors.Is(err, volumestest.ErrStopped) {
					t.Fatalf("the crash came out as %v", err)
				}
				if err := relayInto(t.Context(), memory, f.servers, topic); err != nil {
					t.Fatal(err)
				}
				f.arrivedAtLeastOnce(t, topic, 6) // a batch has at most five of two partitions' records, one rounded up
			})
		}
	}
	t.Logf("%d crash points at %d storage operations", points, len(ops))
}

func (f *feed) create(t *testing.T, topic string) {
	t.Helper()
	create := kmsg.NewCreateTopicsRequestTopic()
	create.Topic, create.NumPartitions, create.ReplicationFactor = topic, 2, 1
	req := kmsg.NewPtrCreateTopicsRequest()
	req.Topics = append(req.Topics, create)
	if resp, err := req.RequestWith(t.Context(), f.client); err != nil || resp.Topics[0].ErrorCode != 0 {
		t.Fatalf("create %s: %v", topic, err)
	}
}

// arrivedAtLeastOnce reads a topic: no record that was sent is missing, and at most so many came more than once.
func (f *feed) arrivedAtLeastOnce(t *testing.T, topic string, again int) {
	t.Helper()
	s, err := medallion.NewSession(medallion.Options{Root: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	df, err := s.Read().Format("kafka").Option("kafka.bootstrap.servers", f.servers).Option("subscribe", topic).Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	rows, err := df.SelectExpr("CAST(value AS STRING)").Collect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range rows {
		got = append(got, r.Values[0].(string))
	}
	slices.Sort(got)
	distinct := slices.Compact(slices.Clone(got))
	if !slices.Equal(distinct, f.sent) || len(got)-len(distinct) > again {
		t.Errorf("%d records, %d of them distinct, arrived; %d were sent", len(got), len(distinct), len(f.sent))
	}
}
