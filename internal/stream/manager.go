package stream

import (
	"context"
	"slices"
	"sync"

	"lakehouse/internal/errclass"
)

// A Manager keeps the queries of a session: names are unique among the active ones.
type Manager struct {
	mu      sync.Mutex
	queries []*Query
	names   map[string]bool // being started
}

// Start starts a query and keeps it.
func (m *Manager) Start(ctx context.Context, cfg Config) (*Query, error) {
	if err := m.reserve(cfg.Name); err != nil {
		return nil, err
	}
	q, err := Start(ctx, cfg)
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.names, cfg.Name)
	if err == nil {
		m.queries = append(slices.DeleteFunc(m.queries, func(old *Query) bool { return old.ID() == q.ID() }), q)
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

// StopAll stops every active query and waits for their ends.
func (m *Manager) StopAll() {
	for _, q := range m.Active() {
		q.Stop()
	}
}
