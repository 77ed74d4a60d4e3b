package medallion

import (
	"context"

	"lakehouse/internal/logical"
	"lakehouse/internal/stream"
)

// StreamingQueryProgress is the report of one batch, with Spark's field names.
type StreamingQueryProgress = stream.Progress

// MetricFilesRead is the metric, among those of a source, of how many files it has given to the batches of this run.
const MetricFilesRead = stream.MetricFilesRead

// StreamingQueryStatus is what a query is doing now.
type StreamingQueryStatus = stream.Status

// A StreamingQuery is the handle of a running query: ID, RunID, Name, IsActive, Status, LastProgress, RecentProgress,
// AwaitTermination, ProcessAllAvailable, Stop, Finish, Exception.
type StreamingQuery struct{ *stream.Query }

// Explain gives the query's plan as text.
func (q *StreamingQuery) Explain() string { return logical.Explain(logical.Optimize(q.Plan())) }

// A StreamingQueryManager knows the streaming queries of a session.
type StreamingQueryManager struct{ session *Session }

// Streams gives the session's streaming queries.
func (s *Session) Streams() StreamingQueryManager { return StreamingQueryManager{s} }

// Active lists the queries that run.
func (m StreamingQueryManager) Active() []*StreamingQuery {
	var all []*StreamingQuery
	for _, q := range m.session.queries.Active() {
		all = append(all, &StreamingQuery{q})
	}
	return all
}

// Get is the active query of that id; nil when there is none.
func (m StreamingQueryManager) Get(id string) *StreamingQuery {
	if q := m.session.queries.Get(id); q != nil {
		return &StreamingQuery{q}
	}
	return nil
}

// AwaitAnyTermination waits until a query of the session has ended, since the first was started or since ResetTerminated.
// It gives the exception of one of them when any has failed. It also returns, with ended false, when ctx is done.
func (m StreamingQueryManager) AwaitAnyTermination(ctx context.Context) (ended bool, err error) {
	return m.session.queries.AwaitAnyTermination(ctx)
}

// ResetTerminated forgets the queries that have ended: AwaitAnyTermination waits for the next.
func (m StreamingQueryManager) ResetTerminated() { m.session.queries.ResetTerminated() }
