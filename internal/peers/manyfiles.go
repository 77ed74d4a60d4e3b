package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

const (
	manyFiles   = 5_000 // of the table whose checkpoint is written, a MB of -mb
	fewFiles    = 10
	appendTimes = 20
	slowRounds  = 3 // of what takes seconds
)

// measureManyFiles takes a table of very many files: its checkpoint is written, and rows are appended to it and to a small one.
func measureManyFiles(ctx context.Context, b *bench) error {
	files := b.mb * manyFiles
	large, small := filepath.Join(b.dir, "large"), filepath.Join(b.dir, "few")
	if err := (madeLog{}).write(large, 100, files/100); err != nil {
		return err
	}
	if err := (madeLog{}).write(small, 1, fewFiles); err != nil {
		return err
	}
	if err := b.checkpoints(ctx, checkpointed{what: "without partitions", table: large, files: files, beside: []string{polars, spark}}); err != nil {
		return err
	}
	if err := b.checkpointsAsValues(ctx, files); err != nil {
		return err
	}
	for _, table := range []string{large, small} { // what is appended to has one
		if _, _, err := b.engine(ctx, ours).measure(request{Do: "checkpoint", Table: table}); err != nil {
			return err
		}
	}
	return b.appends(ctx, large, small, files)
}

// checkpointsAsValues writes checkpoints of other forms, which delta-rs does not write.
func (b *bench) checkpointsAsValues(ctx context.Context, files int) error {
	for _, form := range []struct {
		what string
		log  madeLog
	}{
		{"of a hundred partitions", madeLog{partitioned: true}},
		{"with statistics as values", madeLog{properties: parsed}},
		{"of a hundred partitions, with statistics as values", madeLog{parsed, true}},
	} {
		table, err := b.fresh("checkpointed")
		if err != nil {
			return err
		}
		if err := form.log.write(table, 100, files/100); err != nil {
			return err
		}
		if err := b.checkpoints(ctx, checkpointed{what: form.what, table: table, files: files}); err != nil {
			return err
		}
		if err := os.RemoveAll(table); err != nil {
			return err
		}
	}
	return nil
}

// A checkpointed table is one that engines write a checkpoint of.
type checkpointed struct {
	what   string // for the report
	table  string
	files  int
	beside []string // engines
}

// checkpoints has the engines write a checkpoint each of the same table.
func (b *bench) checkpoints(ctx context.Context, c checkpointed) error {
	what, table, files := c.what, c.table, c.files
	engines, sizes := b.these(ctx, c.beside...), map[string]int64{}
	took := results(engines)
	err := turns(engines, min(b.rounds, slowRounds), 1, func(round int, e *engine) error {
		done, one, out, err := b.onCopy(ctx, e, table, request{Do: "checkpoint"})
		if err != nil {
			return err
		}
		defer os.RemoveAll(out) //nolint:errcheck // the whole folder goes in the end
		if sizes[e.name], err = checkpointSize(out); err != nil {
			return fmt.Errorf("%s: %w", e.name, err)
		}
		if found, err := openLog(ctx, out); err != nil || found.Files != files {
			return fmt.Errorf("the checkpoint of %s has %d of %d files: %w", e.name, found.Files, files, err)
		}
		if one.seconds = done.Seconds; round > 0 {
			took[e.name].add(round, one)
		}
		return nil
	})
	if err != nil {
		return err
	}
	b.printf("\ncheckpoint: a table of %d files %s is opened, and its checkpoint written\n", files, what)
	rows := [][]string{{"engine", "seconds", "times ours", "CPU s", "peak MB", "peak bytes a file", "bytes on disk a file"}}
	for _, e := range engines {
		r := took[e.name]
		rows = append(rows, []string{
			tableTitle(e.name), r.seconds.format(" s"), r.times(took[ours]).format("×"), r.cpu.digits(), digits(slices.Max(r.peaks)),
			perFile(r.peaks, files).digits(), digits(float64(sizes[e.name]) / float64(files)),
		})
	}
	b.table(rows)
	b.require(claim{what: "peak memory of a checkpoint " + what + ", a file", need: 150, most: true, unit: " B", got: perFile(took[ours].peaks, files)})
	for _, e := range engines[1:] {
		b.require(claim{what: "checkpoint " + what + ", " + tableTitle(e.name) + " / ours", need: 1, unit: "×", got: took[e.name].times(took[ours])})
	}
	return nil
}

// perFile are peaks in MB as bytes a file.
func perFile(peaks sample, files int) sample {
	each := make(sample, len(peaks))
	for i, mb := range peaks {
		each[i] = mb * 1e6 / float64(files)
	}
	return each
}

// checkpointSize is what the checkpoint of a table takes on disk.
func checkpointSize(table string) (int64, error) {
	found, err := filepath.Glob(filepath.Join(table, "_delta_log", "*.checkpoint*.parquet"))
	if err != nil || len(found) == 0 {
		return 0, fmt.Errorf("there is no checkpoint: %w", err)
	}
	sum := int64(0)
	for _, name := range found {
		info, err := os.Stat(name)
		if err != nil {
			return 0, err
		}
		sum += info.Size()
	}
	return sum, nil
}

// onCopy has an engine do something to a copy of a table, and tells where that is.
func (b *bench) onCopy(ctx context.Context, e *engine, table string, asked request) (answer, effort, string, error) {
	out, err := b.fresh(asked.Do + "-" + e.name)
	if err != nil {
		return answer{}, effort{}, "", err
	}
	if err := linkAll(table, out); err != nil {
		return answer{}, effort{}, "", err
	}
	settle(ctx)
	asked.Table = out
	done, one, err := e.measure(asked)
	return done, one, out, err
}

// appends has the engines append rows, one commit each, to a table of many files and to one of few.
func (b *bench) appends(ctx context.Context, large, small string, files int) error {
	engines := b.these(ctx, polars, spark)
	first, later := map[string]sample{}, map[string]sample{}
	err := turns(engines, min(b.rounds, slowRounds), 1, func(round int, e *engine) error {
		for i, table := range []string{small, large, small} { // the first of them wakes up who has slept while others had their turns
			done, _, out, err := b.onCopy(ctx, e, table, request{Do: "append", Times: appendTimes})
			if err != nil {
				return err
			}
			if err := os.RemoveAll(out); err != nil {
				return err
			}
			if key := e.name + table; round > 0 && i > 0 {
				first[key], later[key] = append(first[key], done.Arrivals[0]), append(later[key], sample(done.Arrivals[1:]).median())
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	b.printf("\nappend: one row, to a table of %d files and to one of %d, both with a checkpoint\n", files, fewFiles)
	rows := [][]string{{"engine", "files", "opened and appended", "times the few", "each one more", "times the few", "times ours"}}
	for _, e := range engines {
		for i, table := range []string{small, large} {
			rows = append(rows, []string{
				tableTitle(e.name), fmt.Sprint([]int{fewFiles, files}[i]), first[e.name+table].format(" ms"), first[e.name+table].over(first[e.name+small]).format("×"),
				later[e.name+table].format(" ms"), later[e.name+table].over(later[e.name+small]).format("×"), later[e.name+table].over(later[ours+table]).format("×"),
			})
		}
	}
	b.table(rows)
	b.require(claim{what: "append to many files / to few", need: 1.25, most: true, unit: "×", got: later[ours+large].over(later[ours+small])})
	b.require(claim{what: "the table opened first, append to many files / to few", need: 1.25, most: true, unit: "×", got: first[ours+large].over(first[ours+small])})
	return nil
}
