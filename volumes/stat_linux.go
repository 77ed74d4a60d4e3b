package volumes

import (
	"io/fs"
	"path"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// stat describes what a name leads to. One step from the folder leads nowhere else unless it is a symbolic link, and needs
// no handle: one system call, not three.
func (b *beneath) stat(name string, follow int) (fs.FileInfo, error) {
	info := &fileInfo{name: path.Base(name)}
	if !strings.Contains(name, "/") && name != ".." {
		err := unix.Fstatat(int(b.dir.Fd()), name, &info.stat, unix.AT_SYMLINK_NOFOLLOW)
		if err != nil {
			return nil, wrong("stat", name, err)
		}
		if follow != 0 || info.Mode()&fs.ModeSymlink == 0 {
			return info, nil
		}
	}
	fd, err := b.open(name, unix.O_PATH|follow, 0)
	if err != nil {
		return nil, err
	}
	defer func() { _ = unix.Close(fd) }() // a handle that reads nothing
	if err := unix.Fstat(fd, &info.stat); err != nil {
		return nil, wrong("stat", name, err)
	}
	return info, nil
}

// fileInfo is what the kernel says of a file.
type fileInfo struct {
	name string
	stat unix.Stat_t
}

func (f *fileInfo) Name() string       { return f.name }
func (f *fileInfo) Size() int64        { return f.stat.Size }
func (f *fileInfo) ModTime() time.Time { return time.Unix(f.stat.Mtim.Unix()) }
func (f *fileInfo) IsDir() bool        { return f.Mode().IsDir() }
func (f *fileInfo) Sys() any           { return &f.stat }

// Mode has the permissions and the kind.
func (f *fileInfo) Mode() fs.FileMode {
	mode := fs.FileMode(f.stat.Mode & 0o777)
	switch f.stat.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		return mode
	case unix.S_IFDIR:
		return mode | fs.ModeDir
	case unix.S_IFLNK:
		return mode | fs.ModeSymlink
	case unix.S_IFIFO:
		return mode | fs.ModeNamedPipe
	case unix.S_IFSOCK:
		return mode | fs.ModeSocket
	case unix.S_IFCHR:
		return mode | fs.ModeDevice | fs.ModeCharDevice
	case unix.S_IFBLK:
		return mode | fs.ModeDevice
	default:
		return mode | fs.ModeIrregular
	}
}
