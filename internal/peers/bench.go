package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// A measurement is one part of the benchmark; it prints its table and adds what it was required to reach.
type measurement struct {
	name string
	run  func(context.Context, *bench) error
}

func measurements() []measurement {
	return []measurement{
		{"decode", measureDecode}, // first: the JVM of those after it is never quite still
		{"log", measureLog},
		{"job", measureJob},
		{"micro", measureMicro},
		{"small", measureSmall},
		{"stateful", measureStateful},
		{"merge", measureMerge},
		{"optimize", measureOptimize},
		{"start", measureStart},
	}
}

func names(all []measurement) []string {
	var each []string
	for _, m := range all {
		each = append(each, m.name)
	}
	return each
}

// known refuses what is not in the list.
func known(kind string, chosen, all []string) error {
	for _, name := range chosen {
		if !slices.Contains(all, name) {
			return fmt.Errorf("there is no %s %q; there are %s", kind, name, strings.Join(all, ", "))
		}
	}
	return nil
}

// bench is a run of the benchmark.
type bench struct {
	config
	out     io.Writer
	dir     string
	started map[string]*engine
	absent  map[string]bool // engines that were asked for and did not start
	folder  Folder          // the job's input, once it has been generated
	claims  []claim
	began   load // of the measurement that runs
	outputs int  // folders handed out
	faults  error
}

// benchmark measures what was chosen. A figure that is missed or noisy is told; an engine that does not run, and
// outputs that differ, are errors.
func benchmark(ctx context.Context, cfg config, out io.Writer) error {
	b := &bench{config: cfg, out: out, started: map[string]*engine{}, absent: map[string]bool{}}
	dir, err := os.MkdirTemp(cfg.dir, "peers-")
	if err != nil {
		return err
	}
	b.dir = dir
	defer b.close()
	if err := layOut(dir); err != nil {
		return err
	}
	limits, err := measureMachine(dir)
	if err != nil {
		return err
	}
	b.printf("%s\n", limits)
	for _, m := range measurements() {
		if ctx.Err() == nil && slices.Contains(cfg.only, m.name) {
			b.began = loadNow()
			if err := m.run(ctx, b); err != nil {
				b.fault(fmt.Errorf("%s: %w", m.name, err))
			}
		}
	}
	b.printClaims()
	return errors.Join(b.faults, ctx.Err())
}

func (b *bench) close() {
	for _, e := range b.started {
		e.stop()
	}
	_ = os.RemoveAll(b.dir) // a temporary folder
}

func (b *bench) printf(format string, args ...any) { fmt.Fprintf(b.out, format, args...) }

// fault keeps an error, tells it, and lets the benchmark go on.
func (b *bench) fault(err error) {
	b.printf("--- FAILED: %v\n", err)
	b.faults = errors.Join(b.faults, err)
}

// engine gives the engine of that name, started when it is asked for first; nil when it was not chosen or does not start.
func (b *bench) engine(ctx context.Context, name string) *engine {
	if e := b.started[name]; e != nil || b.absent[name] {
		return e
	}
	argv := b.self
	if name != ours {
		if !slices.Contains(b.engines, name) {
			return nil
		}
		argv = b.script(peers[slices.IndexFunc(peers, func(p peer) bool { return p.name == name })].script...)
	}
	e, err := startEngine(ctx, name, argv, b.dir)
	if err != nil {
		b.absent[name] = true
		b.fault(err)
		return nil
	}
	b.started[name] = e
	return e
}

// script is the command of a Python worker.
func (b *bench) script(nameAndArgs ...string) []string {
	return append([]string{b.python, filepath.Join(b.dir, nameAndArgs[0])}, nameAndArgs[1:]...)
}

// these gives the engines among the names that take part, ours first.
func (b *bench) these(ctx context.Context, peers ...string) []*engine {
	var all []*engine
	for _, name := range append([]string{ours}, peers...) {
		if e := b.engine(ctx, name); e != nil {
			all = append(all, e)
		}
	}
	return all
}

// invoices is the folder of the job, generated once.
func (b *bench) invoices(ctx context.Context) (Folder, error) {
	if b.folder.Files > 0 {
		return b.folder, nil
	}
	folder, err := generateJob(ctx, filepath.Join(b.dir, "landing"), b.mb)
	if err != nil {
		return folder, err
	}
	b.folder = folder
	b.printf("invoices: %s; in the page cache\n", folder)
	return folder, nil
}

// fresh makes an empty folder for an output.
func (b *bench) fresh(what string) (string, error) {
	b.outputs++
	dir := filepath.Join(b.dir, fmt.Sprintf("%s-%d", what, b.outputs))
	return dir, os.MkdirAll(dir, 0o755)
}

// settle has the system write what is still to be written: nobody shall wait for the files of the one before.
func settle(ctx context.Context) {
	_ = exec.CommandContext(ctx, "sync").Run() // where there is none, the round is only noisier
}

// turns has the engines take their turns, round by round; round 0 warms everybody up. Spark takes part in so many of the rounds.
func turns(engines []*engine, rounds, ofSpark int, turn func(round int, e *engine) error) error {
	for round := range rounds + 1 {
		for _, e := range engines {
			if e.name == spark && !due(round, rounds, ofSpark) {
				continue
			}
			if err := turn(round, e); err != nil {
				return err
			}
		}
	}
	return nil
}

// results has one of each engine, still empty.
func results(engines []*engine) map[string]*result {
	all := map[string]*result{}
	for _, e := range engines {
		all[e.name] = &result{}
	}
	return all
}

// due tells whether one of n turns, spread over the rounds 1 to rounds, falls on a round; round 0 warms everybody up.
func due(round, rounds, n int) bool {
	return round == 0 || round*n/rounds != (round-1)*n/rounds
}

// require adds a figure to those that the benchmark closes with.
func (b *bench) require(c claim) {
	c.others = loadNow().others(b.began)
	b.claims = append(b.claims, c)
}

func (b *bench) printClaims() {
	if len(b.claims) == 0 {
		return
	}
	b.printf("\nrequired (a verdict needs rounds that are steady within %.0f %%, or all on one side; and a miss, a machine to itself)\n", steadyWithin*100)
	count := map[string]int{}
	for _, c := range b.claims {
		b.printf("  %s\n", c)
		count[c.verdict()]++
	}
	var parts []string
	for _, verdict := range slices.Sorted(maps.Keys(count)) {
		parts = append(parts, fmt.Sprintf("%d %s", count[verdict], verdict))
	}
	b.printf("  %d required figures: %s\n", len(b.claims), strings.Join(parts, ", "))
}
