package volumestest

import (
	"errors"
	"io"
	"io/fs"
	"maps"
	"slices"
	"time"

	"lakehouse/volumes"
)

var errNotEmpty = errors.New("directory not empty")

// disk is the system calls on a tree, below a folder of it.
type disk struct {
	tree *tree
	dir  string // "" for the root
}

var _ volumes.Disk = (*disk)(nil)

func (d *disk) at(name string) string {
	switch {
	case d.dir == "":
		return name
	case name == ".":
		return d.dir
	}
	return d.dir + "/" + name
}

func (d *disk) Sub(dir string) volumes.Disk { return &disk{tree: d.tree, dir: d.at(dir)} }

func (d *disk) TempID() string { return d.tree.tempID() }

func (d *disk) Open(name string) (volumes.DiskFile, error) {
	if err := d.tree.look("open", d.at(name)); err != nil {
		return nil, err
	}
	d.tree.mu.RLock()
	defer d.tree.mu.RUnlock()
	n, err := d.tree.find(d.at(name))
	if err != nil {
		return nil, err
	}
	return &file{tree: d.tree, name: d.at(name), node: n}, nil
}

func (d *disk) Create(name string) (volumes.DiskFile, error) {
	name = d.at(name)
	f := &file{tree: d.tree, name: name}
	err := d.tree.change(Step{Kind: "create", Name: name}, func() error {
		dir, base, err := d.tree.place(name)
		if err != nil {
			return err
		}
		if dir.entries[base] != nil {
			return fs.ErrExist
		}
		f.node = d.tree.newNode(false)
		dir.entries[base] = f.node
		return nil
	})
	if err != nil {
		return nil, err
	}
	return f, nil
}

func (d *disk) Stat(name string) (fs.FileInfo, error) {
	if err := d.tree.look("stat", d.at(name)); err != nil {
		return nil, err
	}
	d.tree.mu.RLock()
	defer d.tree.mu.RUnlock()
	n, err := d.tree.find(d.at(name))
	if err != nil {
		return nil, err
	}
	return n.info(name), nil
}

func (d *disk) Lstat(name string) (fs.FileInfo, error) { return d.Stat(name) }

func (d *disk) Link(from, to string) error {
	from, to = d.at(from), d.at(to)
	return d.tree.change(Step{Kind: "link", Name: from, To: to}, func() error {
		n, err := d.tree.find(from)
		if err != nil {
			return err
		}
		dir, base, err := d.tree.place(to)
		if err != nil {
			return err
		}
		if dir.entries[base] != nil {
			return fs.ErrExist
		}
		dir.entries[base] = n
		return nil
	})
}

func (d *disk) Rename(from, to string) error {
	from, to = d.at(from), d.at(to)
	return d.tree.change(Step{Kind: "rename", Name: from, To: to}, func() error {
		source, sourceBase, err := d.tree.place(from)
		if err != nil {
			return err
		}
		target, targetBase, err := d.tree.place(to)
		if err != nil {
			return err
		}
		n, there := source.entries[sourceBase], target.entries[targetBase]
		switch {
		case n == nil:
			return fs.ErrNotExist
		case there != nil && there.dir:
			return volumes.ErrIsDir
		}
		delete(source.entries, sourceBase)
		target.entries[targetBase] = n
		return nil
	})
}

// RenameExclusive is not to be had: a rename between two folders would have to be cut in two.
func (d *disk) RenameExclusive(string, string) error { return errors.ErrUnsupported }

func (d *disk) Remove(name string) error {
	name = d.at(name)
	return d.tree.change(Step{Kind: "remove", Name: name}, func() error {
		dir, base, err := d.tree.place(name)
		if err != nil {
			return err
		}
		n := dir.entries[base]
		switch {
		case n == nil:
			return fs.ErrNotExist
		case len(n.entries) > 0:
			return errNotEmpty
		}
		delete(dir.entries, base)
		return nil
	})
}

func (d *disk) Mkdir(name string) error {
	name = d.at(name)
	return d.tree.change(Step{Kind: "mkdir", Name: name}, func() error {
		dir, base, err := d.tree.place(name)
		if err != nil {
			return err
		}
		if dir.entries[base] != nil {
			return fs.ErrExist
		}
		dir.entries[base] = d.tree.newNode(true)
		return nil
	})
}

func (d *disk) SetModTime(name string, at time.Time) error {
	name = d.at(name)
	return d.tree.change(Step{Kind: "setModTime", Name: name}, func() error {
		n, err := d.tree.find(name)
		if err == nil {
			n.modTime = at
		}
		return err
	})
}

func (d *disk) SyncDir(name string) error {
	name = d.at(name)
	return d.tree.change(Step{Kind: "syncDir", Name: name}, func() error {
		n, err := d.tree.find(name)
		if err != nil {
			return err
		}
		if !n.dir {
			return volumes.ErrNotDir
		}
		n.safe = maps.Clone(n.entries)
		return nil
	})
}

func (d *disk) Lock(name string, holder []byte) (release func() error, err error) {
	if err := d.tree.look("lock", d.at(name)); err != nil {
		return nil, err
	}
	name = d.at(name)
	d.tree.mu.Lock()
	defer d.tree.mu.Unlock()
	if held, ok := d.tree.locks[name]; ok {
		return nil, &volumes.LockedError{Name: name, Holder: held}
	}
	d.tree.locks[name] = slices.Clone(holder)
	return func() error {
		d.tree.mu.Lock()
		defer d.tree.mu.Unlock()
		delete(d.tree.locks, name)
		return nil
	}, nil
}

func (d *disk) OpenDir(name string) (volumes.DiskDir, error) {
	if err := d.tree.look("openDir", d.at(name)); err != nil {
		return nil, err
	}
	d.tree.mu.RLock()
	defer d.tree.mu.RUnlock()
	n, err := d.tree.find(d.at(name))
	if err != nil {
		return nil, err
	}
	if !n.dir {
		return nil, volumes.ErrNotDir
	}
	return &folder{tree: d.tree, name: d.at(name), node: n, unread: slices.Collect(maps.Keys(n.entries))}, nil
}

// folder is an open folder.
type folder struct {
	tree   *tree
	name   string
	node   *node
	unread []string
}

func (f *folder) ReadNames(n int) ([]string, error) {
	if err := f.tree.look("readNames", f.name); err != nil {
		return nil, err
	}
	if len(f.unread) == 0 {
		return nil, io.EOF
	}
	chunk := f.unread[:min(n, len(f.unread))]
	f.unread = f.unread[len(chunk):]
	return chunk, nil
}

func (f *folder) Lstat(base string) (fs.FileInfo, error) {
	if err := f.tree.look("lstat", f.name+"/"+base); err != nil {
		return nil, err
	}
	f.tree.mu.RLock()
	defer f.tree.mu.RUnlock()
	n := f.node.entries[base]
	if n == nil {
		return nil, fs.ErrNotExist
	}
	return n.info(base), nil
}

func (f *folder) Stat(base string) (fs.FileInfo, error) { return f.Lstat(base) }

func (f *folder) Close() error { return nil }
