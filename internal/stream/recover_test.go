package stream

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"lakehouse/internal/checkpoint"
	"lakehouse/internal/errclass"
	"lakehouse/volumes"
)

// ranTwo is the bench of a query that has run two batches over two numbers each.
func ranTwo(t *testing.T) *bench {
	t.Helper()
	b := newBench(t, newNumbers(4))
	b.source.limit, b.trigger = 2, AvailableNow()
	b.wait(b.start())
	b.wantSink("[0:[1 2] 1:[3 4]]")
	return b
}

// What a restart makes of a checkpoint that is not as a run leaves it.
func TestRestartOnADamagedCheckpoint(t *testing.T) {
	tests := []struct {
		name   string
		damage func(b *bench)
		class  errclass.Class // empty: the query goes on
		says   string
		writes string // batches that reached the sink in the second run
	}{
		{"nothing is missing", func(*bench) {}, "", "", "[2]"},
		{"the last commit is missing: its batch is repeated", func(b *bench) { b.remove("commits/1") }, "", "", "[1 2]"},
		{"all commits are missing: the last batch is repeated", func(b *bench) { b.remove("commits/0", "commits/1") }, "", "", "[1 2]"},
		{"the offsets before a committed batch are missing", func(b *bench) { b.remove("offsets/0") }, "", "", "[2]"},
		{
			"the offsets before a batch to repeat are missing", func(b *bench) { b.remove("offsets/0", "commits/1") },
			errclass.CheckpointInconsistent, "batch 1 is to be run again, but offsets/0, where it starts, is gone", "",
		},
		{
			"the last offsets are missing", func(b *bench) { b.remove("offsets/1") },
			errclass.CheckpointInconsistent, "batch 1 is committed, but offsets/1, which says what it read, is gone", "",
		},
		{
			"all offsets are missing", func(b *bench) { b.remove("offsets/0", "offsets/1") },
			errclass.CheckpointInconsistent, "batch 1 is committed, but offsets/1", "",
		},
		{"the metadata is missing", func(b *bench) { b.remove("metadata") }, errclass.StreamMissingMetadata, "up to batch 1", ""},
		{"the metadata is torn", func(b *bench) { b.put("metadata", `{"id":"c218`) }, errclass.MalformedLogFile, "memory:/checkpoint/metadata", ""},
		{"the metadata is empty", func(b *bench) { b.put("metadata", "") }, errclass.MalformedLogFile, "metadata", ""},
		{"the offsets are empty", func(b *bench) { b.put("offsets/1", "") }, errclass.MalformedLogFile, "memory:/checkpoint/offsets/1", ""},
		{
			"the offsets are torn in the settings", func(b *bench) { b.put("offsets/1", b.read("offsets/1")[:60]) },
			errclass.MalformedLogFile, "memory:/checkpoint/offsets/1", "",
		},
		{"the offsets are torn before the source", func(b *bench) {
			text := b.read("offsets/1")
			b.put("offsets/1", text[:strings.LastIndex(text, "\n")])
		}, errclass.MalformedLogFile, "offsets/1", ""},
		{
			"the offsets are of a newer version", func(b *bench) { b.put("offsets/1", strings.Replace(b.read("offsets/1"), "v1", "v3", 1)) },
			errclass.InvalidLogVersion, "The maximum supported log version is v2, but encountered v3", "",
		},
		{"the commit is torn", func(b *bench) { b.put("commits/1", "v1\n{\"next") }, errclass.MalformedLogFile, "memory:/checkpoint/commits/1", ""},
		{
			"the commit is of a newer version", func(b *bench) { b.put("commits/1", strings.Replace(b.read("commits/1"), "v1", "v4", 1)) },
			errclass.InvalidLogVersion, "encountered v4", "",
		},
		{
			"the sources have names", func(b *bench) {
				b.put("offsets/1", strings.Replace(b.read("offsets/1"), `"conf":{`, `"conf":{"spark.sql.streaming.queryEvolution.enableSourceEvolution":"true",`, 1))
			},
			errclass.UnsupportedFeature, "this engine knows sources by their place", "",
		},
		{
			"the query had two sources", func(b *bench) { b.put("offsets/1", b.read("offsets/1")+"\n7") },
			errclass.SourcesChanged, "There are [2] sources in the checkpoint offsets and now there are [1] sources", "",
		},
		{"the batch before had two sources", func(b *bench) {
			b.put("offsets/0", b.read("offsets/0")+"\n7")
			b.remove("commits/1")
		}, errclass.CheckpointInconsistent, "offsets/0 names 2 sources", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := ranTwo(t)
			test.damage(b)
			b.source.add(1)
			b.sink.writes = nil
			q, err := b.manager.Start(t.Context(), b.config())
			if test.class != "" {
				if !errors.Is(err, test.class) || !strings.Contains(err.Error(), test.says) {
					t.Fatalf("got %v, want %v with %q", err, test.class, test.says)
				}
				if classed, ok := errors.AsType[*errclass.Error](err); !ok || classed.Hint == "" {
					t.Errorf("no way out is told: %v", err)
				}
				if len(b.manager.Active()) != 0 {
					t.Error("a query runs")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			b.wait(q)
			b.wantSink("[0:[1 2] 1:[3 4] 2:[5]]")
			if got := fmt.Sprint(b.sink.writes); got != test.writes {
				t.Errorf("batches %s were written, want %s", got, test.writes)
			}
		})
	}
}

// A batch cut short before its effect, or between effect and commit, is run again over the same input, whatever
// has come since.
func TestAnUnfinishedBatchIsRepeatedOverItsOwnInput(t *testing.T) {
	for _, reached := range []bool{false, true} {
		b := ranTwo(t)
		b.remove("commits/1")
		if !reached {
			delete(b.sink.batches, 1)
		}
		b.source.limit = 100
		b.source.add(50)
		b.trigger = Once()
		q := b.start()
		b.wait(q)
		b.wantSink("[0:[1 2] 1:[3 4]]")
		if got := offsetsOf(q); got != "[2,4]" || q.LastProgress().BatchID != 1 {
			t.Errorf("batch %d was repeated over %s", q.LastProgress().BatchID, got)
		}
	}
}

// The settings of the first batch hold for ever; the session's own change nothing.
func TestPartitionsOfAQueryAreThoseOfItsFirstBatch(t *testing.T) {
	b := ranTwo(t)
	config := b.config()
	config.Partitions = 9
	b.source.add(1)
	q, err := b.manager.Start(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	b.wait(q)
	for _, name := range b.files("offsets") {
		if text := b.read(name); !strings.Contains(text, `"spark.sql.shuffle.partitions":"2"`) {
			t.Errorf("%s: %s", name, text)
		}
	}
}

// On one machine a second query is refused at once, by name; where there are no locks, by the first offsets that
// both write.
func TestTwoQueriesOnOneCheckpoint(t *testing.T) {
	store, err := volumes.OpenLocal(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	b := newBench(t, newNumbers(1))
	b.store, b.name = store, "first"
	q := b.start()
	second := newBench(t, newNumbers(1))
	second.store = store
	_, err = second.manager.Start(t.Context(), second.config())
	if !errors.Is(err, errclass.CheckpointInUse) || !strings.Contains(err.Error(), `"first" [id = `+q.ID()) {
		t.Errorf("got %v", err)
	}
	b.settle(q)
	q.Stop()
	second.settle(second.start())
}

func TestTwoQueriesOnOneCheckpointWithoutLocks(t *testing.T) {
	b := newBench(t, newNumbers(1))
	b.store = struct{ volumes.Store }{b.store} // has no Lock
	q := b.start()
	b.settle(q)
	second := newBench(t, newNumbers(1))
	second.store = b.store
	other := second.start() // both stand behind batch 0
	second.settle(other)
	b.source.add(1)
	b.settle(q)
	second.source.add(1)
	if _, err := other.AwaitTermination(t.Context()); !errors.Is(err, errclass.ConcurrentStreamLogUpdate) {
		t.Errorf("the slower one ended with %v", err)
	}
	b.wantSink("[0:[1] 1:[2]]")
	second.wantSink("[]")
}

func TestStateOfAnotherKindIsRefused(t *testing.T) {
	for name, change := range map[string][2]string{
		"RocksDB":          {"state.HDFSBackedStateStoreProvider", "state.RocksDBStateStoreProvider"},
		"Avro":             {`encodingFormat":"unsaferow`, `encodingFormat":"avro`},
		"lzf":              {`codec":"lz4`, `codec":"lzf`},
		"the first format": {`aggregation.stateFormatVersion":"2`, `aggregation.stateFormatVersion":"1`},
	} {
		b := ranTwo(t)
		text := b.read("offsets/1")
		changed := strings.Replace(text, change[0], change[1], 1)
		if changed == text {
			t.Fatalf("%s: %s is not in %s", name, change[0], text)
		}
		b.put("offsets/1", changed)
		conf, err := confOf(b, 1)
		if err != nil {
			t.Fatal(err)
		}
		if err := checkState(conf); !errors.Is(err, errclass.UnsupportedFeature) {
			t.Errorf("%s: %v", name, err)
		}
		b.source.add(1)
		b.wait(b.start()) // a query without state does not mind
	}
}

// confOf is the settings in the offsets of a batch.
func confOf(b *bench, batch int64) (checkpoint.Conf, error) {
	cp, err := checkpoint.Read(b.Context(), b.store, "memory:/checkpoint")
	if err != nil {
		return nil, err
	}
	entry, err := cp.Offsets.Get(b.Context(), batch)
	return entry.Conf, err
}
