package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

const smallFiles = 10_000

// measureSmall takes very many files of one row through bronze.
func measureSmall(ctx context.Context, b *bench) error {
	folder, err := generate(ctx, filepath.Join(b.dir, "small"), b.smallFiles(), 1)
	if err != nil {
		return err
	}
	judge, err := b.judge(ctx, folder)
	if err != nil {
		return err
	}
	b.printf("\nsmall: %s, through bronze\n", folder)
	rows := [][]string{{"engine", "seconds", "files/s", "CPU s", "peak MB"}}
	for _, e := range b.these(ctx, spark) {
		took := &result{}
		rounds := b.rounds
		if e.name == spark {
			rounds = 1
		}
		for round := range rounds {
			one, err := b.small(ctx, e, folder, judge)
			if err != nil {
				return err
			}
			took.add(round, one)
		}
		rows = append(rows, []string{
			titleOf(e.name), took.seconds.format(" s"), digits(float64(folder.Files) / took.seconds.median()),
			took.cpu.digits(), digits(slices.Max(took.peaks)),
		})
		if e.name == ours {
			b.require(claim{what: fmt.Sprintf("%d files of one row", folder.Files), need: 2, most: true, unit: " s", got: took.seconds})
		}
	}
	b.table(rows)
	return nil
}

// smallFiles are fewer where the whole benchmark is made small, to try it.
func (b *bench) smallFiles() int { return min(smallFiles, b.mb*100) }

func (b *bench) small(ctx context.Context, e *engine, folder Folder, judge *judge) (effort, error) {
	out, err := b.fresh("small")
	if err != nil {
		return effort{}, err
	}
	defer os.RemoveAll(out) //nolint:errcheck // the whole folder goes in the end
	settle(ctx)
	done, one, err := e.measure(request{Do: "small", Landing: folder.Dir, Out: out})
	if err != nil {
		return effort{}, err
	}
	return one, judge.agrees(e.name, done.Tables)
}
