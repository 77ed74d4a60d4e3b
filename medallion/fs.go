package medallion

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"lakehouse/volumes"
)

// FS is the session's files by the names users write, with the calls of dbutils.fs.
type FS struct{ space *volumes.Space }

// FS gives the session's files.
func (s *Session) FS() FS { return FS{s.space} }

// FileInfo is one entry of a listing.
type FileInfo struct {
	Path, Name string
	Size       int64
	IsDir      bool
}

// Ls lists a folder.
func (f FS) Ls(ctx context.Context, dir string) ([]FileInfo, error) {
	at, err := f.space.Resolve(strings.TrimRight(dir, "/"))
	if err != nil {
		return nil, err
	}
	var all []FileInfo
	for info, err := range at.Store.List(ctx, at.Key, volumes.ListOptions{Dirs: true, Hidden: true}) {
		if err != nil {
			return nil, err
		}
		name := path.Base(info.Name)
		all = append(all, FileInfo{Path: strings.TrimRight(dir, "/") + "/" + name, Name: name, Size: info.Size, IsDir: info.IsDir})
	}
	return all, nil
}

// Mkdirs makes a folder and those above it.
func (f FS) Mkdirs(ctx context.Context, dir string) error {
	at, err := f.space.Resolve(strings.TrimRight(dir, "/"))
	if err != nil {
		return err
	}
	return at.Store.MakeDir(ctx, at.Key)
}

// Rm removes a file, or a folder with all in it. What is not there is fine.
func (f FS) Rm(ctx context.Context, name string) error {
	at, err := f.space.Resolve(strings.TrimRight(name, "/"))
	if err != nil {
		return err
	}
	return volumes.RemoveAll(ctx, at.Store, at.Key)
}

// Cp copies a file; a target that ends in "/" is a folder.
func (f FS) Cp(ctx context.Context, from, to string) error {
	if strings.HasSuffix(to, "/") {
		to += path.Base(from)
	}
	src, err := f.space.Resolve(from)
	if err != nil {
		return err
	}
	dst, err := f.space.Resolve(to)
	if err != nil {
		return err
	}
	r, err := src.Store.Open(ctx, src.Key)
	if err != nil {
		return err
	}
	defer r.Close()
	w, err := dst.Store.Create(ctx, dst.Key)
	if err != nil {
		return err
	}
	defer w.Abort()
	if _, err := io.Copy(w, io.NewSectionReader(r, 0, r.Info().Size)); err != nil {
		return fmt.Errorf("copy %s to %s: %w", from, to, err)
	}
	return w.Commit()
}

// Put writes a file whole.
func (f FS) Put(ctx context.Context, name string, data []byte) error {
	at, err := f.space.Resolve(name)
	if err != nil {
		return err
	}
	return at.Store.Put(ctx, at.Key, data)
}

// Exists reports whether a file or folder is there.
func (f FS) Exists(ctx context.Context, name string) (bool, error) {
	at, err := f.space.Resolve(strings.TrimRight(name, "/"))
	if err != nil {
		return false, err
	}
	_, err = at.Store.Stat(ctx, at.Key)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}
