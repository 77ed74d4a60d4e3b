package medallion_test

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"lakehouse/internal/errclass"
	"lakehouse/medallion"
)

// A query over source rate-micro-batch has the same batches each time it runs: it goes on where it stopped.
func TestRateMicroBatchIntoATable(t *testing.T) {
	s := feedSession(t, nil)
	run := func() {
		t.Helper()
		df, err := s.ReadStream().Format("rate-micro-batch").Option("rowsPerBatch", "3").Option("startTimestamp", "1000").Option("advanceMillisPerBatch", "500").Load(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		q, err := df.WriteStream().Option("checkpointLocation", "dbfs:/cp").Trigger(medallion.AvailableNow()).Start(t.Context(), "dbfs:/table")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := q.AwaitTermination(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	run()
	run()
	wantRows(t, s, "SELECT value, unix_millis(timestamp) FROM delta.`dbfs:/table` ORDER BY value", "0 1000", "1 1000", "2 1000", "3 1500", "4 1500", "5 1500")
}

// Rows of source rate come as the session's clock goes.
func TestRateFollowsTheSessionsClock(t *testing.T) {
	now := time.UnixMilli(0)
	s := feedSession(t, func() time.Time { return now })
	read := func() {
		t.Helper()
		df, err := s.ReadStream().Format("rate").Option("rowsPerSecond", "2").Load(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		q, err := df.WriteStream().Option("checkpointLocation", "dbfs:/cp").Trigger(medallion.AvailableNow()).Start(t.Context(), "dbfs:/table")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := q.AwaitTermination(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	read()
	now = time.UnixMilli(2500)
	read()
	wantRows(t, s, "SELECT value, unix_millis(timestamp) FROM delta.`dbfs:/table` ORDER BY value", "0 0", "1 500", "2 1000", "3 1500")
}

// Lines of a socket go through a query; sink noop counts them.
func TestSocketIntoNoop(t *testing.T) {
	in, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = in.Close() }()
	host, port, _ := net.SplitHostPort(in.Addr().String())
	s := feedSession(t, nil)
	df, err := s.ReadStream().Format("socket").Option("host", host).Option("port", port).Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	q, err := df.Filter(medallion.Col("value").NotEq(medallion.Lit("drop"))).WriteStream().Format("noop").Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	conn, err := in.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	fmt.Fprint(conn, "keep\ndrop\nkeep\n")
	var rows, written int64
	for rows < 3 {
		if err := q.ProcessAllAvailable(t.Context()); err != nil {
			t.Fatal(err)
		}
		rows, written = 0, 0
		for _, p := range q.RecentProgress() {
			rows += p.NumInputRows
			written += max(p.Sink.NumOutputRows, 0)
		}
	}
	q.Stop()
	if rows != 3 || written != 2 {
		t.Errorf("%d rows were read and %d written", rows, written)
	}
}

// A frame at rest is written to Kafka and read again; noop takes it, too.
func TestBatchWritesToKafka(t *testing.T) {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(2, "t"))
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	servers := strings.Join(cluster.ListenAddrs(), ",")
	s := feedSession(t, nil)
	df, err := s.SQL(t.Context(), "SELECT 't' topic, CAST(id AS STRING) key, CONCAT('v', id) value, CAST(id % 2 AS INT) partition, "+
		"array(named_struct('key', 'h', 'value', CAST('x' AS BINARY))) headers FROM VALUES (0), (1), (2) v(id)")
	if err != nil {
		t.Fatal(err)
	}
	w := df.Write().Format("kafka").Option("kafka.bootstrap.servers", servers)
	if err := w.Save(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := w.Mode("append").Save(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := w.Mode("overwrite").Save(t.Context()); !errors.Is(err, errclass.KafkaSaveMode) || !strings.Contains(err.Error(), "Save mode Overwrite not allowed for Kafka. Allowed save modes are Append and ErrorIfExists (default).") {
		t.Errorf("mode overwrite: %v", err)
	}
	if err := df.Write().Format("noop").Mode("overwrite").Save(t.Context()); err != nil {
		t.Errorf("noop: %v", err)
	}
	back, err := s.Read().Format("kafka").Option("kafka.bootstrap.servers", servers).Option("subscribe", "t").Option("includeHeaders", "true").Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := back.CreateOrReplaceTempView(t.Context(), "back"); err != nil {
		t.Fatal(err)
	}
	wantRows(t, s, "SELECT CAST(key AS STRING), CAST(value AS STRING), partition, headers[0].key, CAST(headers[0].value AS STRING), COUNT(*) FROM back GROUP BY ALL ORDER BY 1",
		"0 v0 0 h x 2", "1 v1 1 h x 2", "2 v2 0 h x 2")
	wantRows(t, s, "SELECT COUNT(*) FROM back", "6")
}

// What is no option, no path and no schema of such a source is refused.
func TestMistakesWithFeeds(t *testing.T) {
	s := feedSession(t, nil)
	for _, test := range []struct {
		err  func() error
		want string
	}{
		{func() error { _, err := s.ReadStream().Format("rate").Schema("a INT").Load(t.Context()); return err }, "rate source does not support user-specified schema."},
		{func() error { _, err := s.ReadStream().Format("rate").Load(t.Context(), "dbfs:/x"); return err }, "A source of format rate has no path."},
		{func() error { _, err := s.Read().Format("rate").Load(t.Context()); return err }, "format rate cannot be read as a batch."},
		{func() error {
			_, err := s.ReadStream().Format("rate-micro-batch").Load(t.Context())
			return err
		}, "The option 'rowsPerBatch' must be positive"},
		{func() error { _, err := s.ReadStream().Format("socket").Load(t.Context()); return err }, `Set a host to read from with option("host", ...).`},
		{func() error { _, err := s.Read().Format("kafka").Load(t.Context()); return err }, "One of the following options must be specified for Kafka source"},
	} {
		if err := test.err(); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("got %v, want %s", err, test.want)
		}
	}
}

func feedSession(t *testing.T, clock func() time.Time) *medallion.Session {
	t.Helper()
	s, err := medallion.NewSession(medallion.Options{Root: t.TempDir(), Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func wantRows(t *testing.T, s *medallion.Session, query string, want ...string) {
	t.Helper()
	df, err := s.SQL(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := df.Collect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range rows {
		cells := make([]string, len(r.Values))
		for i, v := range r.Values {
			cells[i] = fmt.Sprint(v)
		}
		got = append(got, strings.Join(cells, " "))
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %q, want %q", query, got, want)
	}
}
