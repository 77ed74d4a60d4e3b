package volumes

import (
	"errors"
	"io/fs"
	"path"
	"sync"
)

// safeFolders are the folders whose own names this process has made safe, up to the root. A folder that is merely there is
// not: who made it may have been killed before syncing the folder above, and then a power cut takes all that was built in it.
type safeFolders struct {
	mu    sync.Mutex
	names map[string]struct{} // from the store that is no part of another
}

func newSafeFolders() *safeFolders { return &safeFolders{names: map[string]struct{}{}} }

func (s *safeFolders) holds(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.names[name]
	return ok
}

func (s *safeFolders) add(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.names[name] = struct{}{}
}

func (s *safeFolders) forget(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.names, name)
}

// secure makes the names in a folder safe, and the folder's own with those above it, unless that was done before.
func (l *Local) secure(dir string) error {
	if err := l.disk.SyncDir(dir); err != nil {
		return err
	}
	return l.secureFolder(dir)
}

// secureFolder makes the names of a folder and of those above it safe, the outermost first.
func (l *Local) secureFolder(dir string) error {
	if dir == "." {
		if l.parent == nil {
			return nil
		}
		return l.parent.secureFolder(l.dir)
	}
	whole := l.whole(dir)
	if l.safe.holds(whole) {
		return nil
	}
	if err := l.secureFolder(parent(dir)); err != nil {
		return err
	}
	// A folder above that may not be read is none that was made here.
	if err := l.disk.SyncDir(parent(dir)); err != nil && !errors.Is(err, fs.ErrPermission) && !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	l.safe.add(whole)
	return nil
}

// whole is a name as the store has it that this one is part of.
func (l *Local) whole(name string) string {
	for ; l.parent != nil; l = l.parent {
		name = path.Join(l.dir, name)
	}
	return name
}
