package stream

import (
	"context"
	"log/slog"
	"slices"
	"sync"

	"lakehouse/internal/errclass"
)

// A Manager keeps the queries of a session: names are unique among the active ones. The zero value is ready.
type Manager struct {
	mu      sync.Mutex
	queries []*Query        // active
	names   map[string]bool // being started
	ended   bool            // one has, since ResetTerminated
	failed  error           // of one that has ended so
	changed chan struct{}   // closed when a query ends; nil until somebody waits

	listeners listeners
}

// Start starts a query and keeps it until it ends. A query that runs on the same checkpoint is stopped first, or, where
// KeepActive says so, the answer is CONCURRENT_QUERY.
func (m *Manager) Start(ctx context.Context, cfg Config) (*Query, error) {
	if err := m.reserve(cfg.Name); err != nil {
		return nil, err
	}
	if !cfg.KeepActive {
		m.stopActive(cfg)
	}
	cfg.onEnd, cfg.events = m.forget, &m.listeners
	q, err := Start(ctx, cfg)
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.names, cfg.Name)
	if err == nil && q.IsActive() {
		m.queries = append(m.queries, q)
	}
	return q, err
}

func (m *Manager) reserve(name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if name == "" {
		return nil
	}
	active := slices.ContainsFunc(m.queries, func(q *Query) bool { return q.Name() == name && q.IsActive() })
	if active || m.names[name] {
		return errclass.QueryNameTaken.New("Cannot start query with name %s as a query with that name is already active in this SparkSession.", name).
			WithHint("Stop it first, or choose another queryName.")
	}
	if m.names == nil {
		m.names = map[string]bool{}
	}
	m.names[name] = true
	return nil
}

// stopActive ends the query that runs on a checkpoint, as a restart of it wants.
func (m *Manager) stopActive(cfg Config) {
	for _, q := range m.Active() {
		if q.cfg.Location == cfg.Location {
			cfg.Log.Warn("the query that runs on the checkpoint is stopped: a new run of it starts", "id", q.ID(), "runId", q.RunID(), "checkpoint", cfg.Location)
			q.Stop()
		}
	}
}

// AddListener tells a listener of what happens to queries from now on.
func (m *Manager) AddListener(l Listener, log *slog.Logger) { m.listeners.add(l, log) }

// RemoveListener tells a listener no more, once it has heard what has happened by now.
func (m *Manager) RemoveListener(l Listener) { m.listeners.remove(l) }

// Listeners are those that were added and not removed.
func (m *Manager) Listeners() []Listener { return m.listeners.list() }

// forget lets go of a query that has ended, and tells those who wait. Its goroutine calls it last.
func (m *Manager) forget(q *Query) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.queries = slices.DeleteFunc(m.queries, func(old *Query) bool { return old == q })
	m.ended = true
	if err := q.Exception(); err != nil {
		m.failed = err
	}
	if m.changed != nil {
		close(m.changed)
		m.changed = nil
	}
}

// Active lists the queries that run.
func (m *Manager) Active() []*Query {
	m.mu.Lock()
	defer m.mu.Unlock()
	var active []*Query
	for _, q := range m.queries {
		if q.IsActive() {
			active = append(active, q)
		}
	}
	return active
}

// Get is the active query of that id; nil when there is none.
func (m *Manager) Get(id string) *Query {
	for _, q := range m.Active() {
		if q.ID() == id {
			return q
		}
	}
	return nil
}

// AwaitAnyTermination waits until a query has ended, since the first was started or since ResetTerminated. It gives the
// exception of one of them when any has failed. It also returns, with ended false, when ctx is done.
func (m *Manager) AwaitAnyTermination(ctx context.Context) (ended bool, err error) {
	for {
		m.mu.Lock()
		if m.ended {
			defer m.mu.Unlock()
			return true, m.failed
		}
		if m.changed == nil {
			m.changed = make(chan struct{})
		}
		changed := m.changed
		m.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return false, nil
		}
	}
}

// ResetTerminated forgets the queries that have ended: AwaitAnyTermination waits for the next.
func (m *Manager) ResetTerminated() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ended, m.failed = false, nil
}

// StopAll stops every active query and waits for their ends. The listeners hear of it, and of nothing after.
func (m *Manager) StopAll() {
	for _, q := range m.Active() {
		q.Stop()
	}
	m.listeners.close()
}
