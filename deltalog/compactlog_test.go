package deltalog

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"lakehouse/internal/errclass"
	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

// Every version reads the same by compactions, whichever there are, as by commits alone: files, tombstones, applications and domains.
func TestCompactionsAreTheirCommits(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		store := volumestest.NewMemory()
		commits := rapid.IntRange(2, 7).Draw(r, "commits")
		for version := range commits {
			lines := []string{fmt.Sprintf(`{"commitInfo":{"timestamp":%d,"operation":"WRITE"}}`, version)}
			if version == 0 {
				lines = append(lines, plainProtocol, plainMetadata)
			}
			for _, kind := range []string{"remove", "add"} {
				for _, file := range rapid.SliceOfNDistinct(rapid.IntRange(0, 8), 0, 4, rapid.ID).Draw(r, kind) {
					lines = append(lines, tailLine(kind, file, version))
				}
			}
			for _, app := range rapid.SliceOfNDistinct(rapid.IntRange(0, 2), 0, 2, rapid.ID).Draw(r, "apps") {
				lines = append(lines, fmt.Sprintf(`{"txn":{"appId":"%d","version":%d}}`, app, version),
					fmt.Sprintf(`{"domainMetadata":{"domain":"%d","configuration":"%d","removed":%t}}`, app, version, (version+app)%2 == 0))
			}
			if err := store.Put(t.Context(), commitName(int64(version)), []byte(strings.Join(lines, "\n"))); err != nil {
				r.Fatal(err)
			}
		}
		want := versionsOf(t, r, store, commits)
		for range rapid.IntRange(1, 3).Draw(r, "compactions") {
			from := rapid.IntRange(0, commits-2).Draw(r, "from")
			to := rapid.IntRange(from+1, commits-1).Draw(r, "to")
			_, err := Open(store, Options{}).CompactLog(t.Context(), int64(from), int64(to))
			if err != nil && !strings.Contains(err.Error(), "no actions") {
				r.Fatal(err)
			}
		}
		if got := versionsOf(t, r, store, commits); !reflect.DeepEqual(got, want) {
			r.Fatalf("by compactions\n%v, by commits\n%v", got, want)
		}
	})
}

// versionsOf is what each version holds, but for what a compaction cannot tell: when data changed.
func versionsOf(t *testing.T, r *rapid.T, store volumes.Store, versions int) []string {
	var all []string
	for version := range versions {
		s, err := Open(store, Options{}).SnapshotAt(t.Context(), int64(version))
		if err != nil {
			r.Fatal(err)
		}
		var told []string
		for file, err := range s.Files(t.Context()) {
			if err != nil {
				r.Fatal(err)
			}
			told = append(told, fmt.Sprint("add ", file.Path, file.DeletionVector.id(), file.Size))
		}
		for file, err := range s.Tombstones(t.Context()) {
			if err != nil {
				r.Fatal(err)
			}
			told = append(told, fmt.Sprint("remove ", file.Path, file.DeletionVector.id(), file.DeletionTimestamp))
		}
		slices.Sort(told)
		small, err := s.complete(t.Context())
		if err != nil {
			r.Fatal(err)
		}
		all = append(all, fmt.Sprint(told, small.txns, small.domains, s.Metadata(), s.Protocol()))
	}
	return all
}

// Behind each so many commits a compaction is written, until a checkpoint holds them; the clean-up takes it away.
func TestCompactionsFollowCommits(t *testing.T) {
	store := volumestest.NewMemory()
	if err := ingest(t.Context(), store, map[string]string{"delta.checkpointInterval": "100"}); err != nil {
		t.Fatal(err)
	}
	table := Open(store, Options{LogCompactionInterval: 3})
	for n := range 5 { // versions 4 to 8
		s, err := table.Snapshot(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		txn := s.Begin(Operation{Name: "WRITE"})
		txn.Add(write(fmt.Sprintf("more-%d.parquet", n)))
		if made, err := txn.Commit(t.Context()); err != nil || made.Maintenance != nil {
			t.Fatal(err, made.Maintenance)
		}
	}
	compactions := func() (names []string) {
		all, err := list(t.Context(), store, 0, latest)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range all.compacted {
			names = append(names, f.name)
		}
		return names
	}
	if got, want := compactions(), []string{compactedName(3, 5), compactedName(6, 8)}; !slices.Equal(got, want) {
		t.Fatalf("got %v, want %v", got, want)
	}
	s, err := table.SnapshotAt(t.Context(), 7)
	if err == nil {
		err = s.Checkpoint(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	_, err = table.CompactLog(t.Context(), 4, 6)
	wantClass(t, err, errclass.InvalidParameterValue)
	all, err := list(t.Context(), store, 0, latest)
	if err == nil {
		err = table.truncateLog(t.Context(), s, all, 7)
	}
	if err != nil {
		t.Fatal(err)
	}
	if got := compactions(); len(got) > 0 {
		t.Errorf("the clean-up left %v", got)
	}
	if s, err = Open(store, Options{}).Snapshot(t.Context()); err != nil || s.Version() != 8 {
		t.Fatal(s, err)
	}
	if n := len(names(t, s)); n != 8 {
		t.Errorf("%d files, want 8", n)
	}
}

// What cannot be compacted is refused by name.
func TestCompactionsThatAreRefused(t *testing.T) {
	store := volumestest.NewMemory()
	table := newTable(t, store, nil)
	table.append("a")
	for _, test := range []struct {
		from, to int64
		class    errclass.Class
	}{{0, 0, errclass.InvalidParameterValue}, {1, 0, errclass.InvalidParameterValue}, {-1, 1, errclass.InvalidParameterValue}, {0, 2, errclass.DeltaVersionNotFound}} {
		_, err := table.CompactLog(t.Context(), test.from, test.to)
		wantClass(t, err, test.class)
	}
}

// A compaction that is being written is there whole or not at all, and the table reads the same.
func TestCompactLogSurvivesEveryCrashPoint(t *testing.T) {
	made := volumestest.NewMemory()
	if err := ingest(t.Context(), made, map[string]string{"delta.checkpointInterval": "100"}); err != nil {
		t.Fatal(err)
	}
	compact := func(ctx context.Context, store volumes.Store) error {
		_, err := Open(store, Options{}).CompactLog(ctx, 1, 3)
		return err
	}
	sweepCrashes(t, made, fewFaults(), compact, func(t *testing.T, store volumes.Store) {
		checkIngested(t, store)
		if _, err := store.Stat(t.Context(), compactedName(1, 3)); errors.Is(err, fs.ErrNotExist) {
			t.Error("there is no compaction")
		}
	})
}
