package volumes_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lakehouse/internal/errclass"
	"lakehouse/volumes"
)

func newSpace(t *testing.T) *volumes.Space {
	t.Helper()
	space, err := volumes.NewSpace(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return space
}

// Names of the session's folders lie under its root, however they are written, and have one URI.
func TestResolveSessionNames(t *testing.T) {
	space := newSpace(t)
	for _, c := range []struct{ name, key, uri string }{
		{"/Volumes/c/s/v/a.json", "Volumes/c/s/v/a.json", "file:///Volumes/c/s/v/a.json"},
		{"/Volumes/c/s/v/dir/", "Volumes/c/s/v/dir", "file:///Volumes/c/s/v/dir"},
		{"//Volumes//c/./s/v/x/../y", "Volumes/c/s/v/y", "file:///Volumes/c/s/v/y"},
		{"/Volumes/workspace/my-schema/my-volume", "Volumes/workspace/my-schema/my-volume", "file:///Volumes/workspace/my-schema/my-volume"},
		{"/Volumes/c/s/v/ü%20x.json", "Volumes/c/s/v/ü%20x.json", "file:///Volumes/c/s/v/ü%2520x.json"},
		{"file:///Volumes/c/s/v/ü%2520x.json", "Volumes/c/s/v/ü%20x.json", "file:///Volumes/c/s/v/ü%2520x.json"},
		{"file:/Volumes/c/s/v/a%20b", "Volumes/c/s/v/a b", "file:///Volumes/c/s/v/a%20b"},
		{"dbfs:/Volumes/c/s/v/a", "Volumes/c/s/v/a", "file:///Volumes/c/s/v/a"},
		{"dbfs:/mnt/data/data/delta-table/", "mnt/data/data/delta-table", "file:///mnt/data/data/delta-table"},
		{"DBFS:///mnt/x", "mnt/x", "file:///mnt/x"},
		{"dbfs:/x/y%252f", "x/y%2f", "dbfs:/x/y%252f"},
		{"dbfs:/", ".", "dbfs:/"},
		{"/FileStore/invoices/data", "FileStore/invoices/data", "file:///FileStore/invoices/data"},
		{"/databricks-datasets/x", "databricks-datasets/x", "file:///databricks-datasets/x"},
		{"/mnt/a", "mnt/a", "file:///mnt/a"},
		{"/user/hive/warehouse/t", "user/hive/warehouse/t", "file:///user/hive/warehouse/t"},
	} {
		got, err := space.Resolve(c.name)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got.Store != space.Root() || got.Key != c.key || got.URI != c.uri {
			t.Errorf("%s: key %q, URI %q, in the root: %v; want %q, %q", c.name, got.Key, got.URI, got.Store == space.Root(), c.key, c.uri)
		}
		if again, err := space.Resolve(got.URI); err != nil || again != got {
			t.Errorf("%s: its URI %s is %+v, %v", c.name, got.URI, again, err)
		}
	}
}

func TestResolveHostPaths(t *testing.T) {
	space := newSpace(t)
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	for _, c := range []struct{ name, key, uri string }{
		{"a b.json", dir + "/a b.json", "file://" + dir + "/a%20b.json"},
		{"x/../y", dir + "/y", "file://" + dir + "/y"},
		{"./a:b", dir + "/a:b", "file://" + dir + "/a:b"},
		{"file:" + dir + "/a%20b", dir + "/a b", "file://" + dir + "/a%20b"},
		{"file://localhost" + dir + "/a", dir + "/a", "file://" + dir + "/a"},
		{"file://localhost/mnt/a", "/mnt/a", "file://localhost/mnt/a"},
		{"/tmp/../Volumes/x", "/Volumes/x", "file://localhost/Volumes/x"},
		{"/user/hive", "/user/hive", "file:///user/hive"},
		{"/VolumesX/a", "/VolumesX/a", "file:///VolumesX/a"},
	} {
		got, err := space.Resolve(c.name)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got.Store == space.Root() || "/"+got.Key != c.key || got.URI != c.uri {
			t.Errorf("%s: key %q, URI %q; want %q, %q", c.name, got.Key, got.URI, c.key[1:], c.uri)
		}
		if again, err := space.Resolve(got.URI); err != nil || again != got {
			t.Errorf("%s: its URI %s is %+v, %v", c.name, got.URI, again, err)
		}
	}
}

// The user's own path may go over links, absolute ones too; os.Root alone would refuse those.
func TestResolveFollowsLinksOfTheHost(t *testing.T) {
	space, dir := newSpace(t), t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "disk"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(dir, "disk"), filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	at, err := space.Resolve(dir + "/link/new/file")
	if err != nil {
		t.Fatal(err)
	}
	if err := at.Store.Put(t.Context(), at.Key, []byte("text")); err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(filepath.Join(dir, "disk/new/file")); err != nil || string(data) != "text" {
		t.Fatalf("%q, %v", data, err)
	}
	if want := "file://" + dir + "/link/new/file"; at.URI != want {
		t.Errorf("URI %s, want %s", at.URI, want)
	}
}

func TestResolveRefuses(t *testing.T) {
	space := newSpace(t)
	for _, name := range []string{
		"", "/Volumes/c/s/v/../../x", "/Volumes/c/s/v/..", "/Volumes/..", "/Volumes/../etc/passwd", "/mnt/../etc/passwd",
		"/FileStore/a/../../b", "/user/hive/warehouse/../x", "dbfs:/..", "dbfs:/a/../../etc/passwd",
		"dbfs:/x/../Volumes/c/s/v/../w", "dbfs:/Volumes/c/s/v/%2e%2e/%2e%2e/x", "file:///Volumes/c/s/v/..%2f..%2fx",
		"file:/Volumes/%zz", "file:/a%00b", "a\x00b", `C:\x`, `/Volumes/c/s/v\..\x`, "file://server/share", "file:relative",
		"dbfs:relative", "nonsense://x", "c:/x", "/Volumes/c/s/v/" + strings.Repeat("x", 256), "file:", "dbfs:",
	} {
		at, err := space.Resolve(name)
		if !errors.Is(err, errclass.InvalidPath) || !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("%q: got %+v, %v; want an error of class INVALID_PATH", name, at, err)
		}
	}
	for _, name := range []string{"s3://bucket/key", "s3a://bucket/key", "abfss://c@a.dfs.core.windows.net/x", "gs://b/k", "hdfs://n/x"} {
		scheme, _, _ := strings.Cut(name, ":")
		if _, err := space.Resolve(name); !errors.Is(err, errclass.UnsupportedFeature) || !strings.Contains(err.Error(), scheme) {
			t.Errorf("%s: got %v, want UNSUPPORTED_FEATURE that names the scheme", name, err)
		}
	}
}

func TestLocationJoin(t *testing.T) {
	space := newSpace(t)
	for name, want := range map[string]string{
		"/Volumes/c/s/v/": "file:///Volumes/c/s/v/d/a%20b",
		"dbfs:/":          "dbfs:/d/a%20b",
		"/":               "file:///d/a%20b",
	} {
		at, err := space.Resolve(name)
		if err != nil {
			t.Fatal(err)
		}
		got := at.Join("d/a b")
		if got.URI != want {
			t.Errorf("%s: URI %s, want %s", name, got.URI, want)
		}
		if again, err := space.Resolve(got.URI); err != nil || again != got {
			t.Errorf("%s resolves to %+v, %v; want %+v", got.URI, again, err, got)
		}
		if at.Join(".") != at {
			t.Errorf("%s: Join(.) is another place", name)
		}
	}
}

// Whatever is written, the place is a clean name in one of two stores.
func FuzzResolve(f *testing.F) {
	for _, name := range []string{"/Volumes/c/s/v/../x", "dbfs:/%2e%2e/x", "file:///a%252e", "s3://b", "a/../../b", "file://localhost/mnt"} {
		f.Add(name)
	}
	space, err := volumes.NewSpace(f.TempDir())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, name string) {
		at, err := space.Resolve(name)
		if err != nil {
			return
		}
		if err := volumes.CheckFolder("resolve", at.Key); err != nil {
			t.Fatalf("%q leads to %q: %v", name, at.Key, err)
		}
		if again, err := space.Resolve(at.URI); err != nil || again != at {
			t.Fatalf("%q has URI %q, which is %+v, %v; want %+v", name, at.URI, again, err, at)
		}
	})
}
