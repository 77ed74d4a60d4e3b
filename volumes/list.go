package volumes

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"
	"slices"
	"strings"
)

const (
	maxListDepth = 128 // a folder a level stays open
	dirChunk     = 1024
)

var errTooDeep = errors.New("folders are nested more than 128 deep")

// List gives the files of a folder in lexical order. The names of a folder are read and sorted
// before the first is given; the files are looked at one by one as they are asked for.
func (l *Local) List(ctx context.Context, dir string, opts ListOptions) iter.Seq2[Info, error] {
	return func(yield func(Info, error) bool) {
		if err := l.check(ctx, "list", dir, CheckFolder); err != nil {
			yield(Info{}, err)
			return
		}
		w := walk{ctx: ctx, store: l, opts: opts, yield: yield}
		if err := w.folder(dir, 0); err != nil && !errors.Is(err, errStopped) {
			yield(Info{}, err)
		}
	}
}

// errStopped ends a walk whose consumer has had enough.
var errStopped = errors.New("the consumer stopped")

type walk struct {
	ctx   context.Context
	store *Local
	opts  ListOptions
	yield func(Info, error) bool
}

// folder walks one folder. Its names come in order; what a sub-folder "a" holds comes where "a/" stands in
// that order, behind "a.json". Until then the sub-folder waits.
func (w *walk) folder(dir string, depth int) error {
	if depth > maxListDepth {
		return w.store.fail("list", dir, errTooDeep)
	}
	open, err := w.store.disk.OpenDir(dir)
	if err != nil {
		return w.store.failRead("list", dir, err)
	}
	defer func() { _ = open.Close() }() // it was only read
	names, err := w.names(dir, open)
	if err != nil {
		return err
	}
	var waiting []string // "a/", in order
	for _, base := range names {
		for len(waiting) > 0 && waiting[0] < base {
			if err := w.content(dir, waiting[0], depth); err != nil {
				return err
			}
			waiting = waiting[1:]
		}
		isDir, err := w.give(dir, open, base)
		if err != nil {
			return err
		}
		if isDir && w.opts.Recursive {
			at, _ := slices.BinarySearch(waiting, base+"/")
			waiting = slices.Insert(waiting, at, base+"/")
		}
	}
	for _, sub := range waiting {
		if err := w.content(dir, sub, depth); err != nil {
			return err
		}
	}
	return nil
}

// content walks a sub-folder, "a/". One that has vanished since it was read is empty.
func (w *walk) content(dir, sub string, depth int) error {
	if !w.mayHoldAfter(dir, sub) {
		return nil
	}
	err := w.folder(under(dir, strings.TrimSuffix(sub, "/")), depth+1)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// names reads and sorts the names of a folder that may matter. Nothing is known of them yet but the name: a system
// call for each of a million files that were seen before would be a second of every batch.
func (w *walk) names(dir string, open DiskDir) ([]string, error) {
	var names []string
	for {
		if err := w.ctx.Err(); err != nil {
			return nil, err
		}
		chunk, err := open.ReadNames(dirChunk)
		for _, base := range chunk {
			if w.mayMatter(dir, base) {
				names = append(names, base)
			}
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, w.store.failRead("list", dir, err)
		}
	}
	slices.Sort(names)
	return names, nil
}

func (w *walk) mayMatter(dir, base string) bool {
	if isTemp(base) || (!w.opts.Hidden && isHidden(base)) {
		return false
	}
	return w.after(dir, base) || (w.opts.Recursive && w.mayHoldAfter(dir, base+"/"))
}

// after tells whether a name comes after where the listing starts, without joining it to its folder.
func (w *walk) after(dir, base string) bool {
	start := w.opts.StartAfter
	if start == "" {
		return true
	}
	if dir != "." {
		inDir := len(start) > len(dir) && start[:len(dir)] == dir && start[len(dir)] == '/'
		if !inDir {
			return dir+"/" > start
		}
		start = start[len(dir)+1:]
	}
	return base > start
}

// mayHoldAfter tells whether a folder ("a/") may hold names after where the listing starts.
func (w *walk) mayHoldAfter(dir, sub string) bool {
	if w.opts.StartAfter == "" {
		return true
	}
	full := under(dir, sub)
	return full > w.opts.StartAfter || strings.HasPrefix(w.opts.StartAfter, full)
}

// give describes one name and hands it on if it is wanted. One that has vanished is passed over.
func (w *walk) give(dir string, open DiskDir, base string) (isDir bool, err error) {
	if err := w.ctx.Err(); err != nil {
		return false, err
	}
	info, err := open.Lstat(base)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, w.store.failRead("list", under(dir, base), err)
	}
	isDir = info.IsDir() // not a link to one: those may go in circles
	if info.Mode()&fs.ModeSymlink != 0 {
		info = target(open, base, info)
	}
	if !w.wanted(info) || !w.after(dir, base) {
		return isDir, nil
	}
	found := describe(under(dir, base), info)
	found.Lost = info.Mode()&fs.ModeSymlink != 0
	if w.yield(found, nil) {
		return isDir, nil
	}
	return false, errStopped
}

// target is what a symbolic link leads to, or the link itself where it leads out of the root or in a circle: so
// it is not overlooked, and whoever opens it is told. It is nil for one that leads nowhere.
func target(open DiskDir, base string, link fs.FileInfo) fs.FileInfo {
	info, err := open.Stat(base)
	switch {
	case err == nil:
		return info
	case errors.Is(err, fs.ErrNotExist):
		return nil
	}
	return link
}

func (w *walk) wanted(info fs.FileInfo) bool {
	if info == nil {
		return false
	}
	mode := info.Mode()
	return mode.IsRegular() || mode&fs.ModeSymlink != 0 || (mode.IsDir() && w.opts.Dirs)
}
