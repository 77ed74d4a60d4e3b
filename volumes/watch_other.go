//go:build !linux

package volumes

import (
	"errors"
	"io/fs"
)

var _ Watchable = (*Local)(nil)

// NewWatcher is for Linux.
func (l *Local) NewWatcher(func(Change)) (Watcher, error) {
	return nil, &fs.PathError{Op: "watch", Path: l.path, Err: errors.ErrUnsupported}
}
