package volumes

import (
	"io"
	"io/fs"
	"time"
)

// A Disk is what a [Local] store asks of a file system, a system call a method. Names are clean and
// relative to the disk's root, which is ".". Nothing is durable before it was synced: the bytes of a
// file by Sync, its name by SyncDir of its folder.
//
// Errors wrap fs.ErrNotExist, fs.ErrExist, ErrNotDir and ErrCrossDevice where one of these is the reason.
type Disk interface {
	// TempID gives 16 hex digits, new at each call, that make the name of a temporary file.
	TempID() string

	// Open opens a file or folder for reading. It does not block on pipes.
	Open(name string) (DiskFile, error)
	// Create makes a file that does not exist.
	Create(name string) (DiskFile, error)
	// OpenDir opens a folder for listing.
	OpenDir(name string) (DiskDir, error)
	// Stat describes what the name leads to, following symbolic links.
	Stat(name string) (fs.FileInfo, error)
	// Lstat describes the name itself.
	Lstat(name string) (fs.FileInfo, error)

	// Link gives a file a second name, which must not exist.
	Link(from, to string) error
	// Rename gives a file another name, replacing what has it.
	Rename(from, to string) error
	// RenameExclusive is Rename to a name that must not exist. It may be unsupported:
	// errors.ErrUnsupported.
	RenameExclusive(from, to string) error
	Remove(name string) error
	Mkdir(name string) error
	SetModTime(name string, at time.Time) error
	SyncDir(name string) error

	// Lock takes the advisory lock of a file until it is released or the process ends, and
	// writes the holder into it. It fails at once with a *LockedError where it is held.
	Lock(name string, holder []byte) (release func() error, err error)

	// Sub is the disk under a folder, which need not exist. Nothing leads out of it.
	Sub(dir string) Disk
}

// A DiskFile is an open file; an *os.File is one.
type DiskFile interface {
	io.ReaderAt
	io.Writer
	io.Closer
	Stat() (fs.FileInfo, error)
	Sync() error
}

// A DiskDir is an open folder.
type DiskDir interface {
	io.Closer
	// ReadNames gives the next n names or fewer, in no order, and io.EOF at the end.
	ReadNames(n int) ([]string, error)
	// Stat and Lstat describe an entry.
	Stat(base string) (fs.FileInfo, error)
	Lstat(base string) (fs.FileInfo, error)
}
