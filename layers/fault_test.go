package layers

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"lakehouse/internal/errclass"
	"lakehouse/medallion"
	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

// faults are what a disk says, and for how long: once, or until someone mends it.
var faults = []struct {
	name   string
	err    error
	sticky bool
}{
	{"EIO_once", syscall.EIO, false},
	{"EIO_on", syscall.EIO, true},
	{"ENOSPC_once", syscall.ENOSPC, false},
	{"ENOSPC_on", syscall.ENOSPC, true},
}

// A storage operation that fails, once or from then on, fails the run with an error that names operation and path, or is
// passed over rightly. No table is torn by it; and the next run, on a disk that is mended, ends as one without faults.
func TestPipelineSurvivesErrorAtEveryOperation(t *testing.T) {
	files := crashFiles(t)
	record := volumestest.Inject(volumestest.NewMemory(), volumestest.Fault{At: -1, CountReads: true})
	if err := pipelineRun(t.Context(), record, files); err != nil {
		t.Fatal(err)
	}
	want, ops := result(t, record), record.Ops()
	var count told
	for n := 0; n < len(ops); n += every(101) {
		for _, f := range faults {
			if errors.Is(f.err, syscall.ENOSPC) && !takesSpace(string(ops[n].Kind)) {
				continue
			}
			fault := volumestest.Fault{At: n, Err: f.err, CountReads: true}
			if f.sticky {
				fault.Then = volumestest.FailOn
			}
			t.Run(fmt.Sprintf("%04d_%s_%s", n, ops[n].Kind, f.name), func(t *testing.T) {
				t.Parallel()
				memory := volumestest.NewMemory()
				count.add(assertNamed(t, pipelineRun(t.Context(), volumestest.Inject(memory, fault), files), f.err))
				assertReadable(t, memory)
				assertRestart(t, memory, files, want, n)
			})
		}
	}
	t.Cleanup(func() { t.Logf("%s, at %d storage operations", &count, len(ops)) })
}

// The same below: each system call of the disk fails. A write that fails leaves half its bytes; a sync that fails loses
// them. Whatever the run has said is done stays done when the power goes after the restart.
func TestPipelineSurvivesErrorAtEverySystemCall(t *testing.T) {
	files := crashFiles(t)
	var steps []volumestest.Step
	clean := volumestest.NewMemory()
	clean.Fail(func(step volumestest.Step) error { steps = append(steps, step); return nil })
	if err := pipelineRun(t.Context(), clean, files); err != nil {
		t.Fatal(err)
	}
	clean.Fail(nil)
	want := result(t, clean)
	var count told
	for n := 0; n < len(steps); n += every(409) {
		for _, f := range faults {
			if !takesSpace(steps[n].Kind) && f.name != "EIO_once" {
				continue
			}
			t.Run(fmt.Sprintf("%04d_%s_%s", n, steps[n].Kind, f.name), func(t *testing.T) {
				t.Parallel()
				memory := volumestest.NewMemory()
				at := 0
				memory.Fail(func(volumestest.Step) error {
					at++
					if at-1 == n || f.sticky && at-1 > n {
						return f.err
					}
					return nil
				})
				err := pipelineRun(t.Context(), memory, files)
				memory.Fail(nil)
				count.add(assertNamed(t, err, f.err))
				assertReadable(t, memory)
				assertRestart(t, memory, files, want, n)
				assertRestart(t, memory.CrashClone(0, 0), files, want, n)
			})
		}
	}
	t.Cleanup(func() { t.Logf("%s, at %d system calls", &count, len(steps)) })
}

func takesSpace(kind string) bool {
	switch kind {
	case "create", "write", "sync", "link", "rename", "mkdir", "syncDir", // system calls
		"put", "putIfAbsent", "commit", "move", "makeDir": // operations
		return true
	}
	return false
}

// told counts runs by what became of their fault.
type told struct{ failed, passed atomic.Int64 }

func (c *told) add(failed bool) {
	if failed {
		c.failed.Add(1)
	} else {
		c.passed.Add(1)
	}
}

func (c *told) String() string {
	return fmt.Sprintf("%d faults: %d runs failed by name, %d passed over theirs", c.failed.Load()+c.passed.Load(), c.failed.Load(), c.passed.Load())
}

// assertNamed wants an error to be the disk's, and to tell what was asked of which file.
func assertNamed(t *testing.T, err, cause error) (failed bool) {
	t.Helper()
	if err == nil {
		return false
	}
	at, ok := errors.AsType[*fs.PathError](err)
	if !errors.Is(err, cause) || !ok || at.Op == "" || at.Path == "" || !strings.Contains(err.Error(), at.Path) {
		t.Errorf("the fault came out as %v; want one of the disk with operation and path", err)
	}
	return true
}

// assertReadable reads what tables there are: a version that was made is whole.
func assertReadable(t *testing.T, store volumes.Store) {
	t.Helper()
	session, err := medallion.NewSession(medallion.Options{Space: volumes.NewSpaceOn(store)})
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	for _, layer := range Invoices().Layers {
		if _, err := session.Table(layer.Table).Collect(t.Context()); err != nil && !errors.Is(err, errclass.TableNotFound) {
			t.Errorf("%s is torn: %v", layer.Table, err)
		}
	}
}
