package programs_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"lakehouse/internal/errclass"
	"lakehouse/internal/programs"
	"lakehouse/medallion"
)

// broker is a Kafka cluster of one program.
type broker struct {
	*programs.Lake
	servers string
	client  *kgo.Client
	console bytes.Buffer
}

func newBroker(t *testing.T, topics ...string) *broker {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(2, topics...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	b := &broker{servers: strings.Join(cluster.ListenAddrs(), ",")}
	if b.client, err = kgo.NewClient(kgo.SeedBrokers(b.servers), kgo.DefaultProduceTopic("topic_name")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.client.Close)
	root := t.TempDir()
	session, err := medallion.NewSession(medallion.Options{Root: root, Out: &b.console, Conf: map[string]string{"lakehouse.workers": "1", "spark.sql.shuffle.partitions": "2"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(session.Close)
	b.Lake = &programs.Lake{T: t, Root: root, Session: session}
	return b
}

// send produces a record; "-" is null.
func (b *broker) send(key, value string) {
	b.Helper()
	r := &kgo.Record{Key: orNull(key), Value: orNull(value)}
	if err := b.client.ProduceSync(b.Context(), r).FirstErr(); err != nil {
		b.Fatal(err)
	}
}

func orNull(text string) []byte {
	if text == "-" {
		return nil
	}
	return []byte(text)
}

func (b *broker) reader() medallion.DataStreamReader {
	return b.Session.ReadStream().Format("kafka").Option("kafka.bootstrap.servers", b.servers).Option("subscribe", "topic_name")
}

func (b *broker) load(r medallion.DataStreamReader) *medallion.DataFrame {
	b.Helper()
	df, err := r.Load(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	return df
}

func schemaText(t *testing.T, df *medallion.DataFrame) string {
	t.Helper()
	var schema bytes.Buffer
	if err := df.PrintSchema(t.Context(), &schema); err != nil {
		t.Fatal(err)
	}
	return schema.String()
}

// Example 4: Kafka to the console. The stream starts at the end of the topic; a null value is filtered, a null key is not.
func TestExample4KafkaToConsole(t *testing.T) {
	b := newBroker(t, "topic_name")
	want := programs.Answer[map[string]any](t, "kafka", "results.json")
	b.send("k0", "before the stream starts")
	df := b.load(b.reader())
	programs.Equal(t, "schema", schemaText(t, df), want["schema"].(string))
	df = df.SelectExpr("CAST(key AS STRING)", "CAST(value AS STRING)")
	programs.Equal(t, "schema after the casts", schemaText(t, df), want["schema after the casts"].(string))
	df = df.WithColumn("processed_at", medallion.Expr("current_timestamp()"))
	programs.Equal(t, "schema with processed_at", schemaText(t, df), want["schema with processed_at"].(string))
	q, err := df.Filter(medallion.Col("value").IsNotNull()).WriteStream().Format("console").OutputMode("append").Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b.Settle(q)
	for _, batch := range [][][2]string{{{"k1", "one"}, {"k2", "-"}}, {{"-", "no key"}, {"k1", "two"}}, {{"k3", "three"}}} {
		for _, r := range batch {
			b.send(r[0], r[1])
		}
		b.Settle(q)
	}
	checkProgress(t, q, want["4 last progress"].(map[string]any))
	b.Stop(q)
	shown := shownRows(b.console.String())
	programs.Equal(t, "rows on the console", shown, []string{"NULL|no key", "k1|one", "k1|two", "k3|three"})
	programs.Equal(t, "rows that Spark showed", shownRows(programs.AnswerText(t, "kafka", "example4_console.txt")), shown)
	first, _, _ := strings.Cut(programs.AnswerText(t, "kafka", "example4_console.txt"), "\n\n")
	if !strings.HasPrefix(b.console.String(), first) {
		t.Errorf("the first batch is printed as\n%s\nwant\n%s", b.console.String(), first)
	}
}

// shownRows are key and value of the printed rows, sorted: how records fall into batches depends on timing.
func shownRows(console string) []string {
	var rows []string
	for line := range strings.Lines(console) {
		cells := strings.Split(strings.TrimSpace(line), "|")
		if len(cells) == 5 && strings.TrimSpace(cells[1]) != "key" {
			rows = append(rows, strings.TrimSpace(cells[1])+"|"+strings.TrimSpace(cells[2]))
		}
	}
	slices.Sort(rows)
	return rows
}

// checkProgress compares the source's part of a report, field for field; numbers that depend on time are left out.
func checkProgress(t *testing.T, q *medallion.StreamingQuery, want map[string]any) {
	t.Helper()
	source := func(progress map[string]any) map[string]any {
		s := progress["sources"].([]any)[0].(map[string]any)
		for _, name := range []string{"inputRowsPerSecond", "processedRowsPerSecond", "numInputRows", "startOffset", "endOffset", "latestOffset"} {
			delete(s, name)
		}
		return s
	}
	text := strings.NewReplacer("_<tag>", "", `_\u003ctag\u003e`, "").Replace(programs.JSONText(t, want))
	var spark, ours map[string]any
	if err := json.Unmarshal([]byte(text), &spark); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(q.LastProgress().JSON()), &ours); err != nil {
		t.Fatal(err)
	}
	latest := ours["sources"].([]any)[0].(map[string]any)
	programs.Equal(t, "latestOffset", programs.JSONText(t, latest["latestOffset"]), programs.JSONText(t, latest["endOffset"]))
	programs.Equal(t, "progress of the source", source(ours), source(spark))
}

// Example 4 from the earliest offset: every record, with its columns.
func TestExample4FromEarliest(t *testing.T) {
	b := newBroker(t, "topic_name")
	want := programs.Answer[map[string]json.RawMessage](t, "kafka", "results.json")
	b.sendAll()
	df := b.load(b.reader().Option("startingOffsets", "earliest"))
	q := b.Run(df.SelectExpr("CAST(key AS STRING) key", "CAST(value AS STRING) value", "topic", "timestampType").
		WriteStream().Format("memory").QueryName("earliest").Trigger(medallion.AvailableNow()).Start(t.Context()))
	var spark []map[string]any
	if err := json.Unmarshal(bytes.ReplaceAll(want["from earliest"], []byte("_<tag>"), nil), &spark); err != nil {
		t.Fatal(err)
	}
	lines := []string{}
	for _, row := range spark {
		lines = append(lines, programs.JSONText(t, row))
	}
	programs.Equal(t, "rows", b.Rows("SELECT * FROM earliest ORDER BY key, value"), lines)
	if n := q.LastProgress().Sink.NumOutputRows; n != 6 {
		t.Errorf("numOutputRows is %d, want 6", n)
	}
}

func (b *broker) sendAll() {
	for _, r := range [][2]string{{"k0", "before the stream starts"}, {"k1", "one"}, {"k2", "-"}, {"-", "no key"}, {"k1", "two"}, {"k3", "three"}} {
		b.send(r[0], r[1])
	}
}

func (b *broker) toKafka() medallion.DataStreamWriter {
	df := b.load(b.reader().Option("startingOffsets", "earliest")).
		SelectExpr("CAST(key AS STRING) AS key", "CAST(value AS STRING) AS value").Filter(medallion.Col("value").IsNotNull())
	return df.WriteStream().Format("kafka").Option("kafka.bootstrap.servers", b.servers).Option("topic", "output_topic").Trigger(medallion.AvailableNow())
}

// Example 5: Kafka to Kafka. It needs a checkpoint; a second run reads what is new.
func TestExample5KafkaToKafka(t *testing.T) {
	b := newBroker(t, "topic_name", "output_topic")
	want := programs.Answer[map[string]json.RawMessage](t, "kafka", "results.json")
	b.sendAll()
	_, err := b.toKafka().Start(t.Context())
	if !errors.Is(err, errclass.CheckpointMissing) {
		t.Errorf("without checkpointLocation: %v", err)
	}
	withCheckpoint := b.toKafka().Option("checkpointLocation", "dbfs:/mnt/data/checkpoints/kafka/")
	q := b.Run(withCheckpoint.Start(t.Context()))
	programs.Equal(t, "batches", programs.JSONText(t, programs.Batches(q)), programs.JSONText(t, want["5 batches"]))
	if n := q.LastProgress().Sink.NumOutputRows; n != 5 {
		t.Errorf("numOutputRows is %d, want 5", n)
	}
	var progress map[string]any
	if err := json.Unmarshal(want["5 progress"], &progress); err != nil {
		t.Fatal(err)
	}
	checkProgress(t, q, progress)
	b.send("k4", "four")
	q = b.Run(withCheckpoint.Start(t.Context()))
	programs.Equal(t, "batches of the second run", programs.JSONText(t, programs.Batches(q)), programs.JSONText(t, want["5 batches second run"]))
	programs.Equal(t, "output topic", b.topicRows("output_topic"), programs.JSONText(t, want["5 output topic"]))
	b.checkpoint(want["5 checkpoint"])
}

// topicRows are key and value of all records of a topic, read as a batch.
func (b *broker) topicRows(topic string) string {
	b.Helper()
	df, err := b.Session.Read().Format("kafka").Option("kafka.bootstrap.servers", b.servers).Option("subscribe", topic).Load(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	rows, err := df.SelectExpr("CAST(key AS STRING) key", "CAST(value AS STRING) value").OrderBy(medallion.Col("key").Asc(), medallion.Col("value").Asc()).Collect(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	all := []any{}
	for _, r := range rows {
		all = append(all, programs.Plain(r))
	}
	return programs.JSONText(b.T, all)
}

// checkpoint compares the files of the query's checkpoint. How many records each partition has is a matter of chance.
func (b *broker) checkpoint(want json.RawMessage) {
	b.Helper()
	var spark map[string]any
	if err := json.Unmarshal(want, &spark); err != nil {
		b.Fatal(err)
	}
	const folder = "mnt/data/checkpoints/kafka"
	var names []string
	for name := range spark {
		names = append(names, name)
	}
	slices.Sort(names)
	programs.Equal(b.T, "files of the checkpoint", b.Files(folder), names)
	initial, err := b.Read(folder + "/sources/0/0")
	if err != nil {
		b.Fatal(err)
	}
	programs.Equal(b.T, "sources/0/0", string(initial), "\x00v1\n{\"topic_name\":{\"0\":0,\"1\":0}}")
	commit, err := b.Read(folder + "/commits/1")
	if err != nil {
		b.Fatal(err)
	}
	programs.Equal(b.T, "commits/1", string(commit), "v1\n{\"nextBatchWatermarkMs\":0}")
	planned, err := b.Read(folder + "/offsets/1")
	if err != nil {
		b.Fatal(err)
	}
	lines := strings.Split(string(planned), "\n")
	if len(lines) != 3 || !regexp.MustCompile(`^\{"topic_name":\{"0":\d,"1":\d\}\}$`).MatchString(lines[2]) {
		b.Errorf("offsets/1 is\n%s", planned)
	}
}

// What Spark says to those who mistake Kafka's options is what we say.
func TestKafkaMistakes(t *testing.T) {
	want := programs.Answer[map[string]json.RawMessage](t, "kafka", "results.json")
	b := newBroker(t, "topic_name")
	read := func(b *broker) medallion.DataStreamReader { return b.Session.ReadStream().Format("kafka") }
	load := func(r medallion.DataStreamReader) error {
		_, err := r.Load(b.Context())
		return err
	}
	run := func(w medallion.DataStreamWriter) error {
		q, err := w.Option("kafka.bootstrap.servers", b.servers).Option("checkpointLocation", "dbfs:/cp/"+t.Name()+strings.Repeat("x", b.console.Len())).Trigger(medallion.AvailableNow()).Start(b.Context())
		b.console.WriteString("x")
		if err != nil {
			t.Errorf("it fails at the start already: %v", err)
			return err
		}
		_, err = q.AwaitTermination(b.Context())
		return err
	}
	for name, mistake := range map[string]func() error{
		"no subscribe":              func() error { return load(read(b).Option("kafka.bootstrap.servers", b.servers)) },
		"two subscribe options":     func() error { return load(b.reader().Option("subscribePattern", "topic.*")) },
		"no bootstrap servers":      func() error { return load(read(b).Option("subscribe", "topic_name")) },
		"endingOffsets on a stream": func() error { return load(b.reader().Option("endingOffsets", "latest")) },
		"auto.offset.reset option":  func() error { return load(b.reader().Option("kafka.auto.offset.reset", "earliest")) },
		"group.id option":           func() error { return load(b.reader().Option("kafka.group.id", "mine")) },
		"bad startingOffsets": func() error {
			return run(b.load(b.reader().Option("startingOffsets", "newest")).WriteStream().Format("kafka").Option("topic", "topic_name"))
		},
		"sink without a value column": func() error {
			return run(b.load(b.reader()).SelectExpr("key").WriteStream().Format("kafka").Option("topic", "topic_name"))
		},
		"sink without a topic": func() error {
			return run(b.load(b.reader()).SelectExpr("key", "value").WriteStream().Format("kafka"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			var spark struct {
				Stage, Message string
				Parameters     struct{ Message string }
			}
			if err := json.Unmarshal(want[name], &spark); err != nil {
				t.Fatal(err)
			}
			err := mistake()
			switch {
			case spark.Message == "":
				if err != nil {
					t.Fatalf("Spark takes it: %v", err)
				}
				return
			case err == nil:
				t.Fatal("it is taken")
			}
			text := spark.Message
			if spark.Stage != "load" {
				text = spark.Parameters.Message
				if !errors.Is(err, errclass.StreamFailed) {
					t.Errorf("%v is not of class STREAM_FAILED", err)
				}
			}
			if !strings.Contains(err.Error(), text) {
				t.Errorf("got %v\nwant %s", err, text)
			}
		})
	}
}
