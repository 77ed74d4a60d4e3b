package exec

import (
	"sync/atomic"

	"lakehouse/internal/errclass"
)

// Memory is a budget that the operators of a session share. The zero value has no limit.
type Memory struct {
	Limit int64 // bytes; 0: none
	used  atomic.Int64
}

// Reserve takes n bytes for what an operator holds. Past the limit it takes nothing and fails; here
// is where an operator will learn to spill.
func (m *Memory) Reserve(operator string, n int64) error {
	if m == nil {
		return nil
	}
	if used := m.used.Add(n); m.Limit > 0 && used > m.Limit {
		m.used.Add(-n)
		return errclass.MemoryLimit.New("%s needs %d more bytes, but %d of the session's %d are in use.", operator, n, used-n, m.Limit).
			WithHint("Raise lakehouse.memory.limit, or filter or aggregate earlier.")
	}
	return nil
}

// Release gives n bytes back.
func (m *Memory) Release(n int64) {
	if m != nil {
		m.used.Add(-n)
	}
}
