package testsuite

import (
	"context"
	"fmt"
)

// A Step is one part of a scenario: what the transcript says of it, and what is done.
type Step struct {
	Title string
	Do    func(ctx context.Context, s *Suite) error
}

// RunSteps runs steps until one fails, and stops the queries whatever happens.
func (s *Suite) RunSteps(ctx context.Context, steps ...Step) (err error) {
	defer func() {
		if stopErr := s.Stop(); err == nil {
			err = stopErr
		}
	}()
	for _, step := range steps {
		if step.Title != "" {
			s.Say("\n%s", step.Title)
		}
		if err := step.Do(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", step.Title, err)
		}
	}
	return nil
}

// A TB is the part of testing.T that [Run] needs.
type TB interface {
	Helper()
	Fatal(args ...any)
	Context() context.Context
}

// Run runs steps from a Go test.
func Run(t TB, s *Suite, steps ...Step) {
	t.Helper()
	if err := s.RunSteps(t.Context(), steps...); err != nil {
		t.Fatal(err)
	}
}
