package volumes

import (
	"context"
	"fmt"
	"io/fs"
	"slices"
	"sync"
	"time"
)

// Create starts a file that may be large: a put if it stays small, else an upload whose parts go while more is written. At most
// PartsAtOnce+1 parts are in memory. The context stays with the writer.
func (s *ObjectStore) Create(ctx context.Context, name string) (Writer, error) {
	if err := s.begin(ctx, "create", name, CheckName); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	return &objectWriter{
		store: s, ctx: ctx, cancel: cancel, name: name, key: s.key(name), token: newToken(),
		room: make(chan struct{}, s.bucket.opts.PartsAtOnce), partBytes: int(s.bucket.opts.PartBytes),
	}, nil
}

// objectWriter is a file on its way into being. One goroutine writes; those of the parts set tags and err.
type objectWriter struct {
	store     *ObjectStore
	ctx       context.Context // io.Writer has none; Commit and Abort end it
	cancel    context.CancelFunc
	name, key string
	token     string
	partBytes int

	data   []byte // of the part that is being filled
	upload string // once there is more than one part
	parts  int
	room   chan struct{} // a place for each part that may be under way
	going  sync.WaitGroup
	done   bool

	mu   sync.Mutex
	tags []string
	err  error // the first failure; what follows would build on missing bytes
}

// Write adds bytes. It waits while as many parts are under way as may be.
func (w *objectWriter) Write(data []byte) (n int, err error) {
	if w.done {
		return 0, w.store.fail("create", w.name, fs.ErrClosed)
	}
	for len(data) > 0 {
		if err := w.failure(); err != nil {
			return n, w.store.fail("create", w.name, err)
		}
		if len(w.data) == w.partBytes {
			if err := w.send(); err != nil {
				return n, w.store.fail("create", w.name, w.failed(err))
			}
		}
		take := min(len(data), w.partBytes-len(w.data))
		w.data = append(w.data, data[:take]...)
		data, n = data[take:], n+take
	}
	return n, nil
}

func (w *objectWriter) failure() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

// failed keeps the first failure, and gives it.
func (w *objectWriter) failed(err error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == nil {
		w.err = err
	}
	return w.err
}

// send has the part uploaded that is full.
func (w *objectWriter) send() error {
	bucket := w.store.bucket
	if w.parts == bucket.limits.Parts {
		return fmt.Errorf("the file has more than %d parts of %d bytes: make the parts larger", w.parts, w.partBytes)
	}
	if w.upload == "" {
		upload, err := w.store.startUpload(w.ctx, w.key, PutOptions{Token: w.token})
		if err != nil {
			return err
		}
		w.upload = upload
	}
	data := w.data
	select {
	case w.room <- struct{}{}:
	case <-w.ctx.Done():
		return w.ctx.Err()
	}
	w.parts++
	part := ObjectPart{Key: w.key, Upload: w.upload, Number: w.parts}
	w.going.Go(func() {
		defer func() { <-w.room }()
		tag, err := w.store.putPart(w.ctx, part, data)
		if err != nil {
			_ = w.failed(err)
			return
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		w.tags = slices.Grow(w.tags, max(part.Number-len(w.tags), 0))[:max(part.Number, len(w.tags))]
		w.tags[part.Number-1] = tag
	})
	w.data = make([]byte, 0, w.partBytes)
	return nil
}

func (s *ObjectStore) startUpload(ctx context.Context, key string, opts PutOptions) (upload string, err error) {
	err = s.bucket.patience.try(ctx, 0, func(ctx context.Context) error {
		upload, err = s.bucket.objects.StartUpload(ctx, key, opts) // one whose answer was lost is swept
		return err
	})
	return upload, err
}

func (s *ObjectStore) putPart(ctx context.Context, part ObjectPart, data []byte) (tag string, err error) {
	err = s.bucket.patience.try(ctx, len(data), func(ctx context.Context) error {
		tag, err = s.bucket.objects.PutPart(ctx, part, data)
		return err
	})
	return tag, err
}

// Commit makes the file of its parts.
func (w *objectWriter) Commit() error {
	if w.done {
		return w.store.fail("create", w.name, fs.ErrClosed)
	}
	if err := w.commit(); err != nil {
		return w.store.fail("create", w.name, w.failed(err))
	}
	w.done = true
	w.cancel()
	return nil
}

func (w *objectWriter) commit() error {
	if err := w.failure(); err != nil {
		return err
	}
	if w.upload == "" {
		return w.store.put(w.ctx, w.key, w.data)
	}
	if err := w.send(); err != nil {
		return err
	}
	w.going.Wait()
	if err := w.failure(); err != nil {
		return err
	}
	err := w.store.finishUpload(w.ctx, w.key, w.upload, w.tags, PutOptions{Token: w.token})
	return w.store.settle(w.ctx, w.key, w.token, err)
}

func (s *ObjectStore) finishUpload(ctx context.Context, key, upload string, tags []string, opts PutOptions) error {
	return s.bucket.patience.try(ctx, 0, func(ctx context.Context) error {
		return s.bucket.objects.FinishUpload(ctx, key, upload, tags, opts)
	})
}

// Abort drops the file unless it was committed.
func (w *objectWriter) Abort() {
	if w.done {
		return
	}
	w.done = true
	w.cancel()
	w.going.Wait()
	if w.upload != "" {
		w.store.abort(w.ctx, w.key, w.upload)
	}
}

const abortWithin = 10 * time.Second

// abort drops an upload, although what it was for has ended. One that stays is swept.
func (s *ObjectStore) abort(ctx context.Context, key, upload string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abortWithin)
	defer cancel()
	_ = s.bucket.patience.try(ctx, 0, func(ctx context.Context) error {
		return s.bucket.objects.AbortUpload(ctx, key, upload)
	})
}
