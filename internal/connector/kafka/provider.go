package kafka

import (
	"context"
	"time"

	"lakehouse/internal/stream"
	"lakehouse/internal/types"
)

// A Provider is topics to be read as a stream.
type Provider struct{ opts ReadOptions }

var _ stream.Provider = (*Provider)(nil)

// NewProvider takes options that were checked for a stream.
func NewProvider(opts ReadOptions) *Provider {
	if opts.values.Has("kafka.group.id") {
		opts.env.Log.Warn(groupIDText)
		if opts.values.Has("groupIdPrefix") {
			opts.env.Log.Warn("Option groupIdPrefix will be ignored as option kafka.group.id has been set.")
		}
	}
	return &Provider{opts}
}

// Schema is that of Kafka's records.
func (p *Provider) Schema() types.Struct { return schemaOf(p.opts.values.Bool("includeHeaders")) }

// String is Spark's description: "KafkaV2[Subscribe[orders]]".
func (p *Provider) String() string { return "KafkaV2[" + p.opts.strategy.name + "]" }

// Open makes the source for a query. The cluster is asked when the query runs.
func (p *Provider) Open(_ context.Context, start stream.SourceStart) (stream.Source, error) {
	return &source{
		Provider: p, start: start, connection: &connection{opts: p.opts},
		fetch: p.opts.fetchOptions(p.opts.group("spark-kafka-source", start.QueryID)), lastTrigger: time.UnixMilli(0),
	}, nil
}
