package volumes

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	openBytes  = 256 << 10 // are read when a file is opened: small ones are then read
	firstAhead = 256 << 10 // are read at once, at least; twice as many each time that a file is read on
	mostAhead  = 4 << 20
	maxWindows = 4       // of a file are kept
	partOfRead = 8 << 20 // a larger read is made of parts, some at a time
	readParts  = 4
)

// footed are the endings of files that are read from their ends.
var footed = []string{".parquet", ".orc"}

// Open opens a file for reading: one request that also reads its beginning, or its end where that is what a reader begins with. What
// is read later is of the same version of it, or an error. The context stays with the file.
func (s *ObjectStore) Open(ctx context.Context, name string) (Reader, error) {
	if err := s.begin(ctx, "open", name, CheckName); err != nil {
		return nil, err
	}
	r := &objectReader{store: s, name: name, key: s.key(name), ahead: firstAhead}
	opts := GetOptions{Length: openBytes}
	for _, ending := range footed {
		if strings.HasSuffix(name, ending) {
			opts = GetOptions{Last: openBytes}
		}
	}
	err := r.open(ctx, opts)
	if faultOf(err) == FaultRange { // it is empty
		r.object, err = s.head(ctx, r.key)
	}
	if err != nil {
		return nil, s.fail("open", name, err)
	}
	r.ctx, r.cancel = context.WithCancel(ctx)
	return r, nil
}

// objectReader is an open file. It keeps some windows of it, and when it is read on from where the last read ended, the next window is
// asked for before it is needed.
type objectReader struct {
	store  *ObjectStore
	name   string
	key    string
	object Object
	ctx    context.Context // io.ReaderAt has none; Close ends it
	cancel context.CancelFunc
	loads  sync.WaitGroup

	mu      sync.Mutex
	windows []*window // the one used last comes first
	next    int64     // where the last read ended
	ahead   int64     // so much is read at once
}

// A window is a part of a file. Its bytes are there when ready is closed.
type window struct {
	offset, length int64
	ready          chan struct{}
	data           []byte
	err            error
}

func (w *window) end() int64              { return w.offset + w.length }
func (w *window) holds(offset int64) bool { return offset >= w.offset && offset < w.end() }

func (r *objectReader) Info() Info { return r.store.describe(r.object) }

// Close ends the requests that are under way.
func (r *objectReader) Close() error {
	r.cancel()
	r.loads.Wait()
	return nil
}

// open reads the first window, from the beginning or the end.
func (r *objectReader) open(ctx context.Context, opts GetOptions) error {
	bucket := r.store.bucket
	return bucket.patience.try(ctx, openBytes, func(ctx context.Context) error {
		object, body, err := bucket.objects.Get(ctx, r.key, opts)
		if err != nil {
			return err
		}
		defer body.Close()
		w := &window{length: min(object.Size, openBytes), ready: make(chan struct{})}
		if opts.Last > 0 {
			w.offset = object.Size - w.length
		}
		w.data = make([]byte, w.length)
		if _, err := io.ReadFull(body, w.data); err != nil {
			return &ObjectError{Fault: FaultUnknown, Err: fmt.Errorf("read the body: %w", err)}
		}
		close(w.ready)
		r.object, r.windows = object, []*window{w}
		return nil
	})
}

// ReadAt reads what is kept, and asks for the rest.
func (r *objectReader) ReadAt(p []byte, offset int64) (n int, err error) {
	if offset < 0 {
		return 0, r.store.fail("read", r.name, errors.New("a negative offset"))
	}
	left := max(r.object.Size-offset, 0)
	want := p[:min(int64(len(p)), left)]
	for n < len(want) {
		read, err := r.read(want[n:], offset+int64(n))
		n += read
		if err != nil {
			return n, r.store.fail("read", r.name, err)
		}
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// read gives some of the bytes that are wanted, at least one.
func (r *objectReader) read(p []byte, offset int64) (n int, err error) {
	w := r.window(int64(len(p)), offset)
	if w == nil {
		return len(p), r.fetchLarge(p, offset)
	}
	select {
	case <-w.ready:
	case <-r.ctx.Done():
		return 0, r.ctx.Err()
	}
	if w.err != nil {
		r.drop(w)
		return 0, w.err
	}
	return copy(p, w.data[offset-w.offset:]), nil
}

// window is where a read can begin; it may have been asked for just now. It is nil for a read that is larger than a window would be.
func (r *objectReader) window(wanted, offset int64) *window {
	r.mu.Lock()
	defer r.mu.Unlock()
	onward := offset == r.next
	w := r.kept(offset)
	switch {
	case w != nil && onward && r.ahead > firstAhead && offset+wanted > w.end()-w.length/2:
		if r.load(w.end()) {
			r.widen()
		}
	case w != nil:
	case onward:
		r.widen()
	default:
		r.ahead = firstAhead
	}
	if w == nil && wanted < r.ahead {
		r.load(offset)
		w = r.windows[0]
	}
	if r.next = offset + wanted; w != nil {
		r.next = min(r.next, w.end())
	}
	return w
}

// kept is the window that holds a byte, and is now the one used last; nil: none does.
func (r *objectReader) kept(offset int64) *window {
	for i, w := range r.windows {
		if w.holds(offset) {
			copy(r.windows[1:i+1], r.windows[:i])
			r.windows[0] = w
			return w
		}
	}
	return nil
}

func (r *objectReader) widen() { r.ahead = min(2*r.ahead, mostAhead) }

// load asks for a window, and tells whether it did: it need not where one is there, or the file ends. It needs r.mu.
func (r *objectReader) load(offset int64) bool {
	if offset >= r.object.Size {
		return false
	}
	for _, w := range r.windows {
		if w.holds(offset) {
			return false
		}
	}
	w := &window{offset: offset, length: min(r.ahead, r.object.Size-offset), ready: make(chan struct{})}
	r.windows = append([]*window{w}, r.windows[:min(len(r.windows), maxWindows-1)]...)
	r.loads.Go(func() {
		defer close(w.ready)
		data := make([]byte, w.length)
		if w.err = r.fetch(r.ctx, data, w.offset); w.err == nil {
			w.data = data
		}
	})
	return true
}

// drop forgets a window that could not be read: the next read tries again.
func (r *objectReader) drop(bad *window) {
	r.mu.Lock()
	defer r.mu.Unlock()
	kept := r.windows[:0]
	for _, w := range r.windows {
		if w != bad {
			kept = append(kept, w)
		}
	}
	r.windows = kept
}

// fetchLarge reads a range, in parts when it is large.
func (r *objectReader) fetchLarge(p []byte, offset int64) error {
	if len(p) <= partOfRead {
		return r.fetch(r.ctx, p, offset)
	}
	group, ctx := errgroup.WithContext(r.ctx)
	group.SetLimit(readParts)
	for len(p) > 0 {
		part, at := p[:min(len(p), partOfRead)], offset
		group.Go(func() error { return r.fetch(ctx, part, at) })
		p, offset = p[len(part):], offset+int64(len(part))
	}
	return group.Wait()
}

// fetch reads a range. When the body ends early, the next request goes on from there; as long as enough bytes come, there is another.
func (r *objectReader) fetch(ctx context.Context, p []byte, offset int64) error {
	patience := r.store.bucket.patience
	for attempt := 1; ; attempt++ {
		n, err := r.get(ctx, p, offset)
		p, offset = p[n:], offset+int64(n)
		if err == nil {
			patience.earn()
			return nil
		}
		if n >= r.leastBytes() {
			attempt = 0
		}
		if err := patience.again(ctx, max(attempt, 1), err); err != nil {
			if faultOf(err) == FaultCondition {
				return errChanged
			}
			return err
		}
	}
}

// slowestRead is how many bytes of a body that is read on must come in a second. One that trickles more slowly would never end.
const slowestRead = 1 << 10

var errSlow = errors.New("the body came more slowly than a kilobyte a second")

// leastBytes is what must come of a body in each of the times after which a request is given up.
func (r *objectReader) leastBytes() int {
	return max(1, int(r.store.bucket.opts.Timeout.Seconds()*slowestRead))
}

// get makes one request. The body may come slowly, but must not stand still.
func (r *objectReader) get(ctx context.Context, p []byte, offset int64) (n int, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	timeout, least, told := r.store.bucket.opts.Timeout, r.leastBytes(), 0
	watchdog := time.AfterFunc(timeout, func() { cancel(errSlow) })
	defer watchdog.Stop()
	_, body, err := r.store.bucket.objects.Get(ctx, r.key, GetOptions{Offset: offset, Length: int64(len(p)), ETag: r.object.ETag})
	if err != nil {
		return 0, err
	}
	defer body.Close()
	watchdog.Reset(timeout)
	for n < len(p) {
		read, err := body.Read(p[n:])
		n += read
		if err != nil && n < len(p) {
			if slow := context.Cause(ctx); slow != nil {
				err = slow
			}
			return n, &ObjectError{Fault: FaultUnknown, Err: fmt.Errorf("read the body at byte %d: %w", offset+int64(n), err)}
		}
		if n-told >= least {
			watchdog.Reset(timeout)
			told = n
		}
	}
	return n, nil
}
