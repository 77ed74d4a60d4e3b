package interop

import (
	"archive/tar"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"lakehouse/deltalog"
	"lakehouse/internal/errclass"
	"lakehouse/volumes"
)

var tableFolders = flag.String("interop.tables", "", "folders, apart by spaces, whose Delta tables are read by us and by the others")

// What became of a table.
const (
	alike      = "alike"
	bothRefuse = "refused by all"
	weRefuse   = "DIFFERENT: only we refuse"
	theyRefuse = "DIFFERENT: only we read"
	unlike     = "DIFFERENT"
)

// Every table below the folders, also those in archives, is read here as one of the others reads it, version by version, or refused here and
// there.
func TestInteropTables(t *testing.T) {
	if *tableFolders == "" {
		t.Skip(`no folders of tables: make tables TABLES="dir …"`)
	}
	peers := startPeers(t)
	l := newLake(t)
	counts := map[string]int{}
	for root := range strings.FieldsSeq(*tableFolders) {
		for _, found := range tablesBelow(t, root) {
			verdict, why := l.judge(t, peers, found)
			counts[verdict]++
			line := fmt.Sprintf("%-26s %s: %s", verdict, found.name, why)
			if strings.HasPrefix(verdict, unlike) {
				t.Error(line)
			} else {
				t.Log(line)
			}
		}
	}
	t.Logf("%v", counts)
}

// A foundTable is a folder that has a log.
type foundTable struct{ name, path string }

// tablesBelow finds the tables of a folder and of the archives in it, which are unpacked.
func tablesBelow(t *testing.T, root string) (found []foundTable) {
	t.Helper()
	roots := map[string]string{root: filepath.Base(root)}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasSuffix(path, ".tar.zst") {
			to := t.TempDir()
			roots[to] = strings.TrimPrefix(path, filepath.Dir(root)+"/")
			err = unpack(path, to)
		}
		return err
	})
	for from, name := range roots {
		if err == nil {
			err = filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
				if err == nil && d.IsDir() && d.Name() == "_delta_log" {
					at, _ := filepath.Rel(from, filepath.Dir(path))
					found = append(found, foundTable{filepath.Join(name, at), filepath.Dir(path)})
				}
				return err
			})
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(found, func(a, b foundTable) int { return strings.Compare(a.name, b.name) })
	return found
}

// unpack writes the files of an archive below a folder.
func unpack(archive, to string) error {
	in, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer in.Close()
	plain, err := zstd.NewReader(in)
	if err != nil {
		return err
	}
	defer plain.Close()
	root, err := os.OpenRoot(to)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	for r := tar.NewReader(plain); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil && h.Typeflag == tar.TypeReg {
			err = unpackFile(root, h.Name, r)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", archive, err)
		}
	}
}

func unpackFile(root *os.Root, name string, from io.Reader) error {
	if err := root.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	out, err := root.Create(name)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, from)
	return errors.Join(err, out.Close())
}

// judge reads a copy of the table: readers may write beside it.
func (l *lake) judge(t *testing.T, peers []*peer, found foundTable) (verdict, why string) {
	t.Helper()
	copied := filepath.Join(t.TempDir(), filepath.Base(found.path)) // each at a path of its own: Spark keeps what it has read of one
	if err := os.CopyFS(copied, os.DirFS(found.path)); err != nil {
		t.Fatal(err)
	}
	store, err := volumes.OpenLocal(copied)
	if err != nil {
		t.Fatal(err)
	}
	last, err := deltalog.Open(store, deltalog.Options{}).Snapshot(t.Context())
	if err != nil {
		return l.judgeVersion(t, peers, reading{name: found.name, path: copied}, -1)
	}
	versions, err := readable(t, copied)
	if err != nil {
		return unlike, err.Error()
	}
	for _, v := range versions {
		at := reading{name: found.name, path: copied, version: &v}
		if v == last.Version() {
			at.version = nil
		}
		if verdict, why = l.judgeVersion(t, peers, at, v); verdict != alike && (v == last.Version() || verdict != bothRefuse) {
			return verdict, fmt.Sprintf("version %d: %s", v, why)
		}
	}
	return alike, fmt.Sprintf("%d of versions up to %d, %s", len(versions), last.Version(), why)
}

// judgeVersion asks one reader after the other until one reads what we read.
func (l *lake) judgeVersion(t *testing.T, peers []*peer, at reading, version int64) (verdict, why string) {
	t.Helper()
	_, _, _, ours := l.read(t, at)
	var theirs []string
	verdict = bothRefuse
	for _, name := range []string{"delta-rs", "DuckDB", "Spark"} {
		p := named(peers, name)
		if p == nil {
			continue
		}
		var refused *refusal
		var err error
		if ours == nil {
			err = l.compare(t, p, at)
			if err == nil && at.version == nil && p.version != nil && *p.version != version {
				err = fmt.Errorf("version %d, ours is %d", *p.version, version)
			}
			if err == nil {
				return alike, strings.Join(append(theirs, "as "+name), "; ")
			}
		} else {
			_, _, _, err = p.read(at)
			if err == nil {
				return weRefuse, fmt.Sprintf("%v; %s reads it", ours, name)
			}
		}
		if ours == nil && !errors.As(err, &refused) {
			verdict = unlike
		}
		theirs = append(theirs, fmt.Sprintf("%s: %s", name, firstLine(err)))
	}
	switch {
	case ours == nil && verdict == bothRefuse:
		return theyRefuse, strings.Join(theirs, "; ")
	case ours != nil:
		theirs = append([]string{"we: " + firstLine(ours)}, theirs...)
		if errors.Is(ours, errclass.InternalError) {
			verdict = unlike
		}
	}
	return verdict, strings.Join(theirs, "; ")
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line[:min(len(line), 200)]
}
