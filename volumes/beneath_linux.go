package volumes

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"time"

	"golang.org/x/sys/unix"
)

// beneath is a folder in which the kernel walks to a name: openat2(2) with RESOLVE_BENEATH is one system call however
// deep the name, where os.Root makes two a step.
type beneath struct{ dir *os.File }

// errEscapes is what os.Root says of a name that leads out.
var errEscapes = errors.New("path escapes from parent")

// openBeneath opens a folder of the host; ok is false where it is none, or where the kernel or its sandbox knows no
// openat2: the caller then finds out by os.Root.
func openBeneath(path string) (f folder, ok bool) {
	dir, err := os.OpenFile(path, unix.O_PATH|unix.O_DIRECTORY, 0)
	if err != nil {
		return nil, false
	}
	b := &beneath{dir}
	probe, err := b.open(".", unix.O_PATH, 0)
	if err != nil {
		_ = dir.Close() // it was only tried
		return nil, false
	}
	_ = unix.Close(probe) // likewise
	return b, true
}

// open resolves a name. The kernel gives up, for us to try again, when a folder is moved while it walks through "..".
func (b *beneath) open(name string, flags int, mode fs.FileMode) (fd int, err error) {
	how := unix.OpenHow{
		Flags:   uint64(flags | unix.O_CLOEXEC), //nolint:gosec // flags are not negative
		Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_MAGICLINKS,
	}
	if flags&unix.O_CREAT != 0 {
		how.Mode = uint64(mode.Perm())
	}
	const tries = 64
	for range tries {
		fd, err = unix.Openat2(int(b.dir.Fd()), name, &how)
		if !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.EINTR) {
			break
		}
	}
	if errors.Is(err, unix.EXDEV) {
		err = errEscapes
	}
	return fd, wrong("open", name, err)
}

func wrong(op, name string, err error) error {
	if err == nil {
		return nil
	}
	return &fs.PathError{Op: op, Path: name, Err: err}
}

// OpenFile opens a file or folder.
func (b *beneath) OpenFile(name string, flags int, mode fs.FileMode) (*os.File, error) {
	fd, err := b.open(name, flags, mode)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), name), nil //nolint:gosec // a descriptor is not negative
}

func (b *beneath) openFolder(name string) (folder, error) {
	dir, err := b.OpenFile(name, unix.O_PATH|unix.O_DIRECTORY, 0)
	if err != nil {
		return nil, err
	}
	return &beneath{dir}, nil
}

// Stat follows symbolic links, as far as they stay inside.
func (b *beneath) Stat(name string) (fs.FileInfo, error) { return b.stat(name, 0) }

// Lstat follows none at the end of the name.
func (b *beneath) Lstat(name string) (fs.FileInfo, error) { return b.stat(name, unix.O_NOFOLLOW) }

// at calls do with the open folder of a name, and the name in it.
func (b *beneath) at(op, name string, do func(dir int, base string) error) error {
	dir, base := path.Split(name)
	if dir == "" {
		return wrong(op, name, do(int(b.dir.Fd()), base))
	}
	fd, err := b.open(dir, unix.O_PATH|unix.O_DIRECTORY, 0)
	if err != nil {
		return err
	}
	defer func() { _ = unix.Close(fd) }() // a handle of a folder
	return wrong(op, name, do(fd, base))
}

// between calls do with the open folders of two names, and the names in them.
func (b *beneath) between(op, from, to string, do func(fromDir int, from string, toDir int, to string) error) error {
	return b.at(op, from, func(fromDir int, fromBase string) error {
		if path.Dir(from) == path.Dir(to) {
			return do(fromDir, fromBase, fromDir, path.Base(to))
		}
		return b.at(op, to, func(toDir int, toBase string) error { return do(fromDir, fromBase, toDir, toBase) })
	})
}

// Link gives a file a second name.
func (b *beneath) Link(from, to string) error {
	return b.between("link", from, to, func(fromDir int, from string, toDir int, to string) error {
		return unix.Linkat(fromDir, from, toDir, to, 0)
	})
}

// Rename gives a file another name, replacing what has it.
func (b *beneath) Rename(from, to string) error {
	return b.between("rename", from, to, unix.Renameat)
}

func (b *beneath) renameExclusive(from, to string) error {
	err := b.between("rename", from, to, func(fromDir int, from string, toDir int, to string) error {
		return unix.Renameat2(fromDir, from, toDir, to, unix.RENAME_NOREPLACE)
	})
	if errors.Is(err, unix.EINVAL) {
		return errors.ErrUnsupported // by this file system
	}
	return err
}

// Remove removes a file or an empty folder.
func (b *beneath) Remove(name string) error {
	return b.at("remove", name, func(dir int, base string) error {
		err := unix.Unlinkat(dir, base, 0)
		if !errors.Is(err, unix.EISDIR) && !errors.Is(err, unix.EPERM) {
			return err
		}
		if asFolder := unix.Unlinkat(dir, base, unix.AT_REMOVEDIR); !errors.Is(asFolder, unix.ENOTDIR) {
			return asFolder
		}
		return err
	})
}

// Mkdir makes a folder.
func (b *beneath) Mkdir(name string, mode fs.FileMode) error {
	return b.at("mkdir", name, func(dir int, base string) error { return unix.Mkdirat(dir, base, uint32(mode.Perm())) })
}

// Chtimes sets the times of a file; a zero time is left as it is.
func (b *beneath) Chtimes(name string, accessed, modified time.Time) error {
	return b.at("chtimes", name, func(dir int, base string) error {
		return unix.UtimesNanoAt(dir, base, []unix.Timespec{timespec(accessed), timespec(modified)}, unix.AT_SYMLINK_NOFOLLOW)
	})
}

func timespec(t time.Time) unix.Timespec {
	if t.IsZero() {
		return unix.Timespec{Nsec: unix.UTIME_OMIT}
	}
	return unix.NsecToTimespec(t.UnixNano())
}

// Close lets the folder go.
func (b *beneath) Close() error { return b.dir.Close() }
