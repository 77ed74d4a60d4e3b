package stream

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"sync"
	"time"
)

// A Listener hears of all queries of a session. Each listener has a goroutine of its own, which tells it of one event after the
// other, in their order: a query never waits for a listener, and a panic in one is logged and harms nothing else.
type Listener interface {
	OnQueryStarted(StartedEvent)
	// OnQueryProgress is called after each batch.
	OnQueryProgress(ProgressEvent)
	// OnQueryIdle is called when a query has had no data for a while (spark.sql.streaming.noDataProgressEventInterval).
	OnQueryIdle(IdleEvent)
	OnQueryTerminated(TerminatedEvent)
}

// StartedEvent says that a query runs. The events' JSON has Spark's fields in Spark's order.
type StartedEvent struct {
	ID        string   `json:"id"`
	RunID     string   `json:"runId"`
	Name      *string  `json:"name"`
	Timestamp string   `json:"timestamp"`
	JobTags   []string `json:"jobTags"`
}

// ProgressEvent brings the report of a batch.
type ProgressEvent struct {
	Progress Progress `json:"progress"`
}

// IdleEvent says that a query waits for data.
type IdleEvent struct {
	ID        string `json:"id"`
	RunID     string `json:"runId"`
	Timestamp string `json:"timestamp"`
}

// TerminatedEvent says that a query has ended: by itself, stopped, or with an exception and its class.
type TerminatedEvent struct {
	ID                    string  `json:"id"`
	RunID                 string  `json:"runId"`
	Exception             *string `json:"exception"`
	ErrorClassOnException *string `json:"errorClassOnException"`
}

// JSON is the event on one line.
func (e StartedEvent) JSON() string { return eventJSON(e) }

// JSON is the event on one line.
func (e ProgressEvent) JSON() string { return eventJSON(e) }

// JSON is the event on one line.
func (e IdleEvent) JSON() string { return eventJSON(e) }

// JSON is the event on one line.
func (e TerminatedEvent) JSON() string { return eventJSON(e) }

func eventJSON(e any) string {
	text, err := json.Marshal(e)
	if err != nil {
		return "{}" // not reachable: texts, and offsets of a checked checkpoint
	}
	return string(text)
}

const (
	// listenerBacklog is how many events wait for a slow listener; then the oldest go (spark.scheduler.listenerbus.eventqueue.capacity).
	listenerBacklog = 10_000
	// listenerGrace is how long the end of a session waits for a listener to hear the rest.
	listenerGrace = 2 * time.Second
)

// listeners are those of a manager. The zero value is ready.
type listeners struct {
	mu  sync.Mutex
	all []*subscription
}

// A subscription is a listener with the events that it has not heard yet.
type subscription struct {
	listener Listener
	log      *slog.Logger

	mu      sync.Mutex
	waiting []func(Listener)
	lost    bool
	closed  bool
	wake    chan struct{} // of capacity 1
	done    chan struct{} // closed at the goroutine's end
}

func (l *listeners) add(listener Listener, log *slog.Logger) {
	s := &subscription{listener: listener, log: log, wake: make(chan struct{}, 1), done: make(chan struct{})}
	go s.run()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, s)
}

func (l *listeners) remove(listener Listener) {
	l.mu.Lock()
	i := slices.IndexFunc(l.all, func(s *subscription) bool { return s.listener == listener })
	var s *subscription
	if i >= 0 {
		s = l.all[i]
		l.all = slices.Delete(l.all, i, i+1)
	}
	l.mu.Unlock()
	if s != nil {
		s.close()
	}
}

func (l *listeners) list() []Listener {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := make([]Listener, len(l.all))
	for i, s := range l.all {
		all[i] = s.listener
	}
	return all
}

// post tells all listeners, soon.
func (l *listeners) post(event func(Listener)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.all {
		s.post(event)
	}
}

// close lets every listener hear the rest, for a while.
func (l *listeners) close() {
	l.mu.Lock()
	all := l.all
	l.all = nil
	l.mu.Unlock()
	for _, s := range all {
		s.close()
	}
	deadline := time.NewTimer(listenerGrace)
	defer deadline.Stop()
	for _, s := range all {
		select {
		case <-s.done:
		case <-deadline.C:
			s.log.Warn("a listener has not heard all events by the end of the session", "listener", fmt.Sprintf("%T", s.listener))
			return
		}
	}
}

func (s *subscription) post(event func(Listener)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	if len(s.waiting) >= listenerBacklog {
		s.waiting = s.waiting[1:]
		if !s.lost {
			s.lost = true
			s.log.Warn("a listener is too slow: events are lost", "listener", fmt.Sprintf("%T", s.listener))
		}
	}
	s.waiting = append(s.waiting, event)
	s.signal()
}

func (s *subscription) signal() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// close ends the goroutine when it has told what waits.
func (s *subscription) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.signal()
}

func (s *subscription) run() {
	defer close(s.done)
	for range s.wake {
		for {
			s.mu.Lock()
			events, closed := s.waiting, s.closed
			s.waiting = nil
			s.mu.Unlock()
			for _, event := range events {
				s.tell(event)
			}
			if len(events) == 0 && closed {
				return
			}
			if len(events) == 0 {
				break
			}
		}
	}
}

// tell is where the user's code runs.
func (s *subscription) tell(event func(Listener)) {
	defer func() {
		if p := recover(); p != nil {
			s.log.Error("a listener panicked", "listener", fmt.Sprintf("%T", s.listener), "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
		}
	}()
	event(s.listener)
}
