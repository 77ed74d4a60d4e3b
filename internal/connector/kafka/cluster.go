package kafka

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"lakehouse/internal/errclass"
)

// A cluster answers what a reader asks of Kafka: which partitions there are, who leads them, which offsets they have. It is
// safe for concurrent use.
type cluster struct {
	client    *kgo.Client
	strategy  strategy
	attempts  int64
	interval  time.Duration
	committed bool // offsets end before open transactions

	mu      sync.Mutex
	leaders map[topicPartition]leader
}

// leader is what is needed to fetch from a partition.
type leader struct {
	topicID [16]byte
	broker  int32
	epoch   int32
}

func newCluster(client *kgo.Client, o ReadOptions) *cluster {
	return &cluster{
		client: client, strategy: o.strategy,
		attempts: o.values.Int("fetchOffset.numRetries"), interval: milliseconds(o.values, "fetchOffset.retryIntervalMs"),
		committed: o.values.String("kafka.isolation.level") == "read_committed",
		leaders:   map[topicPartition]leader{},
	}
}

// isolation is the protocol's word for which records are seen.
func (c *cluster) isolation() int8 {
	if c.committed {
		return 1
	}
	return 0
}

// retried tries again what a cluster under change may refuse.
func (c *cluster) retried(ctx context.Context, f func() error) error {
	for attempt := int64(1); ; attempt++ {
		err := f()
		if classed := (*errclass.Error)(nil); err == nil || errors.As(err, &classed) || attempt >= c.attempts || ctx.Err() != nil {
			return err
		}
		if err := pause(ctx, c.interval); err != nil {
			return err
		}
	}
}

// pause waits, or gives the context's error.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// partitions are those that the strategy names and the cluster has.
func (c *cluster) partitions(ctx context.Context) ([]topicPartition, error) {
	var all bool
	topics := c.strategy.topics
	if c.strategy.pattern != nil {
		all, topics = true, nil
	}
	described, err := c.describe(ctx, all, topics)
	if err != nil {
		return nil, err
	}
	out := slices.Collect(maps.Keys(described))
	switch {
	case c.strategy.pattern != nil:
		out = slices.DeleteFunc(out, func(p topicPartition) bool { return !c.strategy.pattern.MatchString(p.topic) })
	case c.strategy.assigned != nil:
		out = slices.DeleteFunc(out, func(p topicPartition) bool { return !slices.Contains(c.strategy.assigned, p) })
	}
	slices.SortFunc(out, comparePartitions)
	return out, nil
}

// describe asks for the partitions of topics, and remembers who leads them.
func (c *cluster) describe(ctx context.Context, all bool, topics []string) (map[topicPartition]leader, error) {
	req := kmsg.NewPtrMetadataRequest()
	if !all {
		req.Topics = []kmsg.MetadataRequestTopic{}
		for _, topic := range topics {
			t := kmsg.NewMetadataRequestTopic()
			t.Topic = new(topic)
			req.Topics = append(req.Topics, t)
		}
	}
	resp, err := req.RequestWith(ctx, c.client)
	if err != nil {
		return nil, fmt.Errorf("ask Kafka for its topics: %w", err)
	}
	out := map[topicPartition]leader{}
	for _, t := range resp.Topics {
		if t.Topic == nil {
			continue
		}
		if err := kerr.ErrorForCode(t.ErrorCode); err != nil {
			if all {
				continue // a topic that goes while topics are listed
			}
			return nil, fmt.Errorf("find topic %s: %w", *t.Topic, err)
		}
		if t.IsInternal {
			continue
		}
		for _, p := range t.Partitions {
			out[topicPartition{*t.Topic, p.Partition}] = leader{topicID: t.TopicID, broker: p.Leader, epoch: p.LeaderEpoch}
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	maps.Copy(c.leaders, out)
	return out, nil
}

// leaderOf is whom to fetch a partition from. afresh asks the cluster even if it is known.
func (c *cluster) leaderOf(ctx context.Context, p topicPartition) (leader, error) {
	c.mu.Lock()
	l, ok := c.leaders[p]
	c.mu.Unlock()
	if ok && l.broker >= 0 {
		return l, nil
	}
	described, err := c.describe(ctx, false, []string{p.topic})
	if err != nil {
		return leader{}, err
	}
	l, ok = described[p]
	switch {
	case !ok:
		return leader{}, fmt.Errorf("find partition %s: %w", p, kerr.UnknownTopicOrPartition)
	case l.broker < 0:
		return leader{}, fmt.Errorf("find partition %s: %w", p, kerr.LeaderNotAvailable)
	}
	return l, nil
}

// forget makes the next leaderOf ask the cluster.
func (c *cluster) forget(p topicPartition) {
	c.mu.Lock()
	delete(c.leaders, p)
	c.mu.Unlock()
}

// topicIDs are the identities of the topics of partitions, as far as brokers tell them: a topic that is deleted and made again has
// another.
func (c *cluster) topicIDs(partitions []topicPartition) map[string][16]byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	ids := map[string][16]byte{}
	for _, p := range partitions {
		if id := c.leaders[p].topicID; id != [16]byte{} {
			ids[p.topic] = id
		}
	}
	return ids
}

// offsetsAt asks for the offsets of partitions: at a time in milliseconds, or at a limit. A time after all records gives
// -1.
func (c *cluster) offsetsAt(ctx context.Context, wanted offsets) (offsets, error) {
	if len(wanted) == 0 {
		return offsets{}, nil
	}
	req := kmsg.NewPtrListOffsetsRequest()
	req.ReplicaID, req.IsolationLevel = -1, c.isolation()
	for _, p := range wanted.partitions() {
		if n := len(req.Topics); n == 0 || req.Topics[n-1].Topic != p.topic {
			t := kmsg.NewListOffsetsRequestTopic()
			t.Topic = p.topic
			req.Topics = append(req.Topics, t)
		}
		part := kmsg.NewListOffsetsRequestTopicPartition()
		part.Partition, part.Timestamp, part.CurrentLeaderEpoch = p.partition, wanted[p], -1
		t := &req.Topics[len(req.Topics)-1]
		t.Partitions = append(t.Partitions, part)
	}
	out := offsets{}
	for _, shard := range c.client.RequestSharded(ctx, req) {
		if shard.Err != nil {
			return nil, fmt.Errorf("ask Kafka for offsets: %w", shard.Err)
		}
		for _, t := range shard.Resp.(*kmsg.ListOffsetsResponse).Topics {
			for _, p := range t.Partitions {
				at := topicPartition{t.Topic, p.Partition}
				if err := kerr.ErrorForCode(p.ErrorCode); err != nil {
					return nil, fmt.Errorf("ask Kafka for the offsets of %s: %w", at, err)
				}
				out[at] = p.Offset
			}
		}
	}
	for p := range wanted {
		if _, ok := out[p]; !ok {
			return nil, fmt.Errorf("ask Kafka for the offsets of %s: no answer", p)
		}
	}
	return out, nil
}

// ends gives the same limit for all partitions.
func (c *cluster) ends(ctx context.Context, partitions []topicPartition, at int64) (offsets, error) {
	return c.offsetsAt(ctx, everywhere(partitions, at))
}

// all gives a limit for all partitions that there are.
func (c *cluster) all(ctx context.Context, at int64) (out offsets, err error) {
	err = c.retried(ctx, func() error {
		partitions, err := c.partitions(ctx)
		if err != nil {
			return err
		}
		out, err = c.ends(ctx, partitions, at)
		return err
	})
	return out, err
}

// latestAfter is the latest offsets. Where they lie before those that are known, brokers that do not agree yet are asked
// again a few times; what they say then holds.
func (c *cluster) latestAfter(ctx context.Context, known offsets) (out offsets, err error) {
	for attempt := int64(1); ; attempt++ {
		if out, err = c.all(ctx, latest); err != nil {
			return nil, err
		}
		behind := false
		for p, offset := range out {
			behind = behind || known[p] > offset
		}
		if !behind || attempt >= c.attempts {
			return out, nil
		}
		if err := pause(ctx, c.interval); err != nil {
			return nil, err
		}
	}
}

// earliestOf is where those of the partitions begin that are still there.
func (c *cluster) earliestOf(ctx context.Context, partitions []topicPartition) (out offsets, err error) {
	if len(partitions) == 0 {
		return offsets{}, nil
	}
	err = c.retried(ctx, func() error {
		there, err := c.partitions(ctx)
		if err != nil {
			return err
		}
		kept := slices.DeleteFunc(slices.Clone(partitions), func(p topicPartition) bool { return !slices.Contains(there, p) })
		out, err = c.ends(ctx, kept, earliest)
		return err
	})
	return out, err
}
