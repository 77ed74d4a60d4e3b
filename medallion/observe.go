package medallion

import (
	"context"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/plan"
)

// Observe gives the frame's rows on and computes aggregates of them as they go by: a stream's progress has them under the name,
// as observedMetrics.
func (d *DataFrame) Observe(name string, metrics ...Column) *DataFrame {
	exprs, err := expressions(metrics)
	return d.with(&plan.CollectMetrics{Input: d.rel, Name: name, Metrics: exprs}, err)
}

// An Observation takes the metrics of a frame at rest, from the first action that reads all of it.
type Observation struct {
	name string
	once sync.Once
	done chan struct{}
	row  Row
}

// NewObservation makes one. It serves one frame.
func NewObservation(name string) *Observation {
	return &Observation{name: name, done: make(chan struct{})}
}

// ObserveInto is Observe for a frame at rest: the observation takes the metrics.
func (d *DataFrame) ObserveInto(o *Observation, metrics ...Column) *DataFrame {
	d.session.mu.Lock()
	if d.session.observations == nil {
		d.session.observations = map[string]*Observation{}
	}
	d.session.observations[o.name] = o
	d.session.mu.Unlock()
	return d.Observe(o.name, metrics...)
}

// Get waits for the metrics, until an action on the frame has read its rows.
func (o *Observation) Get(ctx context.Context) (Row, error) {
	select {
	case <-o.done:
		return o.row, nil
	case <-ctx.Done():
		return Row{}, ctx.Err()
	}
}

// observed hands metrics to the observation that waits for them.
func (s *Session) observed(name string, metrics arrow.RecordBatch) {
	s.mu.Lock()
	o := s.observations[name]
	delete(s.observations, name)
	s.mu.Unlock()
	if o == nil {
		return
	}
	o.once.Do(func() {
		o.row = appendRows(nil, metrics)[0]
		close(o.done)
	})
}
