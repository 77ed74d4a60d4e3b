package testsuite_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"lakehouse/medallion"
	"lakehouse/testsuite"
)

// A pipeline of one layer is fed a file and looked at. In a test, Run takes the testing.T instead of the steps' error.
func ExampleSuite_RunSteps() {
	dir, err := os.MkdirTemp("", "example-")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	input := filepath.Join(dir, "people.json")
	if err := os.WriteFile(input, []byte(`{"name":"Ada"}`+"\n"+`{"name":"Bob"}`), 0o600); err != nil {
		panic(err)
	}
	session, err := medallion.NewSession(medallion.Options{Root: filepath.Join(dir, "lake")})
	if err != nil {
		panic(err)
	}
	defer session.Close()

	pipeline := testsuite.PipelineFunc(func(ctx context.Context, s *medallion.Session) ([]*medallion.StreamingQuery, error) {
		if err := s.FS().Mkdirs(ctx, "/Volumes/shop/in"); err != nil {
			return nil, err
		}
		people, err := s.ReadStream().Format("json").Schema("name string").Load(ctx, "/Volumes/shop/in")
		if err != nil {
			return nil, err
		}
		bronze, err := people.WriteStream().QueryName("bronze").Option("checkpointLocation", "/Volumes/shop/checkpoints/bronze").ToTable(ctx, "people")
		if err != nil {
			return nil, err
		}
		return []*medallion.StreamingQuery{bronze}, nil
	})
	err = testsuite.New(session, pipeline, os.Stdout).RunSteps(context.Background(),
		testsuite.Step{Do: func(ctx context.Context, s *testsuite.Suite) error { return s.Start(ctx) }},
		testsuite.Step{Title: "Two people arrive", Do: func(ctx context.Context, s *testsuite.Suite) error {
			if err := s.Ingest(ctx, input, "/Volumes/shop/in", "people.json"); err != nil {
				return err
			}
			if err := s.Settle(ctx); err != nil {
				return err
			}
			return s.AssertCount(ctx, "people", 2)
		}})
	fmt.Println(err)
	// Output:
	// Starting bronze...
	//
	// Two people arrive
	// Starting ingestion of people.json...
	// Done
	// Validation passed.
	// <nil>
}
