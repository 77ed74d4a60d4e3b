package layers

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"lakehouse/medallion"
)

// A Layer is one streaming query of a pipeline.
type Layer struct {
	Name  string // of the query
	Kind  string // bronze, silver or gold
	Reads string // the table it follows; empty: files
	Table string // the table it writes
	Start func(ctx context.Context, s *medallion.Session, set Settings) (*medallion.StreamingQuery, error)
}

// A Pipeline is layers in the order of their dependencies: each after those it reads from.
type Pipeline struct {
	Name    string
	Prepare func(ctx context.Context, s *medallion.Session) error // what must be there first; may be nil
	Layers  []Layer
	Default Settings
}

// Settings are what a deployment may choose. Empty fields take the pipeline's defaults.
type Settings struct {
	Source             string // the folder where files land
	Checkpoint         string // the folder above the layers' checkpoints
	Archive            string // where finished files go
	CleanSource        string // archive, delete or off
	MaxFilesPerTrigger int    // 0: no limit
	Trigger            medallion.Trigger
}

func (s Settings) or(d Settings) Settings {
	for _, f := range []struct{ mine, theirs *string }{
		{&s.Source, &d.Source}, {&s.Checkpoint, &d.Checkpoint}, {&s.Archive, &d.Archive}, {&s.CleanSource, &d.CleanSource},
	} {
		if *f.mine == "" {
			*f.mine = *f.theirs
		}
	}
	return s
}

// limited adds the rate limit, where there is one.
func (s Settings) limited(r medallion.DataStreamReader) medallion.DataStreamReader {
	if s.MaxFilesPerTrigger > 0 {
		r = r.Option("maxFilesPerTrigger", strconv.Itoa(s.MaxFilesPerTrigger))
	}
	return r
}

// Pipelines lists the pipelines by name.
func Pipelines() []Pipeline { return []Pipeline{Invoices(), Sales()} }

// Named finds a pipeline.
func Named(name string) (Pipeline, error) {
	all := Pipelines()
	i := slices.IndexFunc(all, func(p Pipeline) bool { return p.Name == name })
	if i < 0 {
		return Pipeline{}, fmt.Errorf("there is no pipeline %q; the pipelines are invoices and sales", name)
	}
	return all[i], nil
}

// Of gives the layers of a kind.
func (p Pipeline) Of(kind string) []Layer {
	return slices.DeleteFunc(slices.Clone(p.Layers), func(l Layer) bool { return l.Kind != kind })
}

// StartLayer starts one layer with settings.
func (p Pipeline) StartLayer(ctx context.Context, s *medallion.Session, l Layer, set Settings) (*medallion.StreamingQuery, error) {
	if p.Prepare != nil {
		if err := p.Prepare(ctx, s); err != nil {
			return nil, err
		}
	}
	q, err := l.Start(ctx, s, set.or(p.Default))
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", l.Name, err)
	}
	return q, nil
}

// Start starts all layers, in order. Should one not start, those before it are stopped.
func (p Pipeline) Start(ctx context.Context, s *medallion.Session, set Settings) ([]*medallion.StreamingQuery, error) {
	var queries []*medallion.StreamingQuery
	for _, l := range p.Layers {
		q, err := p.StartLayer(ctx, s, l, set)
		if err != nil {
			for _, q := range queries {
				q.Stop()
			}
			return nil, err
		}
		queries = append(queries, q)
	}
	return queries, nil
}
