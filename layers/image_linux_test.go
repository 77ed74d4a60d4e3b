package layers

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

// powerCutsOfImage is how often the power goes.
const powerCutsOfImage = 50

// The three programs run on a file system of their own, which writes nothing by itself. At random moments they are halted
// and the disk is copied as it is: what a power cut leaves. Every batch that had been reported by then is there, and the
// programs' next run ends as one without a cut.
func TestProgramsSurvivePowerCutOfDiskImage(t *testing.T) {
	if !*crashAll {
		t.Skip("make crash runs it")
	}
	disk := newImage(t)
	names, files := disk.land(t)
	want := imageResult(t, names, files)
	run := disk.start(t)
	random := rand.New(rand.NewPCG(1, 1))
	acked := 0
	for cut := range powerCutsOfImage {
		landed := names[:len(names)*(cut+1)/powerCutsOfImage]
		disk.upload(t, landed, files)
		time.Sleep(time.Duration(random.IntN(60)) * time.Millisecond) // the cut may come at any time: there is nothing to wait for
		copied := fmt.Sprintf("%s%d", disk.cut, cut)
		done := run.halted(t, func() { disk.copyTo(t, copied) })
		acked += len(done)
		disk.mounted(t, copied, func(lake string) {
			for _, ack := range done {
				if _, err := os.Stat(filepath.Join(lake, InvoicesBase, "chekpoint", ack.table, "commits", strconv.Itoa(ack.batch))); err != nil {
					t.Errorf("cut %d: batch %d of %s was reported, and is not there: %v", cut, ack.batch, ack.table, err)
				}
			}
			if got, err := finishImage(t, lake, names, files); err != nil || got != want {
				t.Errorf("cut %d: %v, after the restart:\n%s\nwant:\n%s", cut, err, got, want)
			}
		})
	}
	t.Logf("%d power cuts of a disk image, %d reported batches looked for and found", powerCutsOfImage, acked)
}

// finishImage runs the layers over all files. The last lands alone, so that those before it are archived.
func finishImage(t *testing.T, lake string, names []string, files map[string][]byte) (string, error) {
	t.Helper()
	store, err := volumes.OpenLocal(lake)
	if err != nil {
		return "", err
	}
	last := len(names) - 1
	if err := pipelineRunOf(t.Context(), store, files, [][]string{names[:last], names[last:]}); err != nil {
		return "", err
	}
	return tables(t.Context(), store)
}

func imageResult(t *testing.T, names []string, files map[string][]byte) string {
	t.Helper()
	memory := volumestest.NewMemory()
	last := len(names) - 1
	if err := pipelineRunOf(t.Context(), memory, files, [][]string{names[:last], names[last:]}); err != nil {
		t.Fatal(err)
	}
	return result(t, memory)
}

// image is a file system in a file.
type image struct {
	file, cut string // and its copy
	dir, left string // where they are mounted
	bin       string
}

func newImage(t *testing.T) *image {
	t.Helper()
	dir := t.TempDir()
	d := &image{
		file: filepath.Join(dir, "disk"), cut: filepath.Join(dir, "cut"),
		dir: filepath.Join(dir, "mounted"), left: filepath.Join(dir, "left"), bin: filepath.Join(dir, "bin"),
	}
	for _, folder := range []string{d.dir, d.left} {
		if err := os.Mkdir(folder, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range [][]string{
		{"truncate", "-s", "64M", d.file},
		{"mkfs.ext4", "-q", "-F", d.file},
		{"mount", "-o", "loop,commit=1000", d.file, d.dir},
	} {
		if out, err := exec.Command(c[0], c[1:]...).CombinedOutput(); err != nil {
			t.Skipf("a disk image cannot be mounted here: %s: %v: %s", c[0], err, out)
		}
	}
	t.Cleanup(func() { unmount(t, d.dir) })
	build := exec.Command("go", "build", "-o", d.bin+"/", "lakehouse/cmd/bronze", "lakehouse/cmd/silver", "lakehouse/cmd/gold")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return d
}

// land makes the files. They are not uploaded yet.
func (d *image) land(t *testing.T) (names []string, files map[string][]byte) {
	t.Helper()
	files = map[string][]byte{}
	for i := range powerCutsOfImage {
		files[fmt.Sprintf("invoices_%03d.json", i)] = invoicesOf(t, uint64(i+1), 3, 7)
		names = append(names, fmt.Sprintf("invoices_%03d.json", i))
	}
	return names, files
}

// upload lands files as a shop does that wants them to stay: synced.
func (d *image) upload(t *testing.T, names []string, files map[string][]byte) {
	t.Helper()
	store, err := volumes.MakeLocal(filepath.Join(d.dir, "lake"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if _, err := store.Stat(t.Context(), archiveKey+"/"+name); err == nil {
			continue
		}
		if err := store.PutIfAbsent(t.Context(), landingKey+"/"+name, files[name]); err != nil && !errors.Is(err, fs.ErrExist) {
			t.Fatal(err)
		}
	}
}

const (
	landingKey = "FileStore/spark_structured_streaming/data/invoices"
	archiveKey = "FileStore/spark_structured_streaming/data/invoices_archive/" + landingKey
)

func (d *image) copyTo(t *testing.T, to string) {
	t.Helper()
	if out, err := exec.Command("cp", "--sparse=always", d.file, to).CombinedOutput(); err != nil {
		t.Fatalf("cp: %v: %s", err, out)
	}
}

// mounted does something with what is in an image.
func (d *image) mounted(t *testing.T, file string, do func(lake string)) {
	t.Helper()
	if out, err := exec.Command("mount", "-o", "loop", file, d.left).CombinedOutput(); err != nil {
		t.Fatalf("mount what the power cut left: %v: %s", err, out)
	}
	defer func() {
		unmount(t, d.left)
		if err := os.Remove(file); err != nil {
			t.Error(err)
		}
	}()
	do(filepath.Join(d.left, "lake"))
}

// running is the three programs, and what they have reported.
type running struct {
	cmds []*exec.Cmd

	mu   sync.Mutex
	done []report // under mu
}

// A report is a line that a program prints when a batch is done.
type report struct {
	table string
	batch int
}

var reportLine = regexp.MustCompile(` batch (\d+): .*/([a-z_]+)\]$`)

func (d *image) start(t *testing.T) *running {
	t.Helper()
	r := &running{}
	for _, kind := range kinds {
		cmd := exec.Command(filepath.Join(d.bin, kind), "--root", filepath.Join(d.dir, "lake"))
		var errs bytes.Buffer
		cmd.Stderr = &errs
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		r.cmds = append(r.cmds, cmd)
		read := make(chan struct{})
		go func() {
			defer close(read)
			r.listen(bufio.NewScanner(out))
		}()
		t.Cleanup(func() {
			_ = cmd.Process.Kill() // it may have ended, which the next line tells
			<-read
			if err := cmd.Wait(); !strings.Contains(fmt.Sprint(err), "killed") {
				t.Errorf("%s ended by itself: %v: %s", kind, err, errs.String())
			}
		})
	}
	return r
}

func (r *running) listen(lines *bufio.Scanner) {
	for lines.Scan() {
		m := reportLine.FindStringSubmatch(lines.Text())
		if m == nil {
			continue
		}
		n, err := strconv.Atoi(m[1])
		if err != nil {
			continue
		}
		r.mu.Lock()
		r.done = append(r.done, report{m[2], n})
		r.mu.Unlock()
	}
}

// halted does something while the programs stand still, and gives what they had reported before.
func (r *running) halted(t *testing.T, do func()) []report {
	t.Helper()
	r.mu.Lock()
	done := slices.Clone(r.done)
	r.mu.Unlock()
	for _, cmd := range r.cmds {
		if err := cmd.Process.Signal(syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
	}
	do()
	for _, cmd := range r.cmds {
		if err := cmd.Process.Signal(syscall.SIGCONT); err != nil {
			t.Fatal(err)
		}
	}
	return done
}
