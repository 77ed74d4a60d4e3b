package volumes

import (
	"errors"
	"os"
	"path"

	"golang.org/x/sys/unix"
)

// renameExclusive is renameat2 with RENAME_NOREPLACE, between folders opened inside the root.
func renameExclusive(root *os.Root, from, to string) error {
	source, err := root.Open(parent(from))
	if err != nil {
		return err
	}
	defer func() { _ = source.Close() }() // a handle of a folder
	target, err := root.Open(parent(to))
	if err != nil {
		return err
	}
	defer func() { _ = target.Close() }() // a handle of a folder
	err = unix.Renameat2(int(source.Fd()), path.Base(from), int(target.Fd()), path.Base(to), unix.RENAME_NOREPLACE)
	if errors.Is(err, unix.EINVAL) {
		return errors.ErrUnsupported // by this file system
	}
	return err
}
