package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

const (
	manyWriters = 10
	commitTimes = 20 // of each writer
)

// measureWriters has writers append to one table at the same time, each row a commit.
func measureWriters(ctx context.Context, b *bench) error {
	table := filepath.Join(b.dir, "contended")
	if err := (madeLog{}).write(table, 1, 1); err != nil {
		return err
	}
	writers, times := min(manyWriters, b.mb*4), min(commitTimes, b.mb*5)
	engines, rates, dropped, cpu := b.these(ctx, polars, spark), map[string]sample{}, map[string]sample{}, map[string]sample{}
	err := turns(engines, b.rounds, 1, func(round int, e *engine) error {
		done, one, out, err := b.onCopy(ctx, e, table, request{Do: "commits", Writers: writers, Times: times})
		if err != nil {
			return err
		}
		made := writers*times - done.Dropped
		found, err := openLog(ctx, out)
		if err = errors.Join(err, os.RemoveAll(out)); err != nil {
			return err
		}
		if found.Version != int64(made)+1 || found.Files != made+1 {
			return fmt.Errorf("%s tells of %d commits; there are %d, with %d files", e.name, made, found.Version-1, found.Files-1)
		}
		if round > 0 {
			rates[e.name] = append(rates[e.name], float64(made)/done.Seconds)
			dropped[e.name], cpu[e.name] = append(dropped[e.name], float64(done.Dropped)), append(cpu[e.name], one.cpu)
		}
		return nil
	})
	if err != nil {
		return err
	}
	b.printf("\ncommits: %d writers append a row %d times each, to one table\n", writers, times)
	rows := [][]string{{"engine", "commits/s", "ours, times as many", "dropped", "CPU s"}}
	for _, e := range engines {
		rows = append(rows, []string{tableTitle(e.name), rates[e.name].format(""), rates[ours].over(rates[e.name]).format("×"), dropped[e.name].digits(), cpu[e.name].digits()})
	}
	b.table(rows)
	b.require(claim{what: "commits dropped", need: 0, most: true, got: dropped[ours]})
	for _, e := range engines[1:] {
		b.require(claim{what: fmt.Sprintf("commits/s of %d writers, ours / %s", writers, tableTitle(e.name)), need: 2, unit: "×", got: rates[ours].over(rates[e.name])})
	}
	return nil
}
