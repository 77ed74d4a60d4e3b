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
	engines := b.these(ctx, duckdb, polars, sail, spark)
	judge, err := b.judge(ctx, folder)
	if err != nil {
		return err
	}
	results := map[string]*result{}
	for _, e := range engines {
		results[e.name] = &result{}
	}
	for round := range b.rounds + 1 {
		for _, e := range engines {
			if e.name == spark && !due(round, b.rounds, b.sparkRounds) {
				continue
			}
			seconds, peak, err := b.turn(ctx, e, folder, judge)
			if err != nil {
				return err
			}
			if round > 0 {
				results[e.name].add(round, seconds, peak)
			}
		}
	}
	b.printf("\njob: JSON → bronze → silver (explode, 15 columns) → gold by store and day, and by payment; the same rows from each, by count and hash\n")
	mine := results[ours]
	rows := [][]string{{"engine", "seconds", "times ours", "MB/s", "peak MB"}}
	for _, e := range engines {
		r := results[e.name]
		rows = append(rows, []string{
			titleOf(e.name), r.seconds.format(" s"), r.times(mine).format("×"),
			digits(float64(folder.Bytes) / 1e6 / r.seconds.median()), digits(slices.Max(append(r.peaks, 0))),
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
	return nil
}

// A result is what an engine took, in the rounds it took part in.
type result struct {
	rounds         []int
	seconds, peaks sample
}

func (r *result) add(round int, seconds, peak float64) {
	r.rounds, r.seconds, r.peaks = append(r.rounds, round), append(r.seconds, seconds), append(r.peaks, peak)
}

// times is how many times as long as the other it took, round by round.
func (r *result) times(other *result) sample {
	var all sample
	for i, round := range r.rounds {
		if at := slices.Index(other.rounds, round); at >= 0 {
			all = append(all, r.seconds[i]/other.seconds[at])
		}
	}
	return all
}

// turn is one job of one engine: from an empty folder, with nobody's files left to be written. Its time counts only
// when the judge finds what all others made.
func (b *bench) turn(ctx context.Context, e *engine, folder Folder, judge *judge) (seconds, peak float64, err error) {
	out, err := b.fresh(e.name)
	if err != nil {
		return 0, 0, err
	}
	defer os.RemoveAll(out) //nolint:errcheck // the whole folder goes in the end
	settle(ctx)
	forgetPeaks(e.cmd.Process.Pid)
	done, err := e.ask(request{Do: "job", Landing: folder.Dir, Out: out})
	if err != nil {
		return 0, 0, err
	}
	peak = peakMB(e.cmd.Process.Pid)
	if err := judge.agrees(e.name, done.Tables); err != nil {
		return 0, 0, fmt.Errorf("the output of %s: %w", e.name, err)
	}
	return done.Seconds, peak, nil
}
