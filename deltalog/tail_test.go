package deltalog

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"lakehouse/internal/errclass"
	"lakehouse/volumes/volumestest"
)

// A tail that reads actions again gives what one gives that holds them, and both what the log says: of each file its newest action,
// of an add and a remove in one commit the add.
func TestTailsGiveTheNewestActions(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		store := volumestest.NewMemory()
		live, gone := map[string]int{}, map[string]int{} // by file: the commit
		commits := rapid.IntRange(1, 6).Draw(r, "commits")
		for version := range commits + 1 {
			lines := []string{plainProtocol, plainMetadata}
			if version > 0 {
				lines = nil
				for _, kind := range []string{"remove", "add"} {
					for _, file := range rapid.SliceOfNDistinct(rapid.IntRange(0, 12), 0, 5, rapid.ID).Draw(r, kind) {
						lines = append(lines, tailLine(kind, file, version))
						if key := tailFile(file); kind == "add" {
							live[key] = version
							delete(gone, key)
						} else {
							gone[key] = version
							delete(live, key)
						}
					}
				}
				lines = rapid.Permutation(lines).Draw(r, "order")
			}
			if err := store.Put(t.Context(), commitName(int64(version)), []byte(strings.Join(lines, "\n"))); err != nil {
				r.Fatal(err)
			}
		}
		table := Open(store, Options{})
		s, err := table.Snapshot(t.Context())
		if err != nil {
			r.Fatal(err)
		}
		whole := tailOf(t, r, wholeDigest, s)
		brief := tailOf(t, r, briefDigest, s)
		if !reflect.DeepEqual(whole, brief) {
			r.Fatalf("held\n%v, read again\n%v", whole, brief)
		}
		if !reflect.DeepEqual(brief.live, live) || !reflect.DeepEqual(brief.gone, gone) {
			r.Fatalf("got\n%v and %v, want\n%v and %v", brief.live, brief.gone, live, gone)
		}
	})
}

// tailFile names one of a few files; some have deletion vectors.
func tailFile(file int) string { return fmt.Sprintf("%d.parquet|%d", file/2, file%2) }

func tailLine(kind string, file, version int) string {
	vector := ""
	if file%2 == 1 {
		vector = `,"deletionVector":{"storageType":"u","pathOrInlineDv":"ab^-aqEH.-t@S}K{vb[*k^","offset":4,"sizeInBytes":40,"cardinality":6}`
	}
	return fmt.Sprintf(`{%q:{"path":"%d.parquet","size":%d,"dataChange":true%s}}`, kind, file/2, version, vector)
}

// A tailContent is what a tail says: of each file the commit that said it last; and all that, in order.
type tailContent struct {
	live, gone map[string]int
	files      []string
}

func tailOf(t *testing.T, r *rapid.T, kind digestKind, s *Snapshot) tailContent {
	tail, err := kind.readTail(t.Context(), s.table, s.seg)
	if err != nil {
		r.Fatal(err)
	}
	c := tailContent{live: map[string]int{}, gone: map[string]int{}}
	note := func(into map[string]int, path string, vector *DeletionVector, size int64) {
		with := 0
		if vector != nil {
			with = 1
		}
		key := fmt.Sprintf("%s|%d", path, with)
		into[key] = int(size)
		c.files = append(c.files, key)
		if !tail.tells(path, vector) {
			r.Errorf("nothing is told of %s", key)
		}
	}
	for file, err := range tail.adds(t.Context(), s.table.store) {
		if err != nil {
			r.Fatal(err)
		}
		note(c.live, file.Path, file.DeletionVector, file.Size)
	}
	for file, err := range tail.removes(t.Context(), s.table.store) {
		if err != nil {
			r.Fatal(err)
		}
		note(c.gone, file.Path, file.DeletionVector, file.Size)
	}
	if tail.tells("none.parquet", nil) {
		r.Error("something is told of a file that is not there")
	}
	return c
}

// A commit that is not the one any more that was read is refused: files would be missing, or told twice.
func TestACommitThatChangesWhileItIsReadIsRefused(t *testing.T) {
	store := volumestest.NewMemory()
	writeCommits(t, store, 3)
	s, err := Open(store, Options{}).Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	tail, err := briefDigest.readTail(t.Context(), s.table, s.seg)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Put(t.Context(), commitName(1), nil); err != nil {
		t.Fatal(err)
	}
	for _, err = range tail.adds(t.Context(), store) {
		if err != nil {
			break
		}
	}
	if !errors.Is(err, errclass.DeltaLogCorrupt) || !strings.Contains(err.Error(), commitName(1)) {
		t.Errorf("got %v", err)
	}
}
