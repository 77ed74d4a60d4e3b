package kafka

import (
	"context"
	"strings"

	"lakehouse/internal/errclass"
	"lakehouse/internal/option"
)

// resolve makes offsets of a limit, for the partitions that there are.
func (c *cluster) resolve(ctx context.Context, l limit, names limitOptions, v option.Values) (out offsets, err error) {
	err = c.retried(ctx, func() error {
		partitions, err := c.partitions(ctx)
		if err != nil {
			return err
		}
		wanted, err := c.wanted(ctx, partitions, l, names, v)
		if err != nil {
			return err
		}
		limits := offsets{}
		for p, offset := range wanted {
			if offset == latest || offset == earliest {
				limits[p] = offset
			}
		}
		found, err := c.offsetsAt(ctx, limits)
		if err != nil {
			return err
		}
		out = offsets{}
		for p, offset := range wanted {
			if at, ok := found[p]; ok {
				offset = at
			}
			out[p] = offset
		}
		return nil
	})
	return out, err
}

// wanted is a limit for each partition: an offset, or earliest or latest.
func (c *cluster) wanted(ctx context.Context, partitions []topicPartition, l limit, names limitOptions, v option.Values) (offsets, error) {
	each := l.each
	switch l.kind {
	case atEarliest:
		return everywhere(partitions, earliest), nil
	case atLatest:
		return everywhere(partitions, latest), nil
	case perOffset:
		return each, startsAssigned(each, partitions, names)
	case perTime:
		if err := timesAssigned(each, partitions, names); err != nil {
			return nil, err
		}
	case allTime:
		each = everywhere(partitions, l.since)
	}
	found, err := c.offsetsAt(ctx, each)
	if err != nil {
		return nil, err
	}
	for _, p := range found.partitions() {
		if found[p] >= 0 {
			continue
		}
		if names.position != ending.position && v.String("startingOffsetsByTimestampStrategy") == "error" {
			return nil, errclass.InvalidOptionValue.New("No offset matched from request of topic-partition %s and timestamp %d.", p, each[p]).
				WithHint("Option startingOffsetsByTimestampStrategy latest starts such a partition at its end.")
		}
		found[p] = latest
	}
	return found, nil
}

// everywhere is the same for all partitions.
func everywhere(partitions []topicPartition, offset int64) offsets {
	out := offsets{}
	for _, p := range partitions {
		out[p] = offset
	}
	return out
}

func startsAssigned(each offsets, partitions []topicPartition, names limitOptions) error {
	if sameSet(each, partitions) {
		return nil
	}
	if names == streamStart { // what Spark asserts
		return errclass.KafkaStartNotAssigned.New("If startingOffsets contains specific offsets, you must specify all TopicPartitions.\n"+
			"Use -1 for latest, -2 for earliest, if you don't care.\nSpecified: %s Assigned: %s", setText(each.partitions()), setText(partitions))
	}
	return errclass.KafkaStartNotAssigned.New("Partitions specified for Kafka start offsets don't match what are assigned. Maybe topic partitions are created \n"+
		"or deleted while the query is running. Use -1 for latest, -2 for earliest.\nSpecified: %s Assigned: %s", setText(each.partitions()), setText(partitions))
}

func timesAssigned(each offsets, partitions []topicPartition, names limitOptions) error {
	if sameSet(each, partitions) {
		return nil
	}
	return errclass.KafkaTimestampNotAssigned.New("Partitions specified for Kafka timestamp based %s offsets don't match what are assigned. Maybe topic partitions are created \n"+
		"or deleted while the query is running, or you didn't specify all the partitions.\nSpecified: %s Assigned: %s", strings.TrimPrefix(names.position, "stream "), setText(each.partitions()), setText(partitions))
}

func sameSet(each offsets, partitions []topicPartition) bool {
	for _, p := range partitions {
		if _, ok := each[p]; !ok {
			return false
		}
	}
	return len(each) == len(partitions)
}
