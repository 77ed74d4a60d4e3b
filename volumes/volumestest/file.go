package volumestest

import (
	"io"
	"io/fs"
	"time"
)

// file is an open file.
type file struct {
	tree *tree
	name string
	node *node
}

func (f *file) ReadAt(p []byte, off int64) (int, error) {
	if err := f.tree.look("readAt", f.name); err != nil {
		return 0, err
	}
	f.tree.mu.RLock()
	defer f.tree.mu.RUnlock()
	if off < 0 {
		return 0, fs.ErrInvalid
	}
	if off >= int64(len(f.node.data)) {
		return 0, io.EOF
	}
	n := copy(p, f.node.data[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (f *file) Write(p []byte) (n int, err error) {
	put := func(part []byte) {
		f.node.data = append(f.node.data, part...)
		f.node.modTime = f.tree.now
		n = len(part)
	}
	err = f.tree.changeOr(Step{Kind: "write", Name: f.name},
		func() error { put(p); return nil }, func() { put(p[:len(p)/2]) })
	return n, err
}

func (f *file) Sync() error {
	return f.tree.changeOr(Step{Kind: "sync", Name: f.name}, func() error {
		if !f.node.lost {
			f.node.synced = len(f.node.data)
		}
		return nil
	}, func() { f.node.lost = true })
}

func (f *file) Stat() (fs.FileInfo, error) {
	f.tree.mu.RLock()
	defer f.tree.mu.RUnlock()
	return f.node.info(f.name), nil
}

func (f *file) Close() error { return nil }

func (n *node) info(name string) fs.FileInfo {
	return &info{name: name, size: int64(len(n.data)), modTime: n.modTime, dir: n.dir, inode: n.inode}
}

// info is what stat(2) says.
type info struct {
	name    string
	size    int64
	modTime time.Time
	dir     bool
	inode   uint64
}

func (i *info) Name() string       { return i.name }
func (i *info) Size() int64        { return i.size }
func (i *info) ModTime() time.Time { return i.modTime }
func (i *info) IsDir() bool        { return i.dir }
func (i *info) Sys() any           { return i }

// Inode is the file's number on its disk.
func (i *info) Inode() uint64 { return i.inode }

func (i *info) Mode() fs.FileMode {
	if i.dir {
		return fs.ModeDir | 0o755
	}
	return 0o644
}
