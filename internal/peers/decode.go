package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
)

// measureDecode has ours and DuckDB read every column of the folder's JSON into memory, and drop it.
func measureDecode(ctx context.Context, b *bench) error {
	folder, err := b.invoices(ctx)
	if err != nil {
		return err
	}
	engines := b.these(ctx, duckdb)
	b.printf("\ndecode: every column of the JSON into columns in memory, and counted\n")
	rows := [][]string{{"engine", "threads", "seconds", "times ours", "MB/s", "CPU s", "CPU, times ours"}}
	for _, threads := range []int{1, 2} {
		if threads > runtime.NumCPU() {
			continue
		}
		took, err := b.decodeRounds(engines, folder, threads)
		if err != nil {
			return err
		}
		for _, e := range engines {
			s, mine := took[e.name], took[ours]
			rows = append(rows, []string{
				e.name, fmt.Sprint(threads), s.seconds.format(" s"), s.times(mine).format("×"),
				digits(float64(folder.Bytes) / 1e6 / s.seconds.median()), s.cpu.digits(), s.cpuTimes(mine).format("×"),
			})
		}
		if theirs := took[duckdb]; theirs != nil {
			b.require(claim{what: fmt.Sprintf("decoding on %d threads, DuckDB / ours", threads), need: 1.3, unit: "×", got: theirs.times(took[ours])})
		}
	}
	b.table(rows)
	return nil
}

func (b *bench) decodeRounds(engines []*engine, folder Folder, threads int) (map[string]*result, error) {
	took := map[string]*result{}
	for _, e := range engines {
		took[e.name] = &result{}
	}
	for round := range b.rounds + 1 {
		for _, e := range engines {
			out, err := b.fresh("decode")
			if err != nil {
				return nil, err
			}
			done, one, err := e.measure(request{Do: "decode", Landing: folder.Dir, Out: out, Threads: threads})
			_ = os.RemoveAll(out) // it is empty, or nearly so
			if err != nil {
				return nil, err
			}
			if done.Rows != int64(folder.Invoices) {
				return nil, fmt.Errorf("%s read %d rows of %d", e.name, done.Rows, folder.Invoices)
			}
			if round > 0 {
				took[e.name].add(round, one)
			}
		}
	}
	return took, nil
}
