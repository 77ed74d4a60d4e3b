package layers

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"lakehouse/volumes"
)

var killSeeds = flag.Int("crash.killseeds", 1, "how often each program is killed at each system call; from the second on, on all cores")

// killCalls are the system calls at which a program is killed: all that change something, and those around them.
var killCalls = []string{
	"openat", "openat2", "write", "pwrite64", "fsync", "fdatasync", "linkat", "renameat", "renameat2", "unlinkat", "mkdirat",
	"ftruncate", "flock", "utimensat", "close",
}

// secondKills are where the next run is killed again: soon in its recovery, or anywhere.
var secondKills = []struct {
	call string
	most int
}{{"openat2", 20}, {"openat2", 120}, {"fsync", 4}, {"fsync", 20}, {"linkat", 4}, {"unlinkat", 3}, {"write", 4}, {"close", 100}}

// The program that is killed at its k-th system call of a kind (strace counts them by thread: on one core the program's work
// stays mostly on one), is killed again in the run after that, and then runs to its end: nothing is lost, nothing comes twice.
// Once it makes its tables, and once it goes on with nine batches behind it and writes a checkpoint.
func TestProgramsSurviveKillAtEverySystemCall(t *testing.T) {
	if !*crashAll && *crashEvery == 0 {
		t.Skip("make crash runs it")
	}
	k := newKiller(t)
	for _, history := range []int{0, 8} {
		templates, want := k.templates(t, history)
		for i, kind := range kinds {
			for _, call := range killCalls {
				t.Run(fmt.Sprintf("%s_%d_%s", kind, history, call), func(t *testing.T) {
					t.Parallel()
					for seed := range *killSeeds {
						k.killAtEach(t, victim{kind, call, templates[i], want, history, seed})
					}
				})
			}
		}
	}
	t.Cleanup(func() { t.Logf("%s", k.count()) })
}

var kinds = []string{"bronze", "silver", "gold"}

// killer has the programs and what was done with them.
type killer struct {
	bin, dir string
	files    map[string][]byte

	kills, seconds, untouched atomic.Int64
	byCall                    [32]atomic.Int64 // as killCalls

	mu    sync.Mutex
	temps int // under mu; the most temporary files that were left
}

func newKiller(t *testing.T) *killer {
	t.Helper()
	if err := exec.Command("strace", "-qq", "-o", os.DevNull, "true").Run(); err != nil {
		t.Skipf("strace cannot be used here: %v", err)
	}
	k := &killer{bin: t.TempDir(), dir: inMemory(t), files: map[string][]byte{}}
	build := exec.Command("go", "build", "-o", k.bin, "lakehouse/cmd/bronze", "lakehouse/cmd/silver", "lakehouse/cmd/gold")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for i := range 11 {
		k.files[fmt.Sprintf("invoices_%02d.json", i+1)] = invoicesOf(t, uint64(i+1), 2, 5)
	}
	return k
}

// inMemory is a folder whose disk is memory, where there is one: a kill loses nothing that was written, synced or not.
func inMemory(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "crash") //nolint:usetesting // its folders are on a disk
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// templates are the lake as each program finds it: with so many files behind it and two to read. want is the end.
func (k *killer) templates(t *testing.T, history int) (lakes []string, want string) {
	t.Helper()
	base := filepath.Join(k.dir, fmt.Sprintf("lake%d", history))
	all := slices.Sorted(maps.Keys(k.files))
	for i := range history {
		k.land(t, base, all[i:i+1])
		k.runAll(t, base, kinds)
	}
	k.land(t, base, all[history:history+2])
	for i, kind := range kinds {
		lakes = append(lakes, k.copied(t, base, fmt.Sprintf("%s%d", kind, history)))
		k.runAll(t, base, kinds[i:i+1])
	}
	want, err := k.finish(t.Context(), base, history)
	if err != nil {
		t.Fatal(err)
	}
	return lakes, want
}

func (k *killer) land(t *testing.T, lake string, names []string) {
	t.Helper()
	dir := filepath.Join(lake, InvoicesBase, "data/invoices")
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if err := os.WriteFile(filepath.Join(dir, name), k.files[name], 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

func (k *killer) copied(t *testing.T, lake, name string) string {
	t.Helper()
	to := filepath.Join(k.dir, name)
	if out, err := exec.Command("cp", "-a", lake, to).CombinedOutput(); err != nil { // the times of files stay
		t.Fatalf("%v: %s", err, out)
	}
	return to
}

func (k *killer) args(kind, lake string) []string {
	return []string{filepath.Join(k.bin, kind), "--root", lake, "--trigger", "availableNow", "--max-files-per-trigger", "1"}
}

func (k *killer) runAll(t *testing.T, lake string, kinds []string) {
	t.Helper()
	for _, kind := range kinds {
		args := k.args(kind, lake)
		if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", kind, err, out)
		}
	}
}

// finish runs all layers, lands one more file so that those before it are archived, runs them again, and gives the result.
func (k *killer) finish(ctx context.Context, lake string, history int) (string, error) {
	store, err := volumes.OpenLocal(lake)
	if err != nil {
		return "", err
	}
	last := fmt.Sprintf("invoices_%02d.json", history+3)
	if err := pipelineRunOf(ctx, store, k.files, [][]string{{}, {last}}); err != nil {
		return "", err
	}
	return tables(ctx, store)
}

// A victim is a program on a lake, and the kind of call at which it is killed.
type victim struct {
	kind, call, lake, want string
	history, seed          int
}

// killAtEach kills the program at its first call, at its second, and so on, until it ends untouched.
func (k *killer) killAtEach(t *testing.T, v victim) {
	t.Helper()
	random := rand.New(rand.NewPCG(uint64(v.seed), uint64(v.history)))
	stride := every(11)
	if v.history > 0 && (v.call == "openat2" || v.call == "close") { // most of them only look, and the first history has each
		stride *= 3
	}
	for when := 1; ; when += stride {
		lake := k.copied(t, v.lake, fmt.Sprintf("%s_%d_%s_%d_%d", v.kind, v.history, v.call, v.seed, when))
		killed := k.kill(t, v, lake, v.call, when)
		if killed {
			k.byCall[slices.Index(killCalls, v.call)].Add(1)
			second := secondKills[random.IntN(len(secondKills))]
			if k.kill(t, v, lake, second.call, 1+random.IntN(second.most)) {
				k.seconds.Add(1)
			}
		}
		k.runAll(t, lake, []string{v.kind})
		got, err := k.finish(t.Context(), lake, v.history)
		if err != nil || got != v.want {
			t.Errorf("%s killed at %s %d: %v, after the restart:\n%s\nwant:\n%s", v.kind, v.call, when, err, got, v.want)
		}
		k.countTemps(t, lake)
		if err := os.RemoveAll(lake); err != nil {
			t.Fatal(err)
		}
		if !killed {
			k.untouched.Add(1)
			return
		}
	}
}

// kill runs the program and kills it at its n-th call of a kind; false: it ended before.
func (k *killer) kill(t *testing.T, v victim, lake, call string, n int) bool {
	t.Helper()
	cmd := exec.Command("strace", append([]string{
		"-f", "-qq", "-o", os.DevNull, "-e", "trace=" + call, "-e", "inject=" + call + ":signal=KILL:when=" + strconv.Itoa(n),
	}, k.args(v.kind, lake)...)...)
	if v.seed == 0 {
		cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
	}
	out, err := cmd.CombinedOutput()
	if err == nil {
		return false
	}
	ended, ok := errors.AsType[*exec.ExitError](err)
	if ok {
		if status := ended.Sys().(syscall.WaitStatus); status.Signaled() && status.Signal() == syscall.SIGKILL {
			k.kills.Add(1)
			return true
		}
	}
	t.Fatalf("%s, to be killed at %s %d, ended with %v: %s", v.kind, call, n, err, out)
	return false
}

// countTemps wants what kills left to be temporary files under hidden names, a few for each.
func (k *killer) countTemps(t *testing.T, lake string) {
	t.Helper()
	temps := len(tempFiles(t, lake))
	const most = 2 * 2 * 3 // kills, queries of gold, files that a query has open at a time
	if temps > most {
		t.Errorf("%d temporary files are left; want at most %d", temps, most)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.temps = max(k.temps, temps)
}

func (k *killer) count() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%d kills, %d of them during the recovery from another; %d runs ended untouched; at most %d temporary files left;",
		k.kills.Load(), k.seconds.Load(), k.untouched.Load(), k.temps)
	for i, call := range killCalls {
		if n := k.byCall[i].Load(); n > 0 {
			fmt.Fprintf(&text, " %s %d", call, n)
		}
	}
	return text.String()
}

// A program that is asked to end, at any moment after it has spoken, ends by itself and well, and has left no batch to repeat.
func TestProgramsEndWellWhenAsked(t *testing.T) {
	if !*crashAll {
		t.Skip("make crash runs it")
	}
	k := newKiller(t)
	templates, want := k.templates(t, 0)
	random := rand.New(rand.NewPCG(2, 2))
	const stops = 66
	for n := range stops {
		i := n % len(kinds)
		lake := k.copied(t, templates[i], fmt.Sprintf("asked%d", n))
		k.ask(t, kinds[i], lake, time.Duration(random.IntN(60_000))*time.Microsecond)
		assertNoBatchOpen(t, lake)
		if got, err := k.finish(t.Context(), lake, 0); err != nil || got != want {
			t.Errorf("%s, asked to end: %v, after the restart:\n%s\nwant:\n%s", kinds[i], err, got, want)
		}
		if err := os.RemoveAll(lake); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d programs asked to end", stops)
}

func (k *killer) ask(t *testing.T, kind, lake string, after time.Duration) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), filepath.Join(k.bin, kind), "--root", lake, "--max-files-per-trigger", "1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	lines.Scan()      // it has started, and listens
	time.Sleep(after) // the signal may come at any time: there is nothing to wait for
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for lines.Scan() {
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("%s, asked to end, ended with %v", kind, err)
	}
}

// assertNoBatchOpen wants each planned batch to be committed.
func assertNoBatchOpen(t *testing.T, lake string) {
	t.Helper()
	planned, err := filepath.Glob(filepath.Join(lake, InvoicesBase, "chekpoint", "*", "offsets", "[0-9]*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range planned {
		done := filepath.Join(filepath.Dir(filepath.Dir(name)), "commits", filepath.Base(name))
		if _, err := os.Stat(done); err != nil {
			t.Errorf("a batch was left: %v", err)
		}
	}
}
