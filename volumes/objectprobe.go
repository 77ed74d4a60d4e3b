package volumes

import (
	"context"
	"fmt"
	"sync"

	"lakehouse/internal/errclass"
)

// probes are what has been found out of a cloud by trying it: whether it keeps the condition of a request, or only takes it. A store that
// overwrites what must be there once would lose commits, and nobody would notice.
type probes struct {
	put    probe
	finish probe
}

func newProbes() *probes { return &probes{} }

// A probe is made once; when it could not be made, again.
type probe struct {
	mu   sync.Mutex
	done bool
	err  error // what it found: it stays
}

func (p *probe) once(try func() (refused, failed error)) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.done {
		return p.err
	}
	refused, failed := try()
	if failed != nil {
		return failed
	}
	p.done, p.err = true, refused
	return refused
}

// trustPut makes sure that a put is refused when its key must be free and is not. It costs three requests, once.
func (b *bucket) trustPut(ctx context.Context, s *ObjectStore) error {
	return b.probes.put.once(func() (refused, failed error) {
		key := b.probeKey()
		defer b.removeProbe(ctx, s, key)
		again := PutOptions{IfAbsent: true, Token: newToken()}
		if err := s.claim(ctx, key, []byte("first"), newToken()); err != nil {
			return nil, fmt.Errorf("probe the store: %w", err)
		}
		err := b.patience.try(ctx, 0, func(ctx context.Context) error {
			return b.objects.Put(ctx, key, []byte("second"), again)
		})
		return b.judge(err, "a put with If-None-Match: *")
	})
}

// trustFinish is trustPut for the end of an upload.
func (b *bucket) trustFinish(ctx context.Context, s *ObjectStore) error {
	return b.probes.finish.once(func() (refused, failed error) {
		key := b.probeKey()
		defer b.removeProbe(ctx, s, key)
		again := PutOptions{IfAbsent: true, Token: newToken()}
		if err := s.put(ctx, key, []byte("first")); err != nil {
			return nil, fmt.Errorf("probe the store: %w", err)
		}
		upload, err := s.startUpload(ctx, key, again)
		if err != nil {
			return nil, fmt.Errorf("probe the store: %w", err)
		}
		defer s.abort(ctx, key, upload)
		tag, err := s.putPart(ctx, ObjectPart{Key: key, Upload: upload, Number: 1}, []byte("second"))
		if err != nil {
			return nil, fmt.Errorf("probe the store: %w", err)
		}
		return b.judge(s.finishUpload(ctx, key, upload, []string{tag}, again), "the end of an upload with If-None-Match: *")
	})
}

// judge says what it means how a request ended whose condition did not hold.
func (b *bucket) judge(err error, what string) (refused, failed error) {
	switch {
	case faultOf(err) == FaultCondition:
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("probe the store: %w", err)
	}
	return errclass.UnsupportedFeature.New("the object store of %s overwrote an object by %s: two writers would undo each other's commits.", b.opts.Where, what).
		WithHint("Nothing was written. Use a store that keeps conditional writes (AWS S3, MinIO, versitygw 1.8 and others do); or, if this process is the only one " +
			"that ever writes there, say so: fs.s3a.create.conditional.enabled=false."), nil
}

// probePrefix begins the names of the objects that are tried with. They look like temporary files: no listing gives them.
const probePrefix = ".probe."

func (b *bucket) probeKey() string { return b.root + probePrefix + newToken16() + tempSuffix }

func (b *bucket) removeProbe(ctx context.Context, s *ObjectStore, key string) {
	_ = s.remove(context.WithoutCancel(ctx), key) // one that stays is hidden, and swept
}
