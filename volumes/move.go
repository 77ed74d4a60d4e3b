package volumes

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"path"
)

// Move renames a file and never overwrites one. A move that a crash cut short is finished by asking
// for it again.
func (l *Local) Move(ctx context.Context, from, to string) error {
	if err := l.check(ctx, "move", from, CheckName); err != nil {
		return err
	}
	if err := CheckName("move", to); err != nil {
		return err
	}
	info, err := l.disk.Lstat(from)
	if err != nil {
		return l.failRead("move", from, err)
	}
	if info.IsDir() {
		return l.fail("move", from, ErrIsDir)
	}
	renamed, err := l.linkOrRename(from, to)
	if errors.Is(err, fs.ErrNotExist) {
		if err = l.makeDirs(parent(to)); err == nil {
			renamed, err = l.linkOrRename(from, to)
		}
	}
	switch {
	case errors.Is(err, ErrCrossDevice):
		err = l.copyTo(ctx, from, to, info)
	case errors.Is(err, fs.ErrExist) && l.halfMoved(from, to, info):
		err = nil
	}
	if err != nil {
		return l.fail("move", to, err)
	}
	return l.finishMove(from, to, renamed)
}

// finishMove makes the new name safe, and then takes the old one away.
func (l *Local) finishMove(from, to string, renamed bool) error {
	if err := l.secure(parent(to)); err != nil {
		return l.fail("move", to, err)
	}
	if !renamed {
		if err := l.disk.Remove(from); err != nil {
			return l.fail("move", from, err)
		}
	}
	return l.fail("move", from, l.disk.SyncDir(parent(from)))
}

// halfMoved tells whether an earlier move linked the file to its new name and no more. Two spellings
// of one name (through a linked folder) are not that: the file would be lost.
func (l *Local) halfMoved(from, to string, info fs.FileInfo) bool {
	there, err := l.disk.Lstat(to)
	if err != nil || inode(info) == 0 || inode(there) != inode(info) || !there.ModTime().Equal(info.ModTime()) {
		return false
	}
	if path.Base(from) != path.Base(to) {
		return true
	}
	a, errA := l.disk.Stat(parent(from))
	b, errB := l.disk.Stat(parent(to))
	return errA == nil && errB == nil && inode(a) != inode(b)
}

// copyTo makes a copy on another device.
func (l *Local) copyTo(ctx context.Context, from, to string, info fs.FileInfo) error {
	source, err := l.Open(ctx, from)
	if err != nil {
		return err
	}
	defer func() { _ = source.Close() }() // it was only read
	s, err := l.stage("move", to)
	if err != nil {
		return err
	}
	defer s.Abort()
	if _, err := io.Copy(&contextWriter{ctx, s}, io.NewSectionReader(source, 0, source.Info().Size)); err != nil {
		return err
	}
	if err := l.disk.SetModTime(s.temp, info.ModTime()); err != nil {
		return err
	}
	return s.commit(l.claim)
}

type contextWriter struct {
	ctx context.Context
	io.Writer
}

func (w *contextWriter) Write(data []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	return w.Writer.Write(data)
}
