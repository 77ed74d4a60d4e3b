package interop

import (
	"errors"
	"flag"
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"lakehouse/deltalog"
	"lakehouse/internal/types"
	"lakehouse/volumes"
)

var mixedRounds = flag.Int("interop.rounds", 10, "how often each engine writes where several write to one table at a time")

// mixedSchema is of tables that several engines write to at a time: each row is of one engine, which alone changes it.
var mixedSchema = types.Struct{Fields: []types.Field{
	{Name: "id", Type: types.Long, Nullable: true}, {Name: "engine", Type: types.String, Nullable: true}, {Name: "n", Type: types.Long, Nullable: true},
}}

// An engine writes to a table, in SQL that all share.
type engine struct {
	name     string
	number   int64
	append   func(rows arrow.RecordBatch) error
	remove   func(where string) error
	update   func(set, where string) error
	merge    func(id, n int64) error // n of the row with the id
	optimize func() error
	retries  int // changes that lost against another engine's and were made again
}

// ourEngine is this build.
func ourEngine(l *lake, t *testing.T, path string) *engine {
	sql := func(format string, args ...any) error {
		frame, err := l.session.SQL(t.Context(), fmt.Sprintf(format, args...))
		if err == nil {
			_, err = frame.Collect(t.Context())
		}
		return err
	}
	e := sqlEngine("we", path, sql)
	e.append = func(rows arrow.RecordBatch) error {
		return l.session.Frame(mixedSchema, rows).Write().Mode("append").Save(t.Context(), path)
	}
	return e
}

// sqlEngine is one that is told in SQL.
func sqlEngine(name, path string, sql func(format string, args ...any) error) *engine {
	return &engine{
		name:   name,
		remove: func(where string) error { return sql("DELETE FROM delta.`%s` WHERE %s", path, where) },
		update: func(set, where string) error { return sql("UPDATE delta.`%s` SET n = %s WHERE %s", path, set, where) },
		merge: func(id, n int64) error {
			return sql("MERGE INTO delta.`%s` t USING (SELECT %dL AS id, %dL AS n) s ON t.id = s.id WHEN MATCHED THEN UPDATE SET n = s.n WHEN NOT MATCHED THEN INSERT (id, engine, n) VALUES (s.id, '%s', s.n)", path, id, n, name)
		},
		optimize: func() error { return sql("OPTIMIZE delta.`%s`", path) },
	}
}

// peerEngine is another.
func peerEngine(t *testing.T, p *peer, path string) *engine {
	var e *engine
	if p.name == "Spark" {
		e = sqlEngine(p.name, path, func(format string, args ...any) error {
			_, err := p.ask(request{Do: "sql", Text: fmt.Sprintf(format, args...)})
			return err
		})
	} else {
		do := func(r request) error {
			r.Path = path
			_, err := p.ask(r)
			return err
		}
		e = &engine{
			name:   p.name,
			remove: func(where string) error { return do(request{Do: "delete", Where: where}) },
			update: func(set, where string) error { return do(request{Do: "update", Text: set, Where: where}) },
			merge: func(id, n int64) error {
				return do(request{Do: "merge", Text: fmt.Sprintf("[%d, %q, %d]", id, p.name, n)})
			},
			optimize: func() error { return do(request{Do: "optimize"}) },
		}
	}
	data := filepath.Join(p.dir, "mixed.arrows")
	e.append = func(rows arrow.RecordBatch) error {
		writeIPC(t, data, rows)
		_, err := p.ask(request{Do: "write", Path: path, Mode: "append", Data: data})
		return err
	}
	return e
}

// mixedRows are rows of an engine.
func (e *engine) rows(ids ...int64) arrow.RecordBatch {
	b := array.NewRecordBuilder(memory.DefaultAllocator, types.ToArrowSchema(mixedSchema))
	for _, id := range ids {
		b.Field(0).(*array.Int64Builder).Append(id)
		b.Field(1).(*array.StringBuilder).Append(e.name)
		b.Field(2).(*array.Int64Builder).Append(0)
	}
	return b.NewRecordBatch()
}

// conflicts are the names of what an engine says when another was faster: its change was not made, and can be made again.
var conflicts = []string{
	"DELTA_CONCURRENT_", "Concurrent", "concurrent", "CommitFailedError", "Commit failed", "transaction conflict", "MaxCommitAttempts",
}

// again makes a change until no other engine was faster.
func (e *engine) again(change func() error) error {
	for try := 0; ; try++ {
		err := change()
		lost := err != nil && slices.ContainsFunc(conflicts, func(c string) bool { return strings.Contains(err.Error(), c) })
		if !lost || try == 50 {
			return err
		}
		e.retries++
	}
}

// Several engines write to one table at a time. Every version is there once, no row is lost or changed twice, and all read the same.
func TestInteropMixedEngines(t *testing.T) {
	peers := startPeers(t)
	t.Run("Append", func(t *testing.T) {
		newLake(t).mixEngines(t, peers, "append", []string{"delta-rs", "Spark"}, nil, (*engine).appendRound)
	})
	t.Run("Change", func(t *testing.T) {
		newLake(t).mixEngines(t, peers, "change", []string{"delta-rs", "Spark"}, nil, (*engine).changeRound)
	})
	t.Run("ChangeByVectors", func(t *testing.T) {
		newLake(t).mixEngines(t, peers, "vectors", []string{"Spark"}, map[string]string{"delta.enableDeletionVectors": "true"}, (*engine).changeRound)
	})
}

// A round makes an engine's part of it, and tells which of its rows are there then, with their n.
type round func(e *engine, i int64, has map[int64]int64) error

func (e *engine) appendRound(i int64, has map[int64]int64) error {
	first := e.number*1_000_000 + i*10
	rows := e.rows(first, first+1, first+2)
	if err := e.again(func() error { return e.append(rows) }); err != nil { // delta-rs lets an append conflict with a delete
		return err
	}
	has[first], has[first+1], has[first+2] = 0, 0, 0
	return nil
}

// changeRound appends three rows, deletes the first, changes the second, and merges the third and a fourth.
func (e *engine) changeRound(i int64, has map[int64]int64) error {
	if err := e.appendRound(i, has); err != nil {
		return fmt.Errorf("append: %w", err)
	}
	first := e.number*1_000_000 + i*10
	steps := []func() error{
		func() error { return e.remove(fmt.Sprintf("id = %d", first)) },
		func() error { return e.update("n + 1", fmt.Sprintf("id = %d", first+1)) },
		func() error { return e.merge(first+2, 7) },
		func() error { return e.merge(first+3, 8) },
	}
	if i%10 == 3*e.number%10 {
		steps = append(steps, e.optimize)
	}
	for n, step := range steps {
		if err := e.again(step); err != nil {
			return fmt.Errorf("step %d: %w", n, err)
		}
	}
	delete(has, first)
	has[first+1], has[first+2], has[first+3] = 1, 7, 8
	return nil
}

// mixed makes a table, and the engines that are to write to it.
func (l *lake) mixed(t *testing.T, peers []*peer, name string, others []string, properties map[string]string) (at reading, engines []*engine) {
	l.t = t
	configuration := map[string]string{"delta.checkpointInterval": "10"}
	maps.Copy(configuration, properties)
	l.create(name, deltalog.CreateOptions{Schema: mixedSchema, Configuration: configuration})
	at = reading{name: name, path: l.root + "/" + name}
	engines = []*engine{ourEngine(l, t, at.path)}
	for _, other := range others {
		if p := named(peers, other); p != nil {
			engines = append(engines, peerEngine(t, p, at.path))
		}
	}
	for n, e := range engines {
		e.number = int64(n + 1)
	}
	return at, engines
}

func (l *lake) mixEngines(t *testing.T, peers []*peer, name string, others []string, properties map[string]string, do round) {
	at, engines := l.mixed(t, peers, name, others, properties)
	has := make([]map[int64]int64, len(engines))
	var running sync.WaitGroup
	for n, e := range engines {
		has[n] = map[int64]int64{}
		running.Go(func() {
			for i := range int64(*mixedRounds) {
				if err := do(e, i, has[n]); err != nil {
					t.Errorf("%s, round %d: %v", e.name, i, err)
					return
				}
			}
		})
	}
	running.Wait()
	l.settled(t, peers, at, engines, has)
}

// settled holds the table against what the engines have put there.
func (l *lake) settled(t *testing.T, peers []*peer, at reading, engines []*engine, has []map[int64]int64) {
	t.Helper()
	last := denseVersions(t, l.store(at.path))
	b := array.NewRecordBuilder(memory.DefaultAllocator, types.ToArrowSchema(mixedSchema))
	for n, e := range engines {
		for id, value := range has[n] {
			b.Field(0).(*array.Int64Builder).Append(id)
			b.Field(1).(*array.StringBuilder).Append(e.name)
			b.Field(2).(*array.Int64Builder).Append(value)
		}
		t.Logf("%s: %d rows, %d changes made again", e.name, len(has[n]), e.retries)
	}
	want := b.NewRecordBatch()
	l.hold(t, &peer{name: "the engines"}, at, mixedSchema, last, want)
	for _, p := range peers {
		err := l.compare(t, p, at)
		if _, refused := errors.AsType[*refusal](err); refused && p.name == "PyArrow" && strings.Contains(err.Error(), "deletionVectors") {
			continue // it knows none
		}
		if err != nil {
			t.Errorf("%s: %v", p.name, err)
		}
	}
	t.Logf("%d versions, %d rows, read alike by all", last+1, want.NumRows())
}

// denseVersions is the last version of a log that has every version before it, each once.
func denseVersions(t *testing.T, store volumes.Store) int64 {
	t.Helper()
	last, err := deltalog.Open(store, deltalog.Options{}).LatestVersion(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	next := int64(0)
	for info, err := range store.List(t.Context(), "_delta_log", volumes.ListOptions{Hidden: true}) {
		if err != nil {
			t.Fatal(err)
		}
		number, isCommit := strings.CutSuffix(path.Base(info.Name), ".json")
		if !isCommit || len(number) != 20 {
			continue
		}
		if number != fmt.Sprintf("%020d", next) {
			t.Fatalf("%s comes where version %d is missing", info.Name, next)
		}
		next++
	}
	if next != last+1 {
		t.Errorf("%d commits; the last version is %d", next, last)
	}
	return last
}
