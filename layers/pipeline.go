package layers

import (
	"cmp"
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
	Query func(ctx context.Context, s *medallion.Session, set Settings) (medallion.DataStreamWriter, error)
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
	MaxFilesPerTrigger int    // of the folder, or of the table that is read; 0: the source's own limit
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

// Check refuses settings that the layers of a kind have no use for: one that is silently ignored misleads.
func (p Pipeline) Check(kind string, set Settings) error {
	if slices.ContainsFunc(p.Of(kind), func(l Layer) bool { return l.Reads == "" }) {
		return p.checkCleaning(set)
	}
	for _, f := range []struct{ name, value string }{
		{"source", set.Source}, {"clean-source", set.CleanSource}, {"archive", set.Archive},
	} {
		if f.value != "" {
			return fmt.Errorf("%s is for layers that read files; the %s layers of the pipeline %s read tables: leave it away", f.name, kind, p.Name)
		}
	}
	return nil
}

func (p Pipeline) checkCleaning(set Settings) error {
	clean := cmp.Or(set.CleanSource, p.Default.CleanSource, "off")
	switch {
	case p.Default.CleanSource == "" && clean != "off":
		return fmt.Errorf("clean-source must be off: the layers of the pipeline %s all read the same files, and what one cleaned away the others would miss", p.Name)
	case set.Archive != "" && clean != "archive":
		return fmt.Errorf("archive %s has no use where clean-source is %s: set clean-source to archive, or leave archive away", set.Archive, clean)
	}
	return nil
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
	query, err := l.Query(ctx, s, set.or(p.Default))
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", l.Name, err)
	}
	q, err := query.ToTable(ctx, l.Table)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", l.Name, err)
	}
	return q, nil
}

// CheckLayer says what a start of one layer with settings would do with its checkpoint. It starts and makes nothing.
func (p Pipeline) CheckLayer(ctx context.Context, s *medallion.Session, l Layer, set Settings) (medallion.RestartPlan, error) {
	query, err := l.Query(ctx, s, set.or(p.Default))
	if err != nil {
		return medallion.RestartPlan{}, fmt.Errorf("check %s: %w", l.Name, err)
	}
	return s.CheckRestart(ctx, query, l.Table)
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
