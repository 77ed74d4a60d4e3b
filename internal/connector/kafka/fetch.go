package kafka

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// fetchOptions are how a range is read.
type fetchOptions struct {
	maxBytes, partitionBytes int32
	minBytes                 int32
	wait                     time.Duration // of a broker, for minBytes
	timeout                  time.Duration // without a record
	rack                     string
	crcs                     bool
	group                    string // for messages
	loss                     onLoss
	now                      func() time.Time
}

func (o ReadOptions) fetchOptions(group string) fetchOptions {
	v := o.values
	small := func(name string) int32 { return int32(min(v.Int(name), 1<<30)) }
	return fetchOptions{
		maxBytes: small("kafka.fetch.max.bytes"), partitionBytes: small("kafka.max.partition.fetch.bytes"), minBytes: small("kafka.fetch.min.bytes"),
		wait: milliseconds(v, "kafka.fetch.max.wait.ms"), timeout: milliseconds(v, "kafkaConsumer.pollTimeoutMs"),
		rack: v.String("kafka.client.rack"), crcs: v.Bool("kafka.check.crcs"), group: group, loss: o.onLoss(), now: o.env.Clock,
	}
}

func (o ReadOptions) onLoss() onLoss {
	return onLoss{fail: o.values.Bool("failOnDataLoss"), log: o.env.Log}
}

// A fetcher reads one range by requests of its own. One goroutine uses it.
type fetcher struct {
	fetchOptions
	cluster *cluster
	in      offsetRange

	at      int64    // the next offset to ask for
	bytes   int32    // how many to ask for
	replica int32    // whom the leader told to ask instead; -1: nobody
	topic   [16]byte // the topic's identity when the reading began
	unknown int64    // how often in a row the topic was not known
}

func newFetcher(c *cluster, in offsetRange, o fetchOptions) *fetcher {
	return &fetcher{fetchOptions: o, cluster: c, in: in, at: in.from, bytes: o.partitionBytes, replica: -1}
}

// next gives the next answer of the range; done tells that there is no more.
func (f *fetcher) next(ctx context.Context) (a answer, done bool, err error) {
	deadline := f.now().Add(f.timeout)
	for f.at < f.in.until {
		a, next, err := f.once(ctx)
		switch {
		case err == nil && next > f.at:
			f.at, f.unknown = next, 0
			return a, false, nil
		case err == nil: // nothing yet
		case ctx.Err() != nil:
			return answer{}, false, ctx.Err()
		case errors.Is(err, kerr.OffsetOutOfRange) && f.replica < 0, errors.Is(err, errOtherTopic), f.gone(err):
			if err := f.skip(ctx); err != nil {
				return answer{}, false, err
			}
		case !retriable(err):
			return answer{}, false, fmt.Errorf("fetch %s from offset %d: %w", f.in.topicPartition, f.at, err)
		default:
			f.replica = -1
			f.cluster.forget(f.in.topicPartition)
			if err := pause(ctx, f.cluster.interval/10); err != nil {
				return answer{}, false, err
			}
		}
		if !f.now().Before(deadline) && f.at < f.in.until {
			return answer{}, false, f.late(err)
		}
	}
	return answer{}, true, nil
}

func (f *fetcher) late(cause error) error {
	err := fmt.Errorf("Cannot fetch record for offset %d in %d milliseconds", f.at, f.timeout.Milliseconds()) //nolint:staticcheck // Spark's text
	if cause != nil {
		err = fmt.Errorf("%w: %w", err, cause)
	}
	return err
}

// errOtherTopic says that a topic of this name was made anew.
var errOtherTopic = errors.New("the topic was deleted and made again")

// gone tells that the topic is not known for so long that it must have been deleted.
func (f *fetcher) gone(err error) bool {
	if !errors.Is(err, kerr.UnknownTopicOrPartition) {
		return false
	}
	f.unknown++
	return f.unknown > f.cluster.attempts
}

// retriable are errors of the moment: leaders move, brokers restart.
func retriable(err error) bool {
	if refused, ok := errors.AsType[*kerr.Error](err); ok {
		return refused.Retriable || errors.Is(err, kerr.OffsetOutOfRange)
	}
	return !errors.Is(err, errBrokenBatch) // else the connection failed
}

// once asks once.
func (f *fetcher) once(ctx context.Context) (answer, int64, error) {
	l, err := f.cluster.leaderOf(ctx, f.in.topicPartition)
	if err != nil {
		return answer{}, 0, err
	}
	if f.topic == [16]byte{} {
		f.topic = l.topicID
	} else if f.topic != l.topicID {
		return answer{}, 0, errOtherTopic
	}
	broker := l.broker
	if f.replica >= 0 {
		broker = f.replica
	}
	resp, err := f.cluster.client.Broker(int(broker)).Request(ctx, f.request(l))
	if err != nil {
		return answer{}, 0, err
	}
	return f.read(resp.(*kmsg.FetchResponse))
}

func (f *fetcher) request(l leader) *kmsg.FetchRequest {
	part := kmsg.NewFetchRequestTopicPartition()
	part.Partition, part.FetchOffset, part.PartitionMaxBytes = f.in.partition, f.at, f.bytes
	topic := kmsg.NewFetchRequestTopic()
	topic.Topic, topic.TopicID, topic.Partitions = f.in.topic, l.topicID, []kmsg.FetchRequestTopicPartition{part}
	req := kmsg.NewPtrFetchRequest()
	req.MaxWaitMillis, req.MinBytes, req.MaxBytes = int32(f.wait.Milliseconds()), f.minBytes, max(f.maxBytes, f.bytes)
	req.IsolationLevel, req.SessionEpoch, req.Rack = f.cluster.isolation(), -1, f.rack
	req.Topics = []kmsg.FetchRequestTopic{topic}
	return req
}

// read takes an answer apart; next is where the one after it begins.
func (f *fetcher) read(resp *kmsg.FetchResponse) (answer, int64, error) {
	if err := kerr.ErrorForCode(resp.ErrorCode); err != nil {
		return answer{}, 0, err
	}
	if len(resp.Topics) != 1 || len(resp.Topics[0].Partitions) != 1 {
		return answer{}, 0, kerr.UnknownTopicOrPartition // a broker that does not know the topic's identity
	}
	part := resp.Topics[0].Partitions[0]
	if err := kerr.ErrorForCode(part.ErrorCode); err != nil {
		return answer{}, 0, err
	}
	f.replica = part.PreferredReadReplica
	next, whole, err := walk(part.RecordBatches)
	if err != nil {
		return answer{}, 0, err
	}
	if whole == 0 && len(part.RecordBatches) > 0 { // a batch larger than was asked for
		f.bytes = min(f.bytes, 1<<29) * 2
	}
	return answer{records: part.RecordBatches[:whole], aborted: part.AbortedTransactions}, next, nil
}

// skip goes on behind records that are gone, or says that they are.
func (f *fetcher) skip(ctx context.Context) error {
	if err := f.loss.report(couldNotRead(f.at, f.in.until, f.in.topicPartition, f.group)); err != nil {
		return err
	}
	f.cluster.forget(f.in.topicPartition)
	f.topic, f.unknown = [16]byte{}, 0
	p := []topicPartition{f.in.topicPartition}
	first, err := f.cluster.ends(ctx, p, earliest)
	if errors.Is(err, kerr.UnknownTopicOrPartition) || errors.Is(err, kerr.UnknownTopicID) {
		f.at = f.in.until // the partition is gone
		return nil
	}
	if err != nil {
		return err
	}
	last, err := f.cluster.ends(ctx, p, latest)
	if err != nil {
		return err
	}
	begin, end := first[p[0]], last[p[0]]
	switch {
	case f.at >= end || begin >= f.in.until:
		f.at = f.in.until
	case f.at < begin:
		f.at = begin
	}
	return nil
}
