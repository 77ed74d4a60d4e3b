// Command peers measures ours beside the engines of others, in turn, on the same generated data: DuckDB, Polars with
// delta-rs, Sail and Spark with Delta. Each is a process that stays, and answers one request a line, so that nobody's
// start is counted, except where the start is what is measured. A time counts only when the outputs agree.
//
// `make bench-peers` installs the peers and runs it; -only and -engines choose.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		stop()
		os.Exit(1) //nolint:gocritic // stop is called
	}
}

// run is the command: "worker" is ours as one of the engines, anything else the benchmark.
func run(ctx context.Context, args []string, in io.Reader, out, errs io.Writer) error {
	if len(args) == 1 && args[0] == workerArg {
		return serve(ctx, in, out)
	}
	cfg, err := parse(args, errs)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	return benchmark(ctx, cfg, out)
}

// config is what the command line chooses.
type config struct {
	mb, rounds, sparkRounds int
	only, engines           []string
	python                  string
	self                    []string // the command of our own worker
	bronze                  string   // the program whose start is measured; empty: it is built
	dir                     string   // where data and outputs go; empty: a temporary folder
}

func parse(args []string, errs io.Writer) (config, error) {
	var cfg config
	var only, engines string
	f := flag.NewFlagSet("peers", flag.ContinueOnError)
	f.SetOutput(errs)
	f.IntVar(&cfg.mb, "mb", 200, "how many MB of invoices the job takes in")
	f.IntVar(&cfg.rounds, "rounds", 7, "rounds after the first, which warms up and does not count")
	f.IntVar(&cfg.sparkRounds, "spark-rounds", 3, "rounds of them that Spark takes part in")
	f.StringVar(&only, "only", strings.Join(names(measurements()), ","), "what to measure")
	f.StringVar(&engines, "engines", strings.Join(peerNames(), ","), "beside whom; empty: ours alone")
	f.StringVar(&cfg.python, "python", "python3", "an interpreter that has the peers")
	f.StringVar(&cfg.bronze, "bronze", "", "the program bronze; empty: it is built")
	f.StringVar(&cfg.dir, "dir", "", "a folder for data and outputs; empty: a temporary one")
	if err := f.Parse(args); err != nil {
		return cfg, err
	}
	if cfg.mb < 1 || cfg.rounds < 1 || cfg.sparkRounds < 1 || f.NArg() > 0 {
		return cfg, errors.New("mb, rounds and spark-rounds are at least 1; there are no other arguments")
	}
	cfg.only, cfg.engines = list(only), list(engines)
	self, err := os.Executable()
	cfg.self = []string{self, workerArg}
	return cfg, errors.Join(err, known("measurement", cfg.only, names(measurements())), known("engine", cfg.engines, peerNames()))
}

func list(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' })
}
