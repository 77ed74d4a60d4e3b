package kafka

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"

	"lakehouse/internal/logical"
	"lakehouse/internal/stream"
	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bench is a cluster, a clock that a test moves, and what was warned of.
type bench struct {
	*testing.T
	cluster  *kfake.Cluster
	krb5Conf string
	servers  string
	client   *kgo.Client
	store    volumes.Store

	mu       sync.Mutex
	now      time.Time
	warnings strings.Builder
}

func newBench(t *testing.T, opts ...kfake.Opt) *bench {
	t.Helper()
	cluster, err := kfake.NewCluster(append([]kfake.Opt{kfake.NumBrokers(1)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	b := &bench{T: t, cluster: cluster, servers: strings.Join(cluster.ListenAddrs(), ","), store: volumestest.NewMemory(), now: time.UnixMilli(1_700_000_000_000)}
	b.client = b.newClient()
	return b
}

func (b *bench) newClient(opts ...kgo.Opt) *kgo.Client {
	b.Helper()
	client, err := kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(strings.Split(b.servers, ",")...), kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerBatchMaxBytes(1 << 26), kgo.BrokerMaxWriteBytes(1 << 28)}, opts...)...)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(client.Close)
	return client
}

// produce sends values to a partition.
func (b *bench) produce(topic string, partition int32, values ...string) {
	b.Helper()
	for _, v := range values {
		b.send(&kgo.Record{Topic: topic, Partition: partition, Value: []byte(v)})
	}
}

func (b *bench) send(records ...*kgo.Record) {
	b.Helper()
	if err := b.client.ProduceSync(b.Context(), records...).FirstErr(); err != nil {
		b.Fatal(err)
	}
}

// Write takes the log.
func (b *bench) Write(line []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.warnings.Write(line)
}

func (b *bench) warned() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.warnings.String()
}

func (b *bench) env() Env {
	return Env{
		Clock:    func() time.Time { b.mu.Lock(); defer b.mu.Unlock(); return b.now },
		Log:      slog.New(slog.NewTextHandler(b, nil)),
		Workers:  1,
		Krb5Conf: b.krb5Conf,
		ReadFile: func(ctx context.Context, name string) ([]byte, error) {
			return volumes.ReadFile(ctx, b.store, strings.TrimPrefix(name, "file:///"))
		},
	}
}

func (b *bench) advance(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = b.now.Add(d)
}

// options are name, value, name, value …; the cluster's address and quick retries are added.
func (b *bench) options(given ...string) map[string]string {
	all := map[string]string{"kafka.bootstrap.servers": b.servers, "fetchOffset.retryIntervalMs": "1"}
	for i := 0; i < len(given); i += 2 {
		all[given[i]] = given[i+1]
	}
	return all
}

// open starts a source as a query does: with what the store holds of it.
func (b *bench) open(given ...string) stream.Source {
	b.Helper()
	opts, err := ParseReadOptions(b.Context(), b.options(given...), true, b.env())
	if err != nil {
		b.Fatal(err)
	}
	source, err := NewProvider(opts).Open(b.Context(), stream.SourceStart{Checkpoint: b.store, Dir: "sources/0", QueryID: "query"})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = source.Stop() })
	return source
}

// step plans and reads one batch: its rows as texts, and where it ends.
func (b *bench) step(s stream.Source, start stream.Offset) ([]string, stream.Offset) {
	b.Helper()
	rows, end, err := b.tryStep(s, start)
	if err != nil {
		b.Fatal(err)
	}
	return rows, end
}

func (b *bench) tryStep(s stream.Source, start stream.Offset) ([]string, stream.Offset, error) {
	end, err := s.Latest(b.Context(), 0, start, stream.LimitByOptions)
	if err != nil {
		return nil, nil, err
	}
	rows, err := b.rows(s, start, end)
	return rows, end, err
}

func (b *bench) source(s stream.Source, start, end stream.Offset) (logical.Source, error) {
	return s.Rows(b.Context(), start, end)
}

func (b *bench) rows(s stream.Source, start, end stream.Offset) ([]string, error) {
	source, err := b.source(s, start, end)
	if err != nil {
		return nil, err
	}
	return values(b.Context(), source)
}

// values are the texts of column value with partition and offset, "0@3 text", by partition and offset.
func values(ctx context.Context, source logical.Source) ([]string, error) {
	var out []string
	for piece, err := range source.Scan(ctx, logical.ScanOptions{Columns: []string{"value", "partition", "offset"}}) {
		if err != nil {
			return out, err
		}
		for rows, err := range piece.Read(ctx) {
			if err != nil {
				return out, err
			}
			out = append(out, texts3(rows)...)
		}
	}
	return out, nil
}

func texts3(rows arrow.RecordBatch) []string {
	value, partition, offset := rows.Column(0).(*array.Binary), rows.Column(1).(*array.Int32), rows.Column(2).(*array.Int64)
	var out []string
	for i := range int(rows.NumRows()) {
		text := "null"
		if value.IsValid(i) {
			text = string(value.Value(i))
		}
		out = append(out, fmt.Sprintf("%d@%d %s", partition.Value(i), offset.Value(i), text))
	}
	return out
}

// batchRows reads a relation at rest.
func (b *bench) batchRows(given ...string) ([]string, error) {
	b.Helper()
	opts, err := ParseReadOptions(b.Context(), b.options(given...), false, b.env())
	if err != nil {
		return nil, err
	}
	source, err := NewSource(opts, "id")
	if err != nil {
		return nil, err
	}
	return values(b.Context(), source)
}

func equal(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

func equalText(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %s, want %s", what, got, want)
	}
}

func wantError(t *testing.T, err error, class error, text string) {
	t.Helper()
	if err == nil || !errors.Is(err, class) || !strings.Contains(err.Error(), text) {
		t.Errorf("got %v\nwant %v %s", err, class, text)
	}
}

func metric(s stream.Source, name string) string {
	return maps.Collect(maps.All(s.(stream.Metered).Metrics()))[name]
}
