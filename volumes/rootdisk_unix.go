//go:build unix

package volumes

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// openNonblock keeps an open from waiting for the other end of a pipe.
const openNonblock = unix.O_NONBLOCK

const maxHolderBytes = 4096

func hostInode(info fs.FileInfo) uint64 {
	switch stat := info.Sys().(type) {
	case *syscall.Stat_t:
		return stat.Ino
	case *unix.Stat_t:
		return stat.Ino
	}
	return 0
}

// syncDir makes a folder's names durable. A file system without that notion (some network and user
// space ones) says EINVAL: there is nothing to be done.
func syncDir(dir *os.File) error {
	err := dir.Sync()
	if errors.Is(err, unix.EINVAL) {
		return nil
	}
	return err
}

// lock takes flock(2) on the file. The file is removed when the lock is released, so the one that was locked
// may be gone by then, and another in its place: then it is tried again.
func (d *rootDisk) lock(root folder, name string, holder []byte) (release func() error, err error) {
	for {
		file, err := root.OpenFile(name, os.O_RDWR|os.O_CREATE|openNonblock, 0o666)
		if err != nil {
			return nil, err
		}
		current, err := lockFile(root, name, file)
		if err == nil && current {
			if err = describeHolder(file, holder); err == nil {
				return func() error { return d.unlock(name, file) }, nil
			}
		}
		if err != nil {
			return nil, errors.Join(err, file.Close())
		}
		if err := file.Close(); err != nil {
			return nil, err
		}
	}
}

// lockFile locks an open file, and tells whether the name still leads to it.
func lockFile(root folder, name string, file *os.File) (current bool, err error) {
	err = unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return false, &LockedError{Name: name, Holder: readHolder(file)}
	}
	if err != nil {
		return false, fmt.Errorf("flock: %w", err)
	}
	mine, err := file.Stat()
	if err != nil {
		return false, err
	}
	there, err := root.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil && hostInode(mine) == hostInode(there), err // one step apart: on one device
}

func readHolder(file *os.File) []byte {
	text, err := io.ReadAll(io.NewSectionReader(file, 0, maxHolderBytes))
	if err != nil {
		return nil // the lock is held, whoever holds it
	}
	return text
}

func describeHolder(file *os.File, holder []byte) error {
	if err := file.Truncate(0); err != nil {
		return err
	}
	_, err := file.WriteAt(holder, 0)
	return err
}

// unlock removes the file while it is locked, and then lets go.
func (d *rootDisk) unlock(name string, file *os.File) error {
	return errors.Join(d.Remove(name), file.Close())
}
