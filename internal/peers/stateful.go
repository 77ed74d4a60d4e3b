package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// A stateful is a streaming query that keeps state, run over the same files by ours and by Spark, one file a micro-batch.
type stateful struct {
	query string // what the workers know it by
	title string
	left  eventSet
	right *eventSet // of a join
	need  float64   // times Spark
}

const (
	countFiles = 100
	joinFiles  = 20
	eachFile   = 100_000
)

func (b *bench) statefuls() []stateful {
	each := min(eachFile, b.mb*500) // less where the whole benchmark is made small, to try it
	var all []stateful
	for _, groups := range []int{100, 100_000, 5_000_000} {
		all = append(all, stateful{
			query: "count", title: fmt.Sprintf("windowed count, %d groups", groups), left: grouped(countFiles, each, groups), need: 5,
		})
	}
	shown := steady(joinFiles, each)
	clicked := following(shown)
	return append(all,
		stateful{query: "dedup", title: "dropDuplicates by id and time, a watermark", left: repeated(joinFiles, each), need: 5},
		stateful{query: "join", title: "inner join of two streams by id within ten minutes", left: shown, right: &clicked, need: 5})
}

// measureStateful runs streaming queries with state over files of events, each file a micro-batch, everything in their checkpoints.
func measureStateful(ctx context.Context, b *bench) error {
	b.printf("\nstateful: Parquet files of events, one a micro-batch (availableNow, maxFilesPerTrigger 1), the state in the checkpoint\n")
	rows := [][]string{{"query", "engine", "seconds", "times ours", "events/s", "ms a batch", "CPU s", "peak MB", "rows of state"}}
	for _, q := range b.statefuls() {
		told, err := b.stateful(ctx, q)
		if err != nil {
			return fmt.Errorf("%s: %w", q.title, err)
		}
		rows = append(rows, told...)
	}
	b.table(rows)
	return nil
}

// stateful measures one query, and gives its lines of the report.
func (b *bench) stateful(ctx context.Context, q stateful) ([][]string, error) {
	in, err := b.fresh("events")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(in) //nolint:errcheck // the whole folder goes in the end
	asked := request{Do: "stateful", Query: q.query, Landing: filepath.Join(in, "left")}
	if err := q.left.write(ctx, asked.Landing); err != nil {
		return nil, err
	}
	if q.right != nil {
		asked.Right = filepath.Join(in, "right")
		if err := q.right.write(ctx, asked.Right); err != nil {
			return nil, err
		}
	}
	judge, err := b.judge(ctx, Folder{})
	if err != nil {
		return nil, err
	}
	engines := b.these(ctx, spark)
	results, last := map[string]*result{}, map[string]answer{}
	for round := range b.rounds {
		for _, e := range engines {
			if e.name == spark && round > 0 {
				continue
			}
			done, one, err := b.statefulTurn(ctx, e, asked, judge)
			if err != nil {
				return nil, err
			}
			if results[e.name] == nil {
				results[e.name] = &result{}
			}
			results[e.name].add(round, one)
			last[e.name] = done
		}
	}
	if theirs := results[spark]; theirs != nil {
		b.require(claim{what: q.title + ", Spark / ours", need: q.need, unit: "×", got: results[ours].against(theirs.seconds.median())})
		if err := sameState(last[ours], last[spark]); err != nil {
			return nil, err
		}
	}
	var rows [][]string
	for _, e := range engines {
		r, done := results[e.name], last[e.name]
		rows = append(rows, []string{
			q.title, titleOf(e.name), r.seconds.format(" s"), digits(r.seconds.median() / results[ours].seconds.median()),
			digits(float64(q.left.files*q.left.each) / r.seconds.median()), digits(sample(done.Batches).median()),
			r.cpu.digits(), digits(slices.Max(r.peaks)), fmt.Sprint(done.StateRows),
		})
	}
	return rows, nil
}

// against is how many times as long as each round a figure of another engine is.
func (r *result) against(seconds float64) sample {
	var times sample
	for _, s := range r.seconds {
		times = append(times, seconds/s)
	}
	return times
}

// statefulTurn is one run from an empty checkpoint. It counts only when its output is the same as all others'.
func (b *bench) statefulTurn(ctx context.Context, e *engine, asked request, judge *judge) (answer, effort, error) {
	out, err := b.fresh("stateful")
	if err != nil {
		return answer{}, effort{}, err
	}
	defer os.RemoveAll(out) //nolint:errcheck // the whole folder goes in the end
	settle(ctx)
	asked.Out = out
	done, one, err := e.measure(asked)
	if err != nil {
		return answer{}, effort{}, err
	}
	return done, one, judge.agrees(e.name, done.Tables)
}

// sameState holds what two engines' progress tells of their state against each other.
func sameState(a, b answer) error {
	if a.StateRows != b.StateRows || a.Updated != b.Updated {
		return fmt.Errorf("the state has %d rows after %d updates; Spark's %d after %d", a.StateRows, a.Updated, b.StateRows, b.Updated)
	}
	return nil
}
