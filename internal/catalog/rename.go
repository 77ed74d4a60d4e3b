package catalog

import (
	"context"
	"errors"
	"io/fs"

	"lakehouse/internal/errclass"
)

// Rename gives a table another name; its files stay where they are. It is done the moment that the new entry is made,
// which names the old one and is named by it: until then the old name stands, from then on the new one. Before that
// the folder of a managed table is reserved, so that the next table of the old name gets another.
func (c *Catalog) Rename(ctx context.Context, from, to Name) error {
	t, err := c.Lookup(ctx, from)
	if err != nil {
		return err
	}
	if err := errors.Join(c.settle(ctx, from), c.CanCreate(ctx, to)); err != nil {
		return err
	}
	if t.Type == Managed {
		if err := c.Reserve(ctx, t.Location); err != nil {
			return err
		}
	}
	if err := c.whenFree(ctx, from, func() error { return c.rename(ctx, from, to) }); err != nil {
		return err
	}
	return c.forgetOldName(ctx, to, from)
}

// rename needs the lock of the old name.
func (c *Catalog) rename(ctx context.Context, from, to Name) error {
	old, err := c.entry(ctx, from)
	if errors.Is(err, fs.ErrNotExist) || err == nil && old.Dropped {
		return c.notFound(ctx, from) // another was faster
	}
	if err != nil {
		return err
	}
	old.RenamedFrom, old.RenamedTo = nil, &to
	if err := c.put(ctx, old); err != nil {
		return err
	}
	renamed := old
	renamed.Name, renamed.RenamedFrom, renamed.RenamedTo, renamed.Reserved = to, &from, nil, old.Type == Managed
	data, err := encode(renamed)
	if err != nil {
		return err
	}
	err = c.store.PutIfAbsent(ctx, to.file(), data)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	taken := errors.Is(err, fs.ErrExist)
	if err := c.finishRename(ctx, from); err != nil {
		return err
	}
	if _, err := c.entry(ctx, from); taken && err == nil {
		return c.exists(to)
	}
	return nil
}

// isMoved reports whether an entry whose renaming was begun has its new name.
func (c *Catalog) isMoved(ctx context.Context, old Table) (bool, error) {
	if old.RenamedTo == nil {
		return false, nil
	}
	t, err := c.entry(ctx, *old.RenamedTo)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil && t.RenamedFrom != nil && *t.RenamedFrom == old.Name && t.Location == old.Location, err
}

// finishRename removes an old name, or takes its mark away where the new one was not made. It needs the lock of the old name.
func (c *Catalog) finishRename(ctx context.Context, from Name) error {
	old, err := c.entry(ctx, from)
	if errors.Is(err, fs.ErrNotExist) || err == nil && old.RenamedTo == nil {
		return nil
	}
	if err != nil {
		return err
	}
	moved, err := c.isMoved(ctx, old)
	if err != nil {
		return err
	}
	if !moved {
		old.RenamedTo = nil
		return c.put(ctx, old)
	}
	err = c.store.Delete(ctx, from.file())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// settleRename ends a renaming that was cut short, from whichever name it is met.
func (c *Catalog) settleRename(ctx context.Context, t Table) error {
	if t.RenamedTo != nil {
		if err := c.whenFree(ctx, t.Name, func() error { return c.finishRename(ctx, t.Name) }); err != nil {
			return err
		}
	}
	if from := t.RenamedFrom; from != nil {
		if err := c.whenFree(ctx, *from, func() error { return c.finishRename(ctx, *from) }); err != nil {
			return err
		}
		return c.forgetOldName(ctx, t.Name, *from)
	}
	return nil
}

// forgetOldName ends a renaming, after the old name is gone.
func (c *Catalog) forgetOldName(ctx context.Context, n, from Name) error {
	return c.whenFree(ctx, n, func() error {
		t, err := c.entry(ctx, n)
		if errors.Is(err, fs.ErrNotExist) || err == nil && (t.RenamedFrom == nil || *t.RenamedFrom != from) {
			return nil
		}
		if err != nil {
			return err
		}
		t.RenamedFrom = nil
		return c.put(ctx, t)
	})
}

var errTooManyPlaces = errclass.UnsupportedFeature.New("Too many tables of one name were given others: none of the folders for a table of that name is free.")
