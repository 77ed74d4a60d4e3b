package testsuite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"lakehouse/medallion"
)

// A Pipeline starts its queries, each after those it reads from.
type Pipeline interface {
	Start(ctx context.Context, s *medallion.Session) ([]*medallion.StreamingQuery, error)
}

// PipelineFunc is a function as a [Pipeline].
type PipelineFunc func(ctx context.Context, s *medallion.Session) ([]*medallion.StreamingQuery, error)

// Start calls the function.
func (f PipelineFunc) Start(ctx context.Context, s *medallion.Session) ([]*medallion.StreamingQuery, error) {
	return f(ctx, s)
}

// A Suite runs a pipeline and looks at its tables.
type Suite struct {
	session  *medallion.Session
	pipeline Pipeline
	out      io.Writer
	queries  []*medallion.StreamingQuery
}

// New makes a suite. The transcript goes to out.
func New(session *medallion.Session, pipeline Pipeline, out io.Writer) *Suite {
	return &Suite{session: session, pipeline: pipeline, out: out}
}

// Session is the session that the pipeline runs in.
func (s *Suite) Session() *medallion.Session { return s.session }

// Say writes a line of the transcript.
func (s *Suite) Say(format string, args ...any) {
	fmt.Fprintf(s.out, format+"\n", args...)
}

// Clean drops tables and removes folders, whether or not they are there.
func (s *Suite) Clean(ctx context.Context, tables, folders []string) error {
	s.Say("Starting Cleanup...")
	for _, t := range tables {
		if _, err := s.session.SQL(ctx, "DROP TABLE IF EXISTS "+t); err != nil {
			return err
		}
	}
	for _, dir := range folders {
		if err := s.session.FS().Rm(ctx, dir); err != nil {
			return err
		}
	}
	s.Say("Done")
	return nil
}

// Start starts the pipeline's queries.
func (s *Suite) Start(ctx context.Context) error {
	queries, err := s.pipeline.Start(ctx, s.session)
	for _, q := range queries {
		s.Say("Starting %s...", q.Name())
	}
	s.queries = queries
	return err
}

// Ingest copies a file of the machine into the folder where the pipeline looks, under a name.
func (s *Suite) Ingest(ctx context.Context, file, folder, name string) error {
	s.Say("Starting ingestion of %s...", name)
	err := s.session.FS().Cp(ctx, file, strings.TrimRight(folder, "/")+"/"+name)
	if err == nil {
		s.Say("Done")
	}
	return err
}

// Settle runs every query, in the order of the pipeline, until nothing is left to do.
func (s *Suite) Settle(ctx context.Context) error {
	for {
		before := s.lastBatches()
		for _, q := range s.queries {
			if err := q.ProcessAllAvailable(ctx); err != nil {
				return fmt.Errorf("settle %s: %w", q.Name(), err)
			}
		}
		if slices.Equal(before, s.lastBatches()) {
			return nil
		}
	}
}

// lastBatches is the last batch with rows of each query.
func (s *Suite) lastBatches() []int64 {
	last := make([]int64, len(s.queries))
	for i, q := range s.queries {
		last[i] = -1
		for _, p := range q.RecentProgress() {
			if p.NumInputRows > 0 {
				last[i] = p.BatchID
			}
		}
	}
	return last
}

// Stop stops the queries, and gives what any of them failed of.
func (s *Suite) Stop() error {
	var errs []error
	for _, q := range s.queries {
		q.Stop()
		errs = append(errs, q.Exception())
	}
	s.queries = nil
	return errors.Join(errs...)
}

// failure is an assertion that did not hold.
func (s *Suite) failure(expected, found any) error {
	return fmt.Errorf("Test failed! expected %v, found %v (%s)", expected, found, s.seen()) //nolint:staticcheck // the words of the invoices program
}

// seen says which batch each query ran last.
func (s *Suite) seen() string {
	if len(s.queries) == 0 {
		return "no query is running"
	}
	parts := make([]string, len(s.queries))
	for i, q := range s.queries {
		parts[i] = q.Name() + ": no batch yet"
		if p := q.LastProgress(); p != nil {
			parts[i] = fmt.Sprintf("%s: batch %d, %d rows", q.Name(), p.BatchID, p.NumInputRows)
		}
		if err := q.Exception(); err != nil {
			parts[i] = q.Name() + ": " + err.Error()
		}
	}
	return "last seen: " + strings.Join(parts, "; ")
}
