package autoloader

import (
	"context"
	"fmt"
	"iter"
	"runtime"
	"strconv"
	"testing"
	"time"

	"lakehouse/internal/stream"
	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

// A crowd is a store whose landing folder holds any number of files that are nowhere.
type crowd struct {
	*volumestest.Memory
	files int
	tell  func(volumes.Change)
}

// A crowd can tell of its files.
func (c *crowd) NewWatcher(tell func(volumes.Change)) (volumes.Watcher, error) {
	c.tell = tell
	return silent{}, nil
}

type silent struct{}

func (silent) Watch(string) error { return nil }

func (silent) Close() error { return nil }

func (c *crowd) List(ctx context.Context, dir string, opts volumes.ListOptions) iter.Seq2[volumes.Info, error] {
	if dir != landing {
		return c.Memory.List(ctx, dir, opts)
	}
	return func(yield func(volumes.Info, error) bool) {
		for i := range c.files {
			info := volumes.Info{Name: landing + "/part-" + strconv.Itoa(i) + ".json", Size: 1000, ModTime: testDay.Add(time.Duration(i%997) * time.Second)}
			if !yield(info, nil) {
				return
			}
		}
	}
}

func crowdSource(b testing.TB, c *crowd, opts Options) *source {
	b.Helper()
	checkpoint, err := volumes.Sub(c.Memory, checkpoints)
	if err != nil {
		b.Fatal(err)
	}
	p := testStream(b, c, landing, opts)
	p.name, p.config.Clock = cloudFilesSource, func() time.Time { return testDay }
	s, err := p.Open(b.Context(), stream.SourceStart{Checkpoint: checkpoint, Dir: "sources/0", Wake: func() {}})
	if err != nil {
		b.Fatal(err)
	}
	return s.(*source)
}

func newCrowd(b testing.TB, files int) *crowd {
	return &crowd{Memory: newLanding(b), files: files}
}

// The first batch out of a crowd: all files are listed, a thousand are planned.
func BenchmarkFirstBatchOfACrowd(b *testing.B) {
	for _, n := range []int{10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				s := crowdSource(b, newCrowd(b, n), Options{MaxFilesPerTrigger: 1000})
				if _, err := s.Latest(b.Context(), 0, nil, stream.LimitByOptions); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/file")
		})
	}
}

// A batch of ten new files beside a crowd that was read: what a trigger costs in steady state.
func BenchmarkNextBatchBesideACrowd(b *testing.B) {
	for _, n := range []int{10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			c := newCrowd(b, n)
			before := heap()
			s := crowdSource(b, c, Options{})
			at := latest(b, s, nil)
			perFile := float64(heap()-before) / float64(n)
			b.ResetTimer()
			for b.Loop() {
				c.files += 10
				at = latest(b, s, at)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/file")
			b.ReportMetric(perFile, "heap-B/file")
			runtime.KeepAlive(s)
		})
	}
}

// seenCrowd is a source that has read a crowd, a thousand files a batch, and is told of what comes.
func seenCrowd(b testing.TB, n int) (*crowd, *source, stream.Offset) {
	b.Helper()
	c := newCrowd(b, n)
	s := crowdSource(b, c, Options{Notifications: true, MaxFileAge: forever, MaxFilesPerTrigger: 1000, MaxCachedFiles: 1 << 30})
	b.Cleanup(func() { _ = s.Stop() })
	var at stream.Offset
	for range n/1000 + 1 {
		at = latest(b, s, at)
	}
	return c, s, at
}

// A batch of one new file that the folder told of, beside a crowd that was read: what it costs does not grow with the crowd.
func BenchmarkOneFileToldBesideACrowd(b *testing.B) {
	for _, n := range []int{10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			before := heap()
			c, s, at := seenCrowd(b, n)
			perFile := float64(heap()-before-int64(len(c.log(b)))) / float64(n)
			next := 0
			for b.Loop() {
				name := landing + "/new-" + strconv.Itoa(next)
				next++
				if err := c.Put(b.Context(), name, nil); err != nil {
					b.Fatal(err)
				}
				c.tell(volumes.Change{Name: name})
				at = latest(b, s, at)
			}
			b.ReportMetric(perFile, "heap-B/file")
			if int(s.last) < next {
				b.Fatalf("%d batches of %d files", s.last, next)
			}
		})
	}
}

// log is all bytes that the crowd's store holds of the source log: they lie in memory here, and on disk elsewhere.
func (c *crowd) log(b testing.TB) (all []byte) {
	b.Helper()
	for info, err := range c.Memory.List(b.Context(), checkpoints, volumes.ListOptions{Recursive: true, Hidden: true}) {
		if err != nil {
			b.Fatal(err)
		}
		all = append(all, make([]byte, info.Size)...)
	}
	return all
}

// The first batch after a restart, beside a crowd that was read.
func BenchmarkRestartBesideACrowd(b *testing.B) {
	for _, n := range []int{10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			c, _, at := seenCrowd(b, n)
			for b.Loop() {
				s := crowdSource(b, c, Options{Notifications: true, MaxFileAge: forever, MaxFilesPerTrigger: 1000})
				if err := s.resume(b.Context(), s.index.upTo); err != nil {
					b.Fatal(err)
				}
				if end := offsetOf(s.last); string(end) != string(at) {
					b.Fatalf("%s, want %s", end, at)
				}
			}
		})
	}
}

// Batches taken from one listing cost what they hold, not what is waiting.
func BenchmarkCachedBatchOfACrowd(b *testing.B) {
	c := newCrowd(b, 1_000_000)
	s := crowdSource(b, c, Options{MaxFilesPerTrigger: 100, MaxCachedFiles: 1 << 20})
	at := latest(b, s, nil)
	for b.Loop() {
		at = latest(b, s, at)
	}
}

func latest(b testing.TB, s *source, at stream.Offset) stream.Offset {
	b.Helper()
	end, err := s.Latest(b.Context(), 0, at, stream.LimitByOptions)
	if err != nil {
		b.Fatal(err)
	}
	return end
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// A source holds no more of a listing than the next batches need, and a file that was read costs a few dozen bytes.
func TestACrowdTakesLittleMemory(t *testing.T) {
	const n = 200_000
	c := newCrowd(t, n)
	s := crowdSource(t, c, Options{MaxFilesPerTrigger: 100, MaxCachedFiles: 1000})
	latest(t, s, nil)
	if held := cap(s.unread); held > 2*1100 || s.outstanding.files != n-100 {
		t.Errorf("%d files are held of %d outstanding", held, s.outstanding.files)
	}
	before := heap()
	seen := newSeenFiles(Options{})
	for i := range n {
		seen.addID(seen.identify("file:///Volumes/c/s/v/in/part-"+strconv.Itoa(i)), testDay.UnixMilli())
	}
	if perFile := (heap() - before) / n; perFile > 80 {
		t.Errorf("a file seen costs %d bytes", perFile)
	}
	runtime.KeepAlive(seen)
}
