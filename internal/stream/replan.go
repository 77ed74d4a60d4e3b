package stream

import (
	"context"
	"errors"
	"fmt"

	"lakehouse/internal/errclass"
	"lakehouse/internal/logical"
)

// ErrReplan is wrapped by the failure of a batch whose sources have other columns now, which they have made durable: the plan
// is to be resolved again, and the batch repeated.
var ErrReplan = errors.New("the plan is to be resolved again")

// replan goes on after a failure that asks for it, as a restart would: from the checkpoint, over new sources, with a new plan.
// Any other failure it gives back. The run, its reports and its sink stay.
func (q *Query) replan(ctx context.Context, failure error) error {
	if q.cfg.Replan == nil || !errors.Is(failure, ErrReplan) {
		return failure
	}
	q.cfg.Log.Info("a batch is repeated over other columns", "name", q.cfg.Name, "id", q.ID(), "reason", failure)
	plan, err := q.cfg.Replan(ctx)
	if err == nil {
		err = logical.CheckStreaming(plan, q.cfg.Mode)
	}
	if err != nil {
		return fmt.Errorf("resolve the plan again: %w", err)
	}
	if had, has := len(q.streams), len(logical.Streams(plan)); had != has {
		return errclass.SourcesChanged.New("There were [%d] sources in the query and now there are [%d].", had, has)
	}
	var errs []error
	for _, s := range q.streams {
		errs = append(errs, s.source.Stop())
	}
	q.streams = nil
	if err := errors.Join(errs...); err != nil {
		return err
	}
	q.mu.Lock()
	q.cfg.Plan = plan
	q.mu.Unlock()
	q.run.state.Close()
	background := q.run.state.Background
	q.run = loop{}
	q.run.state.Background = background
	if err := q.openSources(ctx, false); err != nil {
		return err
	}
	return q.recover(ctx)
}

// Wake ends the rest between two looks for new data.
func (q *Query) Wake() {
	select {
	case q.woken <- struct{}{}:
	default: // it is told already
	}
}
