package volumes

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"time"
)

// A Sweeper is a store in which a crash may leave temporary files behind.
type Sweeper interface {
	// Sweep removes the temporary files below a folder that were last written before a time, and gives
	// their number. The time must lie before the start of every write that may still be going on.
	Sweep(ctx context.Context, dir string, before time.Time) (removed int, err error)
}

var _ Sweeper = (*Local)(nil)

// Sweep removes old temporary files below a folder.
func (l *Local) Sweep(ctx context.Context, dir string, before time.Time) (removed int, err error) {
	if err := l.check(ctx, "sweep", dir, CheckFolder); err != nil {
		return 0, err
	}
	s := sweep{ctx: ctx, store: l, before: before}
	err = s.folder(dir, 0)
	return s.removed, err
}

type sweep struct {
	ctx     context.Context
	store   *Local
	before  time.Time
	removed int
}

func (s *sweep) folder(dir string, depth int) error {
	if depth > maxListDepth {
		return s.store.fail("sweep", dir, errTooDeep)
	}
	open, err := s.store.disk.OpenDir(dir)
	if err != nil {
		return s.store.failRead("sweep", dir, err)
	}
	defer func() { _ = open.Close() }() // it was only read
	for {
		if err := s.ctx.Err(); err != nil {
			return err
		}
		chunk, err := open.ReadNames(dirChunk)
		for _, base := range chunk {
			if err := s.visit(dir, open, base, depth); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return s.store.failRead("sweep", dir, err)
		}
	}
}

// visit enters a folder, and removes a temporary file. What has vanished was another's to remove.
func (s *sweep) visit(dir string, open DiskDir, base string, depth int) error {
	name := under(dir, base)
	info, err := open.Lstat(base)
	switch {
	case err != nil:
	case info.IsDir():
		err = s.folder(name, depth+1)
	case info.Mode().IsRegular() && isTemp(base) && info.ModTime().Before(s.before):
		if err = s.store.disk.Remove(name); err == nil {
			s.removed++
		}
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return s.store.fail("sweep", name, err)
}
