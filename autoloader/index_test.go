package autoloader

import (
	"fmt"
	"testing"

	"lakehouse/internal/stream"
	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

// longLog writes a log of batches of one file each, as runs of the source do.
func longLog(t testing.TB, store volumes.Store, batches int) {
	t.Helper()
	s := openSource(t, store)
	if err := s.load(t.Context()); err != nil {
		t.Fatal(err)
	}
	for n := s.last + 1; n < int64(batches); n++ {
		if err := s.plan(t.Context(), n, []file{{key: fileName(n), modified: testDay.UnixMilli()}}); err != nil {
			t.Fatal(err)
		}
	}
}

func fileName(n int64) string { return fmt.Sprintf("%s/%06d", landing, n) }

func openSource(t testing.TB, store volumes.Store) *source {
	t.Helper()
	checkpoint, err := volumes.Sub(store, checkpoints)
	if err != nil {
		t.Fatal(err)
	}
	s, err := testStream(t, store, landing, Options{}).Open(t.Context(), stream.SourceStart{Checkpoint: checkpoint, Dir: "sources/0"})
	if err != nil {
		t.Fatal(err)
	}
	return s.(*source)
}

// assertSeen opens the log and asks for each of its files, and for one that it does not have.
func assertSeen(t testing.TB, store volumes.Store, batches int) {
	t.Helper()
	s := openSource(t, store)
	if err := s.resume(t.Context(), int64(batches)-1); err != nil {
		t.Fatal(err)
	}
	equal(t, "the last batch", s.last, int64(batches)-1)
	for n := range int64(batches) + 1 {
		want := isSeen
		if n == int64(batches) {
			want = isNew
		}
		if got := s.seen.judge(s.uri(fileName(n)), testDay.UnixMilli()); got != want {
			t.Fatalf("file %d: verdict %d, want %d", n, got, want)
		}
	}
}

func runsIn(t testing.TB, store volumes.Store) []string {
	t.Helper()
	return namesIn(t, store, checkpoints+"/sources/0/"+seenFolder)
}

// Opening a long log reads a few runs and the batches behind them.
func TestOpeningALongLogReadsLittleOfIt(t *testing.T) {
	store := newLanding(t)
	longLog(t, store, 1000)
	equal(t, "runs", runsIn(t, store), []string{"0-511", "512-575", "576-639", "640-703", "704-767", "768-831", "832-895", "896-959"})
	assertSeen(t, store, 1000)
	counted := volumestest.Inject(store, volumestest.Fault{At: -1, CountReads: true})
	if err := openSource(t, counted).load(t.Context()); err != nil {
		t.Fatal(err)
	}
	opened := 0
	for _, op := range counted.Ops() {
		if op.Kind == volumestest.KindOpen {
			opened++
		}
	}
	if opened > 80 {
		t.Errorf("%d files were opened", opened)
	}
}

// The index is derived: whatever happens to it, or to the log below it, the log decides.
func TestTheLogDecidesOverItsIndex(t *testing.T) {
	dir := checkpoints + "/sources/0/"
	for _, c := range []struct {
		name   string
		damage func(*volumestest.Memory) error
	}{
		{"nothing", func(*volumestest.Memory) error { return nil }},
		{"a run is cut short", func(s *volumestest.Memory) error {
			return s.Put(t.Context(), dir+".seen/0-63", []byte("seen v1 path\n"))
		}},
		{"a run is lost", func(s *volumestest.Memory) error { return s.Delete(t.Context(), dir+".seen/64-127") }},
		{"a run of another log", func(s *volumestest.Memory) error {
			other := newLanding(t)
			longLog(t, other, 64)
			data, err := volumes.ReadFile(t.Context(), other, dir+".seen/0-63")
			if err != nil {
				return err
			}
			return s.Put(t.Context(), dir+".seen/0-127", data)
		}},
		{"runs overlap, as a crash in a merge leaves them", func(s *volumestest.Memory) error {
			data, err := volumes.ReadFile(t.Context(), s, dir+".seen/64-127")
			if err != nil {
				return err
			}
			return s.Put(t.Context(), dir+".seen/65-127", data)
		}},
		{"Spark compacted the log and deleted its batches", func(s *volumestest.Memory) error {
			return compactLikeSpark(t, s, 149)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			store := newLanding(t)
			longLog(t, store, 200)
			equal(t, "runs", runsIn(t, store), []string{"0-63", "128-191", "64-127"})
			if err := c.damage(store); err != nil {
				t.Fatal(err)
			}
			assertSeen(t, store, 200)
			longLog(t, store, 300)
			assertSeen(t, store, 300)
		})
	}
}

// compactLikeSpark replaces the batches up to one by a compaction.
func compactLikeSpark(t testing.TB, store *volumestest.Memory, upTo int64) error {
	var all []entry
	for n := range upTo + 1 {
		name := fmt.Sprintf("%s/sources/0/%d", checkpoints, n)
		data, err := volumes.ReadFile(t.Context(), store, name)
		if err != nil {
			return err
		}
		entries, err := decodeLog(name, data)
		if err != nil {
			return err
		}
		all = append(all, entries...)
		if err := store.Delete(t.Context(), name); err != nil {
			return err
		}
	}
	return store.Put(t.Context(), fmt.Sprintf("%s/sources/0/%d%s", checkpoints, upTo, compactSuffix), encodeLog(all))
}

// A run that dies while the index is written or merged reads each file exactly once all the same.
func TestTheIndexSurvivesEveryCrashPoint(t *testing.T) {
	clean := newLanding(t)
	longLog(t, clean, 511)
	recorded := volumestest.Record(clean.CrashClone(1, 100))
	longLog(t, recorded, 515)
	for n := range recorded.Ops() {
		store := clean.CrashClone(1, 100)
		s := openSource(t, volumestest.StopAfter(store, n))
		if s.load(t.Context()) == nil {
			for batch := s.last + 1; batch < 515; batch++ {
				if s.plan(t.Context(), batch, []file{{key: fileName(batch), modified: testDay.UnixMilli()}}) != nil {
					break
				}
			}
		}
		survivor := store.CrashClone(uint64(n), 50)
		longLog(t, survivor, 520)
		assertSeen(t, survivor, 520)
	}
}

// A batch of one new file costs the same whatever was seen before.
func BenchmarkPlanAfter(b *testing.B) {
	for _, seen := range []int{1e3, 1e6} {
		b.Run(fmt.Sprintf("seen=%d", seen), func(b *testing.B) {
			store := newLanding(b)
			s := openSource(b, store)
			if err := s.load(b.Context()); err != nil {
				b.Fatal(err)
			}
			for n := range seen {
				s.seen.addID(s.seen.identify(s.uri(fileName(int64(n)))), testDay.UnixMilli())
			}
			next := int64(seen)
			for b.Loop() {
				put(b, store, fileName(next), "x", 0)
				if _, err := s.Latest(b.Context(), 0, offsetOf(s.last), stream.LimitByOptions); err != nil {
					b.Fatal(err)
				}
				if err := store.Delete(b.Context(), fileName(next)); err != nil {
					b.Fatal(err)
				}
				next++
			}
		})
	}
}

// Opening the log of a million files, a thousand in a batch.
func BenchmarkOpenLog(b *testing.B) {
	store := newLanding(b)
	s := openSource(b, store)
	if err := s.load(b.Context()); err != nil {
		b.Fatal(err)
	}
	for batch := range int64(1000) {
		files := make([]file, 1000)
		for i := range files {
			files[i] = file{key: fileName(batch*1000 + int64(i)), modified: testDay.UnixMilli()}
		}
		if err := s.plan(b.Context(), batch, files); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		if err := openSource(b, store).load(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
