package medallion

import "lakehouse/internal/stream"

// A StreamingQueryListener hears of all streaming queries of a session: that they have started, made progress, are idle, have
// ended. Each listener has a goroutine of its own: a slow one holds up no query, and one that panics is logged. Embed
// [NoEvents] for what is not wanted.
type StreamingQueryListener = stream.Listener

// QueryStartedEvent and those below are what listeners are told; JSON() gives an event as Spark writes it.
type QueryStartedEvent = stream.StartedEvent

// QueryProgressEvent brings the report of a batch.
type QueryProgressEvent = stream.ProgressEvent

// QueryIdleEvent says that a query waits for data.
type QueryIdleEvent = stream.IdleEvent

// QueryTerminatedEvent says that a query has ended.
type QueryTerminatedEvent = stream.TerminatedEvent

// NoEvents hears of everything and does nothing.
type NoEvents struct{}

// OnQueryStarted does nothing.
func (NoEvents) OnQueryStarted(QueryStartedEvent) {}

// OnQueryProgress does nothing.
func (NoEvents) OnQueryProgress(QueryProgressEvent) {}

// OnQueryIdle does nothing.
func (NoEvents) OnQueryIdle(QueryIdleEvent) {}

// OnQueryTerminated does nothing.
func (NoEvents) OnQueryTerminated(QueryTerminatedEvent) {}

// AddListener tells a listener of what happens from now on.
func (m StreamingQueryManager) AddListener(l StreamingQueryListener) {
	m.session.queries.AddListener(l, m.session.log)
}

// RemoveListener tells a listener no more, once it has heard what has happened by now. Listeners are told apart by ==.
func (m StreamingQueryManager) RemoveListener(l StreamingQueryListener) {
	m.session.queries.RemoveListener(l)
}

// ListListeners are those that were added and not removed.
func (m StreamingQueryManager) ListListeners() []StreamingQueryListener {
	return m.session.queries.Listeners()
}
