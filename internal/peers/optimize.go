package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"lakehouse/medallion"
)

const rowsOfSmall = 100

// measureOptimize makes few files of very many small ones.
func measureOptimize(ctx context.Context, b *bench) error {
	files := b.smallFiles()
	base := filepath.Join(b.dir, "optimize")
	s, err := medallion.NewSession(medallion.Options{Root: filepath.Join(base, "lake")})
	if err != nil {
		return err
	}
	defer s.Close()
	table := filepath.Join(base, "table")
	made, err := s.SQL(ctx, fmt.Sprintf("SELECT id, id %% 1000 AS grp, concat('customer ', id) AS name, id * 1.5D AS amount FROM range(%d)", files*rowsOfSmall))
	if err != nil {
		return err
	}
	if err := made.Write().Option("maxRecordsPerFile", fmt.Sprint(rowsOfSmall)).Save(ctx, "file:"+table); err != nil {
		return err
	}
	b.printf("\noptimize: a table of %d small files, %d rows each\n", files, rowsOfSmall)
	engines := b.these(ctx, polars, spark)
	took := results(engines)
	want, err := contents(ctx, s, table)
	if err != nil {
		return err
	}
	err = turns(engines, min(b.rounds, slowRounds), 1, func(round int, e *engine) error {
		one, err := b.optimize(ctx, s, e, table, want)
		if err == nil && round > 0 {
			took[e.name].add(round, one)
		}
		return err
	})
	if err != nil {
		return err
	}
	b.tellOptimize(engines, took)
	return nil
}

// optimize is one engine's turn, on a copy of the table. It has the same rows afterwards, in few files.
func (b *bench) optimize(ctx context.Context, s *medallion.Session, e *engine, table, want string) (effort, error) {
	_, one, out, err := b.onCopy(ctx, e, table, request{Do: "optimize"})
	if err != nil {
		return one, err
	}
	defer os.RemoveAll(out) //nolint:errcheck // the whole folder goes in the end
	found, err := contents(ctx, s, out)
	if err != nil {
		return one, err
	}
	if found != want {
		return one, fmt.Errorf("%s makes a table of %s; it was one of %s", e.name, found, want)
	}
	opened, err := openLog(ctx, out)
	if err == nil && opened.Files > 10 {
		err = fmt.Errorf("%s leaves %d files", e.name, opened.Files)
	}
	return one, err
}

func (b *bench) tellOptimize(engines []*engine, took map[string]*result) {
	mine := took[ours]
	rows := [][]string{{"engine", "seconds", "times ours", "CPU s", "peak MB"}}
	for _, e := range engines {
		r := took[e.name]
		rows = append(rows, []string{tableTitle(e.name), r.seconds.format(" s"), r.times(mine).format("×"), r.cpu.digits(), digits(slices.Max(append(r.peaks, 0)))})
	}
	b.table(rows)
	for _, e := range engines[1:] {
		b.require(claim{what: "OPTIMIZE of small files, " + tableTitle(e.name) + " / ours", need: 1, unit: "×", got: took[e.name].times(mine)})
	}
}

// contents is a table's rows, as sums that differ when they do.
func contents(ctx context.Context, s *medallion.Session, table string) (string, error) {
	found, err := s.SQL(ctx, "SELECT count(*), sum(id), sum(grp), sum(amount), sum(length(name)) FROM delta.`file:"+table+"`")
	if err != nil {
		return "", err
	}
	row, _, err := found.First(ctx)
	return fmt.Sprint(row.Values...), err
}
