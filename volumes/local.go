package volumes

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"strconv"
)

// Reasons that a Local store gives beside those of package fs.
var (
	ErrNotDir      = errors.New("not a directory")
	ErrIsDir       = errors.New("is a directory")
	ErrNotRegular  = errors.New("not a regular file: pipes, devices and sockets are not read")
	ErrCrossDevice = errors.New("the names are on two devices")
)

// Local is a store in a folder of the local disk, or of any other [Disk].
type Local struct {
	disk Disk
	path string // of the root, for error texts
	safe *safeFolders

	// A store made by Sub makes its folder at the first write, in the store it is part of.
	parent *Local
	dir    string
}

var (
	_ Store  = (*Local)(nil)
	_ Locker = (*Local)(nil)
)

// OpenLocal opens the store in a folder that exists.
func OpenLocal(folder string) (*Local, error) {
	root, err := openRoot(folder)
	if err != nil {
		return nil, err
	}
	return OnDisk(&rootDisk{root: root}, folder), nil
}

// MakeLocal is OpenLocal; it makes the folder, and those above it, where it is missing.
func MakeLocal(folder string) (*Local, error) {
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return nil, err
	}
	return OpenLocal(folder)
}

// OnDisk makes a store of a disk. The path stands before the names in error texts; it may be empty.
func OnDisk(disk Disk, path string) *Local {
	return &Local{disk: disk, path: path, safe: newSafeFolders()}
}

// Sub is the store under a folder, which need not exist: the first write makes it. No symbolic link
// leads out of it.
func (l *Local) Sub(dir string) (Store, error) {
	if err := CheckFolder("open", dir); err != nil {
		return nil, err
	}
	if dir == "." {
		return l, nil
	}
	return &Local{disk: l.disk.Sub(dir), path: path.Join(l.path, dir), safe: l.safe, parent: l, dir: dir}, nil
}

// Stat describes a file or folder.
func (l *Local) Stat(ctx context.Context, name string) (Info, error) {
	if err := l.check(ctx, "stat", name, CheckFolder); err != nil {
		return Info{}, err
	}
	info, err := l.disk.Stat(name)
	if err != nil {
		return Info{}, l.failRead("stat", name, err)
	}
	return describe(name, info), nil
}

// Open opens a file for reading.
func (l *Local) Open(ctx context.Context, name string) (Reader, error) {
	if err := l.check(ctx, "open", name, CheckName); err != nil {
		return nil, err
	}
	file, err := l.disk.Open(name)
	if err != nil {
		return nil, l.failRead("open", name, err)
	}
	info, err := file.Stat()
	if err == nil {
		err = regular(info.Mode())
	}
	if err != nil {
		_ = file.Close() // it was only looked at
		return nil, l.fail("open", name, err)
	}
	return &localReader{DiskFile: file, info: describe(name, info)}, nil
}

func regular(mode fs.FileMode) error {
	switch {
	case mode.IsDir():
		return ErrIsDir
	case !mode.IsRegular():
		return ErrNotRegular
	}
	return nil
}

type localReader struct {
	DiskFile
	info Info
}

func (r *localReader) Info() Info { return r.info }

// Delete removes a file or an empty folder.
func (l *Local) Delete(ctx context.Context, name string) error {
	if err := l.check(ctx, "delete", name, CheckName); err != nil {
		return err
	}
	l.safe.forget(l.whole(name))
	return l.failRead("delete", name, l.disk.Remove(name))
}

// Lock takes the advisory lock of a file: flock(2).
func (l *Local) Lock(ctx context.Context, name string, holder []byte) (release func() error, err error) {
	if err := l.check(ctx, "lock", name, CheckName); err != nil {
		return nil, err
	}
	release, err = l.disk.Lock(name, holder)
	if errors.Is(err, fs.ErrNotExist) {
		if err = l.makeDirs(parent(name)); err == nil {
			release, err = l.disk.Lock(name, holder)
		}
	}
	if _, held := errors.AsType[*LockedError](err); held {
		return nil, err
	}
	return release, l.fail("lock", name, err)
}

func (l *Local) check(ctx context.Context, op, name string, rule func(op, name string) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return rule(op, name)
}

// fail makes the error of an operation; nil where err is nil.
func (l *Local) fail(op, name string, err error) error {
	if err == nil {
		return nil
	}
	return &fs.PathError{Op: op, Path: path.Join(l.path, name), Err: reason(err)}
}

// failRead is fail for an operation on what is there: below a file there is nothing.
func (l *Local) failRead(op, name string, err error) error {
	if errors.Is(err, ErrNotDir) {
		err = fs.ErrNotExist
	}
	return l.fail(op, name, err)
}

func describe(name string, info fs.FileInfo) Info {
	return Info{
		Name:    name,
		Size:    info.Size(),
		ModTime: info.ModTime(),
		ETag:    etag(info),
		IsDir:   info.IsDir(),
	}
}

// inode is the file's number on its disk; 0 where the system has none.
func inode(info fs.FileInfo) uint64 {
	if numbered, ok := info.Sys().(interface{ Inode() uint64 }); ok {
		return numbered.Inode()
	}
	return hostInode(info)
}

func etag(info fs.FileInfo) string {
	text := make([]byte, 0, 48)
	text = strconv.AppendUint(text, inode(info), 16)
	text = append(text, '-')
	text = strconv.AppendInt(text, info.Size(), 16)
	text = append(text, '-')
	text = strconv.AppendInt(text, info.ModTime().UnixNano(), 16)
	return string(text)
}
