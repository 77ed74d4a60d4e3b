package volumes

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"strings"
)

// Sub is the store under a folder of another. The folder need not exist: the first write makes it, and
// until then a listing is fs.ErrNotExist.
func Sub(store Store, dir string) (Store, error) {
	if own, ok := store.(interface {
		Sub(dir string) (Store, error)
	}); ok {
		return own.Sub(dir)
	}
	if err := CheckFolder("open", dir); err != nil {
		return nil, err
	}
	if dir == "." {
		return store, nil
	}
	return &prefixed{store: store, dir: dir}, nil
}

// prefixed is a store in a folder of another that knows nothing of links.
type prefixed struct {
	store Store
	dir   string
}

var (
	_ Store  = (*prefixed)(nil)
	_ Locker = (*prefixed)(nil)
)

func (p *prefixed) Sub(dir string) (Store, error) {
	if err := CheckFolder("open", dir); err != nil {
		return nil, err
	}
	return &prefixed{store: p.store, dir: under(p.dir, dir)}, nil
}

func (p *prefixed) Stat(ctx context.Context, name string) (Info, error) {
	if err := CheckFolder("stat", name); err != nil {
		return Info{}, err
	}
	info, err := p.store.Stat(ctx, under(p.dir, name))
	info.Name = name
	return info, err
}

// StatFile is for what the store below can do with one request.
func (p *prefixed) StatFile(ctx context.Context, name string) (Info, error) {
	if err := CheckName("stat", name); err != nil {
		return Info{}, err
	}
	info, err := StatFile(ctx, p.store, under(p.dir, name))
	info.Name = name
	return info, err
}

func (p *prefixed) Open(ctx context.Context, name string) (Reader, error) {
	if err := CheckName("open", name); err != nil {
		return nil, err
	}
	file, err := p.store.Open(ctx, under(p.dir, name))
	if err != nil {
		return nil, err
	}
	return &prefixedReader{file, name}, nil
}

type prefixedReader struct {
	Reader
	name string
}

func (r *prefixedReader) Info() Info {
	info := r.Reader.Info()
	info.Name = r.name
	return info
}

func (p *prefixed) Put(ctx context.Context, name string, data []byte) error {
	if err := CheckName("put", name); err != nil {
		return err
	}
	return p.store.Put(ctx, under(p.dir, name), data)
}

func (p *prefixed) PutIfAbsent(ctx context.Context, name string, data []byte) error {
	if err := CheckName("put if absent", name); err != nil {
		return err
	}
	return p.store.PutIfAbsent(ctx, under(p.dir, name), data)
}

func (p *prefixed) Create(ctx context.Context, name string) (Writer, error) {
	if err := CheckName("create", name); err != nil {
		return nil, err
	}
	return p.store.Create(ctx, under(p.dir, name))
}

func (p *prefixed) List(ctx context.Context, dir string, opts ListOptions) iter.Seq2[Info, error] {
	return func(yield func(Info, error) bool) {
		if err := CheckFolder("list", dir); err != nil {
			yield(Info{}, err)
			return
		}
		if opts.StartAfter != "" {
			opts.StartAfter = p.dir + "/" + opts.StartAfter
		}
		for info, err := range p.store.List(ctx, under(p.dir, dir), opts) {
			info.Name = strings.TrimPrefix(info.Name, p.dir+"/")
			if !yield(info, err) {
				return
			}
		}
	}
}

func (p *prefixed) Delete(ctx context.Context, name string) error {
	if err := CheckName("delete", name); err != nil {
		return err
	}
	return p.store.Delete(ctx, under(p.dir, name))
}

func (p *prefixed) Move(ctx context.Context, from, to string) error {
	if err := CheckName("move", from); err != nil {
		return err
	}
	if err := CheckName("move", to); err != nil {
		return err
	}
	return p.store.Move(ctx, under(p.dir, from), under(p.dir, to))
}

func (p *prefixed) MakeDir(ctx context.Context, name string) error {
	if err := CheckFolder("make folder", name); err != nil {
		return err
	}
	return p.store.MakeDir(ctx, under(p.dir, name))
}

func (p *prefixed) Lock(ctx context.Context, name string, holder []byte) (release func() error, err error) {
	if err := CheckName("lock", name); err != nil {
		return nil, err
	}
	if locker, ok := p.store.(Locker); ok {
		return locker.Lock(ctx, under(p.dir, name), holder)
	}
	return nil, &fs.PathError{Op: "lock", Path: name, Err: errors.ErrUnsupported}
}
