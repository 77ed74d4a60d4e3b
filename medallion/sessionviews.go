package medallion

import (
	"strings"

	"lakehouse/internal/logical"
	"lakehouse/internal/plan"
)

// tempView is a name of one session: a query, or the content of a memory sink.
type tempView struct {
	rel    plan.Relation
	source func() logical.Source // the content of now
	schema Schema
}

func (s *Session) setTempView(name string, v tempView) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.views[strings.ToLower(name)] = v
}

func (s *Session) tempView(name string) (tempView, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.views[strings.ToLower(name)]
	return v, ok
}

func (s *Session) dropTempView(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.views[strings.ToLower(name)]
	delete(s.views, strings.ToLower(name))
	return ok
}
