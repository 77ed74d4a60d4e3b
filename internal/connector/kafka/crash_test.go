package kafka_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"lakehouse/medallion"
	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

var (
	crashAll = flag.Bool("crash.all", false, "visit every crash point")
	kills    = flag.Int("kafka.kills", 4, "how often the query from Kafka to Delta is killed")
)

// feed is a cluster with a topic of two partitions, and what was sent to it.
type feed struct {
	*testing.T
	servers string
	client  *kgo.Client
	sent    []string
}

func newFeed(t *testing.T) *feed {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(2, "in", "out"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	f := &feed{T: t, servers: strings.Join(cluster.ListenAddrs(), ",")}
	if f.client, err = kgo.NewClient(kgo.SeedBrokers(f.servers), kgo.DefaultProduceTopic("in")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.client.Close)
	return f
}

func (f *feed) send(n int) {
	f.Helper()
	var records []*kgo.Record
	for range n {
		value := fmt.Sprintf("record %05d", len(f.sent))
		f.sent = append(f.sent, value)
		records = append(records, &kgo.Record{Key: []byte(value), Value: []byte(value)})
	}
	if err := f.client.ProduceSync(f.Context(), records...).FirstErr(); err != nil {
		f.Fatal(err)
	}
}

// ingest runs the query until it has read all there is.
func ingest(ctx context.Context, s *medallion.Session, servers string, limit string) error {
	df, err := s.ReadStream().Format("kafka").Option("kafka.bootstrap.servers", servers).Option("subscribe", "in").
		Option("startingOffsets", "earliest").Option("maxOffsetsPerTrigger", limit).Load(ctx)
	if err != nil {
		return err
	}
	q, err := df.SelectExpr("CAST(value AS STRING) value", "topic", "partition", "offset").WriteStream().Option("checkpointLocation", "dbfs:/cp").
		Trigger(medallion.AvailableNow()).Start(ctx, "dbfs:/table")
	if err != nil {
		return err
	}
	_, err = q.AwaitTermination(ctx)
	return err
}

func sessionOn(store volumes.Store) (*medallion.Session, error) {
	return medallion.NewSession(medallion.Options{Space: volumes.NewSpaceOn(store), Conf: map[string]string{"lakehouse.workers": "1", "spark.sql.shuffle.partitions": "1"}})
}

func ingestInto(ctx context.Context, store volumes.Store, servers string) error {
	s, err := sessionOn(store)
	if err != nil {
		return err
	}
	defer s.Close()
	return ingest(ctx, s, servers, "5")
}

// check holds the table against what was sent: each record once.
func (f *feed) check(s *medallion.Session) {
	f.Helper()
	df, err := s.SQL(f.Context(), "SELECT value FROM delta.`dbfs:/table`")
	if err != nil {
		f.Fatal(err)
	}
	rows, err := df.Collect(f.Context())
	if err != nil {
		f.Fatal(err)
	}
	got := make([]string, len(rows))
	for i, r := range rows {
		got[i] = r.Values[0].(string)
	}
	slices.Sort(got)
	if !slices.Equal(got, f.sent) {
		f.Errorf("%d rows of %d distinct records are in the table, %d were sent", len(got), len(slices.Compact(slices.Clone(got))), len(f.sent))
	}
}

// A query from Kafka to a Delta table that dies before or after any storage operation, and is started again, ends with each
// record once; records that come meanwhile, too.
func TestKafkaToDeltaSurvivesEveryCrashPoint(t *testing.T) {
	f := newFeed(t)
	f.send(12)
	record := volumestest.Record(volumestest.NewMemory())
	if err := ingestInto(t.Context(), record, f.servers); err != nil {
		t.Fatal(err)
	}
	ops, stride := record.Ops(), 3
	if *crashAll {
		stride = 1
	}
	points := 0
	for n := 0; n < len(ops); n += stride {
		for when, fault := range map[string]func(volumes.Store, int) *volumestest.Faulty{"before": volumestest.StopBefore, "after": volumestest.StopAfter} {
			points++
			t.Run(fmt.Sprintf("%03d_%s_%s", n, when, ops[n].Kind), func(t *testing.T) {
				f := &feed{T: t, servers: f.servers, client: f.client, sent: f.sent}
				memory := volumestest.NewMemory()
				if err := ingestInto(t.Context(), fault(memory, n), f.servers); err != nil && !errors.Is(err, volumestest.ErrStopped) {
					t.Fatalf("the crash came out as %v", err)
				}
				if err := ingestInto(t.Context(), memory, f.servers); err != nil {
					t.Fatal(err)
				}
				s, err := sessionOn(memory)
				if err != nil {
					t.Fatal(err)
				}
				defer s.Close()
				f.check(s)
			})
		}
	}
	t.Logf("%d crash points at %d storage operations", points, len(ops))
}

// A process that runs such a query is killed (kill -9) again and again while records come. In the end each is in the table once.
func TestKafkaToDeltaSurvivesKills(t *testing.T) {
	if root := os.Getenv("KAFKA_TEST_ROOT"); root != "" {
		runUntilKilled(t, root, os.Getenv("KAFKA_TEST_SERVERS"))
		return
	}
	f := newFeed(t)
	root := t.TempDir()
	f.send(200)
	for n := range *kills {
		child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKafkaToDeltaSurvivesKills$")
		child.Env = append(os.Environ(), "KAFKA_TEST_ROOT="+root, "KAFKA_TEST_SERVERS="+f.servers)
		out := &countdown{lines: 1 + n*3%7, done: make(chan struct{})} // killed after so many batches, at any point of the next
		child.Stdout, child.Stderr = out, out
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		f.send(100)
		<-out.done
		if err := child.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := child.Wait(); err == nil {
			t.Fatalf("the child ended by itself: %s", out.text.String())
		}
	}
	s, err := medallion.NewSession(medallion.Options{Root: root})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := ingest(t.Context(), s, f.servers, "1000"); err != nil {
		t.Fatal(err)
	}
	f.check(s)
}

// countdown closes done after so many lines.
type countdown struct {
	lines int
	done  chan struct{}
	text  bytes.Buffer
}

func (c *countdown) Write(text []byte) (int, error) {
	c.text.Write(text)
	was := c.lines
	c.lines -= bytes.Count(text, []byte("\n"))
	if was > 0 && c.lines <= 0 {
		close(c.done)
	}
	return len(text), nil
}

// runUntilKilled runs the query again and again, a line for each batch.
func runUntilKilled(t *testing.T, root, servers string) {
	s, err := medallion.NewSession(medallion.Options{Root: root, OnProgress: func(p medallion.StreamingQueryProgress) { fmt.Println(p.BatchID, p.NumInputRows) }})
	if err != nil {
		t.Fatal(err)
	}
	for {
		if err := ingest(t.Context(), s, servers, "3"); err != nil {
			t.Fatal(err)
		}
	}
}
