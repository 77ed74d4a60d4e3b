package volumes

import (
	"context"
	"errors"
	"io/fs"
	"path"
	"slices"
)

// RemoveAll deletes a file, or a folder with everything in it. A name that does not exist is fine. A crash
// may leave a part; calling it again finishes the job.
func RemoveAll(ctx context.Context, store Store, name string) error {
	info, err := store.Stat(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if !info.IsDir {
		return deleteOne(ctx, store, name)
	}
	folders := []string{name}
	var inside []Info
	for info, err := range store.List(ctx, name, ListOptions{Recursive: true, Dirs: true, Hidden: true}) {
		if err != nil {
			return err
		}
		inside = append(inside, info)
	}
	var files []string
	for _, info := range inside {
		if info.IsDir {
			folders = append(folders, info.Name)
			continue
		}
		files = append(files, info.Name)
	}
	if err := DeleteAll(ctx, store, files); err != nil {
		return err
	}
	slices.SortFunc(folders, func(a, b string) int { return len(b) - len(a) }) // what lies within goes first
	for _, dir := range folders {
		if path.Clean(dir) == "." {
			continue
		}
		if err := deleteOne(ctx, store, dir); err != nil {
			return err
		}
	}
	return nil
}

func deleteOne(ctx context.Context, store Store, name string) error {
	err := store.Delete(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// DeleteAll deletes files. Those that are not there are fine. Where a store removes many with one request, it does. An error may leave a
// part of them; calling it again finishes the job.
func DeleteAll(ctx context.Context, store Store, names []string) error {
	if many, ok := store.(interface {
		DeleteFiles(ctx context.Context, names []string) error
	}); ok {
		return many.DeleteFiles(ctx, names)
	}
	for _, name := range names {
		if err := deleteOne(ctx, store, name); err != nil {
			return err
		}
	}
	return nil
}
