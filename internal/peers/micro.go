package main

import (
	"context"
	"os"
	"path/filepath"
)

const (
	microRun   = 25 // batches whose median is one round's figure
	microWarm  = 5  // batches before the first that counts
	microSpark = 20
	microRows  = 100 // invoices of a file
)

// measureMicro puts small files in front of a running bronze layer, one after another: what each batch takes, from its
// trigger to its commit, everything durable.
func measureMicro(ctx context.Context, b *bench) error {
	b.printf("\nmicro: a file of %d invoices through a running bronze layer, one after another, as it has always been synced\n", microRows)
	rows := [][]string{{"engine", "batches", "ms a batch, medians of runs", "ms from arrival, medians of runs", "CPU ms a batch"}}
	for _, e := range b.these(ctx, spark) {
		run := microRun
		count := microWarm + b.rounds*microRun
		if e.name == spark {
			run = max(microSpark/b.sparkRounds, 1)
			count = microWarm + b.sparkRounds*run
		}
		done, one, err := b.micro(ctx, e, count)
		if err != nil {
			return err
		}
		batches, arrivals := sample(done.Batches[microWarm:]), sample(done.Arrivals[microWarm:])
		rows = append(rows, []string{titleOf(e.name), digits(float64(len(batches))), batches.medians(run).format(" ms"), arrivals.medians(run).format(" ms"), digits(one.cpu * 1000 / float64(count))})
		if e.name == ours {
			b.require(claim{what: "a micro-batch of one small file", need: 10, most: true, unit: " ms", got: batches.medians(run)})
		}
	}
	b.table(rows)
	return nil
}

// micro has an engine take in so many files, each as it arrives.
func (b *bench) micro(ctx context.Context, e *engine, count int) (answer, effort, error) {
	out, err := b.fresh("micro")
	if err != nil {
		return answer{}, effort{}, err
	}
	defer os.RemoveAll(out) //nolint:errcheck // the whole folder goes in the end
	spare, landing, lake := filepath.Join(out, "spare"), filepath.Join(out, "landing"), filepath.Join(out, "lake")
	folder, err := generate(ctx, spare, count, microRows)
	if err != nil {
		return answer{}, effort{}, err
	}
	if err := os.MkdirAll(landing, 0o755); err != nil {
		return answer{}, effort{}, err
	}
	judge, err := b.judge(ctx, folder)
	if err != nil {
		return answer{}, effort{}, err
	}
	settle(ctx)
	done, one, err := e.measure(request{Do: "micro", Spare: spare, Landing: landing, Out: lake})
	if err != nil {
		return answer{}, effort{}, err
	}
	return done, one, judge.agrees(e.name, done.Tables)
}
