package volumes

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path"
	"syscall"
	"time"
)

// rootDisk is a folder of the host. A sub-disk holds no handle of its own folder but opens it for
// each call: so it need not exist, may be deleted and made anew, and nothing has to be closed.
type rootDisk struct {
	root folder
	subs []string // folders, each in the one before
}

// A folder is an open folder of the host, out of which no name leads: neither ".." nor a symbolic link. Each method is
// that of os.Root.
type folder interface {
	OpenFile(name string, flags int, mode fs.FileMode) (*os.File, error)
	// openFolder opens a folder in it, which then is the place that no name leads out of.
	openFolder(name string) (folder, error)
	Stat(name string) (fs.FileInfo, error)
	Lstat(name string) (fs.FileInfo, error)
	Link(from, to string) error
	Rename(from, to string) error
	renameExclusive(from, to string) error
	Remove(name string) error
	Mkdir(name string, mode fs.FileMode) error
	Chtimes(name string, accessed, modified time.Time) error
	Close() error
}

// openRoot opens a folder of the host: by the system's own way where it has one, or as an os.Root.
func openRoot(path string) (folder, error) {
	if f, ok := openBeneath(path); ok {
		return f, nil
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, err
	}
	return osRoot{root}, nil
}

// osRoot walks to a name step by step, as os.Root does on every system.
type osRoot struct{ *os.Root }

func (r osRoot) openFolder(name string) (folder, error) {
	root, err := r.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	return osRoot{root}, nil
}

func (r osRoot) renameExclusive(from, to string) error { return renameExclusive(r.Root, from, to) }

func (d *rootDisk) TempID() string {
	var id [tempIDBytes / 2]byte
	_, _ = rand.Read(id[:]) // it never fails: crypto/rand
	return hex.EncodeToString(id[:])
}

func (d *rootDisk) Sub(dir string) Disk {
	subs := make([]string, 0, len(d.subs)+1)
	return &rootDisk{root: d.root, subs: append(append(subs, d.subs...), dir)}
}

// enter opens the disk's folder. Leave it.
func (d *rootDisk) enter() (folder, error) {
	root := d.root
	for _, dir := range d.subs {
		next, err := openFolder(root, dir)
		d.leave(root)
		if err != nil {
			return nil, err
		}
		root = next
	}
	return root, nil
}

func (d *rootDisk) leave(root folder) {
	if root != d.root {
		_ = root.Close() // a handle of a folder: nothing is lost
	}
}

// openFolder opens a folder in a root. The error of os.Root does not tell that it is a file.
func openFolder(root folder, dir string) (folder, error) {
	open, err := root.openFolder(dir)
	if err == nil {
		return open, nil
	}
	if info, statErr := root.Stat(dir); statErr == nil && !info.IsDir() {
		return nil, ErrNotDir
	}
	return nil, classify(err)
}

// in runs one system call in the disk's folder.
func in[T any](d *rootDisk, call func(root folder) (T, error)) (T, error) {
	root, err := d.enter()
	if err != nil {
		var none T
		return none, err
	}
	defer d.leave(root)
	result, err := call(root)
	return result, classify(err)
}

func (d *rootDisk) do(call func(root folder) error) error {
	_, err := in(d, func(root folder) (struct{}, error) { return struct{}{}, call(root) })
	return err
}

func (d *rootDisk) open(name string, flags int) (DiskFile, error) {
	file, err := in(d, func(root folder) (*os.File, error) { return root.OpenFile(name, flags, 0o666) })
	if err != nil {
		return nil, err // not a nil *os.File in an interface
	}
	return file, nil
}

func (d *rootDisk) Open(name string) (DiskFile, error) {
	return d.open(name, os.O_RDONLY|openNonblock)
}

func (d *rootDisk) Create(name string) (DiskFile, error) {
	return d.open(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL)
}

func (d *rootDisk) Stat(name string) (fs.FileInfo, error) {
	return in(d, func(root folder) (fs.FileInfo, error) { return root.Stat(name) })
}

func (d *rootDisk) Lstat(name string) (fs.FileInfo, error) {
	return in(d, func(root folder) (fs.FileInfo, error) { return root.Lstat(name) })
}

func (d *rootDisk) Link(from, to string) error {
	return d.do(func(root folder) error { return root.Link(from, to) })
}

func (d *rootDisk) Rename(from, to string) error {
	return d.do(func(root folder) error { return root.Rename(from, to) })
}

func (d *rootDisk) RenameExclusive(from, to string) error {
	return d.do(func(root folder) error { return root.renameExclusive(from, to) })
}

func (d *rootDisk) Remove(name string) error {
	return d.do(func(root folder) error { return root.Remove(name) })
}

func (d *rootDisk) Mkdir(name string) error {
	return d.do(func(root folder) error { return root.Mkdir(name, 0o777) })
}

func (d *rootDisk) SetModTime(name string, at time.Time) error {
	return d.do(func(root folder) error { return root.Chtimes(name, time.Time{}, at) })
}

func (d *rootDisk) SyncDir(name string) error {
	return d.do(func(root folder) error {
		dir, err := root.OpenFile(name, os.O_RDONLY, 0)
		if err != nil {
			return err
		}
		err = syncDir(dir)
		return errors.Join(err, dir.Close())
	})
}

func (d *rootDisk) Lock(name string, holder []byte) (release func() error, err error) {
	return in(d, func(root folder) (func() error, error) { return d.lock(root, name, holder) })
}

func (d *rootDisk) OpenDir(name string) (DiskDir, error) {
	root, err := d.enter()
	if err != nil {
		return nil, err
	}
	defer d.leave(root)
	open, err := openFolder(root, name)
	if err != nil {
		return nil, err
	}
	names, err := open.OpenFile(".", os.O_RDONLY, 0)
	if err != nil {
		return nil, classify(errors.Join(err, open.Close()))
	}
	return &rootDir{disk: d, name: name, folder: open, names: names}, nil
}

// rootDir holds a folder twice: for its names, and as the place from which one step leads to a file. A symbolic link
// may lead further, but not out of the disk.
type rootDir struct {
	disk   *rootDisk
	name   string
	folder folder
	names  *os.File
}

func (d *rootDir) ReadNames(n int) ([]string, error) {
	names, err := d.names.Readdirnames(n)
	return names, classify(err)
}

func (d *rootDir) Stat(base string) (fs.FileInfo, error) { return d.disk.Stat(path.Join(d.name, base)) }

func (d *rootDir) Lstat(base string) (fs.FileInfo, error) {
	info, err := d.folder.Lstat(base)
	return info, classify(err)
}

func (d *rootDir) Close() error { return errors.Join(d.names.Close(), d.folder.Close()) }

// classify gives the reasons that a Disk must name. The path is told by the store.
func classify(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ENOTDIR):
		return ErrNotDir
	case errors.Is(err, syscall.EISDIR):
		return ErrIsDir
	case errors.Is(err, syscall.EXDEV):
		return ErrCrossDevice
	}
	return err
}

// linkReason is what went wrong with a link or a rename, without the paths.
func linkReason(err error) error {
	if inLink, ok := errors.AsType[*os.LinkError](err); ok {
		return inLink.Err
	}
	return err
}
