package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// TestMain lets the test program be an engine, as the command itself is one.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 {
		switch os.Args[1] {
		case workerArg:
			main()
			return
		case "sham":
			shamEngine()
			return
		}
	}
	os.Exit(m.Run())
}

// shamEngine answers as an engine that is in trouble.
func shamEngine() {
	fmt.Println(`{"ready":true}`)
	for asked := bufio.NewScanner(os.Stdin); asked.Scan(); {
		if strings.Contains(asked.Text(), "fail") {
			fmt.Fprintln(os.Stderr, "out of luck")
			fmt.Println(`{"error":"it failed"}`)
			continue
		}
		if strings.Contains(asked.Text(), "die") {
			fmt.Fprintln(os.Stderr, "out of memory")
			os.Exit(3)
		}
		fmt.Println(`{"seconds":1.5}`)
	}
}

// Ours goes through every measurement but the start of a program, without any peer, and its outputs are complete.
func TestOursRunsWithoutPeers(t *testing.T) {
	var out strings.Builder
	began := time.Now()
	err := benchmark(t.Context(), config{
		mb: 1, rounds: 1, sparkRounds: 1, dir: t.TempDir(),
		only: []string{"job", "decode", "micro", "small", "log", "stateful", "optimize"}, self: []string{os.Args[0], workerArg},
	}, &out)
	if err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	for _, want := range []string{"50 files, 1.", "1450 invoices, 3600 line items", "1.00×", "100 files of one row", "100 JSON commits", "5000 files", "4 writers", "100 small files", "windowed count, 100000 groups", "inner join of two streams", " required figures: "} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the report lacks %q:\n%s", want, out.String())
		}
	}
	t.Logf("7 measurements of 1 MB in %.1f s", time.Since(began).Seconds())
}

func TestIncompleteOutputIsNoResult(t *testing.T) {
	b := &bench{config: config{self: []string{os.Args[0], workerArg}}, dir: t.TempDir(), out: t.Output(), started: map[string]*engine{}, absent: map[string]bool{}}
	t.Cleanup(b.close)
	folder, err := generate(t.Context(), t.TempDir(), 2, 10)
	if err != nil {
		t.Fatal(err)
	}
	folder.Items++ // as if one had been lost
	judge, err := b.judge(t.Context(), folder)
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.turn(t.Context(), b.engine(t.Context(), ours), folder, judge)
	if err == nil || !strings.Contains(err.Error(), "LineItems: there are 50 of 51") {
		t.Errorf("got %v", err)
	}
}

func TestAnEngineTellsWhyItFailed(t *testing.T) {
	e, err := startEngine(t.Context(), "sham", []string{os.Args[0], "sham"}, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer e.stop()
	for _, c := range []struct {
		do   string
		want string // in the error; empty: there is an answer
	}{
		{"work", ""}, {"fail", "it failed"}, {"work", ""}, {"die", "out of memory"},
	} {
		got, err := e.ask(request{Do: c.do})
		if c.want == "" && (err != nil || got.Seconds != 1.5) {
			t.Errorf("%s: %+v, %v", c.do, got, err)
		}
		if c.want != "" && (err == nil || !strings.Contains(err.Error(), "sham: ") || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", c.do, err, c.want)
		}
	}
}

func TestAnEngineThatDoesNotStartIsToldOnce(t *testing.T) {
	var out strings.Builder
	b := &bench{config: config{python: "/nonexistent", engines: []string{duckdb}}, dir: t.TempDir(), out: &out, started: map[string]*engine{}, absent: map[string]bool{}}
	for range 2 {
		if b.engine(t.Context(), duckdb) != nil {
			t.Fatal("it started")
		}
	}
	if b.faults == nil || strings.Count(out.String(), "FAILED") != 1 {
		t.Errorf("%v\n%s", b.faults, out.String())
	}
}

func TestWhatIsNotKnownIsRefused(t *testing.T) {
	for _, args := range [][]string{{"-only", "jobs"}, {"-engines", "duck"}, {"-rounds", "0"}, {"-mb", "-1"}, {"-spark-rounds", "0"}, {"more"}} {
		if _, err := parse(args, t.Output()); err == nil {
			t.Errorf("%q is taken", args)
		}
	}
	cfg, err := parse([]string{"-only", "job,log", "-engines", ""}, t.Output())
	if err != nil || len(cfg.only) != 2 || len(cfg.engines) != 0 {
		t.Errorf("%+v, %v", cfg, err)
	}
}

// The scripts are at least Python, where there is one.
func TestScriptsAreWellFormed(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3")
	}
	dir := t.TempDir()
	if err := layOut(dir); err != nil {
		t.Fatal(err)
	}
	if said, err := exec.CommandContext(context.Background(), python, "-m", "compileall", "-q", dir).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, said)
	}
	t.Logf("%d scripts compiled", len(peers)+3)
}
