package kafka

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/twmb/franz-go/pkg/kgo"

	"lakehouse/internal/batch"
	"lakehouse/internal/errclass"
	"lakehouse/internal/exec"
	"lakehouse/internal/option"
	"lakehouse/internal/types"
)

// A Sink writes rows to topics: at least once, all acknowledged before Write returns. Close it.
type Sink struct {
	values  option.Values
	config  clientConfig
	workers int

	client *kgo.Client // nil until there are rows
}

// ParseWriteOptions checks the options of a write.
func ParseWriteOptions(ctx context.Context, given map[string]string, extra option.Table, env Env) (*Sink, option.Values, error) {
	if err := checkForbidden(given, forbiddenToWriters); err != nil {
		return nil, option.Values{}, err
	}
	values, err := append(append(option.Table{}, extra...), SinkOptionTable...).Parse(given)
	if err != nil {
		return nil, values, err
	}
	if !values.Has("kafka.bootstrap.servers") {
		return nil, values, errclass.InvalidOption.New("Option 'kafka.bootstrap.servers' must be specified for configuring Kafka producer")
	}
	config, err := newClientConfig(ctx, values, env)
	if err != nil {
		return nil, values, err
	}
	producer, err := producerConfig(values)
	if err != nil {
		return nil, values, err
	}
	config = append(config, producer...)
	if err := kgo.ValidateOpts(config...); err != nil {
		return nil, values, errclass.InvalidOptionValue.New("the options of the Kafka client make no sense: %w.", err)
	}
	return &Sink{values: values, config: config, workers: env.Workers}, values, nil
}

// producerConfig makes the options of a producer the client's.
func producerConfig(v option.Values) ([]kgo.Opt, error) {
	codec, err := compression(v)
	if err != nil {
		return nil, err
	}
	acks := map[string]kgo.Acks{"all": kgo.AllISRAcks(), "-1": kgo.AllISRAcks(), "1": kgo.LeaderAck(), "0": kgo.NoAck()}[v.String("kafka.acks")]
	most := int32(min(v.Int("kafka.max.request.size"), 1<<30))
	opts := []kgo.Opt{
		kgo.RequiredAcks(acks), kgo.ProducerBatchCompression(codec), kgo.RecordPartitioner(newPartitioner()), kgo.AllowAutoTopicCreation(),
		kgo.ProducerBatchMaxBytes(most), kgo.BrokerMaxWriteBytes(max(most+most/2, 100<<20)), kgo.MaxBufferedBytes(int(min(max(v.Int("kafka.buffer.memory"), int64(most)), 1<<40))),
		kgo.MaxBufferedRecords(1 << 20), kgo.RecordDeliveryTimeout(milliseconds(v, "kafka.delivery.timeout.ms")), kgo.ProducerLinger(milliseconds(v, "kafka.linger.ms")),
		kgo.AllowIdempotentProduceCancellation(), // a batch that is given up is sent anew, if at all
	}
	if acks != kgo.AllISRAcks() || !v.Bool("kafka.enable.idempotence") { // fewer acknowledgements leave nothing to be idempotent about
		opts = append(opts, kgo.DisableIdempotentWrite())
	}
	if v.Has("kafka.max.in.flight.requests.per.connection") {
		opts = append(opts, kgo.MaxProduceRequestsInflightPerBroker(int(min(v.Int("kafka.max.in.flight.requests.per.connection"), 1<<20))))
	}
	if v.Has("kafka.retries") {
		opts = append(opts, kgo.RecordRetries(int(min(v.Int("kafka.retries"), 1<<30))))
	}
	return opts, nil
}

// Description is Spark's, without the Java object's name.
func (s *Sink) Description() string { return "KafkaTable" }

// Write sends all rows of a batch. A batch that is written again is sent again.
func (s *Sink) Write(ctx context.Context, _ int64, op exec.Operator) (int64, error) {
	if err := s.CheckSchema(op.Schema()); err != nil {
		return 0, err
	}
	if s.client == nil {
		client, err := s.config.connect()
		if err != nil {
			return 0, err
		}
		s.client = client
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	w := &writing{client: s.client, schema: op.Schema(), topic: s.topic(), fail: cancel}
	w.pending.Add(1) // until all is sent, so that waiting begins after it
	n, err := w.sendAll(ctx, exec.InOrder(ctx, op, s.workers))
	w.pending.Done()
	if err == nil {
		err = s.client.Flush(ctx)
	}
	if err != nil {
		cancel(err)
		if abort := s.client.AbortBufferedRecords(context.WithoutCancel(ctx)); abort != nil {
			return n, fmt.Errorf("give up what was not sent: %w", abort)
		}
	}
	w.pending.Wait()
	if cause := context.Cause(ctx); cause != nil {
		return n, cause
	}
	return n, err
}

// Close ends the connections.
func (s *Sink) Close() {
	if s.client != nil {
		s.client.Close()
		s.client = nil
	}
}

// Stop is Close, for a stream.
func (s *Sink) Stop() error {
	s.Close()
	return nil
}

// topic is where all rows go; empty: each says it.
func (s *Sink) topic() string { return strings.TrimSpace(s.values.String("topic")) }

// CheckSchema finds columns that are missing or cannot be sent.
func (s *Sink) CheckSchema(schema types.Struct) error {
	if !s.values.Has("topic") {
		if err := checkColumn(schema, "topic", "topic option required when no 'topic' attribute is present. Use the topic option for setting a topic.", types.String); err != nil {
			return err
		}
	}
	for _, column := range []struct {
		name, missing string
		kinds         []types.Type
	}{
		{"key", "", []types.Type{types.String, types.Binary}},
		{"value", "Required attribute 'value' not found", []types.Type{types.String, types.Binary}},
		{"headers", "", []types.Type{headersType}},
		{"partition", "", []types.Type{types.Integer}},
	} {
		if err := checkColumn(schema, column.name, column.missing, column.kinds...); err != nil {
			return err
		}
	}
	return nil
}

// checkColumn finds a column's type among those it may have; missing says what is wrong without it, empty: nothing.
func checkColumn(schema types.Struct, name, missing string, kinds ...types.Type) error {
	at := columnIndex(schema, name)
	if at < 0 {
		if missing == "" {
			return nil
		}
		return errclass.KafkaSinkSchema.New("%s", missing)
	}
	wanted := make([]string, len(kinds))
	for i, kind := range kinds {
		if wanted[i] = kind.String(); wanted[i] == schema.Fields[at].Type.String() {
			return nil
		}
	}
	return errclass.KafkaSinkSchema.New("%s attribute unsupported type %s. %s must be a(n) %s", name, schema.Fields[at].Type, name, strings.Join(wanted, " or "))
}

// columnIndex finds a column by its exact name, as Spark does here.
func columnIndex(schema types.Struct, name string) int {
	for i, f := range schema.Fields {
		if f.Name == name {
			return i
		}
	}
	return -1
}

// writing is one batch on its way.
type writing struct {
	client *kgo.Client
	schema types.Struct
	topic  string
	fail   context.CancelCauseFunc

	pending sync.WaitGroup
}

func (w *writing) sendAll(ctx context.Context, rows batch.Seq) (n int64, err error) {
	for b, err := range rows {
		if err == nil {
			err = ctx.Err()
		}
		if err == nil {
			err = w.send(ctx, b)
		}
		if err != nil {
			return n, err
		}
		n += b.NumRows()
	}
	return n, nil
}

// send hands the rows of a batch to the client, which keeps parts of it until they are acknowledged.
func (w *writing) send(ctx context.Context, b arrow.RecordBatch) error {
	key, value, topic := w.bytesColumn(b, "key"), w.bytesColumn(b, "value"), w.bytesColumn(b, "topic")
	headers, _ := w.column(b, "headers").(*array.List)
	partition, _ := w.column(b, "partition").(*array.Int32)
	records := make([]kgo.Record, b.NumRows())
	for i := range records {
		r := &records[i]
		r.Topic, r.Partition = w.topic, anyPartition
		if w.topic == "" {
			name := topic(i)
			if name == nil {
				return errclass.KafkaNullTopic.New("The Kafka message data sent to the producer contains a null topic. Use the `topic` option for setting a default topic.")
			}
			r.Topic = string(name)
		}
		r.Key, r.Value = key(i), value(i)
		if partition != nil && partition.IsValid(i) {
			if r.Partition = partition.Value(i); r.Partition < 0 {
				return errclass.InvalidOptionValue.New("Invalid partition: %d. Partition number should always be non-negative or null.", r.Partition)
			}
		}
		if headers != nil && headers.IsValid(i) {
			r.Headers = headersOf(headers, i)
		}
		w.pending.Add(1)
		w.client.Produce(ctx, r, w.done)
	}
	return nil
}

// done hears what became of a record.
func (w *writing) done(r *kgo.Record, err error) {
	if err != nil {
		w.fail(fmt.Errorf("write to topic %s: %w", r.Topic, err))
	}
	w.pending.Done()
}

func (w *writing) column(b arrow.RecordBatch, name string) arrow.Array {
	if at := columnIndex(w.schema, name); at >= 0 {
		return b.Column(at)
	}
	return nil
}

// bytesColumn reads a column of texts or bytes: nil for null, and where there is none.
func (w *writing) bytesColumn(b arrow.RecordBatch, name string) func(int) []byte {
	switch column := w.column(b, name).(type) {
	case *array.Binary:
		return func(i int) []byte {
			if column.IsNull(i) {
				return nil
			}
			return column.Value(i)
		}
	case *array.String:
		ends, data := column.ValueOffsets(), column.ValueBytes()
		return func(i int) []byte {
			if column.IsNull(i) {
				return nil
			}
			return data[ends[i]-ends[0] : ends[i+1]-ends[0] : ends[i+1]-ends[0]]
		}
	}
	return func(int) []byte { return nil }
}

func headersOf(column *array.List, row int) []kgo.RecordHeader {
	pairs := column.ListValues().(*array.Struct)
	keys, values := pairs.Field(0).(*array.String), pairs.Field(1).(*array.Binary)
	from, to := column.ValueOffsets(row)
	out := make([]kgo.RecordHeader, 0, to-from)
	for i := int(from); i < int(to); i++ {
		h := kgo.RecordHeader{Key: keys.Value(i)}
		if values.IsValid(i) {
			h.Value = values.Value(i)
		}
		out = append(out, h)
	}
	return out
}
