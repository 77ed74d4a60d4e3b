package deltalog

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"maps"
	"path"
	"slices"
	"strings"

	"lakehouse/volumes"
)

// changeDataDir holds the files of the change data feed.
const changeDataDir = "_change_data"

// A folderWalk walks the table's folder for files that may be deleted: not the log's, and not those whose names are
// hidden, which belong to others.
type folderWalk struct {
	store      volumes.Store
	partitions []string
	inventory  iter.Seq2[InventoryFile, error] // instead of a listing
	dirs       int64                           // seen in the last walk
}

// files are the files of the folder, and after them the folders that are empty, the deepest first.
func (w *folderWalk) files(ctx context.Context) iter.Seq2[InventoryFile, error] {
	return func(yield func(InventoryFile, error) bool) {
		w.dirs = 0
		empty := map[string]InventoryFile{}
		for f, err := range w.all(ctx) {
			if err != nil {
				yield(InventoryFile{}, err)
				return
			}
			delete(empty, path.Dir(f.Name))
			switch {
			case w.hidden(f.Name):
			case f.IsDir:
				w.dirs++
				empty[f.Name] = f
			case !yield(f, nil):
				return
			}
		}
		for _, name := range slices.Backward(slices.Sorted(maps.Keys(empty))) {
			// A link to a folder is not walked, and is no empty folder.
			nothing, err := isEmpty(ctx, w.store, name)
			if err == nil && !nothing {
				continue
			}
			if !yield(empty[name], err) || err != nil {
				return
			}
		}
	}
}

// all is the inventory, or the listing of all but the log, which lies between what comes before it and after it.
func (w *folderWalk) all(ctx context.Context) iter.Seq2[InventoryFile, error] {
	if w.inventory != nil {
		return w.checked(w.inventory)
	}
	return func(yield func(InventoryFile, error) bool) {
		for _, start := range []string{"", logDir + "0"} { // "0" is what follows "/"
			opts := volumes.ListOptions{StartAfter: start, Dirs: true, Hidden: true, Recursive: true}
			for f, err := range w.store.List(ctx, ".", opts) {
				if strings.HasPrefix(f.Name, logDir+"/") {
					break
				}
				if !yield(inventoryFile(f), err) || err != nil {
					return
				}
			}
		}
	}
}

// checked passes over names that do not lie below the folder: an inventory may be of the whole bucket.
func (w *folderWalk) checked(files iter.Seq2[InventoryFile, error]) iter.Seq2[InventoryFile, error] {
	return func(yield func(InventoryFile, error) bool) {
		for f, err := range files {
			if err == nil && checkPath(f.Name) != nil {
				continue
			}
			if !yield(f, err) || err != nil {
				return
			}
		}
	}
}

func inventoryFile(f volumes.Info) InventoryFile {
	return InventoryFile{Name: f.Name, Size: f.Size, IsDir: f.IsDir && !f.Lost, ModTime: f.ModTime}
}

// hidden reports whether the file, or a folder that it lies in, is hidden.
func (w *folderWalk) hidden(name string) bool {
	for base := range strings.SplitSeq(name, "/") {
		if w.hiddenBase(base) {
			return true
		}
	}
	return false
}

// hiddenBase is Delta's rule of what is not the table's: partitions of a column that begins with "_", change data and bloom
// filters (_delta_index) are.
func (w *folderWalk) hiddenBase(base string) bool {
	if !strings.HasPrefix(base, "_") && !strings.HasPrefix(base, ".") {
		return false
	}
	if strings.HasPrefix(base, changeDataDir) || strings.HasPrefix(base, "_delta_index") {
		return false
	}
	return !slices.ContainsFunc(w.partitions, func(column string) bool { return strings.HasPrefix(base, column+"=") })
}

// isEmpty looks for anything in a folder.
func isEmpty(ctx context.Context, store volumes.Store, dir string) (bool, error) {
	for _, err := range store.List(ctx, dir, volumes.ListOptions{Dirs: true, Hidden: true}) {
		if errors.Is(err, fs.ErrNotExist) {
			return false, nil
		}
		return false, err
	}
	return true, nil
}
