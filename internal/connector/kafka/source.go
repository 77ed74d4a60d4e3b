package kafka

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"lakehouse/internal/errclass"
	"lakehouse/internal/logical"
	"lakehouse/internal/stream"
)

// source reads topics batch by batch.
type source struct {
	*Provider
	start      stream.SourceStart
	fetch      fetchOptions
	connection *connection

	cluster     *cluster            // nil until the first question
	begin       limit               // of a new query
	first       offsets             // where the query began; nil until it is asked for
	frozen      bool                // under availableNow
	available   offsets             // under availableNow: where the query ends; nil until the first batch is planned
	latest      offsets             // as the last batch was planned
	consumed    offsets             // by the last batch
	lastTrigger time.Time           // when a batch last stopped waiting for minOffsetsPerTrigger
	topics      map[string][16]byte // their identities
}

var (
	_ stream.Metered   = (*source)(nil)
	_ stream.Farseeing = (*source)(nil)
)

// Description is Spark's.
func (s *source) Description() string { return s.String() }

// Commit does nothing: Kafka keeps records by its own rules.
func (s *source) Commit(context.Context, stream.Offset) error { return nil }

// Stop closes the connections.
func (s *source) Stop() error {
	if s.cluster != nil {
		s.cluster = nil
		s.connection.release()
	}
	return nil
}

// Freeze has the next look at Kafka be the last.
func (s *source) Freeze(context.Context) error {
	s.frozen = true
	return nil
}

// open connects, and reads the options that Spark reads when a query runs.
func (s *source) open() (err error) {
	if s.cluster != nil {
		return nil
	}
	if s.begin, err = limitOf(s.opts.values, starting); err != nil {
		return err
	}
	c, err := s.connection.hold()
	if err == nil {
		s.cluster = c
	}
	return err
}

// Latest goes as far as Kafka and the limits allow.
func (s *source) Latest(ctx context.Context, _ int64, start stream.Offset, limit stream.ReadLimit) (stream.Offset, error) {
	if err := s.open(); err != nil {
		return nil, err
	}
	from, err := s.position(ctx, start)
	if err != nil {
		return nil, err
	}
	if s.latest, err = s.reachable(ctx, from); err != nil {
		return nil, err
	}
	if err := s.checkTopics(); err != nil {
		return nil, err
	}
	end, err := s.limited(ctx, from, limit)
	if err != nil {
		return nil, err
	}
	s.consumed = from
	if len(end) == 0 || (start != nil && maps.Equal(end, from)) {
		return start, nil
	}
	return end.json(), nil
}

// position is where a batch begins: what its offset says, or where the query began.
func (s *source) position(ctx context.Context, o stream.Offset) (offsets, error) {
	if o != nil {
		return parsePositions(o)
	}
	if s.first != nil {
		return s.first, nil
	}
	first, found, err := loadInitial(ctx, s.start)
	if err != nil {
		return nil, err
	}
	if !found {
		if first, err = s.cluster.resolve(ctx, s.begin, streamStart, s.opts.values); err != nil {
			return nil, err
		}
		if first, err = saveInitial(ctx, s.start, first); err != nil {
			return nil, err
		}
	}
	s.first = first
	return first, nil
}

func (s *source) reachable(ctx context.Context, from offsets) (offsets, error) {
	if s.available != nil {
		return s.available, nil
	}
	found, err := s.cluster.latestAfter(ctx, from)
	if err == nil && s.frozen {
		s.available = found
	}
	return found, err
}

// checkTopics finds topics that were deleted and made again while the query runs: what is left of the old ones to read is lost, and
// offsets say nothing about the new ones.
func (s *source) checkTopics() error {
	ids := s.cluster.topicIDs(s.latest.partitions())
	var other []topicPartition
	for _, p := range s.latest.partitions() {
		was, ok := s.topics[p.topic]
		if now, told := ids[p.topic]; ok && told && was != now {
			other = append(other, p)
		}
	}
	if s.topics == nil {
		s.topics = map[string][16]byte{}
	}
	if len(other) > 0 {
		loss := partitionsDeleted(other, s.opts.values.Has("kafka.group.id"))
		loss.Hint += " Topics of these names have been made anew."
		if err := s.fetch.loss.report(loss); err != nil {
			return err
		}
	}
	maps.Copy(s.topics, ids)
	return nil
}

// limited is where a batch ends.
func (s *source) limited(ctx context.Context, from offsets, limit stream.ReadLimit) (offsets, error) {
	v := s.opts.values
	switch {
	case limit == stream.LimitNone:
		return s.latest, nil
	case v.Has("minOffsetsPerTrigger") && s.waits(from):
		return from, nil
	case v.Has("maxOffsetsPerTrigger"):
		return s.share(ctx, v.Int("maxOffsetsPerTrigger"), from)
	}
	return s.latest, nil
}

// waits tells that a batch is too small yet, and has not waited long enough.
func (s *source) waits(from offsets) bool {
	now := s.opts.env.Clock()
	if now.Sub(s.lastTrigger) < s.opts.values.Duration("maxTriggerDelay") {
		var fresh int64
		for p, offset := range s.latest {
			fresh += offset - from[p]
		}
		if fresh < s.opts.values.Int("minOffsetsPerTrigger") {
			return true
		}
	}
	s.lastTrigger = now
	return false
}

// share divides a limit among the partitions by what they have; each that has something gets at least one.
func (s *source) share(ctx context.Context, limit int64, from offsets) (offsets, error) {
	begins, err := s.cluster.earliestOf(ctx, s.latest.missing(from))
	if err != nil {
		return nil, err
	}
	maps.Copy(begins, from)
	sizes, total := offsets{}, 0.0
	for p, end := range s.latest {
		if begin, ok := begins[p]; ok && end > begin {
			sizes[p] = end - begin
			total += float64(end - begin)
		}
	}
	out := maps.Clone(s.latest)
	for p, size := range sizes {
		part := float64(limit) * (float64(size) / total)
		switch {
		case part >= float64(size):
			out[p] = begins[p] + size
		case part < 1:
			out[p] = begins[p] + 1
		default:
			out[p] = begins[p] + int64(part)
		}
	}
	return out, nil
}

// Rows gives the records between two offsets.
func (s *source) Rows(ctx context.Context, start, end stream.Offset) (logical.Source, error) {
	if err := s.open(); err != nil {
		return nil, err
	}
	until, err := parsePositions(end)
	if err != nil {
		return nil, err
	}
	s.consumed = until
	from, err := s.position(ctx, start)
	if err != nil {
		return nil, err
	}
	var ranges []offsetRange
	if !maps.Equal(from, until) {
		if err := s.checkFrozen(ctx, until); err != nil {
			return nil, err
		}
		if ranges, err = s.between(ctx, from, until); err != nil {
			return nil, err
		}
	}
	return &rows{
		name: s.String(), schema: s.Schema(), opts: s.opts, fetch: s.fetch, cluster: s.connection,
		ranges: func(context.Context, *cluster) ([]offsetRange, error) { return ranges, nil },
	}, nil
}

// between finds the ranges of a batch, and what Kafka no longer has of them.
func (s *source) between(ctx context.Context, from, until offsets) ([]offsetRange, error) {
	fresh := until.missing(from)
	begins, err := s.cluster.earliestOf(ctx, fresh)
	if err != nil {
		return nil, err
	}
	if gone := slices.DeleteFunc(slices.Clone(fresh), func(p topicPartition) bool { _, ok := begins[p]; return ok }); len(gone) > 0 {
		if err := s.fetch.loss.report(lost(errclass.KafkaInitialOffset, "Cannot find initial offsets for partitions %s. They may have been deleted.", setText(gone))); err != nil {
			return nil, err
		}
	}
	for _, p := range begins.partitions() {
		if begins[p] != 0 {
			if err := s.fetch.loss.report(lost(errclass.KafkaAddedPartition, "Added partition %s starts from %d instead of 0.", p, begins[p])); err != nil {
				return nil, err
			}
		}
	}
	if gone := from.missing(until); len(gone) > 0 {
		if err := s.fetch.loss.report(partitionsDeleted(gone, s.opts.values.Has("kafka.group.id"))); err != nil {
			return nil, err
		}
	}
	maps.Copy(begins, from)
	var ranges []offsetRange
	for _, p := range until.partitions() {
		begin, ok := begins[p]
		if !ok {
			continue
		}
		if until[p] < begin {
			if err := s.fetch.loss.report(lost(errclass.KafkaOffsetChanged, "Partition %s offset was changed from %d to %d.\n"+
				"This could be either 1) a user error that the start offset is set beyond available offset when starting query, or 2) the kafka topic-partition is deleted and re-created.",
				p, begin, until[p])); err != nil {
				return nil, err
			}
		}
		ranges = append(ranges, offsetRange{p, begin, until[p]})
	}
	return s.opts.split(ranges).apply(ranges), nil
}

const transient = " The error could be transient - restart your query, and report if you still see the same issue.\n"

// checkFrozen holds the end of a batch under availableNow against what the query saw at its start, and against Kafka.
func (s *source) checkFrozen(ctx context.Context, until offsets) error {
	if s.available == nil {
		return nil
	}
	if !s.available.samePartitions(until) {
		return errclass.KafkaMismatchedPrefetched.New("Kafka data source in Trigger.AvailableNow should provide the same topic partitions in pre-fetched offset to end offset for each microbatch."+transient+
			"topic-partitions for pre-fetched offset: %s, topic-partitions for end offset: %s.", setText(s.available.partitions()), setText(until.partitions()))
	}
	if beyond(until, s.available) {
		return errclass.KafkaEndPastPrefetched.New("For Kafka data source with Trigger.AvailableNow, end offset should have lower or equal offset per each topic partition than pre-fetched offset."+transient+
			"pre-fetched offset: %s, end offset: %s.", s.available.text(), until.text())
	}
	now, err := s.cluster.latestAfter(ctx, until)
	if err != nil {
		return err
	}
	if len(until.missing(now)) > 0 {
		return errclass.KafkaLostPartitions.New("Some of partitions in Kafka topic(s) have been lost during running query with Trigger.AvailableNow."+transient+
			"topic-partitions for latest offset: %s, topic-partitions for end offset: %s", setText(now.partitions()), setText(until.partitions()))
	}
	if beyond(until, now) {
		return errclass.KafkaEndPastLatest.New("Some of partitions in Kafka topic(s) report available offset which is less than end offset during running query with Trigger.AvailableNow."+transient+
			"latest offset: %s, end offset: %s", now.text(), until.text())
	}
	return nil
}

// beyond tells that o goes further than other somewhere.
func beyond(o, other offsets) bool {
	for p, offset := range o {
		if offset > other[p] {
			return true
		}
	}
	return false
}

// LatestOffset is how far Kafka went when the last batch was planned.
func (s *source) LatestOffset() stream.Offset {
	if len(s.latest) == 0 {
		return nil
	}
	return s.latest.json()
}

// Metrics say how far the query is behind.
func (s *source) Metrics() map[string]string {
	if len(s.latest) == 0 || s.consumed == nil {
		return nil
	}
	var least, most, sum int64
	first := true
	for p, offset := range s.latest {
		behind := offset - s.consumed[p]
		if first || behind < least {
			least = behind
		}
		if first || behind > most {
			most = behind
		}
		sum, first = sum+behind, false
	}
	return map[string]string{
		"minOffsetsBehindLatest": fmt.Sprint(least),
		"maxOffsetsBehindLatest": fmt.Sprint(most),
		"avgOffsetsBehindLatest": doubleText(float64(sum) / float64(len(s.latest))),
	}
}
