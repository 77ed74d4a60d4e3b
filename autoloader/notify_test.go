package autoloader

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"testing"
	"time"

	"lakehouse/internal/stream"
	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

// A telling store tells of files when the test says so.
type telling struct {
	*volumestest.Memory
	tell    func(volumes.Change)
	watched []string
	refuses error
	lists   int // of the landing folder
}

func (s *telling) NewWatcher(tell func(volumes.Change)) (volumes.Watcher, error) {
	s.tell = tell
	return s, nil
}

func (s *telling) Watch(dir string) error {
	s.watched = append(s.watched, dir)
	return s.refuses
}

func (s *telling) Close() error { return nil }

func (s *telling) List(ctx context.Context, dir string, opts volumes.ListOptions) iter.Seq2[volumes.Info, error] {
	if dir == landing {
		s.lists++
	}
	return s.Memory.List(ctx, dir, opts)
}

// told is a source with notifications, and the time that it thinks it is.
type told struct {
	*testing.T
	store *telling
	s     *source
	at    stream.Offset
	now   time.Time
	woken int
}

func newTold(t *testing.T, opts Options) *told {
	t.Helper()
	to := &told{T: t, store: &telling{Memory: newLanding(t)}, now: testDay}
	opts.Notifications = true
	p := testStream(t, to.store, landing, opts)
	p.name, p.config.Clock = cloudFilesSource, func() time.Time { return to.now }
	checkpoint, err := volumes.Sub(to.store, checkpoints)
	if err != nil {
		t.Fatal(err)
	}
	s, err := p.Open(t.Context(), stream.SourceStart{Checkpoint: checkpoint, Dir: "sources/0", Wake: func() { to.woken++ }})
	if err != nil {
		t.Fatal(err)
	}
	to.s = s.(*source)
	t.Cleanup(func() { _ = s.Stop() })
	return to
}

// next plans a batch and gives the names of its files.
func (to *told) next() (names []string) {
	to.Helper()
	before := to.s.last
	to.at = latest(to, to.s, to.at)
	for batch := before + 1; batch <= to.s.last; batch++ {
		entries, err := to.s.log.read(to.Context(), batch)
		if err != nil {
			to.Fatal(err)
		}
		for _, e := range entries {
			names = append(names, e.Path[len("file:///"+landing+"/"):])
		}
	}
	return names
}

func (to *told) want(what string, want ...string) {
	to.Helper()
	if got := to.next(); !slices.Equal(got, want) {
		to.Errorf("%s: got %q, want %q", what, got, want)
	}
}

func (to *told) land(name string, minute int) {
	to.Helper()
	put(to, to.store.Memory, landing+"/"+name, name, minute)
}

func (to *told) tell(name string) { to.store.tell(volumes.Change{Name: landing + "/" + name}) }

func TestWhatWasToldIsReadWithoutListing(t *testing.T) {
	to := newTold(t, Options{})
	to.land("a", 1)
	to.want("at the start", "a")
	lists := to.store.lists
	to.land("c", 3)
	to.land("b", 2)
	to.want("before it is told")
	to.tell("c")
	to.tell("b")
	to.tell("b")
	to.tell("a")
	to.tell("gone")
	to.tell("_hidden")
	to.want("when it was told", "b", "c")
	if to.store.lists != lists || to.woken != 6 {
		t.Errorf("%d listings, woken %d times", to.store.lists-lists, to.woken)
	}
	if !to.s.Notifies() {
		t.Error("it does not say that it tells")
	}
}

func TestWhatWasNotToldIsFoundByListing(t *testing.T) {
	t.Run("changes were lost", func(t *testing.T) {
		to := newTold(t, Options{})
		to.want("at the start")
		to.land("a", 1)
		to.store.tell(volumes.Change{Lost: true})
		to.want("then", "a")
	})
	t.Run("the interval has passed", func(t *testing.T) {
		to := newTold(t, Options{BackfillInterval: time.Hour})
		to.want("at the start")
		to.land("a", 1)
		to.now = to.now.Add(59 * time.Minute)
		to.want("too early")
		to.now = to.now.Add(time.Minute)
		to.want("in time", "a")
		to.now = to.now.Add(-24 * time.Hour) // the clock went back
		to.land("b", 1)
		to.want("after the clock went back", "b")
	})
	t.Run("more is there than is held", func(t *testing.T) {
		to := newTold(t, Options{MaxFilesPerTrigger: 2, MaxCachedFiles: 1})
		for i := range 9 {
			to.land(fmt.Sprint(i), i)
		}
		for range 9 {
			to.next()
		}
		if len(to.s.seen.at) != 9 {
			t.Errorf("%d files were read of 9", len(to.s.seen.at))
		}
	})
	t.Run("more was told than a batch takes", func(t *testing.T) {
		to := newTold(t, Options{MaxFilesPerTrigger: 2, MaxCachedFiles: -1})
		to.want("at the start")
		for i := range 5 {
			to.land(fmt.Sprint(i), i)
			to.tell(fmt.Sprint(i))
		}
		to.want("first", "0", "1")
		to.want("second", "2", "3")
		to.want("third", "4")
	})
}

func TestNewFoldersAreWatchedAndListed(t *testing.T) {
	to := newTold(t, Options{RecursiveFileLookup: true})
	to.want("at the start")
	to.land("x/y/a", 1)
	to.store.tell(volumes.Change{Name: landing + "/x", IsDir: true})
	to.want("then", "x/y/a")
	if want := []string{landing, landing + "/x", landing + "/x/y"}; !slices.Equal(to.store.watched, want) {
		t.Errorf("watched %q", to.store.watched)
	}
	to.land("x/y/b", 2)
	to.tell("x/y/b")
	to.want("a file there", "x/y/b")
	plain := newTold(t, Options{})
	plain.want("at the start")
	plain.land("x/a", 1)
	plain.store.tell(volumes.Change{Name: landing + "/x", IsDir: true})
	plain.tell("x/a")
	plain.want("a folder that is not read")
}

// Where folders cannot be watched, they are listed.
func TestListingWhereThereIsNoWatching(t *testing.T) {
	to := newTold(t, Options{})
	to.store.refuses = errors.New("no space left on device")
	to.land("a", 1)
	to.want("at the start", "a")
	to.land("b", 2)
	to.want("then", "b")
	if to.s.Notifies() {
		t.Error("it says that it tells")
	}
}
