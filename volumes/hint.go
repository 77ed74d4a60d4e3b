package volumes

import (
	"context"
	"errors"
	"io/fs"
)

// A hinter is a store that can save itself the wait for the disk.
type hinter interface {
	PutHint(ctx context.Context, name string, data []byte) error
}

// PutHint is PutIfAbsent of a file that nobody relies on, and that shows by itself whether it is whole: on a disk it is not waited for.
// A power cut may take it, or leave it empty or torn.
func PutHint(ctx context.Context, store Store, name string, data []byte) error {
	if quick, ok := store.(hinter); ok {
		return quick.PutHint(ctx, name, data)
	}
	return store.PutIfAbsent(ctx, name, data)
}

// PutHint makes a file unless the name exists. It is atomic for who reads it, and not durable: see [PutHint].
func (l *Local) PutHint(ctx context.Context, name string, data []byte) error {
	const op = "put hint"
	if err := l.check(ctx, op, name, CheckName); err != nil {
		return err
	}
	s, err := l.stage(op, name)
	if err != nil {
		return err
	}
	defer s.Abort()
	if _, err := s.Write(data); err != nil {
		return err
	}
	err = s.give(l.claim)
	if errors.Is(err, fs.ErrExist) {
		return l.fail(op, name, fs.ErrExist)
	}
	return err
}

func (p *prefixed) PutHint(ctx context.Context, name string, data []byte) error {
	if err := CheckName("put hint", name); err != nil {
		return err
	}
	return PutHint(ctx, p.store, under(p.dir, name), data)
}
