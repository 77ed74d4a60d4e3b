package checkpoint

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"reflect"
	"strings"
	"testing"

	"lakehouse/internal/errclass"
	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

const (
	someID   = "c2188a52-ce98-4313-aef0-3cdaee645eef"
	somePath = "file:/Volumes/main/default/vol/cp"
)

func newStore(t *testing.T) volumes.Store {
	t.Helper()
	return volumestest.NewMemory()
}

func start() Start {
	return Start{Path: somePath, Name: "bronze", RunID: "6d930f7d-6852-4fd9-ac80-61bfd48fd5dc", NewID: someID, PID: 42}
}

func open(t *testing.T, store volumes.Store) *Checkpoint {
	t.Helper()
	c, err := Open(t.Context(), store, start())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func put(t *testing.T, store volumes.Store, name, text string) {
	t.Helper()
	if err := store.Put(t.Context(), name, []byte(text)); err != nil {
		t.Fatal(err)
	}
}

func offsets(line string) Offsets {
	return Offsets{TimestampMs: 1795249021596, Conf: DefaultConf(2), Sources: []json.RawMessage{json.RawMessage(line)}}
}

// A first start writes what Spark writes; a second keeps the id.
func TestOpenBeginsAndGoesOn(t *testing.T) {
	store := newStore(t)
	first := open(t, store)
	if err := first.Offsets.Put(t.Context(), 0, offsets(`{"logOffset":0}`)); err != nil {
		t.Fatal(err)
	}
	if err := first.Commits.Put(t.Context(), 0, Commit{}); err != nil {
		t.Fatal(err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"metadata":  `{"id":"` + someID + `"}`,
		"commits/0": "v1\n" + `{"nextBatchWatermarkMs":0}`,
	} {
		got, err := volumes.ReadFile(t.Context(), store, name)
		if err != nil || string(got) != want {
			t.Errorf("%s holds %q, %v; want %q", name, got, err, want)
		}
	}
	again := start()
	again.NewID = "another"
	second, err := Open(t.Context(), store, again)
	if err != nil {
		t.Fatal(err)
	}
	if second.ID() != someID {
		t.Errorf("the id is %s after a restart, want %s", second.ID(), someID)
	}
	batch, entry, found, err := second.Offsets.Latest(t.Context())
	if err != nil || !found || batch != 0 || !reflect.DeepEqual(entry, offsets(`{"logOffset":0}`)) {
		t.Errorf("latest offsets: %d, %+v, %v, %v", batch, entry, found, err)
	}
	if _, _, found, err := open(t, newStore(t)).Commits.Latest(t.Context()); found || err != nil {
		t.Errorf("a new checkpoint has commits: %v, %v", found, err)
	}
}

// Latest goes by number, and passes over what is not of the log.
func TestLatestIsTheGreatestNumber(t *testing.T) {
	store := newStore(t)
	c := open(t, store)
	for _, batch := range []int64{9, 10, 2} {
		if err := c.Commits.Put(t.Context(), batch, Commit{NextWatermarkMs: batch}); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{".99.crc", "99.tmp", "099", "+99", "-1", "99999999999999999999", "x"} {
		put(t, store, "commits/"+name, "garbage")
	}
	batch, entry, found, err := c.Commits.Latest(t.Context())
	if err != nil || !found || batch != 10 || entry.NextWatermarkMs != 10 {
		t.Errorf("got %d, %+v, %v, %v", batch, entry, found, err)
	}
	if _, err := c.Commits.Get(t.Context(), 3); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a batch that is not there: %v", err)
	}
}

// What a damaged file says is told as Spark tells it, with the file's name; no byte of one is taken for
// a shorter file.
func TestDamagedFilesAreRefused(t *testing.T) {
	const good = "v1\n" + `{"batchWatermarkMs":0,"batchTimestampMs":1,"conf":{"a":"b"}}` + "\n" + `{"logOffset":0}`
	for _, c := range []struct {
		name, text string
		class      errclass.Class
		says       string
	}{
		{"text", "garbage", errclass.MalformedLogFile, "failed to read correct log version from garbage"},
		{"empty", "", errclass.MalformedLogFile, "log version"},
		{"v0", "v0\n{}\n{}", errclass.MalformedLogFile, "v0"},
		{"newer", "v9\n{}\n{}", errclass.InvalidLogVersion, "The maximum supported log version is v2, but encountered v9."},
		{"no metadata", "v1", errclass.MalformedLogFile, "watermark"},
		{"metadata is no JSON", "v1\nx\n{}", errclass.MalformedLogFile, "line 2"},
		{"conf of numbers", "v1\n" + `{"conf":{"a":1}}` + "\n{}", errclass.MalformedLogFile, "conf"},
		{"no source", good[:strings.LastIndexByte(good, '\n')], errclass.MalformedLogFile, "source"},
		{"offset is no JSON", good + "\n{", errclass.MalformedLogFile, "line 4"},
		{"zeros", strings.Repeat("\x00", 200), errclass.MalformedLogFile, "log version"},
	} {
		store := newStore(t)
		logs := open(t, store)
		put(t, store, "offsets/0", c.text)
		_, _, _, err := logs.Offsets.Latest(t.Context())
		if !errors.Is(err, c.class) || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), somePath+"/offsets/0") {
			t.Errorf("%s: got %v, want %s that says %q and names the file", c.name, err, c.class, c.says)
		}
	}
	logs := open(t, newStore(t))
	for cut := range len(good) {
		if entry, err := logs.Offsets.parse(0, []byte(good[:cut])); err == nil {
			t.Errorf("cut after %d bytes: %+v", cut, entry)
		}
	}
	if _, err := logs.Offsets.parse(0, []byte(strings.ReplaceAll(good, "\n", "\r\n")+"\r\n")); err != nil {
		t.Errorf("with the line ends of Windows: %v", err)
	}
}

func TestDamagedMetadataIsRefused(t *testing.T) {
	for _, text := range []string{"", "{", "{}", `{"id":""}`, `{"id":7}`, "[]"} {
		store := newStore(t)
		put(t, store, "metadata", text)
		if _, err := Open(t.Context(), store, start()); !errors.Is(err, errclass.MalformedLogFile) {
			t.Errorf("%q: got %v", text, err)
		}
	}
}

// Under a new id the sink could not tell the batches that it has: Spark goes on and doubles rows.
func TestLostMetadataIsRefused(t *testing.T) {
	for _, name := range []string{"offsets/0", "commits/7"} {
		store := newStore(t)
		put(t, store, name, "v1\n{}\n{}")
		_, err := Open(t.Context(), store, start())
		if !errors.Is(err, errclass.StreamMissingMetadata) || !strings.Contains(err.Error(), somePath) {
			t.Errorf("%s: got %v", name, err)
		}
		if _, err := store.Stat(t.Context(), "metadata"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: metadata was written: %v", name, err)
		}
		if _, err := Open(t.Context(), store, start()); errors.Is(err, errclass.CheckpointInUse) {
			t.Errorf("%s: the failed start still holds the checkpoint", name)
		}
	}
}

func TestSecondWriterOfABatchIsRefused(t *testing.T) {
	store := newStore(t)
	c := open(t, store)
	put(t, store, "offsets/3", "v1\n{}\n{}")
	err := c.Offsets.Put(t.Context(), 3, offsets("5"))
	if !errors.Is(err, errclass.ConcurrentStreamLogUpdate) || !strings.Contains(err.Error(), "offsets/3") {
		t.Errorf("got %v", err)
	}
}

// While one run holds the checkpoint a second is refused by name, and not after.
func TestCheckpointIsHeldByOneRun(t *testing.T) {
	local, err := volumes.OpenLocal(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	sub, err := volumes.Sub(local, "cp")
	if err != nil {
		t.Fatal(err)
	}
	for name, store := range map[string]volumes.Store{"memory": newStore(t), "local": sub, "wrapped": volumestest.Record(newStore(t))} {
		first := open(t, store)
		_, err := Open(t.Context(), store, Start{Path: somePath, Name: "silver", RunID: "r2", NewID: "other", PID: 43})
		if !errors.Is(err, errclass.CheckpointInUse) {
			t.Fatalf("%s: got %v", name, err)
		}
		for _, part := range []string{somePath, `"bronze"`, someID, "6d930f7d", "42"} {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%s: %v does not tell %s", name, err, part)
			}
		}
		if err := first.Close(); err != nil {
			t.Fatal(err)
		}
		if err := open(t, store).Close(); err != nil {
			t.Errorf("%s: after the first was closed: %v", name, err)
		}
	}
}

// A store without locks is no obstacle: offsets/N decides.
func TestStoreWithoutLocks(t *testing.T) {
	type plain struct{ volumes.Store }
	store := plain{newStore(t)}
	first, second := open(t, store), open(t, store)
	if first.ID() != second.ID() {
		t.Errorf("two ids: %s, %s", first.ID(), second.ID())
	}
	if err := first.Offsets.Put(t.Context(), 0, offsets("1")); err != nil {
		t.Fatal(err)
	}
	if err := second.Offsets.Put(t.Context(), 0, offsets("1")); !errors.Is(err, errclass.ConcurrentStreamLogUpdate) {
		t.Errorf("got %v", err)
	}
}

// A purge keeps a hundred batches, and costs one deletion a log and batch, not a listing.
func TestPurgeKeepsTheNewestBatches(t *testing.T) {
	store := volumestest.Inject(newStore(t), volumestest.Fault{At: -1, CountReads: true})
	c := open(t, store)
	for batch := range int64(110) {
		if err := c.Offsets.Put(t.Context(), batch, offsets("1")); err != nil {
			t.Fatal(err)
		}
		if err := c.Commits.Put(t.Context(), batch, Commit{}); err != nil {
			t.Fatal(err)
		}
	}
	before := len(store.Ops())
	for batch := int64(105); batch < 110; batch++ {
		if err := c.Purge(t.Context(), batch, MinBatchesToRetain); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := len(store.Ops())-before, 2*(1+9); got != want {
		t.Errorf("%d operations, want %d", got, want)
	}
	for _, log := range []func(context.Context) (int64, int64, error){c.Offsets.ends, c.Commits.ends} {
		oldest, newest, err := log(t.Context())
		if err != nil || oldest != 9 || newest != 109 {
			t.Errorf("left %d to %d, %v; want 9 to 109", oldest, newest, err)
		}
	}
}

func TestOffsetsRoundTripWithoutASource(t *testing.T) {
	c := open(t, newStore(t))
	want := Offsets{WatermarkMs: -5, TimestampMs: 7, Conf: Conf{{"b<&>\u2028", "ü\"\\\n"}, {"a", ""}}, Sources: []json.RawMessage{nil, json.RawMessage("12")}}
	if err := c.Offsets.Put(t.Context(), 0, want); err != nil {
		t.Fatal(err)
	}
	if got, err := c.Offsets.Get(t.Context(), 0); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v; want %+v", got, err, want)
	}
	for _, bad := range []string{"", "{", "1\n2"} {
		if err := c.Offsets.Put(t.Context(), 1, offsets(bad)); err == nil {
			t.Errorf("offset %q was written", bad)
		}
	}
}

func TestConfAnswersForOlderSpark(t *testing.T) {
	old := Conf{{ShufflePartitions, "200"}}
	for key, want := range map[string]string{ShufflePartitions: "200", AggregationStateVersion: "1", StateCompressionCodec: "lz4"} {
		if got, ok := old.Get(key); !ok || got != want {
			t.Errorf("%s = %q, %v; want %q", key, got, ok, want)
		}
	}
	if got, ok := old.Get(RocksDBFormatVersion); ok {
		t.Errorf("%s = %q", RocksDBFormatVersion, got)
	}
	changed := old.With(ShufflePartitions, "4").With("x", "y")
	if want := (Conf{{ShufflePartitions, "4"}, {"x", "y"}}); !reflect.DeepEqual(changed, want) || old[0].Value != "200" {
		t.Errorf("got %v from %v", changed, old)
	}
}
