package volumestest

import (
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"time"

	"lakehouse/volumes"
)

// Memory is a store on a disk in memory: the code is that of a local disk, the system calls are not. A name or
// a byte that was not synced is lost, or not, when [Memory.CrashClone] cuts the power.
//
// Its clock starts in 2025 and ticks a millisecond a step.
type Memory struct {
	*volumes.Local
	tree *tree
}

// NewMemory makes an empty store.
func NewMemory() *Memory {
	t := &tree{now: time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC), locks: map[string][]byte{}}
	t.root = t.newNode(true)
	return onTree(t)
}

func onTree(t *tree) *Memory {
	return &Memory{Local: volumes.OnDisk(&disk{tree: t}, ""), tree: t}
}

// A Step is one system call that changed the disk, or made a change safe.
type Step struct {
	Kind string // create, write, sync, link, rename, remove, mkdir, syncDir, setModTime
	Name string
	To   string // of link and rename
}

// String is the kind and the names that it works on.
func (s Step) String() string { return strings.TrimRight(s.Kind+" "+s.Name+" "+s.To, " ") }

// EachStep has f called after each step from now on. It may call CrashClone.
func (m *Memory) EachStep(f func(Step)) {
	m.tree.mu.Lock()
	defer m.tree.mu.Unlock()
	m.tree.onStep = f
}

// SetModTime sets the time of a file, as touch(1) does.
func (m *Memory) SetModTime(name string, at time.Time) error {
	return (&disk{tree: m.tree}).SetModTime(name, at)
}

// Fail has f asked before each step from now on, and before each that only reads (open, stat, lstat, openDir, readAt,
// readNames, lock), whether it fails, and of what: syscall.EIO, ENOSPC. It must not use the store. A write that fails has
// written half its bytes. A sync of a file that fails has lost them as a kernel does: they can be read, and a later sync
// says that all is well, but a power cut takes them.
func (m *Memory) Fail(f func(Step) error) {
	m.tree.mu.Lock()
	defer m.tree.mu.Unlock()
	m.tree.fault = f
}

// ForgetSync has f asked before each sync and syncDir whether the disk only says that it did so.
func (m *Memory) ForgetSync(f func(Step) bool) {
	m.tree.mu.Lock()
	defer m.tree.mu.Unlock()
	m.tree.forget = f
}

// KillAfter has the process that uses the store die after so many more steps, in the middle of whatever it does:
// each further step is ErrStopped. Nothing is lost by that, and nothing made safe.
func (m *Memory) KillAfter(steps int) {
	m.tree.mu.Lock()
	defer m.tree.mu.Unlock()
	m.tree.killed, m.tree.stepsLeft = true, steps
}

// Restart lets a new process use the store: steps succeed again, and the locks of the old one are gone.
func (m *Memory) Restart() {
	m.tree.mu.Lock()
	defer m.tree.mu.Unlock()
	m.tree.killed = false
	clear(m.tree.locks)
	m.Local = volumes.OnDisk(&disk{tree: m.tree}, "")
}

// tree is the disk: what it holds now, and what of that is safe.
type tree struct {
	mu     sync.RWMutex // guards all below, and every node
	root   *node
	inodes uint64
	temps  uint64
	now    time.Time
	locks  map[string][]byte // by name: the holder
	onStep func(Step)
	fault  func(Step) error // may be nil
	forget func(Step) bool  // may be nil

	killed    bool // once no steps are left
	stepsLeft int
}

type node struct {
	inode   uint64
	dir     bool
	modTime time.Time

	data   []byte // of a file; it only grows
	synced int    // so many bytes of it are safe
	lost   bool   // a sync failed: what was not safe then never will be

	entries map[string]*node // of a folder
	safe    map[string]*node
}

// newNode needs t.mu, as do all methods but change.
func (t *tree) newNode(dir bool) *node {
	t.inodes++
	n := &node{inode: t.inodes, dir: dir, modTime: t.now}
	if dir {
		n.entries, n.safe = map[string]*node{}, map[string]*node{}
	}
	return n
}

func (t *tree) find(name string) (*node, error) {
	n := t.root
	if name == "." {
		return n, nil
	}
	for element := range strings.SplitSeq(name, "/") {
		if !n.dir {
			return nil, volumes.ErrNotDir
		}
		next, ok := n.entries[element]
		if !ok {
			return nil, fs.ErrNotExist
		}
		n = next
	}
	return n, nil
}

// place gives the folder of a name, and the name in it.
func (t *tree) place(name string) (dir *node, base string, err error) {
	above, base := ".", name
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		above, base = name[:i], name[i+1:]
	}
	dir, err = t.find(above)
	if err == nil && !dir.dir {
		err = volumes.ErrNotDir
	}
	return dir, base, err
}

// change makes one step. One that fails by a fault does what a disk does of it all the same.
func (t *tree) change(step Step, apply func() error) error {
	return t.changeOr(step, apply, func() {})
}

func (t *tree) changeOr(step Step, apply func() error, failed func()) error {
	told, err := t.apply(step, apply, failed)
	if err == nil && told != nil {
		told(step)
	}
	return err
}

func (t *tree) apply(step Step, change func() error, failed func()) (told func(Step), err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.killed {
		if t.stepsLeft == 0 {
			return nil, ErrStopped
		}
		t.stepsLeft--
	}
	t.now = t.now.Add(time.Millisecond)
	if t.fault != nil {
		if err := t.fault(step); err != nil {
			failed()
			return nil, step.fail(err)
		}
	}
	if t.forget != nil && (step.Kind == "sync" || step.Kind == "syncDir") && t.forget(step) {
		return t.onStep, nil
	}
	return t.onStep, change()
}

// look is asked before what only reads.
func (t *tree) look(kind, name string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.fault == nil {
		return nil
	}
	step := Step{Kind: kind, Name: name}
	return step.fail(t.fault(step))
}

// fail makes the error of a step, as package os does; nil where err is nil.
func (s Step) fail(err error) error {
	if err == nil {
		return nil
	}
	return &fs.PathError{Op: s.Kind, Path: s.Name, Err: err}
}

func (t *tree) tempID() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.temps++
	return fmt.Sprintf("%016x", t.temps)
}
