package volumes

import (
	"context"
	"crypto/rand"
	"fmt"
	"io/fs"
	"sync"
)

// Put makes or replaces a file.
func (s *ObjectStore) Put(ctx context.Context, name string, data []byte) error {
	if err := s.begin(ctx, "put", name, CheckName); err != nil {
		return err
	}
	return s.fail("put", name, s.put(ctx, s.key(name), data))
}

// put may do its work twice when an answer is lost, which nobody sees: the object is the same.
func (s *ObjectStore) put(ctx context.Context, key string, data []byte) error {
	return s.bucket.patience.try(ctx, len(data), func(ctx context.Context) error {
		return s.bucket.objects.Put(ctx, key, data, PutOptions{})
	})
}

// PutIfAbsent makes a file unless the name exists. Each call has a token, which is kept beside the object: when an answer
// was lost, or a proxy repeated the request, the object says whether it was this call that made it.
//
// Where the cloud does not know conditions, which is found out before the first use, nothing is put. With
// SingleWriter it is looked for, and then put: that is safe among the goroutines that share the store, and nowhere else.
func (s *ObjectStore) PutIfAbsent(ctx context.Context, name string, data []byte) error {
	const op = "put if absent"
	if err := s.begin(ctx, op, name, CheckName); err != nil {
		return err
	}
	if s.bucket.opts.SingleWriter {
		return s.fail(op, name, s.putAlone(ctx, s.key(name), data))
	}
	if err := s.bucket.trustPut(ctx, s); err != nil {
		return s.fail(op, name, err)
	}
	return s.fail(op, name, s.claim(ctx, s.key(name), data, newToken()))
}

func newToken() string { return rand.Text() }

// claim puts an object whose key must be free, or whose token says that it was put before.
func (s *ObjectStore) claim(ctx context.Context, key string, data []byte, token string) error {
	err := s.bucket.patience.try(ctx, len(data), func(ctx context.Context) error {
		return s.bucket.objects.Put(ctx, key, data, PutOptions{IfAbsent: true, Token: token})
	})
	return s.settle(ctx, key, token, err)
}

// settle finds out what became of an object that was to be made once.
func (s *ObjectStore) settle(ctx context.Context, key, token string, err error) error {
	switch fault := faultOf(err); {
	case err == nil:
		return nil
	case fault != FaultCondition && fault != FaultNoUpload && !fault.passes():
		return err
	}
	object, looking := s.head(ctx, key)
	switch {
	case looking == nil && object.Token == token:
		return nil
	case looking == nil:
		return fs.ErrExist
	case faultOf(err) == FaultCondition && faultOf(looking) != FaultAbsent:
		return fmt.Errorf("%w: %w", errUncertain, looking)
	}
	return fmt.Errorf("%w: %w", errUncertain, err)
}

// putAlone looks before it puts.
func (s *ObjectStore) putAlone(ctx context.Context, key string, data []byte) error {
	defer s.bucket.alone.lock(key)()
	_, err := s.head(ctx, key)
	switch {
	case err == nil:
		return fs.ErrExist
	case faultOf(err) != FaultAbsent:
		return err
	}
	return s.put(ctx, key, data)
}

// nameLocks keep goroutines apart that are about the same name.
type nameLocks struct {
	mu    sync.Mutex
	names map[string]*nameLock
}

type nameLock struct {
	sync.Mutex
	users int // guarded by nameLocks.mu
}

func (l *nameLocks) lock(name string) (unlock func()) {
	l.mu.Lock()
	if l.names == nil {
		l.names = map[string]*nameLock{}
	}
	of := l.names[name]
	if of == nil {
		of = &nameLock{}
		l.names[name] = of
	}
	of.users++
	l.mu.Unlock()
	of.Lock()
	return func() {
		of.Unlock()
		l.mu.Lock()
		defer l.mu.Unlock()
		if of.users--; of.users == 0 {
			delete(l.names, name)
		}
	}
}
