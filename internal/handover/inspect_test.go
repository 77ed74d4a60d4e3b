package handover

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lakehouse/internal/checkpoint"
	"lakehouse/volumes/volumestest"
)

// sparksCheckpoint is a checkpoint of fourteen batches with the state that Spark left, in memory.
func sparksCheckpoint(t *testing.T) *volumestest.Memory {
	t.Helper()
	store := volumestest.NewMemory()
	state := filepath.Join("..", "state", "testdata", "spark")
	err := filepath.WalkDir(filepath.Join(state, "state"), func(name string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		below, err := filepath.Rel(state, name)
		if err != nil {
			return err
		}
		return store.Put(t.Context(), filepath.ToSlash(below), data)
	})
	if err != nil {
		t.Fatal(err)
	}
	put(t, store, "metadata", `{"id":"d4358946-170c-49a7-823b-d8e4e9126616"}`)
	for batch := range 14 {
		put(t, store, fmt.Sprintf("offsets/%d", batch), offsets(batch, ""))
		put(t, store, fmt.Sprintf("commits/%d", batch), "v1\n{\"nextBatchWatermarkMs\":0}")
	}
	return store
}

func offsets(batch int, provider string) string {
	conf := checkpoint.DefaultConf(3)
	if provider != "" {
		conf = conf.With(checkpoint.StateProviderClass, provider)
	}
	text, _ := conf.MarshalJSON()
	return fmt.Sprintf("v1\n{\"batchWatermarkMs\":0,\"batchTimestampMs\":1700000000000,\"conf\":%s}\n%d", text, batch)
}

func put(t *testing.T, store *volumestest.Memory, name, text string) {
	t.Helper()
	if err := store.Put(t.Context(), name, []byte(text)); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, store *volumestest.Memory, name string) {
	t.Helper()
	if err := store.Delete(t.Context(), name); err != nil {
		t.Fatal(err)
	}
}

// What forbids to go on is found before the query starts; what does not is told and left alone.
func TestInspect(t *testing.T) {
	for name, c := range map[string]struct {
		harm    func(t *testing.T, store *volumestest.Memory)
		refused string // in the reason; empty: it goes on
		next    string
	}{
		"as Spark left it": {func(*testing.T, *volumestest.Memory) {}, "", "batch 14, of what has come since"},
		"a batch cut short": {func(t *testing.T, s *volumestest.Memory) {
			remove(t, s, "commits/13")
		}, "", "batch 13 again"},
		"offsets of a batch that must be repeated are gone": {func(t *testing.T, s *volumestest.Memory) {
			remove(t, s, "commits/13")
			remove(t, s, "offsets/12")
		}, "offsets/12, where it starts, is gone", ""},
		"offsets are gone":   {func(t *testing.T, s *volumestest.Memory) { remove(t, s, "offsets/13") }, "offsets/13, which says what the batch read, is gone", ""},
		"metadata are gone":  {func(t *testing.T, s *volumestest.Memory) { remove(t, s, "metadata") }, "restore the file metadata", ""},
		"a delta is gone":    {func(t *testing.T, s *volumestest.Memory) { remove(t, s, "state/0/1/13.delta") }, "it does not exist", ""},
		"a delta is damaged": {func(t *testing.T, s *volumestest.Memory) { put(t, s, "state/0/1/13.delta", "LZ4Block") }, "Error reading state/0/1/13.delta", ""},
		"RocksDB": {func(t *testing.T, s *volumestest.Memory) {
			put(t, s, "offsets/13", offsets(13, "RocksDBStateStoreProvider"))
		}, "only state of the HDFS-backed provider is read", ""},
		"ids of state files": {func(t *testing.T, s *volumestest.Memory) {
			put(t, s, "commits/13", "v2\n{\"nextBatchWatermarkMs\":0,\"stateUniqueIds\":{\"0\":[[\"a\"]]}}")
		}, "stateUniqueIds", ""},
		"no ids": {func(t *testing.T, s *volumestest.Memory) {
			put(t, s, "commits/13", "v2\n{\"nextBatchWatermarkMs\":0,\"stateUniqueIds\":{}}")
		}, "", "batch 14, of what has come since"},
		"offsets by number": {func(t *testing.T, s *volumestest.Memory) {
			put(t, s, "offsets/13", strings.Replace(strings.Replace(offsets(13, ""), "v1", "v2", 1), "\n13", "\n0:13", 1))
		}, "", "batch 14, of what has come since"},
		"offsets by name": {func(t *testing.T, s *volumestest.Memory) {
			put(t, s, "offsets/13", strings.Replace(strings.Replace(offsets(13, ""), "v1", "v2", 1), "\n13", "\norders:13", 1))
		}, "its sources have names", ""},
		"sources by name": {func(t *testing.T, s *volumestest.Memory) {
			put(t, s, "offsets/13", strings.Replace(offsets(13, ""), `"conf":{`, `"conf":{"spark.sql.streaming.queryEvolution.enableSourceEvolution":"true",`, 1))
		}, "Spark knows the sources by names", ""},
		"sinks": {func(t *testing.T, s *volumestest.Memory) {
			put(t, s, "commits/13", `v3`+"\n"+`{"nextBatchWatermarkMs":0,"sinkMetadataMap":{"out":{"sinkName":"out","isActive":true}}}`)
		}, "", "batch 14, of what has come since"},
		"an unknown operator": {func(t *testing.T, s *volumestest.Memory) {
			put(t, s, "state/0/_metadata/metadata", "v1\n{\"operatorInfo\":{\"operatorId\":0,\"operatorName\":\"flatMapGroupsWithState\"},\"stateStoreInfo\":[{\"storeName\":\"default\",\"numColsPrefixKey\":0,\"numPartitions\":3}]}")
		}, "keeps no state for the operator", ""},
	} {
		t.Run(name, func(t *testing.T) {
			store := sparksCheckpoint(t)
			c.harm(t, store)
			record := volumestest.Record(store)
			report, err := Inspect(t.Context(), Checkpoint{Store: record, Path: "/cp"})
			if err != nil {
				t.Fatal(err)
			}
			if ops := record.Ops(); len(ops) > 0 {
				t.Errorf("it changed the checkpoint: %v", ops)
			}
			var reasons []string
			for _, f := range report.Findings {
				if f.Refused {
					reasons = append(reasons, f.Here)
				}
			}
			told := strings.Join(reasons, "\n")
			if (c.refused == "") != (told == "") || !strings.Contains(told, c.refused) || !strings.HasPrefix(report.Next, c.next) {
				t.Errorf("refused for %q, next %q; want %q and %q", told, report.Next, c.refused, c.next)
			}
		})
	}
}

// Of a checksum file that speaks of another content, the file decides: whole, it stays and the checksum goes.
func TestPrepareDropsStaleChecksums(t *testing.T) {
	store := sparksCheckpoint(t)
	put(t, store, "offsets/.3.crc", string(hadoopChecksum([]byte("other"), 512)))
	put(t, store, "offsets/.4.crc", string(hadoopChecksum([]byte(offsets(4, "")), 512)))
	put(t, store, "state/0/1/13.delta.crc", string(sparkChecksum([]byte("other"))))
	put(t, store, "commits/.99.crc", "of a file that is gone")
	c := Checkpoint{Store: store, Path: "/cp"}
	report, err := Prepare(t.Context(), c, PrepareOptions{})
	if err != nil || report.Refused() {
		t.Fatalf("%v %+v", err, report)
	}
	var left []string
	if err := c.eachChecksum(t.Context(), func(sum checksum) error { left = append(left, sum.name); return nil }); err != nil {
		t.Fatal(err)
	}
	if len(left) != 1 || left[0] != "offsets/.4.crc" {
		t.Errorf("left: %q", left)
	}
}

func TestPrepareRefusesADamagedFileWithItsChecksum(t *testing.T) {
	store := sparksCheckpoint(t)
	put(t, store, "state/0/1/2.delta.crc", string(sparkChecksum([]byte("what was there"))))
	put(t, store, "state/0/1/2.delta", "no delta") // before the snapshot that the state is loaded from
	report, err := Prepare(t.Context(), Checkpoint{Store: store, Path: "/cp"}, PrepareOptions{})
	if err != nil || !report.Refused() {
		t.Errorf("%v %+v", err, report)
	}
}
