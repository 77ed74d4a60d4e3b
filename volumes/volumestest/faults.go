package volumestest

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"slices"
	"strings"
	"sync"

	"lakehouse/volumes"
)

// ErrStopped is what every operation says after the one that a fault stopped: the process is dead.
var ErrStopped = errors.New("storage stopped by the test")

// A Kind is what an operation does.
type Kind string

// The kinds of operations. Those that change nothing are counted only by CountReads.
const (
	KindPut         Kind = "put"
	KindPutIfAbsent Kind = "putIfAbsent"
	KindCommit      Kind = "commit" // of a file that Create started
	KindDelete      Kind = "delete"
	KindMove        Kind = "move"
	KindMakeDir     Kind = "makeDir"

	KindStat   Kind = "stat"
	KindOpen   Kind = "open"
	KindRead   Kind = "read" // each ReadAt
	KindList   Kind = "list"
	KindCreate Kind = "create" // nothing can be seen before the commit
)

func (k Kind) reads() bool {
	switch k {
	case KindStat, KindOpen, KindRead, KindList, KindCreate:
		return true
	default:
		return false
	}
}

// An Op is one operation on a store.
type Op struct {
	Kind Kind
	Name string
	To   string // of a move
}

// String is the kind and the names that it works on.
func (o Op) String() string { return strings.TrimRight(string(o.Kind)+" "+o.Name+" "+o.To, " ") }

// A Fault is what goes wrong, and when.
type Fault struct {
	At     int    // the operation, counted from 0 as Ops does; negative: none
	Effect Effect // on the store, of that operation
	Err    error  // what it says
	Then   Then
	// CountReads counts the operations that change nothing too.
	CountReads bool
}

// Effect is what an operation that fails has done all the same.
type Effect uint8

// The effects.
const (
	NotApplied Effect = iota
	Applied
	Torn // a file came into being with half its bytes; other operations: not applied
)

// Then is what comes after the fault.
type Then uint8

// What comes after the fault.
const (
	GoOn     Then = iota // all is well again
	FailOn               // every operation that counts fails in the same way
	StayDead             // every operation says ErrStopped
)

// Record writes down the operations of a store that change something.
func Record(store volumes.Store) *Faulty { return Inject(store, Fault{At: -1}) }

// RecordAll writes down every operation, those that only read too.
func RecordAll(store volumes.Store) *Faulty { return Inject(store, Fault{At: -1, CountReads: true}) }

// StopAfter stops the world after operation n, which is done: its caller does not learn of it.
func StopAfter(store volumes.Store, n int) *Faulty {
	return Inject(store, Fault{At: n, Effect: Applied, Err: ErrStopped, Then: StayDead})
}

// StopBefore stops the world before operation n.
func StopBefore(store volumes.Store, n int) *Faulty {
	return Inject(store, Fault{At: n, Effect: NotApplied, Err: ErrStopped, Then: StayDead})
}

// TearAt stops the world in operation n and leaves half of its bytes under their name, as a disk does that
// lied about a sync.
func TearAt(store volumes.Store, n int) *Faulty {
	return Inject(store, Fault{At: n, Effect: Torn, Err: ErrStopped, Then: StayDead})
}

// FailAt has operation n fail once, and do nothing: EIO, ENOSPC.
func FailAt(store volumes.Store, n int, err error) *Faulty {
	return Inject(store, Fault{At: n, Err: err})
}

// FailFrom has operation n and all later ones fail.
func FailFrom(store volumes.Store, n int, err error) *Faulty {
	return Inject(store, Fault{At: n, Err: err, Then: FailOn})
}

// LoseReply has operation n done and yet reported as failed.
func LoseReply(store volumes.Store, n int, err error) *Faulty {
	return Inject(store, Fault{At: n, Effect: Applied, Err: err})
}

// Inject wraps a store so that one of its operations goes wrong.
func Inject(store volumes.Store, fault Fault) *Faulty { return &Faulty{store: store, fault: fault} }

// Faulty is a store that writes down its operations, and whose fault comes when it is due.
type Faulty struct {
	store volumes.Store
	fault Fault

	mu   sync.Mutex
	ops  []Op
	dead bool
}

var (
	_ volumes.Store  = (*Faulty)(nil)
	_ volumes.Locker = (*Faulty)(nil)
)

// Ops gives the operations so far.
func (f *Faulty) Ops() []Op {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.ops)
}

// Trace gives the operations so far, one a line.
func (f *Faulty) Trace() string {
	var text strings.Builder
	for _, op := range f.Ops() {
		text.WriteString(op.String() + "\n")
	}
	return text.String()
}

// Fired tells whether the fault has come.
func (f *Faulty) Fired() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.fault.At >= 0 && len(f.ops) > f.fault.At
}

// begin counts an operation and says what shall become of it.
func (f *Faulty) begin(op Op) (effect Effect, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.dead {
		return NotApplied, op.fail(ErrStopped)
	}
	if op.Kind.reads() && !f.fault.CountReads {
		return Applied, nil
	}
	n := len(f.ops)
	f.ops = append(f.ops, op)
	if f.fault.At < 0 || n < f.fault.At || (n > f.fault.At && f.fault.Then != FailOn) {
		return Applied, nil
	}
	f.dead = f.fault.Then == StayDead
	return f.fault.Effect, op.fail(f.fault.Err)
}

func (o Op) fail(err error) error { return &fs.PathError{Op: string(o.Kind), Path: o.Name, Err: err} }

// run does an operation, unless its fault says otherwise.
func (f *Faulty) run(op Op, call func() error) error {
	effect, fault := f.begin(op)
	if effect != Applied {
		return fault
	}
	if err := call(); err != nil {
		return err
	}
	return fault
}

// write does an operation that makes a file of data.
func (f *Faulty) write(op Op, data []byte, call func(data []byte) error) error {
	effect, fault := f.begin(op)
	switch effect {
	case NotApplied:
		return fault
	case Torn:
		data = data[:len(data)/2]
	default:
	}
	if err := call(data); err != nil {
		return err
	}
	return fault
}

// Stat describes a file or folder.
func (f *Faulty) Stat(ctx context.Context, name string) (info volumes.Info, err error) {
	err = f.run(Op{Kind: KindStat, Name: name}, func() error {
		info, err = f.store.Stat(ctx, name)
		return err
	})
	return info, err
}

// Open opens a file for reading.
func (f *Faulty) Open(ctx context.Context, name string) (volumes.Reader, error) {
	var reader volumes.Reader
	err := f.run(Op{Kind: KindOpen, Name: name}, func() (err error) {
		reader, err = f.store.Open(ctx, name)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &faultyReader{Reader: reader, store: f}, nil
}

type faultyReader struct {
	volumes.Reader
	store *Faulty
}

func (r *faultyReader) ReadAt(p []byte, off int64) (n int, err error) {
	err = r.store.run(Op{Kind: KindRead, Name: r.Info().Name}, func() error {
		n, err = r.Reader.ReadAt(p, off)
		return err
	})
	return n, err
}

// Put makes or replaces a file.
func (f *Faulty) Put(ctx context.Context, name string, data []byte) error {
	return f.write(Op{Kind: KindPut, Name: name}, data, func(data []byte) error {
		return f.store.Put(ctx, name, data)
	})
}

// PutIfAbsent makes a file unless the name exists.
func (f *Faulty) PutIfAbsent(ctx context.Context, name string, data []byte) error {
	return f.write(Op{Kind: KindPutIfAbsent, Name: name}, data, func(data []byte) error {
		return f.store.PutIfAbsent(ctx, name, data)
	})
}

// PutHint makes a file unless the name exists, which nobody relies on.
func (f *Faulty) PutHint(ctx context.Context, name string, data []byte) error {
	return f.write(Op{Kind: KindPutIfAbsent, Name: name}, data, func(data []byte) error {
		return volumes.PutHint(ctx, f.store, name, data)
	})
}

// Create starts a file. Its bytes are held back until the commit, where a fault may tear them.
func (f *Faulty) Create(ctx context.Context, name string) (volumes.Writer, error) {
	var writer volumes.Writer
	err := f.run(Op{Kind: KindCreate, Name: name}, func() (err error) {
		writer, err = f.store.Create(ctx, name)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &faultyWriter{writer: writer, store: f, name: name}, nil
}

type faultyWriter struct {
	writer volumes.Writer
	store  *Faulty
	name   string
	data   []byte
}

func (w *faultyWriter) Write(p []byte) (int, error) {
	w.data = append(w.data, p...)
	return len(p), nil
}

func (w *faultyWriter) Commit() error {
	return w.store.write(Op{Kind: KindCommit, Name: w.name}, w.data, func(data []byte) error {
		if _, err := w.writer.Write(data); err != nil {
			return err
		}
		return w.writer.Commit()
	})
}

func (w *faultyWriter) Abort() { w.writer.Abort() }

// List gives the files of a folder.
func (f *Faulty) List(ctx context.Context, dir string, opts volumes.ListOptions) iter.Seq2[volumes.Info, error] {
	return func(yield func(volumes.Info, error) bool) {
		if _, err := f.begin(Op{Kind: KindList, Name: dir}); err != nil {
			yield(volumes.Info{}, err)
			return
		}
		f.store.List(ctx, dir, opts)(yield)
	}
}

// Delete removes a file or an empty folder.
func (f *Faulty) Delete(ctx context.Context, name string) error {
	return f.run(Op{Kind: KindDelete, Name: name}, func() error { return f.store.Delete(ctx, name) })
}

// Move renames a file.
func (f *Faulty) Move(ctx context.Context, from, to string) error {
	return f.run(Op{Kind: KindMove, Name: from, To: to}, func() error { return f.store.Move(ctx, from, to) })
}

// MakeDir makes a folder.
func (f *Faulty) MakeDir(ctx context.Context, name string) error {
	return f.run(Op{Kind: KindMakeDir, Name: name}, func() error { return f.store.MakeDir(ctx, name) })
}

// Lock is handed on: a lock is no part of what a crash leaves behind.
func (f *Faulty) Lock(ctx context.Context, name string, holder []byte) (release func() error, err error) {
	if locker, ok := f.store.(volumes.Locker); ok {
		return locker.Lock(ctx, name, holder)
	}
	return nil, &fs.PathError{Op: "lock", Path: name, Err: errors.ErrUnsupported}
}
