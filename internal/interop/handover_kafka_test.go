package interop

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kversion"

	"lakehouse/internal/handover"
	"lakehouse/medallion"
)

// A stream from a topic that Spark has begun goes on here, and then in Spark again: each record is in the table, or in the
// other topic, once, with its key and its headers.
func TestInteropFeedsMoveBetweenSparkAndHere(t *testing.T) {
	if os.Getenv("LAKEHOUSE_KAFKA_JARS") == "" {
		t.Skip("needs the jars of Spark's Kafka connector: `make handover` fetches them and runs this")
	}
	spark := startMovingSpark(t, os.Getenv("LAKEHOUSE_PYTHON"))
	for _, sink := range []string{"delta", "kafka"} {
		t.Run(sink, func(t *testing.T) {
			m := newFeedMove(t, sink, spark)
			for turn, run := range []func(*testing.T){m.inSpark, m.here, m.inSpark, m.here} {
				m.send(t, 20) // three batches
				ask := handover.Inspect
				if turn == 2 {
					ask = prepareForSpark
				}
				if turn > 0 {
					report := reportOf(t, m.dir, ask)
					if t.Logf("next: %s", report.Next); report.Refused() {
						t.Fatalf("refused: %+v", report.Findings)
					}
				}
				run(t)
				m.compare(t, 3*(turn+1))
			}
			m.compareInSpark(t)
		})
	}
}

type feedMove struct {
	sink, dir, servers string
	spark              *movingSpark
	session            *medallion.Session
	client             *kgo.Client
	sent               []string
}

func newFeedMove(t *testing.T, sink string, spark *movingSpark) *feedMove {
	t.Helper()
	// Newer than Spark's client need not be; what the cluster says of eligible leaders that client cannot read.
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(2, "in", "out"), kfake.MaxVersions(kversion.V3_6_0()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	m := &feedMove{sink: sink, dir: t.TempDir(), servers: strings.Join(cluster.ListenAddrs(), ","), spark: spark, session: newStateSession(t)}
	if m.client, err = kgo.NewClient(kgo.SeedBrokers(m.servers), kgo.DefaultProduceTopic("in"), kgo.RecordPartitioner(kgo.RoundRobinPartitioner())); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.client.Close)
	return m
}

func (m *feedMove) send(t *testing.T, n int) {
	t.Helper()
	for range n {
		i := len(m.sent)
		r := &kgo.Record{Value: fmt.Appendf(nil, "value %03d", i)}
		text := "null"
		if i%5 > 0 {
			r.Key, text = fmt.Appendf(nil, "key %d", i%7), fmt.Sprintf("key %d", i%7)
		}
		text += " " + string(r.Value)
		if i%3 == 0 {
			r.Headers = []kgo.RecordHeader{{Key: "h", Value: fmt.Append(nil, i)}}
			text += fmt.Sprintf(" h=%d", i)
		}
		if err := m.client.ProduceSync(t.Context(), r).FirstErr(); err != nil {
			t.Fatal(err)
		}
		m.sent = append(m.sent, text)
	}
}

func (m *feedMove) inSpark(t *testing.T) {
	t.Helper()
	m.spark.ask(t, map[string]any{"do": "run_feed", "dir": m.dir, "servers": m.servers, "limit": "8", "sink": m.sink})
}

func (m *feedMove) here(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	frame, err := m.session.ReadStream().Format("kafka").Option("kafka.bootstrap.servers", m.servers).Option("subscribe", "in").Option("startingOffsets", "earliest").
		Option("includeHeaders", "true").Option("maxOffsetsPerTrigger", "8").Load(ctx)
	if err != nil {
		t.Fatal(err)
	}
	writer := frame.SelectExpr("CAST(key AS STRING) key", "CAST(value AS STRING) value", "headers").WriteStream().Format(m.sink).
		Option("checkpointLocation", filepath.Join(m.dir, "cp")).Trigger(medallion.AvailableNow())
	var query *medallion.StreamingQuery
	if m.sink == "kafka" {
		query, err = writer.Option("kafka.bootstrap.servers", m.servers).Option("topic", "out").Start(ctx)
	} else {
		query, err = writer.Start(ctx, filepath.Join(m.dir, "out"))
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := query.AwaitTermination(ctx); err != nil {
		t.Fatal(err)
	}
}

func (m *feedMove) compare(t *testing.T, batches int) {
	t.Helper()
	got := m.arrived(t)
	want := slices.Sorted(slices.Values(m.sent))
	if slices.Sort(got); !slices.Equal(got, want) {
		t.Fatalf("%d records arrived, %d were sent:\n%s", len(got), len(want), onlyIn(got, want))
	}
	if _, err := os.Stat(filepath.Join(m.dir, "cp", "commits", fmt.Sprint(batches-1))); err != nil {
		t.Errorf("batch %d: %v", batches-1, err)
	}
	if _, err := os.Stat(filepath.Join(m.dir, "cp", "offsets", fmt.Sprint(batches))); err == nil {
		t.Errorf("there are more batches than %d", batches)
	}
}

// compareInSpark has Kafka's own client read the topic that was written to.
func (m *feedMove) compareInSpark(t *testing.T) {
	t.Helper()
	if m.sink != "kafka" {
		return
	}
	out := filepath.Join(t.TempDir(), "rows")
	m.spark.ask(t, map[string]any{"do": "read_feed", "servers": m.servers, "topic": "out", "out": out})
	text, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	got, want := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n"), slices.Sorted(slices.Values(m.sent))
	if slices.Sort(got); !slices.Equal(got, want) {
		t.Errorf("Spark reads %d records, %d were sent:\n%s", len(got), len(want), onlyIn(got, want))
	}
}

func (m *feedMove) arrived(t *testing.T) (got []string) {
	t.Helper()
	if m.sink == "delta" {
		frame, err := m.session.SQL(t.Context(), "SELECT concat_ws(' ', coalesce(key, 'null'), value, concat('h=', CAST(headers[0].value AS STRING))) FROM delta.`"+filepath.Join(m.dir, "out")+"`")
		if err != nil {
			t.Fatal(err)
		}
		rows, err := frame.Collect(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			got = append(got, r.Values[0].(string))
		}
		return got
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(m.servers), kgo.ConsumeTopics("out"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	for ctx := t.Context(); len(got) < len(m.sent); {
		client.PollFetches(ctx).EachRecord(func(r *kgo.Record) {
			text := "null"
			if r.Key != nil {
				text = string(r.Key)
			}
			text += " " + string(r.Value)
			for _, h := range r.Headers {
				text += " " + h.Key + "=" + string(h.Value)
			}
			got = append(got, text)
		})
	}
	return got
}

// An inspector looks at a checkpoint, or makes it ready for Spark.
type inspector = func(context.Context, handover.Checkpoint) (*handover.Report, error)

func prepareForSpark(ctx context.Context, c handover.Checkpoint) (*handover.Report, error) {
	return handover.Prepare(ctx, c, handover.PrepareOptions{})
}

func reportOf(t *testing.T, dir string, ask inspector) *handover.Report {
	t.Helper()
	return (&move{}).report(t, dir, ask)
}
