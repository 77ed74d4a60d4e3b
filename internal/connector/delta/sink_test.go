package delta

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"lakehouse/internal/errclass"
	"lakehouse/internal/logical"
	"lakehouse/volumes/volumestest"
)

const query = "3b2aeb13-f4cf-4f4c-897f-af086d6d2de0"

// sink opens the table for a query.
func (l *lake) sink(mode logical.OutputMode, given map[string]string, partitionBy ...string) *Sink {
	l.Helper()
	values, err := SinkOptionTable.Parse(given)
	if err != nil {
		l.Fatal(err)
	}
	s, err := NewSink(l.table, SinkOptions{QueryID: query, Mode: mode, PartitionBy: partitionBy, Schema: schemaOf(l, "n long, p int"), Options: values, SessionSettings: SessionSettings{Workers: 1}})
	if err != nil {
		l.Fatal(err)
	}
	return s
}

// A batch is one version, an empty one too; a batch that comes again is known by its number and changes nothing.
func TestSinkWritesEachBatchOnce(t *testing.T) {
	tests := []struct {
		mode logical.OutputMode
		want []string // the rows after each batch
	}{
		{logical.Append, []string{`{"n":0}`, `{"n":0}`, `{"n":0} {"n":1}`, `{"n":0} {"n":1}`}},
		{logical.Complete, []string{`{"n":0}`, `{"n":0}`, `{"n":1}`, ``}},
	}
	for _, test := range tests {
		t.Run(test.mode.String(), func(t *testing.T) {
			l := newLake(t)
			batches := []struct {
				id   int64
				rows []string
			}{{0, []string{`{"n":0}`}}, {0, []string{`{"n":0}`}}, {1, []string{`{"n":1}`}}, {2, nil}}
			for i, b := range batches {
				l = openLake(t, l.store) // each by a process of its own
				if _, err := l.sink(test.mode, nil).Write(t.Context(), b.id, l.rows("n long", b.rows...)); err != nil {
					t.Fatal(err)
				}
				l.wantRows(fmt.Sprintf("after write %d", i), l.read(nil), test.want[i])
			}
			if v := l.snapshot().Version(); v != 2 {
				t.Errorf("version %d after three batches", v)
			}
			if v, ok, err := l.snapshot().SetTransaction(t.Context(), query); v != 2 || !ok || err != nil {
				t.Errorf("the table knows batch %d, %v, %v", v, ok, err)
			}
		})
	}
}

// Two queries write one table, each with numbers of its own; and a batch that another process of the query wrote in the
// meantime is not written twice.
func TestSinksOfTwoQueries(t *testing.T) {
	l := newLake(t)
	one, two := l.sink(logical.Append, nil), openLake(t, l.store).sink(logical.Append, nil)
	two.opts.QueryID = "another"
	for id := range int64(2) {
		for _, s := range []*Sink{one, two} {
			if _, err := s.Write(t.Context(), id, l.rows("n long", fmt.Sprintf(`{"n":%d}`, id))); err != nil {
				t.Fatal(err)
			}
		}
	}
	l.wantRows("rows", l.read(nil), `{"n":0} {"n":0} {"n":1} {"n":1}`)

	w := &writing{table: l.table, opts: WriteOptions{Operation: streamingUpdate, Options: one.opts.Options, SessionSettings: SessionSettings{Workers: 1}}}
	rows := l.rows("n long", `{"n":2}`)
	if err := w.begin(t.Context(), rows.schema); err != nil {
		t.Fatal(err)
	}
	if done, err := w.already(t.Context(), query, 2); done || err != nil {
		t.Fatal(done, err)
	}
	if _, err := openLake(t, l.store).sink(logical.Append, nil).Write(t.Context(), 2, rows); err != nil {
		t.Fatal(err)
	}
	if _, err := w.run(t.Context(), rows); !errors.Is(err, errclass.DeltaConcurrentTransaction) {
		t.Errorf("the slower of two processes: %v", err)
	}
	l.wantRows("rows", l.read(nil), `{"n":0} {"n":0} {"n":1} {"n":1} {"n":2}`)
}

// Whatever step the process dies at, the next one ends with each batch's rows once; and when the power goes, too.
func TestSinkSurvivesEveryCrash(t *testing.T) {
	batches := []string{`{"n":0,"p":1}`, `{"n":1,"p":2}`, `{"n":2,"p":1}`}
	run := func(l *lake) error {
		sink := l.sink(logical.Append, nil, "p")
		for id, row := range batches {
			if _, err := sink.Write(context.Background(), int64(id), l.rows("n long, p int", row)); err != nil {
				return err
			}
		}
		return nil
	}
	clean := volumestest.NewMemory()
	steps := 0
	clean.EachStep(func(volumestest.Step) { steps++ })
	if err := run(openLake(t, clean)); err != nil {
		t.Fatal(err)
	}
	if steps < 30 {
		t.Fatalf("only %d steps", steps)
	}
	want := strings.Join(batches, " ")
	for n := range steps {
		store := volumestest.NewMemory()
		store.KillAfter(n)
		if err := run(openLake(t, store)); err == nil && n < steps-8 { // the last commit's upkeep may fail unheard
			t.Fatalf("killed after %d steps of %d, it ended all the same", n, steps)
		}
		store.Restart()
		for name, disk := range map[string]*volumestest.Memory{"killed": store, "power cut": store.CrashClone(uint64(n), n*7%101)} {
			l := openLake(t, disk)
			if err := run(l); err != nil {
				t.Fatalf("%s after %d steps: %v", name, n, err)
			}
			l.wantRows(fmt.Sprintf("%s after %d steps", name, n), l.read(nil), want)
			// What a Write has returned for is safe, also where it found the batch made by a process that was killed.
			cut := openLake(t, disk.CrashClone(0, 0))
			l.wantRows(fmt.Sprintf("%s after %d steps, and then a power cut", name, n), cut.read(nil), want)
		}
	}
}

// What a stream writes into the log is what Spark writes: the operation with its parameters and metrics, and the
// transaction.
func TestSinkCommitsAsSparkDoes(t *testing.T) {
	l := newLake(t)
	sink := l.sink(logical.Complete, map[string]string{"userMetadata": "mine"})
	for id := range int64(2) {
		if _, err := sink.Write(t.Context(), id, l.rows("n long", `{"n":1}`, `{"n":2}`)); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{
		`"operation":"STREAMING UPDATE","operationParameters":{"outputMode":"Complete","queryId":"` + query + `","epochId":"1"},"readVersion":0,"isolationLevel":"Serializable","isBlindAppend":false,`,
		`"numAddedFiles":"1"`, `"numRemovedFiles":"1"`, `"numOutputRows":"2"`, `"userMetadata":"mine"`,
		`{"txn":{"appId":"` + query + `","version":1,"lastUpdated":`, `"extendedFileMetadata":true`,
	} {
		if text := l.commitText(1); !strings.Contains(text, want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
}

// Rows of other columns than the table's are refused, or merged, batch for batch.
func TestSinkHoldsRowsAgainstTheTable(t *testing.T) {
	l := newLake(t)
	l.write("n long, p int", `{"n":0,"p":0}`)
	rows := l.rows("N int, extra string", `{"N":1,"extra":"x"}`)
	if _, err := l.sink(logical.Append, nil).Write(t.Context(), 0, rows); !errors.Is(err, errclass.DeltaSchemaMismatch) {
		t.Errorf("a new column: %v", err)
	}
	if _, err := l.sink(logical.Append, nil, "p").Write(t.Context(), 0, l.rows("n long", `{"n":1}`)); !errors.Is(err, errclass.DeltaSchemaMismatch) {
		t.Errorf("another partitioning: %v", err)
	}
	if _, err := l.sink(logical.Append, map[string]string{"mergeSchema": "true"}).Write(t.Context(), 0, rows); err != nil {
		t.Fatal(err)
	}
	l.wantRows("merged", l.read(nil), `{"n":0,"p":0} {"n":1,"extra":"x"}`)
	if _, err := l.sink(logical.Append, map[string]string{"overwriteSchema": "true"}).Write(t.Context(), 1, rows); !errors.Is(err, errclass.InvalidOption) {
		t.Errorf("overwriteSchema in append mode: %v", err)
	}
	if _, err := l.sink(logical.Complete, map[string]string{"overwriteSchema": "true"}).Write(t.Context(), 1, rows); err != nil {
		t.Error(err)
	}
	l.wantRows("overwritten", l.read(nil), `{"N":1,"extra":"x"}`)
	if _, err := NewSink(l.table, SinkOptions{Schema: schemaOf(t, "n long"), PartitionBy: []string{"m"}}); !errors.Is(err, errclass.UnresolvedColumn) {
		t.Errorf("a partition column that is none: %v", err)
	}
}

// A table that only takes appends takes no complete mode.
func TestSinkIntoAnAppendOnlyTable(t *testing.T) {
	l := newLake(t)
	if err := Create(t.Context(), l.table, CreateOptions{Schema: schemaOf(t, "n long"), Properties: map[string]string{"delta.appendOnly": "true"}}); err != nil {
		t.Fatal(err)
	}
	for id, want := range []error{nil, errclass.DeltaAppendOnly} {
		_, err := l.sink(logical.Complete, nil).Write(t.Context(), int64(id), l.rows("n long", `{"n":1}`))
		if !errors.Is(err, want) {
			t.Errorf("batch %d: %v, want %v", id, err, want)
		}
	}
}

// A query that has lost the logs of its checkpoint, and kept its id, is refused: its batches would be passed over. What may be a
// repeated batch is not.
func TestSinkHoldsItsRecordAgainstTheCheckpoint(t *testing.T) {
	l := newLake(t)
	s := l.sink(logical.Append, nil)
	if err := s.Resume(t.Context(), 0, false); err != nil {
		t.Errorf("without a table: %v", err)
	}
	for id := range int64(3) {
		if _, err := s.Write(t.Context(), id, l.rows("n long", fmt.Sprintf(`{"n":%d}`, id))); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		next     int64
		repeated bool
		refused  bool
	}{{3, false, false}, {3, true, false}, {2, true, false}, {2, false, true}, {1, true, true}, {0, false, true}, {9, false, false}} {
		err := openLake(t, l.store).sink(logical.Append, nil).Resume(t.Context(), c.next, c.repeated)
		if errors.Is(err, errclass.CheckpointInconsistent) != c.refused || !c.refused && err != nil {
			t.Errorf("next %d, repeated %v: %v", c.next, c.repeated, err)
		}
	}
}
