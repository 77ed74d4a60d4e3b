package zoo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"lakehouse/internal/errclass"
	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

// onDisk is a keeper whose storage is a folder of the machine, and the landing folder there.
func onDisk(t *testing.T, folder string) (k *keeper, landing string) {
	t.Helper()
	root := t.TempDir()
	space, err := volumes.NewSpace(root)
	if err != nil {
		t.Fatal(err)
	}
	landing = filepath.Join(root, volume, folder)
	if err := os.MkdirAll(landing, 0o755); err != nil {
		t.Fatal(err)
	}
	return newKeeper(t, space), landing
}

var numbers = cage{format: "json", schema: "n bigint", good: "{\"n\":1}\n", records: 1}

// hostileNames are names that a file can have. Each comes through the source log, the checkpoint and the archive as it is.
var hostileNames = []string{
	"a b.json", " leading.json", "trailing .json ", "dots....", "new\nline.json", "re\rturn.json", "tab\t.json", "bell\a.json", `quo'te".json`, "back\\slash.json", "`tick`.json",
	"100%.json", "%2F.json", "%252F.json", "%", "a%20b.json", "a+b.json", "a&b;c.json", "a?b#c.json", "a=b.json", "x=1", "-rf.json", "--.json", "~.json", "$HOME.json", "$(id).json", "${x}.json",
	"a[1].json", "a*b.json", "{x,y}.json", "a|b.json", "<a>.json", "c:.json", "file:.json", "http:a.json", "nul", "con.json", "aux",
	"ünï😀.json", "e\u0301.json", "\u00e9.json", "rtl\u202e.json", "zero\u200bwidth.json", "\ufeffmark.json", "no\xffutf8.json", "\xc0\xaf.json", "\xed\xa0\x80.json",
	strings.Repeat("x", 255), strings.Repeat("é", 127), strings.Repeat("%", 255), `{"path":"x"}`, "v1", "0.compact", "a,b.json", "a\u2028b.json", "a.json.gz.json",
}

func TestHostileNamesComeThrough(t *testing.T) {
	k, in := onDisk(t, "names")
	made := map[string]string{}
	for i, name := range hostileNames {
		text := fmt.Sprintf("{\"n\":%d}\n", i)
		if err := os.WriteFile(filepath.Join(in, name), []byte(text), 0o644); err != nil {
			t.Logf("this file system takes no %q: %v", name, err)
			continue
		}
		made[name] = text
	}
	options := map[string]string{"maxFilesPerTrigger": "20"} // more than one batch, each written down
	fates, err := k.run("names", numbers, options)
	if err != nil {
		t.Fatal(err)
	}
	for name := range made {
		if fate, read := fates[name]; !read || fate.Read != 1 || !fate.Clean() {
			t.Errorf("%q: %v", name, fate)
		}
	}
	if rows, distinct := k.number("SELECT count(*) FROM names"), k.number("SELECT count(DISTINCT n) FROM names"); rows != int64(len(made)) || distinct != rows {
		t.Errorf("%d rows, %d of them different, of %d files", rows, distinct, len(made))
	}
	numbers.goesOn(k, "names", options)
	for name, text := range made {
		if got, err := volumes.ReadFile(t.Context(), k.store, archived("names", name)); err != nil || string(got) != text {
			t.Errorf("%q is not in the archive as it was: %q, %v", name, got, err)
		}
	}
	t.Logf("zoo: %d hostile names came through", len(made))
}

// What is no file is passed over, and never opened: a reader of a pipe would wait for ever.
func TestSpecialFilesArePassedOver(t *testing.T) {
	k, in := onDisk(t, "special")
	pipe := errors.Join(syscall.Mkfifo(filepath.Join(in, "pipe.json"), 0o644))
	socket, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err == nil {
		defer func() { _ = syscall.Close(socket) }()
		err = syscall.Bind(socket, &syscall.SockaddrUnix{Name: shortLink(t, in) + "/socket.json"})
	}
	device := syscall.Mknod(filepath.Join(in, "zero.json"), syscall.S_IFCHR|0o644, 1<<8|5)
	for what, err := range map[string]error{"pipe": pipe, "socket": err, "device": device} {
		if err != nil {
			t.Logf("no %s here: %v", what, err)
		}
	}
	inner := filepath.Join(in, "folder.json")
	if err := errors.Join(os.Mkdir(inner, 0o755), os.WriteFile(filepath.Join(inner, "deep.json"), []byte("{\"n\":9}\n"), 0o644)); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Symlink("nowhere", filepath.Join(in, "broken.json")), os.WriteFile(filepath.Join(in, "one.json"), []byte("{\"n\":1}\n"), 0o644)); err != nil {
		t.Fatal(err)
	}
	fates, err := k.run("special", numbers)
	if err != nil || len(fates) != 1 || fates["one.json"].Read != 1 {
		t.Errorf("got %v, %v", fates, err)
	}
	k.land("special", "two.json", "{\"n\":2}\n")
	if _, err := k.run("special", numbers); err != nil || k.number("SELECT count(*) FROM special") != 2 {
		t.Errorf("the stream does not go on: %v", err)
	}
	if left := k.left("special"); slices.Contains(left, "one.json") {
		t.Errorf("still there: %q", left)
	}
}

// shortLink is a short name of a folder: the path of a socket has at most 107 bytes.
func shortLink(t *testing.T, folder string) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "z") //nolint:usetesting // the name of a test's own folder is long
	if err == nil {
		t.Cleanup(func() { _ = os.RemoveAll(dir) })
		err = os.Symlink(folder, dir+"/l")
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir + "/l"
}

// A link that leads out of the volume, or in a circle, is named, and nothing behind it is read.
func TestLinksLeadNowhereElse(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "secret.json")
	if err := os.WriteFile(outside, []byte("{\"n\":666}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for link, to := range map[string]string{"loop.json": "loop.json", "out.json": outside, "up.json": strings.Repeat("../", 30) + outside[1:]} {
		k, in := onDisk(t, "links")
		if err := errors.Join(os.WriteFile(filepath.Join(in, "one.json"), []byte("{\"n\":1}\n"), 0o644), os.Symlink(to, filepath.Join(in, link))); err != nil {
			t.Skip(err)
		}
		_, err := k.run("links", numbers)
		if !errors.Is(err, errclass.FailedReadFile) || !strings.Contains(err.Error(), link) {
			t.Errorf("%s: got %v", link, err)
		}
		if err := os.Remove(filepath.Join(in, link)); err != nil {
			t.Fatal(err)
		}
		if _, err := k.run("links", numbers); err != nil || k.number("SELECT sum(n) FROM links") != 1 {
			t.Errorf("without %s: %v", link, err)
		}
	}
}

// meddler is storage on which somebody else is at work: it does something to a file at a moment of its reading, once.
type meddler struct {
	volumes.Store
	moment string // "listed", "opened" or "read"
	work   func() error
	done   bool
}

func (m *meddler) meddle(moment, name string) error {
	if m.done || moment != m.moment || !strings.HasSuffix(name, "/victim.json") {
		return nil
	}
	m.done = true
	return m.work()
}

func (m *meddler) Open(ctx context.Context, name string) (volumes.Reader, error) {
	if err := m.meddle("listed", name); err != nil {
		return nil, err
	}
	r, err := m.Store.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	return &meddled{r, m, name}, m.meddle("opened", name)
}

type meddled struct {
	volumes.Reader
	m    *meddler
	name string
}

func (r *meddled) ReadAt(p []byte, at int64) (int, error) {
	n, err := r.Reader.ReadAt(p, at)
	return n, errors.Join(err, r.m.meddle("read", r.name))
}

// A file that is not what it was when it was listed ends the batch, of which nothing is written; repeated, it reads the file
// as it then is, whole.
func TestFilesThatChangeUnderTheReader(t *testing.T) {
	const before, after = "{\"n\":1}\n{\"n\":2}\n", "{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n"
	tried := 0
	for _, moment := range []string{"listed", "opened", "read"} {
		for what, c := range map[string]struct {
			text  string // "": the file is gone
			class errclass.Class
			sum   int64
		}{
			"grows":                {after, errclass.SourceFileChanged, 6},
			"shrinks":              {"{\"n\":4}\n", errclass.SourceFileChanged, 4},
			"is replaced, as long": {"{\"n\":7}\n{\"n\":8}\n", errclass.SourceFileChanged, 15},
			"vanishes":             {"", errclass.SourceFileMissing, 0},
		} {
			tried++
			t.Run(moment+"/"+what, func(t *testing.T) {
				memory := volumestest.NewMemory()
				m := &meddler{Store: memory, moment: moment}
				k := newKeeper(t, volumes.NewSpaceOn(m))
				victim := landing("changing") + "/victim.json"
				k.land("changing", "victim.json", before)
				m.work = func() error {
					if c.text == "" {
						return memory.Delete(t.Context(), victim)
					}
					return memory.Put(t.Context(), victim, []byte(c.text))
				}
				_, err := k.run("changing", numbers)
				if !m.done || !errors.Is(err, c.class) || !strings.Contains(err.Error(), "victim.json") {
					t.Fatalf("got %v, want %s", err, c.class)
				}
				if rows := k.number("SELECT count(*) FROM changing"); rows != 0 {
					t.Errorf("%d rows were written", rows)
				}
				if _, err := k.run("changing", numbers, map[string]string{"ignoreMissingFiles": "true"}); err != nil {
					t.Fatalf("repeated: %v", err)
				}
				if c.sum > 0 && k.number("SELECT sum(n) FROM changing") != c.sum {
					t.Errorf("repeated: the sum is %d", k.number("SELECT sum(n) FROM changing"))
				}
				numbers.goesOn(k, "changing", map[string]string{"ignoreMissingFiles": "true"})
			})
		}
	}
	t.Logf("zoo: %d changes under the reader", tried)
}
