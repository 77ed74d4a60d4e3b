package volumes

import (
	"context"
	"io"
	"iter"
	"time"
)

// Info describes a file, or a folder.
type Info struct {
	Name    string // in its store
	Size    int64
	ModTime time.Time
	ETag    string // changes when the content does; on disk made of inode, size and time
	IsDir   bool
	Lost    bool // of a listing: it is a symbolic link that leads out of the root, or in a circle
}

// A Store holds files under one root. It is safe for concurrent use.
type Store interface {
	// Stat describes a file or folder.
	Stat(ctx context.Context, name string) (Info, error)

	// Open opens a file for reading. Special files (devices, pipes, sockets) are refused.
	Open(ctx context.Context, name string) (Reader, error)

	// Put makes or replaces a file. It is atomic and durable.
	Put(ctx context.Context, name string, data []byte) error

	// PutIfAbsent makes a file unless the name exists; then the error wraps fs.ErrExist and
	// nothing has changed, and what has the name is durable. It is atomic and durable.
	//
	// Any other error leaves the outcome unknown: the caller reads back and decides.
	PutIfAbsent(ctx context.Context, name string, data []byte) error

	// Create starts a file that may be large. It comes into being at Commit.
	Create(ctx context.Context, name string) (Writer, error)

	// List gives the files (and with opts.Dirs the folders) of a folder in lexical order of their
	// names. A folder that does not exist is an error that wraps fs.ErrNotExist.
	List(ctx context.Context, dir string, opts ListOptions) iter.Seq2[Info, error]

	// Delete removes a file or an empty folder. A name that does not exist is an error that wraps
	// fs.ErrNotExist. A power cut may undo it.
	Delete(ctx context.Context, name string) error

	// Move renames a file, making folders as needed. It never overwrites: an existing target is an
	// error that wraps fs.ErrExist. Across devices it copies, syncs and deletes; a crash may leave
	// both, never neither.
	Move(ctx context.Context, from, to string) error

	// MakeDir makes a folder and those above it. One that exists is fine.
	MakeDir(ctx context.Context, name string) error
}

// ListOptions narrows a listing. The zero value lists the plain files directly in the folder.
type ListOptions struct {
	StartAfter string // only names greater than this; relative to the store, like Info.Name
	Recursive  bool   // files of sub-folders too
	Dirs       bool   // folders too
	Hidden     bool   // names that begin with "." or "_" too (temporary files never)
}

// A Reader reads one file. Close it.
type Reader interface {
	io.ReaderAt
	io.Closer
	// Info is the file as it was when opened.
	Info() Info
}

// A Writer takes a new file's bytes. Call Commit or Abort; after Commit, Abort does nothing, so
// that it can be deferred.
type Writer interface {
	io.Writer
	// Commit makes the file visible and durable, replacing one of the same name.
	Commit() error
	Abort()
}
