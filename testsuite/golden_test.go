package testsuite_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lakehouse/medallion"
	"lakehouse/testsuite"
)

var update = flag.Bool("rewrite", false, "rewrite the golden tables")

// The shop's tables are as a person has read them.
func TestGoldenTablesOfTheShop(t *testing.T) {
	suite, _ := newSuite(t, "PERMISSIVE")
	ctx := t.Context()
	golden := testsuite.Golden{Dir: "testdata", Update: *update}
	must(t,
		suite.Start(ctx),
		suite.Ingest(ctx, file(t, `{"name":"lamp","price":20}`+"\n"+`{"name":"a\\b\n","price":50}`+"\n"+`{"price":5}`), "/Volumes/shop/in/", "a.json"),
		suite.Settle(ctx),
		suite.AssertGolden(ctx, golden, "goods", "SELECT * FROM goods"),
		suite.AssertGolden(ctx, golden, "dear", "SELECT name, price, struct(price, array(name)) AS nested FROM dear"),
		suite.Stop())
}

// A table that is not as its file is shown by the lines that differ; a missing file says what to do.
func TestGoldenTablesThatDiffer(t *testing.T) {
	suite, _ := newSuite(t, "PERMISSIVE")
	golden := testsuite.Golden{Dir: t.TempDir()}
	ctx := t.Context()
	err := golden.Check(ctx, suite.Session(), "t", "SELECT 1 AS n")
	if !errors.Is(err, testsuite.ErrNoGolden) {
		t.Errorf("no file: %v", err)
	}
	must(t, os.WriteFile(filepath.Join(golden.Dir, "t.golden"), []byte("n int\n1\n2\n"), 0o600))
	err = suite.AssertGolden(ctx, golden, "t", "SELECT * FROM VALUES (1), (3) AS t(n)")
	if err == nil || !strings.Contains(err.Error(), "- 2\n+ 3\n") || strings.Contains(err.Error(), "- 1") {
		t.Errorf("a difference is told as %v", err)
	}
}

func ExampleGolden_Check() {
	dir, err := os.MkdirTemp("", "example-")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	session, err := medallion.NewSession(medallion.Options{Root: dir})
	if err != nil {
		panic(err)
	}
	defer session.Close()
	ctx, query := context.Background(), "SELECT id, id * 2 AS twice FROM range(3)"

	golden := testsuite.Golden{Dir: filepath.Join(dir, "testdata"), Update: true} // as -update asks for
	fmt.Println(golden.Check(ctx, session, "numbers", query))
	golden.Update = false
	fmt.Println(golden.Check(ctx, session, "numbers", query))
	text, err := os.ReadFile(filepath.Join(golden.Dir, "numbers.golden"))
	fmt.Printf("%s%v\n", text, err)
	// Output:
	// <nil>
	// <nil>
	// id bigint, twice bigint
	// 0, 0
	// 1, 2
	// 2, 4
	// <nil>
}

func ExampleManualClock() {
	dir, err := os.MkdirTemp("", "example-")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	clock := testsuite.NewManualClock(midnight)
	session, err := medallion.NewSession(medallion.Options{Root: dir, Clock: clock.Now, After: clock.After})
	if err != nil {
		panic(err)
	}
	defer session.Close()
	numbers, err := testsuite.NewMemoryStream(session, "n int")
	if err != nil {
		panic(err)
	}
	minutely := testsuite.StreamTest{
		Frame: numbers.DataFrame(), Trigger: medallion.ProcessingTime(minute), Clock: clock, Checkpoint: "/Volumes/t/minutely",
	}
	fmt.Println(testsuite.RunStream(context.Background(), minutely,
		testsuite.AdvanceClock(minute),
		testsuite.AddData(numbers, 1, 2),
		testsuite.CheckAnswer(), // not before the next minute
		testsuite.AdvanceClock(minute),
		testsuite.CheckAnswer(1, 2)))
	// Output:
	// <nil>
}

func ExampleNewMemoryStream() {
	dir, err := os.MkdirTemp("", "example-")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	session, err := medallion.NewSession(medallion.Options{Root: dir})
	if err != nil {
		panic(err)
	}
	defer session.Close()
	people, err := testsuite.NewMemoryStream(session, "name string, age int, born timestamp")
	if err != nil {
		panic(err)
	}
	fmt.Println(
		people.AddData([]any{"Ada", 36, midnight}, map[string]any{"name": "Bob"}),
		people.AddJSON(`{"name":"Cid","age":7}`),
		people.AddJSON(`{"nom":"Dan"}`))
	// Output:
	// <nil> <nil> add a row to MemoryStream[name,age,born]: it has no column "nom"
}
