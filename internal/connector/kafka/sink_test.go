package kafka

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"lakehouse/internal/batch"
	"lakehouse/internal/errclass"
	"lakehouse/internal/exec"
	"lakehouse/internal/types"
)

// frame is rows as an operator.
type frame struct {
	schema types.Struct
	rows   []arrow.RecordBatch
}

var _ exec.Operator = frame{}

func (f frame) Schema() types.Struct { return f.schema }

func (f frame) Execute(_ context.Context, n int) []batch.Seq {
	seqs := make([]batch.Seq, n)
	for i := range seqs {
		seqs[i] = batch.Of()
	}
	seqs[0] = batch.Of(f.rows...)
	return seqs
}

func newFrame(t *testing.T, ddl, json string) frame {
	t.Helper()
	schema, err := types.ParseDDL(ddl)
	if err != nil {
		t.Fatal(err)
	}
	rows, _, err := array.RecordFromJSON(memory.DefaultAllocator, types.ToArrowSchema(schema), strings.NewReader(json))
	if err != nil {
		t.Fatal(err)
	}
	return frame{schema, []arrow.RecordBatch{rows}}
}

func (b *bench) sink(given ...string) *Sink {
	b.Helper()
	options := map[string]string{"kafka.bootstrap.servers": b.servers, "kafka.linger.ms": "0"}
	for i := 0; i < len(given); i += 2 {
		options[given[i]] = given[i+1]
	}
	s, _, err := ParseWriteOptions(b.Context(), options, nil, b.env())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(s.Close)
	return s
}

// records are what a topic holds: "partition key=value[headers]", sorted.
func (b *bench) records(topic string, n int) []string {
	b.Helper()
	client := b.newClient(kgo.ConsumeTopics(topic), kgo.ConsumeStartOffset(kgo.NewOffset().AtStart()))
	var out []string
	for len(out) < n {
		fetches := client.PollFetches(b.Context())
		if err := fetches.Err(); err != nil {
			b.Fatal(err)
		}
		fetches.EachRecord(func(r *kgo.Record) {
			text := func(v []byte) string {
				if v == nil {
					return "null"
				}
				return string(v)
			}
			line := fmt.Sprintf("%d %s=%s", r.Partition, text(r.Key), text(r.Value))
			for _, h := range r.Headers {
				line += fmt.Sprintf("[%s:%s]", h.Key, text(h.Value))
			}
			out = append(out, line)
		})
	}
	slices.Sort(out)
	return out
}

// Rows go where their columns say.
func TestTheSinkWritesItsColumns(t *testing.T) {
	b := newBench(t, kfake.SeedTopics(3, "a", "b"))
	rows := newFrame(t, "topic STRING, partition INT, key BINARY, value STRING, headers ARRAY<STRUCT<key: STRING, value: BINARY>>, other INT", `[
		{"topic": "a", "partition": 2, "key": "azE=", "value": "v1", "headers": [{"key": "h", "value": "eA=="}, {"key": "n", "value": null}], "other": 1},
		{"topic": "b", "partition": 0, "key": null, "value": "v2", "headers": null, "other": 2},
		{"topic": "a", "partition": 1, "key": "", "value": null, "headers": [], "other": 3}]`)
	n, err := b.sink().Write(t.Context(), 0, rows)
	if err != nil || n != 3 {
		t.Fatalf("%d rows, %v", n, err)
	}
	equal(t, "topic a", b.records("a", 2), []string{"1 =null", "2 k1=v1[h:x][n:null]"})
	equal(t, "topic b", b.records("b", 1), []string{"0 null=v2"})
}

// Option topic counts more than the column; records with a key go where Kafka's own producer puts them.
func TestTheTopicOptionAndTheHashOfKeys(t *testing.T) {
	b := newBench(t, kfake.SeedTopics(5, "a", "theirs"))
	rows := newFrame(t, "topic STRING, key STRING, value BINARY", `[{"topic": "b", "key": "k1", "value": "MQ=="}, {"topic": null, "key": "another key", "value": "Mg=="}, {"topic": null, "key": "", "value": "Mw=="}]`)
	if _, err := b.sink("topic", " a ", "kafka.compression.type", "snappy").Write(t.Context(), 0, rows); err != nil {
		t.Fatal(err)
	}
	client := b.newClient(kgo.RecordPartitioner(kgo.StickyKeyPartitioner(nil)))
	for i, key := range []string{"k1", "another key", ""} {
		if err := client.ProduceSync(t.Context(), &kgo.Record{Topic: "theirs", Key: []byte(key), Value: fmt.Append(nil, i+1)}).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	equal(t, "records", b.records("a", 3), b.records("theirs", 3))
}

// A frame that cannot be written is refused in Spark's words.
func TestFramesThatCannotBeWritten(t *testing.T) {
	b := newBench(t, kfake.SeedTopics(1, "a"))
	tests := []struct {
		ddl, json string
		options   []string
		class     errclass.Class
		text      string
	}{
		{"key STRING", `[]`, []string{"topic", "a"}, errclass.KafkaSinkSchema, "Required attribute 'value' not found"},
		{"value STRING", `[]`, nil, errclass.KafkaSinkSchema, "topic option required when no 'topic' attribute is present. Use the topic option for setting a topic."},
		{"Topic STRING, value STRING", `[]`, nil, errclass.KafkaSinkSchema, "topic option required"},
		{"topic INT, value STRING", `[]`, nil, errclass.KafkaSinkSchema, "topic attribute unsupported type int. topic must be a(n) string"},
		{"key INT, value STRING", `[]`, []string{"topic", "a"}, errclass.KafkaSinkSchema, "key attribute unsupported type int. key must be a(n) string or binary"},
		{"value BIGINT", `[]`, []string{"topic", "a"}, errclass.KafkaSinkSchema, "value attribute unsupported type bigint. value must be a(n) string or binary"},
		{"value STRING, headers STRING", `[]`, []string{"topic", "a"}, errclass.KafkaSinkSchema, "headers attribute unsupported type string. headers must be a(n) array<struct<key:string,value:binary>>"},
		{"value STRING, partition STRING", `[]`, []string{"topic", "a"}, errclass.KafkaSinkSchema, "partition attribute unsupported type string. partition must be a(n) int"},
		{"topic STRING, value STRING", `[{"topic": "a", "value": "x"}, {"topic": null, "value": "y"}]`, nil, errclass.KafkaNullTopic, "contains a null topic. Use the `topic` option for setting a default topic."},
		{"value STRING, partition INT", `[{"value": "x", "partition": -1}]`, []string{"topic", "a"}, errclass.InvalidOptionValue, "Invalid partition: -1."},
	}
	for _, test := range tests {
		_, err := b.sink(test.options...).Write(t.Context(), 0, newFrame(t, test.ddl, test.json))
		wantError(t, err, test.class, test.text)
	}
	_, err := b.sink("topic", "a").Write(t.Context(), 0, newFrame(t, "value STRING, partition INT", `[{"value": "x", "partition": 7}]`))
	if err == nil || !strings.Contains(err.Error(), "write to topic a: ") {
		t.Errorf("a partition that is not there: %v", err)
	}
	_, err = b.sink("topic", "a", "kafka.max.request.size", "1000").Write(t.Context(), 0, newFrame(t, "value STRING", `[{"value": "`+strings.Repeat("x", 5000)+`"}]`))
	if !errors.Is(err, kerr.MessageTooLarge) {
		t.Errorf("a record larger than a request may be: %v", err)
	}
	for _, wrong := range []struct{ options, text string }{
		{"kafka.key.serializer", "Kafka option 'key.serializer' is not supported as keys are serialized with ByteArraySerializer."},
		{"kafka.transactional.id", "the sink writes at least once, without transactions"},
		{"kafka.batch.size", "kafka.max.request.size"},
		{"topics", "Did you mean `topic`?"},
	} {
		_, _, err := ParseWriteOptions(t.Context(), map[string]string{"kafka.bootstrap.servers": "a:1", wrong.options: "x"}, nil, b.env())
		wantError(t, err, errclass.InvalidOption, wrong.text)
	}
}

// What a broker refuses fails the batch; the same sink writes the batch when the broker takes it again. The batch has been
// acknowledged when Write returns.
func TestAWriteThatIsRefused(t *testing.T) {
	b := newBench(t, kfake.SeedTopics(1, "a"))
	refuse := func(code int16) {
		b.cluster.ControlKey(int16(kmsg.Produce), func(req kmsg.Request) (kmsg.Response, error, bool) {
			resp := req.ResponseKind().(*kmsg.ProduceResponse)
			for _, topic := range req.(*kmsg.ProduceRequest).Topics {
				rt := kmsg.NewProduceResponseTopic()
				rt.Topic, rt.TopicID = topic.Topic, topic.TopicID
				for _, p := range topic.Partitions {
					rp := kmsg.NewProduceResponseTopicPartition()
					rp.Partition, rp.ErrorCode = p.Partition, code
					rt.Partitions = append(rt.Partitions, rp)
				}
				resp.Topics = append(resp.Topics, rt)
			}
			return resp, nil, true
		})
	}
	rows := newFrame(t, "value STRING", `[{"value": "x"}, {"value": "y"}]`)
	s := b.sink("topic", "a")
	refuse(kerr.InvalidRecord.Code)
	if n, err := s.Write(t.Context(), 0, rows); !errors.Is(err, kerr.InvalidRecord) {
		t.Fatalf("%d, %v", n, err)
	}
	if _, err := s.Write(t.Context(), 0, rows); err != nil {
		t.Fatal(err)
	}
	refuse(kerr.NotLeaderForPartition.Code) // of the moment: tried again
	if _, err := s.Write(t.Context(), 1, rows); err != nil {
		t.Fatal(err)
	}
	equal(t, "records", b.records("a", 4), []string{"0 null=x", "0 null=x", "0 null=y", "0 null=y"})
	ctx, cancel := context.WithCancel(t.Context())
	b.cluster.ControlKey(int16(kmsg.Produce), func(kmsg.Request) (kmsg.Response, error, bool) {
		cancel()
		return nil, errors.New("the connection is cut"), true
	})
	began := time.Now()
	if _, err := s.Write(ctx, 2, rows); !errors.Is(err, context.Canceled) || time.Since(began) > 10*time.Second {
		t.Errorf("a query that is stopped: %v after %v", err, time.Since(began))
	}
}

// Records are compressed as hard as the options say, and come out the same.
func TestCompressionLevels(t *testing.T) {
	b := newBench(t, kfake.SeedTopics(1, "t"))
	n := 0
	for _, level := range [][2]string{{"gzip", "-1"}, {"gzip", "1"}, {"gzip", "9"}, {"lz4", "1"}, {"lz4", "9"}, {"lz4", "17"}, {"zstd", "-131072"}, {"zstd", "3"}, {"zstd", "22"}} {
		s := b.sink("topic", "t", "kafka.compression.type", level[0], "kafka.compression."+level[0]+".level", level[1])
		if _, err := s.Write(t.Context(), 0, newFrame(t, "value STRING", `[{"value": "`+strings.Repeat("x", 2000)+level[1]+`"}]`)); err != nil {
			t.Fatal(level, err)
		}
		n++
		rows, err := b.batchRows("subscribe", "t")
		if err != nil || len(rows) != n || !strings.HasSuffix(rows[n-1], "x"+level[1]) {
			t.Errorf("%v: %d rows, %v", level, len(rows), err)
		}
	}
	for _, wrong := range [][3]string{{"gzip", "gzip", "10"}, {"gzip", "gzip", "0"}, {"lz4", "lz4", "18"}, {"zstd", "zstd", "high"}, {"snappy", "zstd", "3"}, {"none", "gzip", "9"}} {
		_, _, err := ParseWriteOptions(t.Context(), map[string]string{"kafka.bootstrap.servers": "a:1", "topic": "t", "kafka.compression.type": wrong[0], "kafka.compression." + wrong[1] + ".level": wrong[2]}, nil, b.env())
		if err == nil || !strings.Contains(err.Error(), "'kafka.compression."+wrong[1]+".level'") {
			t.Errorf("%v: %v", wrong, err)
		}
	}
}
