package kafka

import (
	"context"

	"lakehouse/internal/errclass"
	"lakehouse/internal/logical"
)

// NewSource makes a relation of what the topics hold between the limits of the options, when it is read.
func NewSource(opts ReadOptions, id string) (logical.Source, error) {
	from, until, err := batchLimits(opts.values)
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"maxOffsetsPerTrigger", "minOffsetsPerTrigger", "maxTriggerDelay"} {
		if opts.values.Has(name) {
			opts.env.Log.Warn(name + " option ignored in batch queries")
		}
	}
	return &rows{
		name: "KafkaRelation(strategy=" + opts.strategy.name + ")", schema: schemaOf(opts.values.Bool("includeHeaders")),
		opts: opts, fetch: opts.fetchOptions(opts.group("spark-kafka-relation", id)), cluster: &connection{opts: opts},
		ranges: func(ctx context.Context, c *cluster) ([]offsetRange, error) { return opts.between(ctx, c, from, until) },
	}, nil
}

// between finds the ranges between two limits.
func (o ReadOptions) between(ctx context.Context, c *cluster, from, until limit) ([]offsetRange, error) {
	starts, err := c.resolve(ctx, from, starting, o.values)
	if err != nil {
		return nil, err
	}
	ends, err := c.resolve(ctx, until, ending, o.values)
	if err != nil {
		return nil, err
	}
	var ranges []offsetRange
	for _, p := range ends.partitions() {
		start, ok := starts[p]
		if !ok {
			continue // it came between the two questions
		}
		if start > ends[p] {
			return nil, errclass.KafkaResolvedStartAfterEnd.New("The resolved start offset %d is greater than the resolved end offset %d for topic %s partition %d.\n"+
				"Please investigate in this order:\n"+
				"1. Check whether start offset is set beyond the end offset or the latest available offset after resolution. Possible inputs are:\n"+
				"  (a) Start offset is set to a timestamp, and the end offset is set to an index of offset.\n"+
				"  (b) Start offset is set to an index of offset, and the end offset is set to a timestamp.\n"+
				"  (c) Start offset is set, and the end offset is set to latest.\n"+
				"2. Check whether the Kafka topic-partition is deleted and re-created.", start, ends[p], p.topic, p.partition)
		}
		ranges = append(ranges, offsetRange{p, start, ends[p]})
	}
	return o.split(ranges).apply(ranges), nil
}

// manyRecords is how many records a range must have to be worth cutting where the options do not ask for it.
const manyRecords = 1 << 15

// split is how ranges are cut: as the options say, else so that all workers have something to do.
func (o ReadOptions) split(ranges []offsetRange) split {
	v := o.values
	if v.Has("minPartitions") || v.Has("maxRecordsPerPartition") {
		return split{minPartitions: v.Int("minPartitions"), maxRecords: v.Int("maxRecordsPerPartition")}
	}
	var total int64
	for _, r := range ranges {
		total += max(r.size(), 0)
	}
	return split{minPartitions: min(int64(o.env.Workers), total/manyRecords)}
}
