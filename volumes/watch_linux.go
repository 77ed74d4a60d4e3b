package volumes

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

var _ Watchable = (*Local)(nil)

// NewWatcher watches folders of the local disk by inotify.
func (l *Local) NewWatcher(tell func(Change)) (Watcher, error) {
	if _, onDisk := l.disk.(*rootDisk); !onDisk {
		return nil, &fs.PathError{Op: "watch", Path: l.path, Err: errors.ErrUnsupported}
	}
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return nil, &fs.PathError{Op: "watch", Path: l.path, Err: err}
	}
	w := &inotify{
		root: l.path, fd: fd, events: os.NewFile(uintptr(fd), "inotify"), tell: tell,
		folders: map[int32]string{}, made: map[string]*time.Timer{}, opened: map[string]bool{},
	}
	w.loop.Go(w.run)
	return w, nil
}

// inotify is a Watcher. A file that is made by open is whole when it is closed; one that is made by link is whole at once, and
// tells only that it was made. So what was made and not opened within a moment was linked.
type inotify struct {
	root   string
	fd     int
	events *os.File
	tell   func(Change)
	loop   sync.WaitGroup

	mu      sync.Mutex
	closed  bool
	folders map[int32]string       // names by watch descriptor
	made    map[string]*time.Timer // files that were made and not opened yet
	opened  map[string]bool        // files that were made, and opened
}

const (
	watchMask = unix.IN_CLOSE_WRITE | unix.IN_CLOSE_NOWRITE | unix.IN_MOVED_TO | unix.IN_CREATE | unix.IN_OPEN |
		unix.IN_DELETE_SELF | unix.IN_MOVE_SELF | unix.IN_ONLYDIR | unix.IN_EXCL_UNLINK

	// openedWithin is more than it takes from the making of a file to its opening, which are one system call.
	openedWithin = 5 * time.Millisecond
)

func (w *inotify) Watch(dir string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return &fs.PathError{Op: "watch", Path: dir, Err: fs.ErrClosed}
	}
	descriptor, err := unix.InotifyAddWatch(w.fd, path.Join(w.root, dir), watchMask)
	if err != nil {
		return &fs.PathError{Op: "watch", Path: dir, Err: err}
	}
	w.folders[int32(descriptor)] = dir
	return nil
}

func (w *inotify) Close() error {
	w.mu.Lock()
	w.closed = true
	for _, timer := range w.made {
		timer.Stop()
	}
	w.mu.Unlock()
	err := w.events.Close()
	w.loop.Wait()
	return err
}

// run reads events until the watcher is closed.
func (w *inotify) run() {
	buffer := make([]byte, 64<<10)
	for {
		n, err := w.events.Read(buffer)
		if err != nil {
			if !errors.Is(err, fs.ErrClosed) && !errors.Is(err, os.ErrClosed) {
				w.tell(Change{Lost: true})
			}
			return
		}
		for text := buffer[:n]; len(text) >= unix.SizeofInotifyEvent; {
			size := unix.SizeofInotifyEvent + int(binary.NativeEndian.Uint32(text[12:]))
			name := strings.TrimRight(string(text[unix.SizeofInotifyEvent:size]), "\x00")
			w.event(int32(binary.NativeEndian.Uint32(text)), binary.NativeEndian.Uint32(text[4:]), name)
			text = text[size:]
		}
	}
}

func (w *inotify) event(descriptor int32, mask uint32, base string) {
	w.mu.Lock()
	dir, known := w.folders[descriptor]
	if mask&unix.IN_IGNORED != 0 {
		delete(w.folders, descriptor)
	}
	w.mu.Unlock()
	switch {
	case mask&(unix.IN_Q_OVERFLOW|unix.IN_DELETE_SELF|unix.IN_MOVE_SELF) != 0:
		w.tell(Change{Lost: true})
	case !known || base == "" || isTemp(base):
	case mask&unix.IN_ISDIR == 0:
		w.file(under(dir, base), mask)
	case mask&(unix.IN_CREATE|unix.IN_MOVED_TO) != 0:
		w.tell(Change{Name: under(dir, base), IsDir: true})
	}
}

// file follows a file until it is whole.
func (w *inotify) file(name string, mask uint32) {
	w.mu.Lock()
	timer, waits := w.made[name]
	opened := w.opened[name]
	whole := false
	switch {
	case mask&unix.IN_CREATE != 0:
		if !w.closed {
			w.made[name] = time.AfterFunc(openedWithin, func() { w.linked(name) })
		}
	case mask&unix.IN_OPEN != 0:
		if waits {
			timer.Stop()
			delete(w.made, name)
			w.opened[name] = true
		}
	default: // closed, or moved in
		whole = opened || mask&unix.IN_CLOSE_NOWRITE == 0
		delete(w.opened, name)
	}
	w.mu.Unlock()
	if whole {
		w.tell(Change{Name: name})
	}
}

// linked is called for a file that was made and not opened.
func (w *inotify) linked(name string) {
	w.mu.Lock()
	_, waits := w.made[name]
	delete(w.made, name)
	told := waits && !w.closed
	w.mu.Unlock()
	if told {
		w.tell(Change{Name: name})
	}
}
