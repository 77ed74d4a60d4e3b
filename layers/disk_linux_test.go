package layers

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

// smallDisk mounts a file system of four megabytes.
func smallDisk(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=4m", "none", dir).CombinedOutput(); err != nil {
		t.Skipf("a small disk cannot be mounted here: %v: %s", err, out)
	}
	t.Cleanup(func() { unmount(t, dir) })
	return dir
}

func unmount(t *testing.T, dir string) {
	t.Helper()
	// Lazily: a store keeps its folder open until it is collected.
	if out, err := exec.Command("umount", "-l", dir).CombinedOutput(); err != nil {
		t.Errorf("umount: %v: %s", err, out)
	}
}

// A disk that runs full ends the run with an error that says so, wherever in the pipeline it comes to that. What was
// committed can be read, no temporary file is left to fill the disk, and once there is space the next run goes on.
func TestPipelineOnAFullDisk(t *testing.T) {
	files := crashFiles(t)
	want := cleanResult(t, files)
	dir := smallDisk(t)
	full := 0
	const page = 4096 // what the disk counts in
	for free := 0; free < 130; free += every(40) {
		lake := filepath.Join(dir, "lake")
		store, err := volumes.MakeLocal(lake)
		if err != nil {
			t.Fatal(err)
		}
		ballast := filepath.Join(dir, "ballast")
		fill(t, ballast, free*page)
		err = pipelineRun(t.Context(), store, files)
		if err != nil {
			full++
			at, ok := errors.AsType[*fs.PathError](err)
			if !errors.Is(err, syscall.ENOSPC) || !ok || at.Path == "" {
				t.Errorf("%d pages free: %v; want no space left on device, with a path", free, err)
			}
			assertReadable(t, store)
			if left := tempFiles(t, lake); len(left) > 0 {
				t.Errorf("%d pages free: left %v", free, left)
			}
		}
		if err := os.Remove(ballast); err != nil {
			t.Fatal(err)
		}
		if err := restartOn(t, store, files, want, free); err != nil {
			t.Errorf("%d pages free: %v", free, err)
		}
		if err := os.RemoveAll(lake); err != nil {
			t.Fatal(err)
		}
	}
	if full == 0 {
		t.Error("the disk never ran full")
	}
	t.Logf("%d runs on a full disk", full)
}

// fill writes a file until so many bytes are free.
func fill(t *testing.T, name string, free int) {
	t.Helper()
	file, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var stat syscall.Statfs_t
	if err := syscall.Statfs(filepath.Dir(name), &stat); err != nil {
		t.Fatal(err)
	}
	if _, err := file.Write(make([]byte, max(0, int(stat.Bavail)*int(stat.Bsize)-free))); err != nil {
		t.Fatal(err)
	}
}

func tempFiles(t *testing.T, lake string) (left []string) {
	t.Helper()
	err := filepath.WalkDir(lake, func(name string, _ fs.DirEntry, err error) error {
		if strings.HasSuffix(name, ".tmp") {
			left = append(left, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return left
}

// A disk that becomes read-only ends the run with an error that says so; what is there can be read, and the next run
// goes on once it can be written again.
func TestPipelineOnAReadOnlyDisk(t *testing.T) {
	files := crashFiles(t)
	want := cleanResult(t, files)
	dir := smallDisk(t)
	store, err := volumes.MakeLocal(filepath.Join(dir, "lake"))
	if err != nil {
		t.Fatal(err)
	}
	if err := pipelineRunOf(t.Context(), store, files, oneByOne[:2]); err != nil {
		t.Fatal(err)
	}
	remount(t, dir, "ro")
	err = pipelineRun(t.Context(), store, files)
	if at, ok := errors.AsType[*fs.PathError](err); !errors.Is(err, syscall.EROFS) || !ok || at.Path == "" {
		t.Errorf("got %v; want read-only file system, with a path", err)
	}
	assertReadable(t, store)
	remount(t, dir, "rw")
	if err := restartOn(t, store, files, want, 0); err != nil {
		t.Error(err)
	}
}

func remount(t *testing.T, dir, mode string) {
	t.Helper()
	if out, err := exec.Command("mount", "-o", "remount,"+mode, dir).CombinedOutput(); err != nil {
		t.Fatalf("remount: %v: %s", err, out)
	}
}

func cleanResult(t *testing.T, files map[string][]byte) string {
	t.Helper()
	memory := volumestest.NewMemory()
	if err := pipelineRun(t.Context(), memory, files); err != nil {
		t.Fatal(err)
	}
	return result(t, memory)
}
