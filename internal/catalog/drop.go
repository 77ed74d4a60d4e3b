package catalog

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"lakehouse/volumes"
)

// Drop removes an entry, and a managed table's files.
func (c *Catalog) Drop(ctx context.Context, n Name) error {
	if _, err := c.Lookup(ctx, n); err != nil { // outside the lock: there need be no folder to hold its file
		return err
	}
	if err := c.settle(ctx, n); err != nil { // of a renaming that was cut short, the other name must not stay
		return err
	}
	return c.whenFree(ctx, n, func() error {
		t, err := c.entry(ctx, n)
		if errors.Is(err, fs.ErrNotExist) {
			return c.notFound(ctx, n) // another was faster
		}
		if err != nil {
			return err
		}
		if t.Type == Managed && !t.Dropped {
			t.Dropped = true
			if err := c.put(ctx, t); err != nil {
				return err
			}
		}
		return c.remove(ctx, t)
	})
}

// finishDrop does what a drop that was cut short left to do. While another does it, it is a *volumes.LockedError.
func (c *Catalog) finishDrop(ctx context.Context, n Name) error {
	return c.locked(ctx, n, func() error { return c.finishMarked(ctx, n) })
}

// finishMarked needs the lock.
func (c *Catalog) finishMarked(ctx context.Context, n Name) error {
	t, err := c.entry(ctx, n)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !t.Dropped {
		return nil // another has done it, and the name may stand for a new table by now
	}
	if err != nil {
		return err
	}
	return c.remove(ctx, t)
}

func (c *Catalog) remove(ctx context.Context, t Table) error {
	if t.Type == Managed {
		at, err := c.space.Resolve(t.Location)
		if err != nil {
			return err
		}
		if err := volumes.RemoveAll(ctx, at.Store, at.Key); err != nil {
			return fmt.Errorf("drop %s: %w", t.Name, err)
		}
	}
	err := c.store.Delete(ctx, t.Name.file())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if t.Type == Managed && t.Reserved {
		return c.release(ctx, t.Location) // last: until the entry is gone, who finishes the drop empties the folder
	}
	return nil
}

// locked runs f while nobody else changes or removes the entry: who removes files must know that no new table
// has taken their place. Where the store has no locks, f runs without.
func (c *Catalog) locked(ctx context.Context, n Name, f func() error) (err error) {
	locker, ok := c.store.(volumes.Locker)
	if !ok {
		return f()
	}
	release, err := locker.Lock(ctx, n.lockFile(), []byte(n.String()))
	if errors.Is(err, errors.ErrUnsupported) {
		return f()
	}
	if err != nil {
		return fmt.Errorf("lock %s: %w", n, err)
	}
	defer func() { err = errors.Join(err, release()) }()
	return f()
}

// lockPoll is how often a lock that is held is tried.
const lockPoll = 10 * time.Millisecond

// whenFree is locked, after as long a wait as it takes.
func (c *Catalog) whenFree(ctx context.Context, n Name, f func() error) error {
	for {
		err := c.locked(ctx, n, f)
		if !isLocked(err) {
			return err
		}
		select {
		case <-time.After(lockPoll):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func isLocked(err error) bool {
	_, ok := errors.AsType[*volumes.LockedError](err)
	return ok
}
