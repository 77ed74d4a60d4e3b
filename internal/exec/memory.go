package exec

import (
	"math"
	"sync/atomic"

	"lakehouse/internal/errclass"
)

// Memory is a budget that the operators of a session share. The zero value has no limit.
type Memory struct {
	limit atomic.Int64 // bytes; 0: none
	used  atomic.Int64
}

// NewMemory is a budget of so many bytes.
func NewMemory(limit int64) *Memory {
	m := &Memory{}
	m.SetLimit(limit)
	return m
}

// SetLimit changes the budget, also while operators use it; 0 is no limit.
func (m *Memory) SetLimit(limit int64) { m.limit.Store(limit) }

// Reserve takes n bytes for what an operator holds. Past the limit it takes nothing and fails. Who can do without memory, as a [Matcher]
// can, has a [Spill] then.
func (m *Memory) Reserve(operator string, n int64) error {
	if m == nil {
		return nil
	}
	if used, limit := m.used.Add(n), m.limit.Load(); limit > 0 && used > limit {
		m.used.Add(-n)
		return errclass.MemoryLimit.New("%s needs %d more bytes, but %d of the session's %d are in use.", operator, n, used-n, limit).
			WithHint("Raise lakehouse.memory.limit, or filter or aggregate earlier.")
	}
	return nil
}

// free is how many bytes nobody has.
func (m *Memory) free() int64 {
	if m == nil || m.limit.Load() <= 0 {
		return math.MaxInt64
	}
	return max(0, m.limit.Load()-m.used.Load())
}

// Release gives n bytes back.
func (m *Memory) Release(n int64) {
	if m != nil {
		m.used.Add(-n)
	}
}
