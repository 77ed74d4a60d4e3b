package testsuite_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lakehouse/medallion"
	"lakehouse/testsuite"
)

// shop is a pipeline of two layers: bronze keeps the files' rows, silver the dear ones.
func shop(mode string) testsuite.Pipeline {
	return testsuite.PipelineFunc(func(ctx context.Context, s *medallion.Session) ([]*medallion.StreamingQuery, error) {
		if err := s.FS().Mkdirs(ctx, "/Volumes/shop/in"); err != nil {
			return nil, err
		}
		files, err := s.ReadStream().Format("json").Schema("name string, price int").Option("mode", mode).Load(ctx, "/Volumes/shop/in")
		if err != nil {
			return nil, err
		}
		bronze, err := files.WriteStream().QueryName("bronze").Option("checkpointLocation", "/Volumes/shop/cp/bronze").ToTable(ctx, "goods")
		if err != nil {
			return nil, err
		}
		queries := []*medallion.StreamingQuery{bronze}
		table, err := s.ReadStream().Table(ctx, "goods")
		if err != nil {
			return queries, err
		}
		silver, err := table.Filter(medallion.Expr("price > 10")).WriteStream().QueryName("silver").
			Option("checkpointLocation", "/Volumes/shop/cp/silver").ToTable(ctx, "dear")
		if err != nil {
			return queries, err
		}
		return append(queries, silver), nil
	})
}

// newSuite gives a suite of the shop with its transcript.
func newSuite(t *testing.T, mode string) (*testsuite.Suite, *strings.Builder) {
	t.Helper()
	session, err := medallion.NewSession(medallion.Options{Root: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(session.Close)
	var transcript strings.Builder
	suite := testsuite.New(session, shop(mode), &transcript)
	t.Cleanup(func() { _ = suite.Stop() }) // a test that means its error looks at it itself
	return suite, &transcript
}

func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "goods.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func must(t *testing.T, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

// Settle leaves nothing to do in any layer, however often files come.
func TestSettleBringsEachFileThroughAllLayers(t *testing.T) {
	suite, transcript := newSuite(t, "PERMISSIVE")
	ctx := t.Context()
	must(t, suite.Start(ctx))
	for i := range int64(5) {
		must(t,
			suite.Ingest(ctx, file(t, `{"name":"lamp","price":20}`+"\n"+`{"name":"cup","price":5}`), "/Volumes/shop/in/", string(rune('a'+i))+".json"),
			suite.Settle(ctx),
			suite.AssertCount(ctx, "goods", 2*(i+1)),
			suite.AssertCount(ctx, "dear", i+1))
	}
	must(t,
		suite.AssertQuery(ctx, "SELECT name, sum(price) FROM goods GROUP BY name", "lamp, 100", "cup, 25"),
		suite.AssertSchema(ctx, "dear", "name string, price int"),
		suite.AssertFiles(ctx, "/Volumes/shop/in", "a.json", "b.json", "c.json", "d.json", "e.json"),
		suite.AssertFiles(ctx, "/Volumes/shop/nothing"),
		suite.Stop())
	if n := strings.Count(transcript.String(), "Validation passed."); n != 14 {
		t.Errorf("the transcript has %d validations, want 14:\n%s", n, transcript)
	}
}

// A failure says what was expected, what was found, and which batch each query ran last.
func TestFailuresSayWhatWasExpectedAndFound(t *testing.T) {
	suite, transcript := newSuite(t, "PERMISSIVE")
	ctx := t.Context()
	must(t,
		suite.Start(ctx),
		suite.Ingest(ctx, file(t, `{"name":"lamp","price":20}`), "/Volumes/shop/in", "a.json"),
		suite.Settle(ctx))
	for name, c := range map[string]struct {
		err  error
		want []string
	}{
		"count":  {suite.AssertCount(ctx, "goods", 2), []string{"expected 1 rows with [2]", "found 1 rows with [1]", "bronze: batch 0, 1 rows", "silver: batch"}},
		"rows":   {suite.AssertQuery(ctx, "SELECT name FROM goods", "lamp", "cup"), []string{"expected 2 rows with [cup]", "found 1 rows"}},
		"schema": {suite.AssertSchema(ctx, "goods", "name string, price bigint"), []string{"bigint", "int"}},
		"files":  {suite.AssertFiles(ctx, "/Volumes/shop/in", "b.json"), []string{"[b.json]", "[a.json]"}},
	} {
		if c.err == nil {
			t.Errorf("%s: no failure", name)
			continue
		}
		for _, want := range append(c.want, "Test failed!") {
			if !strings.Contains(c.err.Error(), want) {
				t.Errorf("%s: %v\ndoes not say %q", name, c.err, want)
			}
		}
	}
	if strings.Contains(transcript.String(), "Validation passed.") {
		t.Errorf("a failure passed for a validation:\n%s", transcript)
	}
	must(t, suite.Stop())
}

// Many rows that differ are told in part.
func TestLongDifferencesAreCutShort(t *testing.T) {
	suite, _ := newSuite(t, "PERMISSIVE")
	err := suite.AssertQuery(t.Context(), "SELECT id FROM range(1000)", "x")
	if err == nil || !strings.Contains(err.Error(), "and 990 more") || len(err.Error()) > 500 {
		t.Errorf("%v", err)
	}
}

// A query that fails ends Settle with its name, and Stop tells of it once more.
func TestSettleFailsWithTheQueryThatFailed(t *testing.T) {
	suite, _ := newSuite(t, "FAILFAST")
	ctx := t.Context()
	must(t, suite.Start(ctx), suite.Ingest(ctx, file(t, `{"name":`), "/Volumes/shop/in", "a.json"))
	for what, err := range map[string]error{"settle": suite.Settle(ctx), "stop": suite.Stop()} {
		if err == nil || !strings.Contains(err.Error(), "MALFORMED_RECORD_IN_PARSING") {
			t.Errorf("%s: %v", what, err)
		}
		if what == "settle" && !strings.Contains(err.Error(), "settle bronze") {
			t.Errorf("%v does not name the query", err)
		}
	}
}

// Clean removes what an earlier run left, and does not mind what is not there.
func TestCleanBeginsAnew(t *testing.T) {
	suite, _ := newSuite(t, "PERMISSIVE")
	ctx := t.Context()
	for range 2 {
		must(t,
			suite.Clean(ctx, []string{"goods", "dear"}, []string{"/Volumes/shop"}),
			suite.Start(ctx),
			suite.Ingest(ctx, file(t, `{"name":"lamp","price":20}`), "/Volumes/shop/in", "a.json"),
			suite.Settle(ctx),
			suite.AssertCount(ctx, "dear", 1),
			suite.Stop())
	}
}

// fakeTB notes what a test would have failed of.
type fakeTB struct {
	ctx    context.Context
	failed []any
}

func (f *fakeTB) Helper()                  {}
func (f *fakeTB) Fatal(args ...any)        { f.failed = append(f.failed, args...) }
func (f *fakeTB) Context() context.Context { return f.ctx }

// Run stops at the step that fails, names it, and stops the queries.
func TestRunStopsAtTheStepThatFails(t *testing.T) {
	session, err := medallion.NewSession(medallion.Options{Root: t.TempDir()})
	must(t, err)
	defer session.Close()
	suite := testsuite.New(session, shop("PERMISSIVE"), io.Discard)
	wrong := errors.New("wrong")
	reached := false
	tb := &fakeTB{ctx: t.Context()}
	testsuite.Run(tb, suite,
		testsuite.Step{Title: "Starting...", Do: func(ctx context.Context, s *testsuite.Suite) error { return s.Start(ctx) }},
		testsuite.Step{Title: "Failing...", Do: func(context.Context, *testsuite.Suite) error { return wrong }},
		testsuite.Step{Title: "Never...", Do: func(context.Context, *testsuite.Suite) error { reached = true; return nil }})
	if reached || len(tb.failed) != 1 || !errors.Is(tb.failed[0].(error), wrong) || !strings.Contains(tb.failed[0].(error).Error(), "Failing...") {
		t.Errorf("reached %v, failed of %v", reached, tb.failed)
	}
	if active := session.Streams().Active(); len(active) != 0 {
		t.Errorf("%d queries still run", len(active))
	}
}
