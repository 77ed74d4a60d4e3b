package volumes

import (
	"context"
	"errors"
	"io/fs"
	"strings"
)

// Put makes or replaces a file.
func (l *Local) Put(ctx context.Context, name string, data []byte) error {
	if err := l.check(ctx, "put", name, CheckName); err != nil {
		return err
	}
	s, err := l.stage("put", name)
	if err != nil {
		return err
	}
	defer s.Abort()
	if _, err := s.Write(data); err != nil {
		return err
	}
	return s.Commit()
}

// PutIfAbsent makes a file unless the name exists.
func (l *Local) PutIfAbsent(ctx context.Context, name string, data []byte) error {
	const op = "put if absent"
	if err := l.check(ctx, op, name, CheckName); err != nil {
		return err
	}
	if _, err := l.disk.Lstat(name); err == nil {
		return l.exists(op, name) // spares the loser of a race a file
	}
	s, err := l.stage(op, name)
	if err != nil {
		return err
	}
	defer s.Abort()
	if _, err := s.Write(data); err != nil {
		return err
	}
	err = s.commit(l.claim)
	if errors.Is(err, fs.ErrExist) {
		return l.exists(op, name)
	}
	return err
}

// exists says that a name is taken, and makes it safe first: who made it may have died before doing so, and the
// caller is about to build on it.
func (l *Local) exists(op, name string) error {
	if err := l.secure(parent(name)); err != nil {
		return l.fail(op, name, err)
	}
	return l.fail(op, name, fs.ErrExist)
}

// Create starts a file that may be large.
func (l *Local) Create(ctx context.Context, name string) (Writer, error) {
	if err := l.check(ctx, "create", name, CheckName); err != nil {
		return nil, err
	}
	return l.stage("create", name)
}

// staged is a file on its way into being, under a temporary name.
type staged struct {
	store *Local
	op    string
	name  string
	temp  string
	file  DiskFile
	err   error // the first failure; what follows would build on missing bytes
	done  bool
}

// stage opens the temporary file, and makes the folder where it is missing.
func (l *Local) stage(op, name string) (*staged, error) {
	temp := tempName(name, l.disk.TempID())
	file, err := l.disk.Create(temp)
	if errors.Is(err, fs.ErrNotExist) {
		if err = l.makeDirs(parent(name)); err == nil {
			file, err = l.disk.Create(temp)
		}
	}
	if err != nil {
		return nil, l.fail(op, name, err)
	}
	return &staged{store: l, op: op, name: name, temp: temp, file: file}, nil
}

// Write adds bytes.
func (s *staged) Write(data []byte) (int, error) {
	if s.done {
		return 0, s.store.fail(s.op, s.name, fs.ErrClosed)
	}
	if s.err != nil {
		return 0, s.err
	}
	n, err := s.file.Write(data)
	s.err = s.store.fail(s.op, s.name, err)
	return n, s.err
}

// Commit makes the file visible and durable.
func (s *staged) Commit() error { return s.commit(s.store.replace) }

// commit is the order that durability stands on: the bytes are safe before the name is given, and the name
// is safe before anyone is told. A failed sync is never repeated: the kernel may have dropped the pages
// and call the next one a success.
func (s *staged) commit(give func(temp, name string) error) error {
	if s.done {
		return s.store.fail(s.op, s.name, fs.ErrClosed)
	}
	if s.err != nil {
		return s.err
	}
	if s.err = s.store.fail(s.op, s.name, s.file.Sync()); s.err != nil {
		return s.err
	}
	if err := s.give(give); err != nil {
		return err
	}
	return s.store.fail(s.op, s.name, s.store.secure(parent(s.name)))
}

// give ends the file and gives it its name.
func (s *staged) give(give func(temp, name string) error) error {
	err := s.file.Close()
	s.file = nil
	if err == nil {
		err = give(s.temp, s.name)
	}
	if err != nil {
		s.err = s.store.fail(s.op, s.name, err)
		return s.err
	}
	s.done = true
	return nil
}

// Abort drops the file unless it was committed.
func (s *staged) Abort() {
	if s.done {
		return
	}
	s.done = true
	if s.file != nil {
		_ = s.file.Close() // its bytes are not wanted
	}
	_ = s.store.disk.Remove(s.temp) // what stays is hidden, and swept
}

// replace gives the temporary file its name, whatever had it.
func (l *Local) replace(temp, name string) error { return l.disk.Rename(temp, name) }

// claim gives the temporary file a name that must be free. Of many who try, link(2) lets one win.
func (l *Local) claim(temp, name string) error {
	renamed, err := l.linkOrRename(temp, name)
	if err != nil || renamed {
		return err
	}
	_ = l.disk.Remove(temp) // a second name of the file: hidden, and swept if it stays
	return nil
}

// linkOrRename gives a file a name that must be free. Link comes first: it leaves both names until the new one is
// synced, so that no file system can lose the file. Where links are not to be had (a file of another
// owner under protected_hardlinks, exFAT), an exclusive rename does it.
func (l *Local) linkOrRename(from, to string) (renamed bool, err error) {
	err = l.disk.Link(from, to)
	if err == nil || !noLinks(err) {
		return false, err
	}
	if exclusive := l.disk.RenameExclusive(from, to); !errors.Is(exclusive, errors.ErrUnsupported) {
		return exclusive == nil, exclusive
	}
	return false, err
}

func noLinks(err error) bool {
	return errors.Is(err, fs.ErrPermission) || errors.Is(err, errors.ErrUnsupported)
}

// MakeDir makes a folder and those above it.
func (l *Local) MakeDir(ctx context.Context, name string) error {
	if err := l.check(ctx, "make folder", name, CheckFolder); err != nil {
		return err
	}
	if err := l.makeDirs(name); err != nil {
		return l.fail("make folder", name, err)
	}
	info, err := l.disk.Stat(name)
	if err == nil && !info.IsDir() {
		err = fs.ErrExist
	}
	return l.fail("make folder", name, err)
}

// makeDirs makes what is missing of a folder's path, and makes all of it safe: a folder that is there may not be so yet. All
// are made before any is synced: a disk with a journal then writes it once.
func (l *Local) makeDirs(dir string) error {
	if l.parent != nil {
		if err := l.parent.makeDirs(l.dir); err != nil {
			return err
		}
	}
	if dir == "." {
		return nil
	}
	for _, folder := range l.missing(dir) {
		l.safe.forget(l.whole(folder))
		if err := l.disk.Mkdir(folder); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	return l.secureFolder(dir)
}

// missing gives the folders of a path that are not there, the outermost first.
func (l *Local) missing(dir string) []string {
	var folders []string
	for end := 0; end < len(dir); end++ {
		next := strings.IndexByte(dir[end:], '/')
		if next < 0 {
			next = len(dir) - end
		}
		end += next
		if _, err := l.disk.Stat(dir[:end]); err != nil {
			folders = append(folders, dir[:end])
		}
	}
	return folders
}
