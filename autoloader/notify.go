package autoloader

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"sync"
	"time"

	"lakehouse/internal/connector/files"
	"lakehouse/internal/stream"
	"lakehouse/volumes"
)

// A notifier gathers what the folders of a source tell. Whatever may have been missed is found by listing all of them: at the
// start, when changes were lost, when more was told than could be held, and every backfillInterval.
type notifier struct {
	watcher volumes.Watcher
	every   time.Duration
	listed  time.Time // when everything was listed last; touched by the source's goroutine alone

	mu      sync.Mutex
	names   map[string]bool // of files
	folders map[string]bool // that are new
	all     bool            // everything is to be listed
}

const (
	// defaultBackfill is how often everything is listed beside notifications.
	defaultBackfill = 10 * time.Minute
	// maxTold is how many names are held between two batches; when there are more, everything is listed.
	maxTold = 100_000
)

// newNotifier watches a store. wake is called when there is something new.
func newNotifier(store volumes.Store, every time.Duration, wake func()) (*notifier, error) {
	watchable, ok := store.(volumes.Watchable)
	if !ok {
		return nil, fmt.Errorf("watch: %w", errors.ErrUnsupported)
	}
	n := &notifier{every: every, all: true, names: map[string]bool{}, folders: map[string]bool{}}
	if n.every == 0 {
		n.every = defaultBackfill
	}
	var err error
	n.watcher, err = watchable.NewWatcher(func(c volumes.Change) {
		n.note(c)
		wake()
	})
	return n, err
}

func (n *notifier) note(c volumes.Change) {
	n.mu.Lock()
	defer n.mu.Unlock()
	switch {
	case c.Lost || len(n.names)+len(n.folders) >= maxTold:
		n.all = true
	case c.IsDir:
		n.folders[c.Name] = true
	default:
		n.names[c.Name] = true
	}
}

// waiting is how much was told and not looked at yet.
func (n *notifier) waiting() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.names) + len(n.folders)
}

// missed asks for a listing of everything: something that was found is not held.
func (n *notifier) missed() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.all = true
}

// take gives what was told since it was last called.
func (n *notifier) take() (names, folders []string, all bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	names, folders, all = slices.Collect(maps.Keys(n.names)), slices.Sorted(maps.Keys(n.folders)), n.all
	clear(n.names)
	clear(n.folders)
	n.all = false
	return names, folders, all
}

// Notifies reports whether the source wakes its query.
func (s *source) Notifies() bool { return s.notify != nil && !s.frozen && len(s.unread) == 0 }

var _ stream.Notified = (*source)(nil)

// startNotifier watches the folders, where that was asked for and can be had.
func (s *source) startNotifier(ctx context.Context) {
	if !s.config.Notifications || s.notify != nil || s.wake == nil {
		return
	}
	var err error
	if s.notify, err = newNotifier(s.listing.Base.Store, s.config.BackfillInterval, s.wake); err != nil {
		s.listInstead(ctx, err)
	}
}

// listInstead gives notifications up.
func (s *source) listInstead(ctx context.Context, reason error) {
	s.config.Log.WarnContext(ctx, "cloudFiles.useNotifications: the folder cannot be watched, and is listed instead", "path", s.config.Path, "error", reason)
	s.stopNotifier()
	s.wake = nil
}

func (s *source) stopNotifier() {
	if s.notify == nil || s.notify.watcher == nil {
		s.notify = nil
		return
	}
	if err := s.notify.watcher.Close(); err != nil {
		s.config.Log.Warn("the watching of a folder did not end well", "path", s.config.Path, "error", err)
	}
	s.notify = nil
}

// find finds what is unread: by listing, or from what the folders told.
func (s *source) find(ctx context.Context, l limit) error {
	if !s.once {
		s.startNotifier(ctx)
	}
	if s.notify == nil {
		return s.list(ctx, l)
	}
	names, folders, all := s.notify.take()
	if now := s.config.Clock(); all || now.Sub(s.notify.listed) >= s.notify.every || now.Before(s.notify.listed) {
		s.notify.listed = now
		return s.backfill(ctx, l)
	}
	if len(names) == 0 && len(folders) == 0 {
		return nil
	}
	found, err := s.told(ctx, names, folders)
	if err != nil {
		s.notify.missed()
		return s.withoutWatching(ctx, err)
	}
	s.unread = found
	s.outstanding = outstanding{int64(len(found)), bytesOf(found)}
	return nil
}

// withoutWatching tells an error of the watching from one of the storage: without the first one can do.
func (s *source) withoutWatching(ctx context.Context, err error) error {
	if unwatched := (*watchError)(nil); errors.As(err, &unwatched) {
		s.listInstead(ctx, err)
		return nil
	}
	return err
}

// backfill watches all folders, and then lists them: what comes in between is told.
func (s *source) backfill(ctx context.Context, l limit) error {
	if err := s.watchBelow(ctx, ""); err != nil {
		s.notify.missed()
		if err := s.withoutWatching(ctx, err); err != nil {
			return err
		}
	}
	if err := s.list(ctx, l); err != nil {
		if s.notify != nil {
			s.notify.missed()
		}
		return err
	}
	s.keepTrack(s.outstanding.files - int64(len(s.unread)))
	return nil
}

// keepTrack asks for a listing where files were found and are not held.
func (s *source) keepTrack(dropped int64) {
	if dropped > 0 && s.notify != nil {
		s.notify.missed()
	}
}

// A watchError is the failure to watch a folder.
type watchError struct{ err error }

func (e *watchError) Error() string { return e.err.Error() }
func (e *watchError) Unwrap() error { return e.err }

// watchBelow watches a folder and those below it.
func (s *source) watchBelow(ctx context.Context, from string) error {
	for dir, err := range s.listing.Folders(ctx, from) {
		if err != nil {
			return err
		}
		if err := s.notify.watcher.Watch(dir); err != nil && (dir == s.listing.Base.Key || !errors.Is(err, fs.ErrNotExist)) {
			return &watchError{err}
		}
	}
	return nil
}

// told looks at files and new folders of which it was told.
func (s *source) told(ctx context.Context, names, folders []string) ([]file, error) {
	found := map[string]file{}
	now := s.now()
	for _, name := range names {
		if err := s.look(ctx, name, now, found); err != nil {
			return nil, err
		}
	}
	for _, dir := range folders {
		if err := s.lookBelow(ctx, dir, now, found); err != nil {
			return nil, err
		}
	}
	return slices.SortedFunc(maps.Values(found), s.order()), nil
}

// look adds a file that is there, is new and is to be read.
func (s *source) look(ctx context.Context, name string, now int64, found map[string]file) error {
	if s.listing.PassesOver(name) != "" {
		return nil
	}
	info, err := s.listing.Base.Store.Stat(ctx, name)
	if errors.Is(err, fs.ErrNotExist) || err == nil && info.IsDir {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look at a new file: %w", err)
	}
	if f, ok := s.fresh(info, now); ok {
		found[name] = f
	}
	return nil
}

// lookBelow watches a new folder and those below it, and adds the files that are there already.
func (s *source) lookBelow(ctx context.Context, dir string, now int64, found map[string]file) error {
	if !s.listing.Enters(dir) || files.SkippedName(path.Base(dir)) != "" {
		return nil
	}
	if err := s.watchBelow(ctx, dir); err != nil {
		return err
	}
	for below, err := range s.listing.Folders(ctx, dir) {
		if err != nil {
			return err
		}
		for info, err := range s.listing.Base.Store.List(ctx, below, volumes.ListOptions{Hidden: true}) {
			if errors.Is(err, fs.ErrNotExist) {
				break
			}
			if err != nil {
				return fmt.Errorf("list a new folder: %w", err)
			}
			if err := s.look(ctx, info.Name, now, found); err != nil {
				return err
			}
		}
	}
	return nil
}
