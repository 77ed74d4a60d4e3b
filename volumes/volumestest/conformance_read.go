package volumestest

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"slices"
	"strings"
	"unicode/utf8"

	"lakehouse/volumes"
)

func testOpenRanges(s *suite) {
	s.put("a", "0123456789")
	r, err := s.store.Open(s.ctx, "a")
	if err != nil {
		s.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	if info := r.Info(); info.Name != "a" || info.Size != 10 || info.IsDir {
		s.Fatalf("info %+v", info)
	}
	for _, c := range []struct {
		off, n int
		want   string
		err    error
	}{{0, 4, "0123", nil}, {3, 4, "3456", nil}, {8, 4, "89", io.EOF}, {10, 1, "", io.EOF}, {99, 1, "", io.EOF}} {
		p := make([]byte, c.n)
		n, err := r.ReadAt(p, int64(c.off))
		if string(p[:n]) != c.want || !errors.Is(err, c.err) {
			s.Errorf("ReadAt(%d bytes, %d) = %q, %v; want %q, %v", c.n, c.off, p[:n], err, c.want, c.err)
		}
	}
}

// A reader sees the file that it opened, whatever happens to the name.
func testOpenIsStable(s *suite) {
	s.put("a", "first")
	r, err := s.store.Open(s.ctx, "a")
	if err != nil {
		s.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	s.put("a", "other")
	p := make([]byte, 5)
	if _, err := r.ReadAt(p, 0); err != nil && !errors.Is(err, io.EOF) {
		s.Fatal(err)
	}
	if !bytes.Equal(p, []byte("first")) {
		s.Fatalf("got %q, want the file that was opened", p)
	}
}

func testAbsent(s *suite) {
	s.put("file", "")
	for _, name := range []string{"absent", "absent/a", "file/a"} {
		_, err := s.store.Stat(s.ctx, name)
		s.wantErr(err, fs.ErrNotExist, name)
		_, err = volumes.StatFile(s.ctx, s.store, name)
		s.wantErr(err, fs.ErrNotExist, name)
		_, err = s.store.Open(s.ctx, name)
		s.wantErr(err, fs.ErrNotExist, name)
		s.wantErr(s.store.Delete(s.ctx, name), fs.ErrNotExist, name)
		s.wantErr(s.store.Move(s.ctx, name, "target"), fs.ErrNotExist, name)
		s.wantErr(s.listErr(name), fs.ErrNotExist, name)
	}
	s.wantErr(s.listErr("file"), fs.ErrNotExist, "file")
	s.wantList(".", volumes.ListOptions{Hidden: true, Dirs: true}, "file")
}

func testBadNames(s *suite) {
	bad := []string{
		"", "/", "/etc/passwd", "..", "../a", "a/../b", "a/..", "./a", "a/.", "a//b", "a/", "a\x00b",
		strings.Repeat("x", 256), strings.Repeat("x/", 4000) + "x",
	}
	for _, name := range bad {
		_, err := s.store.Stat(s.ctx, name)
		s.wantErr(err, fs.ErrInvalid, name)
		_, err = volumes.StatFile(s.ctx, s.store, name)
		s.wantErr(err, fs.ErrInvalid, name)
		_, err = s.store.Open(s.ctx, name)
		s.wantErr(err, fs.ErrInvalid, name)
		_, err = s.store.Create(s.ctx, name)
		s.wantErr(err, fs.ErrInvalid, name)
		s.wantErr(s.store.Put(s.ctx, name, nil), fs.ErrInvalid, name)
		s.wantErr(s.store.PutIfAbsent(s.ctx, name, nil), fs.ErrInvalid, name)
		s.wantErr(s.store.Delete(s.ctx, name), fs.ErrInvalid, name)
		s.wantErr(s.store.Move(s.ctx, name, "a"), fs.ErrInvalid, name)
		s.wantErr(s.store.Move(s.ctx, "a", name), fs.ErrInvalid, name)
		s.wantErr(s.store.MakeDir(s.ctx, name), fs.ErrInvalid, name)
		s.wantErr(s.listErr(name), fs.ErrInvalid, name)
		_, err = volumes.Sub(s.store, name)
		s.wantErr(err, fs.ErrInvalid, name)
	}
	s.wantErr(s.store.Put(s.ctx, ".", nil), fs.ErrInvalid, ".")
	s.wantErr(s.store.Delete(s.ctx, "."), fs.ErrInvalid, ".")
}

func testOddNames(s *suite) {
	odd := []string{
		"a b.json", "ü%20x.json", "%2F", "%", "a+b", "line\nbreak", "tab\t", `quote"'`, "-leading", "trailing ", "dot.",
		"...", "..x", "日本語/🙂.json", "day=2025-01-01/a%20b", "invalid\xffutf8", strings.Repeat("n", 255), "#?;&=",
	}
	if s.flat() {
		s.wantErr(s.store.Put(s.ctx, "invalid\xffutf8", nil), fs.ErrInvalid, "invalid\xffutf8")
		odd = slices.DeleteFunc(odd, func(name string) bool { return !utf8.ValidString(name) })
	}
	for _, name := range odd {
		s.put(name, name)
	}
	for _, name := range odd {
		s.wantFile(name, name)
	}
	slices.Sort(odd)
	s.wantList(".", volumes.ListOptions{Recursive: true, Hidden: true}, odd...)
}

func testStat(s *suite) {
	s.put("d/a", "12345")
	info, err := s.store.Stat(s.ctx, "d/a")
	if err != nil {
		s.Fatal(err)
	}
	if info.Name != "d/a" || info.Size != 5 || info.IsDir || info.ETag == "" || info.ModTime.IsZero() {
		s.Errorf("file: %+v", info)
	}
	file, err := volumes.StatFile(s.ctx, s.store, "d/a")
	if err != nil || file.Name != info.Name || file.Size != info.Size || file.ETag != info.ETag || !file.ModTime.Equal(info.ModTime) {
		s.Errorf("StatFile: %+v, %v; Stat: %+v", file, err, info)
	}
	_, err = volumes.StatFile(s.ctx, s.store, "d")
	s.wantErr(err, fs.ErrNotExist, "d")
	for _, name := range []string{"d", "."} {
		if info, err = s.store.Stat(s.ctx, name); err != nil || info.Name != name || !info.IsDir {
			s.Errorf("folder: %+v, %v", info, err)
		}
	}
}

func testETag(s *suite) {
	tag := func() string {
		info, err := s.store.Stat(s.ctx, "a")
		if err != nil {
			s.Fatal(err)
		}
		return info.ETag
	}
	s.put("a", "one")
	first := tag()
	if again := tag(); again != first {
		s.Errorf("ETag of the same content: %s, then %s", first, again)
	}
	s.put("a", "two")
	if second := tag(); second == first {
		s.Errorf("ETag %s is the same for other content", second)
	}
	for info, err := range s.store.List(s.ctx, ".", volumes.ListOptions{}) {
		if err != nil || info.ETag != tag() {
			s.Errorf("listed %+v, %v; want ETag %s", info, err, tag())
		}
	}
}
