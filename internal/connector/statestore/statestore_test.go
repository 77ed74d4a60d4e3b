package statestore

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"lakehouse/internal/batch"
	"lakehouse/internal/checkpoint"
	"lakehouse/internal/errclass"
	"lakehouse/internal/logical"
	"lakehouse/volumes/volumestest"
)

// sparks is a checkpoint of fourteen batches with the state that Spark left, in memory: three partitions, a snapshot of version 11
// in each.
func sparks(t testing.TB) (Checkpoint, *volumestest.Memory) {
	t.Helper()
	store := volumestest.NewMemory()
	put := func(name string, data []byte) {
		if err := store.Put(t.Context(), name, data); err != nil {
			t.Fatal(err)
		}
	}
	dir := filepath.Join("..", "..", "state", "testdata", "spark")
	err := filepath.WalkDir(filepath.Join(dir, "state"), func(name string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		below, err := filepath.Rel(dir, name)
		put(filepath.ToSlash(below), data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	conf, err := checkpoint.DefaultConf(3).MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	put("metadata", []byte(`{"id":"d4358946-170c-49a7-823b-d8e4e9126616"}`))
	for batch := range 14 {
		put(fmt.Sprintf("offsets/%d", batch), fmt.Appendf(nil, "v1\n{\"batchWatermarkMs\":0,\"batchTimestampMs\":1,\"conf\":%s}\n%d", conf, batch))
		put(fmt.Sprintf("commits/%d", batch), []byte("v1\n{\"nextBatchWatermarkMs\":0}"))
	}
	return Checkpoint{Store: store, Path: "/cp"}, store
}

// read counts the rows, by partition.
func read(t *testing.T, source logical.Source, columns []string) (rows []int64, fields []string) {
	t.Helper()
	for piece, err := range source.Scan(t.Context(), logical.ScanOptions{Columns: columns}) {
		if err != nil {
			t.Fatal(err)
		}
		batches, err := batch.Collect(piece.Read(t.Context()))
		if err != nil {
			t.Fatal(err)
		}
		n := int64(0)
		for _, b := range batches {
			n += b.NumRows()
			fields = nil
			for _, f := range b.Schema().Fields() {
				fields = append(fields, f.Name)
			}
		}
		rows = append(rows, n)
	}
	return rows, fields
}

func sum(rows []int64) (n int64) {
	for _, r := range rows {
		n += r
	}
	return n
}

// The state is read as it was at the end of any batch, from any snapshot, and never written.
func TestStateOfAnyBatch(t *testing.T) {
	c, store := sparks(t)
	record := volumestest.Record(store)
	c.Store = record
	open := func(options map[string]string) *Source {
		t.Helper()
		s, err := New(t.Context(), c, options)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	last, fields := read(t, open(nil), nil)
	if len(last) != 3 || sum(last) == 0 || !slices.Equal(fields, []string{"key", "value", "partition_id"}) {
		t.Errorf("%v rows of %v", last, fields)
	}
	if replayed, _ := read(t, open(map[string]string{optSnapshotBatch: "10", optSnapshotPart: "1"}), nil); len(replayed) != 1 || replayed[0] != last[1] {
		t.Errorf("from the snapshot: %v, want %v", replayed, last[1])
	}
	first, _ := read(t, open(map[string]string{optBatch: "0"}), []string{"partition_id"})
	changes, fields := read(t, open(map[string]string{optChanges: "TRUE", optChangeStart: "0", optChangeEnd: "0"}), []string{"change_type", "key"})
	if sum(first) == 0 || sum(first) > sum(last) || sum(changes) != sum(first) || !slices.Equal(fields, []string{"change_type", "key"}) {
		t.Errorf("batch 0 has %v rows, its changes are %v of %v", first, changes, fields)
	}
	if ops := record.Ops(); len(ops) > 0 {
		t.Errorf("reading changed the checkpoint: %v", ops)
	}
}

func TestOptionsThatMakeNoSenseAreRefusedAsSparkDoes(t *testing.T) {
	c, _ := sparks(t)
	for _, o := range []struct {
		options map[string]string
		want    errclass.Class
	}{
		{map[string]string{"batchid": "-1"}, errclass.StateOptionNegative},
		{map[string]string{optBatch: "x"}, errclass.StateInvalidOption},
		{map[string]string{optBatch: "14"}, errclass.StateBatchUnavailable},
		{map[string]string{optOperator: "1"}, errclass.StateSchemaUnreadable},
		{map[string]string{optStore: " "}, errclass.StateOptionEmpty},
		{map[string]string{optStore: "left-keyToNumValues"}, errclass.StateSchemaUnreadable},
		{map[string]string{optJoinSide: "left"}, errclass.StateSchemaUnreadable},
		{map[string]string{optJoinSide: "up"}, errclass.StateInvalidOption},
		{map[string]string{optJoinSide: "left", optStore: "x"}, errclass.StateConflictOptions},
		{map[string]string{optChanges: "true"}, errclass.StateOptionMissing},
		{map[string]string{optChanges: "true", optChangeStart: "0", optBatch: "1"}, errclass.StateConflictOptions},
		{map[string]string{optChanges: "true", optChangeStart: "5", optChangeEnd: "4"}, errclass.StateInvalidOption},
		{map[string]string{optChangeStart: "5"}, errclass.StateInvalidOption},
		{map[string]string{optSnapshotBatch: "1"}, errclass.StateOptionMissing},
		{map[string]string{optSnapshotPart: "1"}, errclass.StateOptionMissing},
		{map[string]string{optSnapshotBatch: "14", optSnapshotPart: "1"}, errclass.StateInvalidOption},
		{map[string]string{optVariable: "count"}, errclass.StateInvalidOption},
		{map[string]string{optTimers: "true"}, errclass.StateInvalidOption},
		{map[string]string{optTimers: "true", optVariable: "count"}, errclass.StateConflictOptions},
		{map[string]string{optKeySchema: "a int"}, errclass.StateOptionMissing},
		{map[string]string{optKeySchema: "a int", optValueSchema: "b int"}, errclass.StateInvalidOption},
		{map[string]string{"batchIdd": "1"}, errclass.InvalidOption},
	} {
		if _, err := New(t.Context(), c, o.options); !errors.Is(err, o.want) {
			t.Errorf("%v: got %v, want %s", o.options, err, o.want)
		}
	}
}
