package volumes

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// What a folder says of a name is what package os says, whatever lies there and however many steps away.
func TestAFolderDescribesAsPackageOSDoes(t *testing.T) {
	root := t.TempDir()
	for _, dir := range []string{"", "sub"} {
		at := func(name string) string { return filepath.Join(root, dir, name) }
		if err := os.MkdirAll(at("folder"), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at("file"), []byte("seven b"), 0o640); err != nil {
			t.Fatal(err)
		}
		for link, to := range map[string]string{"link": "file", "tofolder": "folder"} {
			if err := os.Symlink(to, at(link)); err != nil {
				t.Fatal(err)
			}
		}
		if err := unix.Mkfifo(at("pipe"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	folder, ok := openBeneath(root)
	if !ok {
		t.Skip("the kernel has no openat2")
	}
	t.Cleanup(func() { _ = folder.Close() })
	for _, name := range []string{".", "file", "folder", "link", "tofolder", "pipe", "sub", "sub/file", "sub/folder", "sub/link", "sub/tofolder", "sub/pipe", "sub/../file"} {
		for kind, stat := range map[string][2]func(string) (os.FileInfo, error){"Stat": {folder.Stat, os.Stat}, "Lstat": {folder.Lstat, os.Lstat}} {
			got, err := stat[0](name)
			if err != nil {
				t.Fatalf("%s %s: %v", kind, name, err)
			}
			want, err := stat[1](filepath.Join(root, name))
			if err != nil {
				t.Fatal(err)
			}
			if got.Mode() != want.Mode() || got.Size() != want.Size() || !got.ModTime().Equal(want.ModTime()) || got.IsDir() != want.IsDir() || hostInode(got) != hostInode(want) {
				t.Errorf("%s %s: got %v, want %v", kind, name, got, want)
			}
		}
	}
	for _, name := range []string{"..", "../" + filepath.Base(root), "none", "sub/none"} {
		if info, err := folder.Stat(name); err == nil {
			t.Errorf("%s: got %v", name, info)
		}
	}
	if err := os.Symlink("/etc", filepath.Join(root, "out")); err != nil {
		t.Fatal(err)
	}
	if info, err := folder.Stat("out"); err == nil {
		t.Errorf("a link that leads out: got %v", info)
	}
}
