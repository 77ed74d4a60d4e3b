//go:build !unix

package volumes

import (
	"errors"
	"io/fs"
	"os"
)

const openNonblock = 0

func hostInode(fs.FileInfo) uint64 { return 0 }

// syncDir does nothing: these systems make names durable by themselves, or not at all.
func syncDir(*os.File) error { return nil }

func (d *rootDisk) lock(folder, string, []byte) (release func() error, err error) {
	return nil, errors.ErrUnsupported
}
