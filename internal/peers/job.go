package main

import (
	"context"
	"fmt"
	"os"
	"slices"
)

// measureJob has each engine take the folder through bronze, silver and gold, in turn, round after round.
func measureJob(ctx context.Context, b *bench) error {
	folder, err := b.invoices(ctx)
	if err != nil {
		return err
	}
	engines := b.these(ctx, duckdb, asIs, polars, sail, spark)
	judge, err := b.judge(ctx, folder)
	if err != nil {
		return err
	}
	b.printf("\njob: JSON → bronze → silver (explode, 15 columns) → gold by store and day, and by payment. Ours and Spark stream, exactly\n"+
		"once, with checkpoints; ours alone makes every file durable. Each output, each time: %s.\n", judge)
	results, err := b.jobRounds(ctx, engines, folder, judge)
	if err != nil {
		return err
	}
	b.tellJob(engines, results, folder)
	return nil
}

// jobRounds asks the engines in turn, round after round; the first round warms up.
func (b *bench) jobRounds(ctx context.Context, engines []*engine, folder Folder, judge *judge) (map[string]*result, error) {
	results := map[string]*result{}
	for _, e := range engines {
		results[e.name] = &result{}
	}
	for round := range b.rounds + 1 {
		b.printf("  round %d:", round)
		for _, e := range engines {
			if e.name == spark && !due(round, b.rounds, b.sparkRounds) {
				continue
			}
			one, err := b.turn(ctx, e, folder, judge)
			if err != nil {
				return nil, err
			}
			b.printf("  %s %s s", e.name, digits(one.seconds))
			if round > 0 {
				results[e.name].add(round, one)
			}
		}
		b.printf("\n")
	}
	return results, nil
}

func (b *bench) tellJob(engines []*engine, results map[string]*result, folder Folder) {
	mine := results[ours]
	rows := [][]string{{"engine", "seconds", "times ours", "MB/s", "CPU s", "CPU, times ours", "peak MB"}}
	for _, e := range engines {
		r := results[e.name]
		rows = append(rows, []string{
			titleOf(e.name), r.seconds.format(" s"), r.times(mine).format("×"),
			digits(float64(folder.Bytes) / 1e6 / r.seconds.median()), r.cpu.digits(), r.cpuTimes(mine).format("×"), digits(slices.Max(append(r.peaks, 0))),
		})
	}
	b.table(rows)
	for _, need := range []struct {
		engine string
		times  float64
	}{{duckdb, 1.2}, {sail, 1}, {spark, 12}} {
		if r := results[need.engine]; r != nil {
			b.require(claim{what: "the job, " + titleOf(need.engine) + " / ours", need: need.times, unit: "×", got: r.times(mine)})
		}
	}
	if peak := slices.Max(append(mine.peaks, 0)); peak > 0 {
		b.require(claim{what: "the job, our peak memory", need: 300, most: true, unit: " MB", got: sample{peak}})
	}
}

// A result is what an engine took, in the rounds it took part in.
type result struct {
	rounds              []int
	seconds, cpu, peaks sample
}

func (r *result) add(round int, one effort) {
	r.rounds, r.seconds = append(r.rounds, round), append(r.seconds, one.seconds)
	r.cpu, r.peaks = append(r.cpu, one.cpu), append(r.peaks, one.peak)
}

// times is how many times as long as the other it took, in the rounds that both took part in.
func (r *result) times(other *result) sample { return r.seconds.over(other.in(r.rounds).seconds) }

// cpuTimes is times of what they had of the cores.
func (r *result) cpuTimes(other *result) sample { return r.cpu.over(other.in(r.rounds).cpu) }

// in is the result of some of its rounds.
func (r *result) in(rounds []int) *result {
	some := &result{}
	for i, round := range r.rounds {
		if slices.Contains(rounds, round) {
			some.add(round, effort{r.seconds[i], r.cpu[i], r.peaks[i]})
		}
	}
	return some
}

// turn is one job of one engine: from an empty folder, with nobody's files left to be written. Its time counts only
// when the judge finds what all others made.
func (b *bench) turn(ctx context.Context, e *engine, folder Folder, judge *judge) (effort, error) {
	out, err := b.fresh(e.name)
	if err != nil {
		return effort{}, err
	}
	defer os.RemoveAll(out) //nolint:errcheck // the whole folder goes in the end
	settle(ctx)
	done, one, err := e.measure(request{Do: "job", Landing: folder.Dir, Out: out})
	if err != nil {
		return effort{}, err
	}
	if err := judge.agrees(e.name, done.Tables); err != nil {
		return effort{}, fmt.Errorf("the output of %s: %w", e.name, err)
	}
	return one, nil
}
