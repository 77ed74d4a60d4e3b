package files

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf16"

	"lakehouse/internal/errclass"
	"lakehouse/internal/logical"
)

// A beast is a file nobody wants, and what is made of it in each mode: rows, or a part of the error.
type beast struct {
	name, text                string
	permissive, drop, failing string
	document                  string // with multiLine
}

const goodLine = `{"n":1}` + "\n"

var zoo = []beast{
	{"empty", "", "", "", "", ""},
	{"blank", " \n\t\n\r\n", "", "", "", ""},
	{"UTF-8 mark", "\xEF\xBB\xBF" + goodLine, `{"n":1}`, `{"n":1}`, `{"n":1}`, `{"n":1}`},
	{"UTF-16 mark", "\xFF\xFE{\x00}\x00", "UTF-16", "UTF-16", "UTF-16", "UTF-16"},
	{"UTF-16 mark, other end", "\xFE\xFF\x00{\x00}", "UTF-16", "UTF-16", "UTF-16", "UTF-16"},
	{"UTF-32 mark", "\xFF\xFE\x00\x00{\x00\x00\x00", "UTF-32", "UTF-32", "UTF-32", "UTF-32"},
	{"UTF-32 mark, other end", "\x00\x00\xFE\xFF\x00\x00\x00{", "UTF-32", "UTF-32", "UTF-32", "UTF-32"},
	{"UTF-16 without mark", string(bytesOf16(`{"n":1}`)), `{"_corrupt_record":"{\u0000\"\u0000n\u0000\"\u0000:\u00001\u0000}\u0000"}`, "", "FAILFAST", `{"_corrupt_record":"{\u0000\"\u0000n\u0000\"\u0000:\u00001\u0000}\u0000"}`},
	{"NUL bytes", "\x00\x00\n" + goodLine, `{"_corrupt_record":"\u0000\u0000"} {"n":1}`, `{"n":1}`, "FAILFAST", `{"_corrupt_record":"\u0000\u0000\n{\"n\":1}\n"}`},
	{"NUL escaped", `{"s":"a\u0000b"}`, `{"s":"a\u0000b"}`, `{"s":"a\u0000b"}`, `{"s":"a\u0000b"}`, `{"s":"a\u0000b"}`},
	{"no UTF-8", "{\"s\":\"\xff\"}", `{"_corrupt_record":"{\"s\":\"�\"}"}`, "", "FAILFAST", `{"_corrupt_record":"{\"s\":\"�\"}"}`},
	{"overlong", "{\"s\":\"\xc0\xaf\"}", `{"_corrupt_record":"{\"s\":\"�\"}"}`, "", "FAILFAST", `{"_corrupt_record":"{\"s\":\"�\"}"}`},
	{"pair of surrogates", `{"s":"\ud83d\ude00"}`, `{"s":"😀"}`, `{"s":"😀"}`, `{"s":"😀"}`, `{"s":"😀"}`},
	{"duplicate keys", `{"n":1,"n":2}`, `{"n":2}`, `{"n":2}`, `{"n":2}`, `{"n":2}`},
	{"other letter case", `{"N":1}`, `{}`, `{}`, `{}`, `{}`},
	{"2^63", `{"n":9223372036854775808}`, `{"_corrupt_record":"{\"n\":9223372036854775808}"}`, "", "FAILFAST", `{"_corrupt_record":"{\"n\":9223372036854775808}"}`},
	{"2^53+1", `{"n":9007199254740993}`, `{"n":9007199254740993}`, `{"n":9007199254740993}`, `{"n":9007199254740993}`, `{"n":9007199254740993}`},
	{"a fraction", `{"n":1.5}`, `{"_corrupt_record":"{\"n\":1.5}"}`, "", "FAILFAST", `{"_corrupt_record":"{\"n\":1.5}"}`},
	{"cut short", goodLine + `{"n":2,`, `{"_corrupt_record":"{\"n\":2,"} {"n":1}`, `{"n":1}`, "FAILFAST", `{"_corrupt_record":"\n{\"n\":2,"} {"n":1}`},
	{"two documents on a line", `{"n":1}{"n":2}`, `{"_corrupt_record":"{\"n\":1}{\"n\":2}"}`, "", "FAILFAST", `{"_corrupt_record":"{\"n\":2}"} {"n":1}`},
	{"CRLF", "{\"n\":1}\r\n{\"n\":2}\r\n", `{"n":1} {"n":2}`, `{"n":1} {"n":2}`, `{"n":1} {"n":2}`, `{"_corrupt_record":"\r\n{\"n\":2}\r\n"} {"n":1}`},
	{"CR", "{\"n\":1}\r{\"n\":2}", `{"n":1} {"n":2}`, `{"n":1} {"n":2}`, `{"n":1} {"n":2}`, `{"_corrupt_record":"\r{\"n\":2}"} {"n":1}`},
	{"line separator of Unicode", "{\"s\":\"a\u2028b\"}", "{\"s\":\"a\u2028b\"}", "{\"s\":\"a\u2028b\"}", "{\"s\":\"a\u2028b\"}", "{\"s\":\"a\u2028b\"}"},
}

func bytesOf16(text string) (out []byte) {
	for _, c := range utf16.Encode([]rune(text)) {
		out = append(out, byte(c), byte(c>>8))
	}
	return out
}

func TestTheZooOfJSON(t *testing.T) {
	for _, c := range zoo {
		t.Run(c.name, func(t *testing.T) {
			space, _ := newSpace(t, map[string]string{"a.json": c.text})
			schema := structOf(t, "n bigint, s string, _corrupt_record string")
			for option, want := range map[string]string{"mode=PERMISSIVE": c.permissive, "mode=DROPMALFORMED": c.drop, "mode=FAILFAST": c.failing, "multiLine=true": c.document} {
				name, value, _ := strings.Cut(option, "=")
				got, err := read(t, space, "json", vol+"a.json", schema, map[string]string{name: value})
				if err != nil {
					got = err.Error()
				}
				if got != want && (err == nil || !strings.Contains(got, want)) {
					t.Errorf("%s: got %s, want %s", option, got, want)
				}
			}
		})
	}
}

// Marks of other encodings are refused in every format, read by lines or as a whole.
func TestMarksOfOtherEncodingsAreRefused(t *testing.T) {
	space, _ := newSpace(t, map[string]string{"a": "\xFF\xFEa\x00\n\x00"})
	for format, whole := range map[string]string{"csv": "multiLine", "text": "wholeText", "json": "multiLine"} {
		for _, value := range []string{"false", "true"} {
			_, err := read(t, space, format, vol+"a", structOf(t, "value string"), map[string]string{whole: value})
			if !errors.Is(err, errclass.FailedReadFile) || !strings.Contains(err.Error(), "Convert the file to UTF-8") {
				t.Errorf("%s, %s %s: got %v", format, whole, value, err)
			}
		}
	}
}

// Deep nesting ends as a malformed record, not as a stack that has run over.
func TestDeepNestingIsMalformed(t *testing.T) {
	deep := strings.Repeat(`{"a":[`, 1_000_000)
	space, _ := newSpace(t, map[string]string{"a.json": deep + "\n" + goodLine})
	for _, multi := range []string{"false", "true"} {
		got, err := read(t, space, "json", vol+"a.json", structOf(t, "n int"), map[string]string{"multiLine": multi, "mode": "DROPMALFORMED"})
		if want := map[string]string{"false": `{"n":1}`}[multi]; err != nil || got != want {
			t.Errorf("multiLine %s: got %s, %v", multi, got, err)
		}
	}
	s, err := NewSource(t.Context(), SourceOptions{Space: space, Format: "json", Paths: []string{vol + "a.json"}})
	if err != nil || s.Schema().Index("_corrupt_record") < 0 {
		t.Errorf("inferred %v, %v", s.Schema(), err)
	}
}

// Names come through as they are, whatever they hold.
func TestHostileNames(t *testing.T) {
	names := []string{"a b.json", "100%.json", "%2F.json", "new\nline.json", "tab\t.json", `quo'te".json`, "-rf.json", "ünï😀.json", "a[1].json", "a*b.json", "{x}.json", strings.Repeat("x", 250) + ".json", "... .json.", "no\xffutf8.json"}
	contents := map[string]string{}
	for i, name := range names {
		if strings.HasPrefix(name, ".") {
			name = "x" + name
		}
		contents["in/"+name] = fmt.Sprintf("{\"n\":%d}\n", i+1)
	}
	space, _ := newSpace(t, contents)
	got, err := read(t, space, "json", vol+"in", structOf(t, "n int"), nil)
	if err != nil || strings.Count(got, `"n":`) != len(names) {
		t.Errorf("got %s, %v", got, err)
	}
}

// What is no file is not opened: a reader of a pipe would wait for ever. A link to itself or out of the volume
// is an error that names it; one that leads nowhere is no file.
func TestSpecialFilesAreNotRead(t *testing.T) {
	space, root := newSpace(t, map[string]string{"in/ok.json": goodLine, "in/dir.json/deep.json": `{"n":9}`})
	in := filepath.Join(root, vol, "in")
	if err := syscall.Mkfifo(filepath.Join(in, "pipe.json"), 0o644); err != nil {
		t.Skip(err)
	}
	outside := filepath.Join(t.TempDir(), "secret.json")
	if err := os.WriteFile(outside, []byte(`{"n":666}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := read(t, space, "json", vol+"in", structOf(t, "n int"), nil); err != nil || got != `{"n":1}` {
		t.Errorf("got %s, %v", got, err)
	}
	for link, to := range map[string]string{"loop.json": "loop.json", "broken.json": "nowhere", "out.json": outside} {
		if err := os.Symlink(to, filepath.Join(in, link)); err != nil {
			t.Fatal(err)
		}
		got, err := read(t, space, "json", vol+"in", structOf(t, "n int"), nil)
		if named := err != nil && strings.Contains(err.Error(), link); named == (to == "nowhere") {
			t.Errorf("%s: got %s, %v", link, got, err)
		}
		if err := os.Remove(filepath.Join(in, link)); err != nil {
			t.Fatal(err)
		}
	}
}

// A link to a folder is followed, and one that goes in a circle ends.
func TestLinkedFoldersAreReadOnce(t *testing.T) {
	space, root := newSpace(t, map[string]string{"in/p=1/ok.json": goodLine, "other/deep.json": `{"n":9}`})
	in := filepath.Join(root, vol, "in")
	for link, to := range map[string]string{"p=2": "../other", "p=3": ".", "p=1/q=1": "..", "p=1/q=2": "../p=3/p=1"} {
		if err := os.Symlink(to, filepath.Join(in, link)); err != nil {
			t.Skip(err)
		}
	}
	if got, err := read(t, space, "json", vol+"in", structOf(t, "n int"), nil); err != nil || strings.Count(got, `"n":`) != 2 {
		t.Errorf("got %s, %v", got, err)
	}
}

// A file that the system refuses to open is an error that names it, and is not taken for a corrupt one.
func TestUnreadableFilesAreErrors(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("nothing is forbidden to root")
	}
	space, root := newSpace(t, map[string]string{"in/a.json": goodLine})
	if err := os.Chmod(filepath.Join(root, vol, "in/a.json"), 0); err != nil {
		t.Fatal(err)
	}
	_, err := read(t, space, "json", vol+"in", structOf(t, "n int"), map[string]string{"ignoreCorruptFiles": "true"})
	if !errors.Is(err, os.ErrPermission) || !strings.Contains(err.Error(), "a.json") {
		t.Errorf("got %v", err)
	}
}

// ignoreCorruptFiles passes over what cannot be decoded, and over nothing else.
func TestIgnoringCorruptFilesIgnoresNothingElse(t *testing.T) {
	space, root := newSpace(t, map[string]string{"bad/a.json": "x", "in/a.json": goodLine})
	lenient := map[string]string{"ignoreCorruptFiles": "true", "mode": "FAILFAST"}
	if got, err := read(t, space, "json", vol+"bad", structOf(t, "n int"), lenient); !errors.Is(err, errclass.MalformedRecord) {
		t.Errorf("a malformed record in mode FAILFAST: got %s, %v", got, err)
	}
	s, err := NewSource(t.Context(), SourceOptions{Space: space, Format: "json", Paths: []string{vol + "in"}, Schema: structOf(t, "n int"), Options: lenient})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, vol, "in/a.json"), []byte(goodLine+goodLine), 0o644); err != nil {
		t.Fatal(err)
	}
	if got, err := scan(s, nil); !errors.Is(err, errclass.SourceFileChanged) {
		t.Errorf("a file that changed: got %s, %v", got, err)
	}
}

// A terabyte without a record is given up when nobody wants it any more.
func TestReadingAnEndlessRecordCanBeStopped(t *testing.T) {
	space, root := newSpace(t, map[string]string{"in/a.json": ""})
	if err := os.Truncate(filepath.Join(root, vol, "in/a.json"), 1<<40); err != nil {
		t.Skip(err)
	}
	s, err := NewSource(t.Context(), SourceOptions{Space: space, Format: "json", Paths: []string{vol + "in"}, Schema: structOf(t, "n int"), Options: map[string]string{"maxRecordBytes": "64k"}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	for p, err := range s.Scan(ctx, logical.ScanOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		for _, err := range p.Read(ctx) {
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v", err)
			}
		}
		break
	}
}
