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

// An entry is a line of a listing, or the place in it where a folder's content stands: "a/", which
// sorts behind "a.json" as the names in it do.
type entry struct {
	name string // in its folder
	kind entryKind
}

type entryKind uint8

const (
	entryFile entryKind = iota
	entryFolder
	entryLink
	entryContent
)

func (w *walk) folder(dir string, depth int) error {
	if depth > maxListDepth {
		return w.store.fail("list", dir, errTooDeep)
	}
	open, err := w.store.disk.OpenDir(dir)
	if err != nil {
		return w.store.failRead("list", dir, err)
	}
	defer func() { _ = open.Close() }() // it was only read
	entries, err := w.entries(dir, open)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.kind == entryContent {
			err = w.content(under(dir, strings.TrimSuffix(e.name, "/")), depth)
		} else {
			err = w.give(dir, open, e)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// content walks a sub-folder. One that has vanished since it was read is empty.
func (w *walk) content(dir string, depth int) error {
	err := w.folder(dir, depth+1)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// entries reads a folder's names and sorts them.
func (w *walk) entries(dir string, open DiskDir) ([]entry, error) {
	var entries []entry
	for {
		if err := w.ctx.Err(); err != nil {
			return nil, err
		}
		chunk, err := open.ReadDir(dirChunk)
		for _, found := range chunk {
			entries = w.add(entries, dir, found)
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, w.store.failRead("list", dir, err)
		}
	}
	slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(a.name, b.name) })
	return entries, nil
}

func (w *walk) add(entries []entry, dir string, found fs.DirEntry) []entry {
	name := found.Name()
	if isTemp(name) || (!w.opts.Hidden && isHidden(name)) {
		return entries
	}
	kind, listed := entryFile, true
	switch mode := found.Type(); {
	case mode.IsDir():
		kind, listed = entryFolder, w.opts.Dirs
	case mode&fs.ModeSymlink != 0:
		kind = entryLink
	default:
		listed = mode.IsRegular()
	}
	if listed && w.after(dir, name) {
		entries = append(entries, entry{name, kind})
	}
	if kind == entryFolder && w.opts.Recursive && w.mayHoldAfter(dir, name+"/") {
		entries = append(entries, entry{name + "/", entryContent})
	}
	return entries
}

// after tells whether a name comes after where the listing starts, without joining it to its folder.
func (w *walk) after(dir, name string) bool {
	start := w.opts.StartAfter
	if start == "" {
		return true
	}
	if dir != "." {
		rest, inside := strings.CutPrefix(start, dir+"/")
		if !inside {
			return dir+"/" > start
		}
		start = rest
	}
	return name > start
}

// mayHoldAfter tells whether a folder ("a/") may hold names after where the listing starts.
func (w *walk) mayHoldAfter(dir, folder string) bool {
	full := under(dir, folder)
	return full > w.opts.StartAfter || strings.HasPrefix(w.opts.StartAfter, full)
}

// give describes one entry and hands it on. One that has vanished is passed over.
func (w *walk) give(dir string, open DiskDir, e entry) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	name := under(dir, e.name)
	info, err := open.Lstat(e.name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return w.store.failRead("list", name, err)
	}
	if e.kind == entryLink {
		info = w.target(open, e.name, info)
	}
	if (e.kind == entryLink && !w.wanted(info)) || w.yield(describe(name, info), nil) {
		return nil
	}
	return errStopped
}

// target is what a symbolic link leads to, or the link itself where it leads out of the root or in a circle: so
// it is not overlooked, and whoever opens it is told. It is nil for one that leads nowhere.
func (w *walk) target(open DiskDir, base string, link fs.FileInfo) fs.FileInfo {
	info, err := open.Stat(base)
	switch {
	case err == nil:
		return info
	case errors.Is(err, fs.ErrNotExist):
		return nil
	}
	return link
}

func (w *walk) wanted(target fs.FileInfo) bool {
	if target == nil {
		return false
	}
	mode := target.Mode()
	return mode.IsRegular() || mode&fs.ModeSymlink != 0 || (mode.IsDir() && w.opts.Dirs)
}
