package delta

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"lakehouse/internal/errclass"
	"lakehouse/internal/stream"
)

// A stream gives the table as it is, then version after version; each row once, whatever the limits.
func TestStreamReadsSnapshotThenVersions(t *testing.T) {
	tests := []struct {
		name    string
		options map[string]string
		limit   stream.ReadLimit
		want    string
	}{
		{name: "no limit", want: "1 2 3 4 | 5 6 7"},
		{name: "files", options: map[string]string{"maxFilesPerTrigger": "2"}, want: "1 2 | 3 4 | 5 6 | 7"},
		{name: "one file", options: map[string]string{"maxFilesPerTrigger": "1"}, want: "1 | 2 | 3 | 4 | 5 | 6 | 7"},
		{name: "fewer bytes than a file", options: map[string]string{"maxBytesPerTrigger": "1"}, want: "1 | 2 | 3 | 4 | 5 | 6 | 7"},
		{name: "bytes of a file and a half", options: map[string]string{"maxBytesPerTrigger": "@1.5"}, want: "1 2 | 3 4 | 5 6 | 7"},
		{name: "the first limit that is met", options: map[string]string{"maxBytesPerTrigger": "1g", "maxFilesPerTrigger": "3"}, want: "1 2 3 | 4 | 5 6 7"},
		{name: "once", options: map[string]string{"maxFilesPerTrigger": "1"}, limit: stream.LimitNone, want: "1 2 3 4 | 5 6 7"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l := newLake(t)
			l.number(1, 2)
			l.empty()
			l.number(3, 4)
			if text := test.options["maxBytesPerTrigger"]; strings.HasPrefix(text, "@") {
				test.options["maxBytesPerTrigger"] = fmt.Sprint(l.file(1).Size * 3 / 2)
			}
			q := l.tail(test.options, nil)
			q.limit = test.limit
			first, err := q.try()
			if err != nil {
				t.Fatal(err)
			}
			l.number(5, 6)
			l.empty()
			l.number(7)
			if got := joined(plain(first), q.batches()); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func joined(first, rest string) string {
	if rest == "" {
		return first
	}
	return first + " | " + rest
}

// Where a stream begins, as the options say.
func TestStreamBeginning(t *testing.T) {
	tests := []struct {
		name    string
		options map[string]string
		want    string
		later   string // what it gives of a version that comes after its first batch
	}{
		{"the table as it is", nil, "1 2 3", "4"},
		{"version 0", map[string]string{"startingVersion": "0"}, "1 2 3", "4"},
		{"version 2", map[string]string{"startingVersion": "2"}, "3", "4"},
		{"latest", map[string]string{"startingVersion": "LATEST"}, "-", "4"},
		{"before all versions", map[string]string{"startingTimestamp": "2001-01-01"}, "1 2 3", "4"},
		{"the time of a version", map[string]string{"startingTimestamp": "2025-02-02 00:00:00"}, "2 3", "4"},
		{"between versions", map[string]string{"startingTimestamp": "2025-02-02T00:00:00.001"}, "3", "4"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l := newLake(t)
			for n := 1; n <= 3; n++ {
				l.number(n)
				if err := l.store.SetModTime(logName(n-1), time.Date(2025, 2, n, 0, 0, 0, 0, time.UTC)); err != nil {
					t.Fatal(err)
				}
			}
			q := openLake(t, l.store).tail(test.options, nil) // a new process: no version is known
			if got, err := q.try(); plain(got) != test.want || err != nil {
				t.Errorf("got %s, %v, want %s", got, err, test.want)
			}
			l.number(4)
			if got := q.batches(); got != test.later {
				t.Errorf("later: got %s, want %s", got, test.later)
			}
		})
	}
}

// A beginning that cannot be is refused when the stream is loaded.
func TestImpossibleBeginningsAreRefused(t *testing.T) {
	l := newLake(t)
	l.number(1)
	tests := []struct {
		options map[string]string
		want    errclass.Class
	}{
		{map[string]string{"startingVersion": "1"}, errclass.DeltaVersionNotFound},
		{map[string]string{"startingVersion": "-1"}, errclass.InvalidOptionValue},
		{map[string]string{"startingVersion": "1.5"}, errclass.InvalidOptionValue},
		{map[string]string{"startingVersion": "3 and more"}, errclass.InvalidOptionValue},
		{map[string]string{"startingTimestamp": "yesterday"}, errclass.DeltaTimestampInvalid},
		{map[string]string{"startingTimestamp": "2999-01-01"}, errclass.DeltaTimestampAfterLatest},
		{map[string]string{"startingVersion": "0", "startingTimestamp": "2001-01-01"}, errclass.InvalidOption},
		{map[string]string{"maxFilesPerTrigger": "0"}, errclass.InvalidOptionValue},
		{map[string]string{"maxFilesPerTriger": "1"}, errclass.InvalidOption},
		{map[string]string{"schemaTrackingLocation": "x"}, errclass.InvalidOption},
	}
	for _, test := range tests {
		if _, err := l.provider(test.options); !errors.Is(err, test.want) {
			t.Errorf("%v: got %v, want %s", test.options, err, test.want)
		}
	}
	if _, err := newLake(t).provider(nil); !errors.Is(err, errclass.DeltaSchemaNotSet) {
		t.Errorf("no table: %v", err)
	}
}

// An offset is Delta's, byte for byte: the batches of a snapshot, of its end, and of the middle of a version.
func TestOffsetsAreDeltas(t *testing.T) {
	l := newLake(t)
	l.number(1, 2, 3)
	id := l.snapshot().Metadata().ID
	q := l.tail(map[string]string{"maxFilesPerTrigger": "2"}, nil)
	want := func(version, index int, starting bool) string {
		return fmt.Sprintf(`{"sourceVersion":1,"reservoirId":"%s","reservoirVersion":%d,"index":%d,"isStartingVersion":%v}`, id, version, index, starting)
	}
	step := func(want string) {
		t.Helper()
		if _, err := q.try(); err != nil {
			t.Fatal(err)
		}
		if string(q.at) != want {
			t.Errorf("got %s, want %s", q.at, want)
		}
	}
	step(want(0, 1, true))
	step(want(1, -1, false))
	l.number(4, 5, 6)
	step(want(1, 1, false))
	step(want(2, -1, false))
	step(want(2, -1, false)) // nothing new
}

// A batch that was planned is read again by the next process, from its offsets alone: the same rows, whatever came since.
func TestPlannedBatchIsReadAgainTheSame(t *testing.T) {
	for _, options := range []map[string]string{nil, {"startingVersion": "0"}, {"startingVersion": "1"}, {"startingVersion": "latest"}, {"startingTimestamp": "2001-01-01"}} {
		for _, files := range []string{"1", "2", "1000"} {
			t.Run(fmt.Sprint(options, files), func(t *testing.T) {
				given := map[string]string{"maxFilesPerTrigger": files}
				maps.Copy(given, options)
				l := newLake(t)
				l.number(1, 2, 3)
				l.number(4, 5)
				q := l.tail(given, nil)
				var start stream.Offset
				for i := range 10 {
					end, err := q.source.Latest(t.Context(), 0, start, stream.LimitByOptions)
					if err != nil {
						t.Fatal(err)
					}
					if bytes.Equal(end, start) {
						break
					}
					first, err := q.rows(start, end)
					if err != nil {
						t.Fatal(err)
					}
					l.number(10+2*i, 11+2*i)
					again, err := openLake(t, l.store).tail(given, []byte("{}")).rows(start, end)
					if err != nil || again != first {
						t.Errorf("batch %d: got %s, %v, want %s", i, again, err, first)
					}
					start = end
				}
			})
		}
	}
}

// A query goes on in the middle of a version where the one before it stopped.
func TestStreamGoesOnInTheMiddleOfAVersion(t *testing.T) {
	l := newLake(t)
	l.number(1, 2, 3)
	options := map[string]string{"maxFilesPerTrigger": "2"}
	var got []string
	var at stream.Offset
	for i := range 4 {
		if i == 2 {
			l.number(4, 5, 6)
		}
		q := openLake(t, l.store).tail(options, at)
		rows, err := q.try()
		if err != nil {
			t.Fatal(err)
		}
		got, at = append(got, plain(rows)), q.at
	}
	if all := strings.Join(got, " | "); all != "1 2 | 3 | 4 5 | 6" {
		t.Errorf("got %s", all)
	}
}

// availableNow ends with the version that was the latest at its start.
func TestFrozenStreamEnds(t *testing.T) {
	for name, at := range map[string]int{"in the snapshot": 0, "in a version": 2} {
		t.Run(name, func(t *testing.T) {
			l := newLake(t)
			l.number(1, 2)
			q := l.tail(map[string]string{"maxFilesPerTrigger": "1"}, nil)
			for range at {
				if _, err := q.try(); err != nil {
					t.Fatal(err)
				}
			}
			l.number(3)
			if err := q.source.Freeze(t.Context()); err != nil {
				t.Fatal(err)
			}
			l.number(4)
			if got, want := q.batches(), []string{"1 | 2 | 3", "", "3"}[at]; got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}

// A version that takes rows away, or writes them anew, stops the stream with what there is to do about it; or passes, as
// the options say.
func TestDeletesAndRewritesInTheSource(t *testing.T) {
	remove := func(l *lake) { l.delete(1) }
	rewrite := func(l *lake) { l.rewrite(1) }
	overwrite := func(l *lake) {
		opts := l.options(nil)
		opts.Overwrite = true
		if _, err := Write(l.Context(), l.table, l.rows("n long, p int", `{"n":7,"p":7}`), opts); err != nil {
			l.Fatal(err)
		}
	}
	compact := func(l *lake) { l.compact(1) }
	tests := []struct {
		name   string
		change func(*lake)
		option string
		want   string
		err    errclass.Class
	}{
		{"delete", remove, "", "", errclass.DeltaSourceIgnoreDelete},
		{"delete", remove, "ignoreDeletes", "9", ""},
		{"delete", remove, "ignoreChanges", "9", ""},
		{"delete", remove, "ignoreFileDeletion", "9", ""},
		{"delete", remove, "skipChangeCommits", "9", ""},
		{"rewrite", rewrite, "", "", errclass.DeltaSourceIgnoreChanges},
		{"rewrite", rewrite, "ignoreDeletes", "", errclass.DeltaSourceIgnoreChanges},
		{"rewrite", rewrite, "ignoreChanges", "1 9", ""},
		{"rewrite", rewrite, "skipChangeCommits", "9", ""},
		{"overwrite", overwrite, "", "", errclass.DeltaSourceIgnoreChanges},
		{"overwrite", overwrite, "ignoreChanges", "7 9", ""},
		{"compaction", compact, "", "9", ""},
	}
	for _, test := range tests {
		t.Run(test.name+" "+test.option, func(t *testing.T) {
			l := newLake(t)
			l.number(1, 2)
			options := map[string]string{}
			if test.option != "" {
				options[test.option] = "true"
			}
			q := l.tail(options, nil)
			if _, err := q.try(); err != nil {
				t.Fatal(err)
			}
			test.change(l)
			l.number(9)
			got, err := q.try()
			if test.err != "" {
				if !errors.Is(err, test.err) || !strings.Contains(err.Error(), "version 1") || !strings.Contains(err.Error(), l.table.URI) {
					t.Errorf("got %q, %v, want %s", got, err, test.err)
				}
				return
			}
			if got := plain(got); got != test.want || err != nil {
				t.Errorf("got %q, %v, want %q", got, err, test.want)
			}
		})
	}
}

// New columns stop a running stream; the next query reads old rows and new ones with them.
func TestStreamAfterASchemaChange(t *testing.T) {
	l := newLake(t)
	l.write("n long", `{"n":1}`)
	q := l.tail(nil, nil)
	if _, err := q.try(); err != nil {
		t.Fatal(err)
	}
	merge := l.options(map[string]string{"mergeSchema": "true"})
	for _, step := range []struct{ ddl, row string }{{"n long, a int", `{"n":2,"a":2}`}, {"n long, a int, b int", `{"n":3,"a":3,"b":3}`}} {
		if _, err := Write(t.Context(), l.table, l.rows(step.ddl, step.row), merge); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := q.try(); !errors.Is(err, errclass.DeltaSchemaChangedInStream) || !strings.Contains(fmt.Sprint(err), "version 1") {
		t.Errorf("a stream with the old columns: %v", err)
	}
	got, err := l.tail(nil, q.at).try()
	if want := `{"n":2,"a":2} {"n":3,"a":3,"b":3}`; err != nil || got != want {
		t.Errorf("the next query: got %s, %v, want %s", got, err, want)
	}
	got, err = l.tail(map[string]string{"startingVersion": "0"}, nil).try()
	if want := `{"n":1} {"n":2,"a":2} {"n":3,"a":3,"b":3}`; err != nil || got != want {
		t.Errorf("from the beginning: got %s, %v, want %s", got, err, want)
	}
}

// A column that goes stops a running stream, also one that takes rewritten files.
func TestStreamAfterAColumnWasDropped(t *testing.T) {
	l := newLake(t)
	l.write("n long, a int", `{"n":1,"a":1}`)
	q := l.tail(map[string]string{"ignoreChanges": "true"}, nil)
	if _, err := q.try(); err != nil {
		t.Fatal(err)
	}
	opts := l.options(map[string]string{"overwriteSchema": "true"})
	opts.Overwrite = true
	if _, err := Write(t.Context(), l.table, l.rows("n long", `{"n":2}`), opts); err != nil {
		t.Fatal(err)
	}
	if _, err := q.try(); !errors.Is(err, errclass.DeltaSchemaChangedInStream) {
		t.Errorf("got %v", err)
	}
}

// A table that was deleted and made again is another table.
func TestStreamKnowsItsTable(t *testing.T) {
	l := newLake(t)
	l.number(1)
	q := l.tail(nil, nil)
	if _, err := q.try(); err != nil {
		t.Fatal(err)
	}
	other := newLake(t)
	other.number(1)
	for _, at := range []stream.Offset{q.at, []byte(`{"logOffset":3}`), []byte(`{"reservoirId":"x","reservoirVersion":-1}`), []byte(`[`)} {
		_, err := other.tail(nil, at).try()
		if !errors.Is(err, errclass.DeltaSourceOtherTable) && !errors.Is(err, errclass.MalformedLogFile) {
			t.Errorf("%s: %v", at, err)
		}
	}
}

// Versions that the log has lost stop a stream that had not read them, unless it may do without.
func TestStreamBehindTheLogsRetention(t *testing.T) {
	for _, fail := range []string{"true", "false"} {
		t.Run("failOnDataLoss="+fail, func(t *testing.T) {
			l := newLake(t)
			l.number(1)
			q := l.tail(map[string]string{"failOnDataLoss": fail}, nil)
			if _, err := q.try(); err != nil {
				t.Fatal(err)
			}
			for n := 2; n <= 5; n++ {
				l.number(n)
			}
			if err := l.snapshot().Checkpoint(t.Context()); err != nil {
				t.Fatal(err)
			}
			for version := range 3 {
				l.remove(logName(version))
			}
			q = openLake(t, l.store).tail(map[string]string{"failOnDataLoss": fail}, q.at)
			if fail == "true" {
				if _, err := q.try(); !errors.Is(err, errclass.DeltaLogGoneForStream) || !strings.Contains(err.Error(), "version 1") {
					t.Error(err)
				}
				return
			}
			if got := q.batches(); got != "4 5" {
				t.Errorf("got %s", got)
			}
			q = openLake(t, l.store).tail(map[string]string{"startingTimestamp": "2001-01-01"}, nil)
			if got := q.batches(); got != "4 5" {
				t.Errorf("from before all that is left: got %s", got)
			}
		})
	}
}
