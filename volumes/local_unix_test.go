//go:build unix

package volumes_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"lakehouse/volumes"
)

// hostFolder is a store whose folder the test changes behind its back.
type hostFolder struct {
	*testing.T
	dir   string
	store *volumes.Local
}

func newHostFolder(t *testing.T) *hostFolder { return openHostFolder(t, volumes.OpenLocal) }

func openHostFolder(t *testing.T, open func(string) (*volumes.Local, error)) *hostFolder {
	t.Helper()
	dir := t.TempDir()
	store, err := open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return &hostFolder{t, dir, store}
}

// eachWay runs a test for each way in which a store walks to a name.
func eachWay(t *testing.T, test func(h *hostFolder)) {
	t.Helper()
	t.Run("the system's", func(t *testing.T) { test(openHostFolder(t, volumes.OpenLocal)) })
	t.Run("by os.Root", func(t *testing.T) { test(openHostFolder(t, volumes.OpenByRoot)) })
}

func (h *hostFolder) path(name string) string { return filepath.Join(h.dir, name) }

func (h *hostFolder) write(name, text string) {
	h.Helper()
	if err := os.MkdirAll(filepath.Dir(h.path(name)), 0o755); err != nil {
		h.Fatal(err)
	}
	if err := os.WriteFile(h.path(name), []byte(text), 0o644); err != nil {
		h.Fatal(err)
	}
}

func (h *hostFolder) link(target, name string) {
	h.Helper()
	if err := os.Symlink(target, h.path(name)); err != nil {
		h.Fatal(err)
	}
}

func (h *hostFolder) list(opts volumes.ListOptions) []string {
	h.Helper()
	var names []string
	for info, err := range h.store.List(h.Context(), ".", opts) {
		if err != nil {
			h.Fatal(err)
		}
		names = append(names, info.Name)
	}
	return names
}

func TestOpenLocalWantsAFolder(t *testing.T) {
	absent := filepath.Join(t.TempDir(), "absent")
	if _, err := volumes.OpenLocal(absent); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("absent folder: %v", err)
	}
	if _, err := volumes.MakeLocal(absent + "/deep"); err != nil {
		t.Error(err)
	}
	if _, err := volumes.OpenLocal(absent + "/deep"); err != nil {
		t.Error(err)
	}
}

// No link leads out of the root, or out of a Sub: neither to read nor to write nor to delete.
func TestLinksStayInside(t *testing.T) { eachWay(t, linksStayInside) }

func linksStayInside(h *hostFolder) {
	t := h.T
	outside := t.TempDir()
	secret := filepath.Join(outside, "secret")
	if err := os.WriteFile(secret, []byte("secret"), 0o644); err != nil {
		t.Fatal(err)
	}
	h.write("d/in", "inside")
	h.write("other/x", "of another table")
	h.link(outside, "d/out")
	h.link(secret, "d/file")
	h.link("../other", "d/neighbour")
	h.link("in", "d/alias")
	sub, err := volumes.Sub(h.store, "d")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		store volumes.Store
		name  string
		inner bool
	}{
		{h.store, "d/out/secret", false},
		{h.store, "d/file", false},
		{h.store, "d/neighbour/x", true},
		{h.store, "d/alias", true},
		{sub, "out/secret", false},
		{sub, "neighbour/x", false},
		{sub, "alias", true},
	} {
		_, err := volumes.ReadFile(t.Context(), c.store, c.name)
		if (err == nil) != c.inner {
			t.Errorf("read %s: %v", c.name, err)
		}
	}
	for _, err := range []error{
		h.store.Put(t.Context(), "d/out/new", nil),
		h.store.PutIfAbsent(t.Context(), "d/out/new", nil),
		h.store.MakeDir(t.Context(), "d/out/new"),
		h.store.Delete(t.Context(), "d/out/secret"),
		h.store.Move(t.Context(), "d/in", "d/out/in"),
		h.store.Move(t.Context(), "d/out/secret", "d/stolen"),
		sub.Put(t.Context(), "neighbour/new", nil),
		sub.Delete(t.Context(), "neighbour/x"),
	} {
		if err == nil {
			t.Error("an operation left the root")
		}
	}
	if left, err := os.ReadDir(outside); err != nil || len(left) != 1 {
		t.Errorf("outside there is %v, %v", left, err)
	}
	if _, err := volumes.Sub(h.store, "d/out"); err == nil {
		if sub, _ := volumes.Sub(h.store, "d/out"); sub.Put(t.Context(), "x", nil) == nil {
			t.Error("a Sub left the root")
		}
	}
}

// A link that cannot be followed is listed, so that whoever opens it is told; loops end.
func TestListShowsLinks(t *testing.T) { eachWay(t, listShowsLinks) }

func listShowsLinks(h *hostFolder) {
	t := h.T
	h.write("a", "")
	h.write("d/b", "")
	h.link("a", "to_a")
	h.link("absent", "to_absent")
	h.link("/etc/passwd", "to_outside")
	h.link(".", "d/loop")
	h.link("self", "self")
	h.link("d", "to_d")
	got := h.list(volumes.ListOptions{Recursive: true})
	if want := []string{"a", "d/b", "self", "to_a", "to_outside"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	got = h.list(volumes.ListOptions{Recursive: true, Dirs: true})
	if want := []string{"a", "d", "d/b", "d/loop", "self", "to_a", "to_d", "to_outside"}; !slices.Equal(got, want) {
		t.Errorf("with folders: got %q, want %q", got, want)
	}
}

// A pipe is neither listed nor opened: waiting for its other end would hang the query.
func TestSpecialFilesAreRefused(t *testing.T) { eachWay(t, specialFilesAreRefused) }

func specialFilesAreRefused(h *hostFolder) {
	t := h.T
	if err := unix.Mkfifo(h.path("pipe"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := h.store.Open(t.Context(), "pipe"); !errors.Is(err, volumes.ErrNotRegular) {
		t.Errorf("open: %v", err)
	}
	if got := h.list(volumes.ListOptions{Hidden: true, Dirs: true}); len(got) != 0 {
		t.Errorf("listed %q", got)
	}
}

// Only names that a store gives to its temporary files are hidden from every listing.
func TestTemporaryFilesAreNeverListed(t *testing.T) {
	h := newHostFolder(t)
	w, err := h.store.Create(t.Context(), "d/"+strings.Repeat("n", 255))
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	on, err := os.ReadDir(h.path("d"))
	if err != nil || len(on) != 1 {
		t.Fatalf("on disk: %v, %v", on, err)
	}
	h.write(".user.tmp", "")
	h.write(".x.0123456789ABCDEF.tmp", "")
	h.write("x.0123456789abcdef.tmp", "")
	h.write(".x.0123456789abcdef.tmp", "")
	got := h.list(volumes.ListOptions{Hidden: true, Recursive: true})
	if want := []string{".user.tmp", ".x.0123456789ABCDEF.tmp", "x.0123456789abcdef.tmp"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A file that goes away while a listing runs is passed over.
func TestListPassesOverVanishedFiles(t *testing.T) {
	h := newHostFolder(t)
	for i := range 100 {
		h.write(fmt.Sprintf("d%02d/f", i), "")
	}
	var got []string
	for info, err := range h.store.List(t.Context(), ".", volumes.ListOptions{Recursive: true}) {
		if err != nil {
			t.Fatal(err)
		}
		if got = append(got, info.Name); len(got) == 1 {
			for i := 1; i < 99; i++ {
				if err := os.RemoveAll(h.path(fmt.Sprintf("d%02d", i))); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if want := []string{"d00/f", "d99/f"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A move that stopped between its two names is finished by the next, unless both are one name.
func TestMoveFinishesAHalfMove(t *testing.T) {
	h := newHostFolder(t)
	h.write("from/a", "text")
	h.write("to/x", "")
	if err := os.Link(h.path("from/a"), h.path("to/a")); err != nil {
		t.Fatal(err)
	}
	if err := h.store.Move(t.Context(), "from/a", "to/a"); err != nil {
		t.Fatal(err)
	}
	if got := h.list(volumes.ListOptions{Recursive: true}); !slices.Equal(got, []string{"to/a", "to/x"}) {
		t.Errorf("got %q", got)
	}
	h.link("to", "alias")
	if err := h.store.Move(t.Context(), "to/a", "alias/a"); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a move to another spelling of the same name: %v", err)
	}
	if data, err := os.ReadFile(h.path("to/a")); err != nil || string(data) != "text" {
		t.Errorf("%q, %v", data, err)
	}
}

// Between devices the file is copied with its time, and never over another.
func TestMoveAcrossDevices(t *testing.T) {
	const shm = "/dev/shm"
	from, err := os.MkdirTemp(shm, "lakehouse") //nolint:usetesting // another device is the point
	if err != nil {
		t.Skip("no second device: ", err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(from) })
	to := t.TempDir()
	store, err := volumes.OpenLocal("/")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC)
	source, target := filepath.Join(from, "a"), filepath.Join(to, "d/a")
	if err := os.WriteFile(source, []byte("text"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(source, at, at); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(source, filepath.Join(to, "probe")); err == nil {
		t.Skip(shm + " is the same device")
	}
	if err := store.Move(t.Context(), source[1:], target[1:]); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(target)
	if err != nil || !info.ModTime().Equal(at) || info.Size() != 4 {
		t.Errorf("target: %+v, %v", info, err)
	}
	if _, err := os.Stat(source); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("source: %v", err)
	}
	if err := os.WriteFile(source, []byte("other"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := store.Move(t.Context(), source[1:], target[1:]); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over another file: %v", err)
	}
	left, err := os.ReadDir(filepath.Dir(target))
	if err != nil || len(left) != 1 {
		t.Errorf("left beside the target: %v, %v", left, err)
	}
}

// A lock is gone with the process that held it, and names its holder while it lives.
func TestLockBetweenProcesses(t *testing.T) {
	if dir := os.Getenv("VOLUMES_LOCK_DIR"); dir != "" {
		holdLockUntilKilled(t, dir)
	}
	h := newHostFolder(t)
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestLockBetweenProcesses$")
	child.Env = append(os.Environ(), "VOLUMES_LOCK_DIR="+h.dir)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 1)); err != nil { // it holds the lock
		t.Fatal(err)
	}
	var held *volumes.LockedError
	if _, err := h.store.Lock(t.Context(), "lock", []byte("the parent")); !errors.As(err, &held) || string(held.Holder) != "the child" {
		t.Errorf("while the child lives: %v", err)
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait() // killed
	release, err := h.store.Lock(t.Context(), "lock", []byte("the parent"))
	if err != nil {
		t.Fatalf("after the child's death: %v", err)
	}
	if err := release(); err != nil {
		t.Error(err)
	}
}

func holdLockUntilKilled(t *testing.T, dir string) {
	store, err := volumes.OpenLocal(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Lock(t.Context(), "lock", []byte("the child")); err != nil {
		t.Fatal(err)
	}
	fmt.Println("locked")
	<-time.After(time.Minute) // a bare select would be taken for a deadlock, and end the process
}

func BenchmarkLocalPutIfAbsent(b *testing.B) {
	store, err := volumes.OpenLocal(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	data := make([]byte, 1000)
	b.SetBytes(int64(len(data)))
	for n := 0; b.Loop(); n++ {
		if err := store.PutIfAbsent(b.Context(), fmt.Sprintf("log/%020d.json", n), data); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLocalList(b *testing.B) {
	const files = 20_000
	dir := b.TempDir()
	for i := range files {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%06d.json", i)), nil, 0o644); err != nil {
			b.Fatal(err)
		}
	}
	store, err := volumes.OpenLocal(dir)
	if err != nil {
		b.Fatal(err)
	}
	for _, start := range []string{"", fmt.Sprintf("%06d.json", files-10)} {
		b.Run("after="+start, func(b *testing.B) {
			for b.Loop() {
				for _, err := range store.List(b.Context(), ".", volumes.ListOptions{StartAfter: start}) {
					if err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/files, "ns/file")
		})
	}
}
