package autoloader

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lakehouse/volumes"
)

// Every fate that a file can have, from a checkpoint whose third batch had no files.
func TestWhy(t *testing.T) {
	root := t.TempDir()
	for name, content := range map[string]string{
		"cp/metadata":  `{"id":"c2188a52-ce98-4313-aef0-3cdaee645eef"}`,
		"cp/offsets/0": offsets(0), "cp/offsets/1": offsets(1), "cp/offsets/2": offsets(1), "cp/offsets/3": offsets(2),
		"cp/commits/0": commitText, "cp/commits/1": commitText, "cp/commits/2": commitText,
		"cp/sources/0/0":                          logOf(0, "in/a.json", "in/again.json"),
		"cp/sources/0/1":                          logOf(1, "in/b%20b.json"),
		"cp/sources/0/2":                          logOf(2, "in/c.json"),
		"cp/sources/0/3":                          logOf(3, "in/d.json"),
		"in/again.json":                           "new content",
		"in/c.json":                               "c",
		"in/d.json":                               "d",
		"in/new.json":                             "new",
		"in/old.json":                             "old",
		"in/_hidden.json":                         "x",
		"in/sub/deep.json":                        "x",
		"in/x.csv":                                "x",
		"archive/Volumes/c/s/v/in/a.json":         "a",
		"archive/Volumes/c/s/v/in/b b.json":       "b",
		"archive/Volumes/c/s/v/in/again.json":     "again",
		"archive/Volumes/c/s/v/in/unrelated.json": "x",
	} {
		file := filepath.Join(root, "Volumes/c/s/v", name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		at := testDay
		if name == "in/old.json" {
			at = at.AddDate(0, 0, -8)
		}
		if err := os.Chtimes(file, at, at); err != nil {
			t.Fatal(err)
		}
	}
	space, err := volumes.NewSpace(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		file string
		want []string
	}{
		{"in/a.json", []string{"batch 0 (committed)", "planned    at 2025-03-01 00:00:00.000", "archived   file:///Volumes/c/s/v/archive/Volumes/c/s/v/in/a.json"}},
		{"in/again.json", []string{"batch 0 (committed)", "what lies under the name now came later"}},
		{"in/b b.json", []string{"batch 1 (committed)", "archive/Volumes/c/s/v/in/b%20b.json"}},
		{"in/c.json", []string{"batch 3 (planned, and not committed yet", "archived   no: it lies where it landed"}},
		{"in/d.json", []string{"batch 3 of the source log (planned, and not begun yet)"}},
		{"in/new.json", []string{"not yet: the next batch takes it"}},
		{"in/old.json", []string{"older than maxFileAge allows"}},
		{"in/gone.json", []string{"no, and no file of that name is there"}},
		{"in/_hidden.json", []string{`its name begins with "_"`}},
		{"in/sub/deep.json", []string{"sub-folder sub, and recursiveFileLookup is not set"}},
		{"in/x.csv", []string{"does not match pathGlobFilter *.json"}},
		{"elsewhere.json", []string{"does not lie under the path that is read"}},
	} {
		fate, err := Why(t.Context(), space, WhyQuery{
			File: "/Volumes/c/s/v/" + c.file, Checkpoint: "/Volumes/c/s/v/cp/", Source: "/Volumes/c/s/v/in/",
			Archive: "/Volumes/c/s/v/archive", NameGlob: "*.json", MaxFileAge: 7 * 24 * time.Hour,
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range c.want {
			if !strings.Contains(fate.String(), want) {
				t.Errorf("%s: %q is not in\n%s", c.file, want, fate)
			}
		}
	}
}

// A star of a cloudFiles path stands for folders too.
func TestWhyOfALooseGlob(t *testing.T) {
	root := t.TempDir()
	for name, content := range map[string]string{"cp/metadata": `{"id":"c2188a52-ce98-4313-aef0-3cdaee645eef"}`, "in/x/y/a.json": "a"} {
		file := filepath.Join(root, "Volumes/c/s/v", name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	space, err := volumes.NewSpace(root)
	if err != nil {
		t.Fatal(err)
	}
	for loose, want := range map[bool]string{true: "not yet: the next batch takes it", false: "wants *.json, and x does not match it"} {
		fate, err := Why(t.Context(), space, WhyQuery{
			File: "/Volumes/c/s/v/in/x/y/a.json", Checkpoint: "/Volumes/c/s/v/cp", Source: "/Volumes/c/s/v/in/*.json", LooseGlob: loose,
		})
		if err != nil || !strings.Contains(fate.String(), want) {
			t.Errorf("loose %v: %q is not in\n%s, %v", loose, want, fate, err)
		}
	}
}

const commitText = "v1\n{\"nextBatchWatermarkMs\":0}"

func offsets(log int64) string {
	return "v1\n{\"batchWatermarkMs\":0,\"batchTimestampMs\":0,\"conf\":{}}\n" + string(offsetOf(log))
}

func logOf(batch int64, names ...string) string {
	var entries []entry
	for _, name := range names {
		entries = append(entries, entry{Path: "file:///Volumes/c/s/v/" + name, Timestamp: testDay.UnixMilli(), BatchID: batch})
	}
	return string(encodeLog(entries))
}

// Whatever the log holds, it is read without harm; and what is read is written back as it was.
func FuzzDecodeLog(f *testing.F) {
	f.Add([]byte(logOf(0, "a", "b%20c")))
	f.Add([]byte("v1"))
	f.Add([]byte("v2\n"))
	f.Add([]byte("v1\n{\"path\":\"\x00\xff\",\"timestamp\":0,\"batchId\":0}"))
	f.Add([]byte("v1\n{\"path\":\"\\u0041\",\"timestamp\":-1,\"batchId\":0}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		entries, err := decodeLog("sources/0/0", data)
		if err != nil {
			return
		}
		again, err := decodeLog("sources/0/0", encodeLog(entries))
		if err != nil || len(again) != len(entries) {
			t.Fatalf("%d entries came back as %d, %v", len(entries), len(again), err)
		}
		for i, e := range entries {
			if again[i] != e {
				t.Fatalf("%+v came back as %+v", e, again[i])
			}
		}
	})
}
