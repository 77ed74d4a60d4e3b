package delta

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"lakehouse/deltalog"
	"lakehouse/internal/errclass"
	"lakehouse/internal/logical"
	"lakehouse/internal/stream"
	"lakehouse/internal/types"
	"lakehouse/volumes"
)

// recordingChanges is the lake whose table says that it records its changes from its first version on, as Spark would have made it.
func (l *lake) recordingChanges() *lake {
	l.Helper()
	var names []string
	for info, err := range l.store.List(l.Context(), "_delta_log", volumes.ListOptions{}) {
		if err != nil {
			l.Fatal(err)
		}
		names = append(names, info.Name)
	}
	for _, name := range names {
		if strings.HasSuffix(name, ".crc") {
			l.remove(name)
			continue
		}
		text, err := volumes.ReadFile(l.Context(), l.store, name)
		if err != nil {
			l.Fatal(err)
		}
		text = []byte(strings.ReplaceAll(string(text), `"configuration":{}`, `"configuration":{"delta.enableChangeDataFeed":"true"}`))
		if err := l.store.Put(l.Context(), name, text); err != nil {
			l.Fatal(err)
		}
	}
	return openLake(l.T, l.store)
}

// changeFile adds a version with a change file: its rows have their types with them, and stand in no file of the table.
func (l *lake) changeFile(removed int, rows ...string) {
	l.Helper()
	gone := l.file(removed)
	opts := l.options(nil)
	opts.PartitionBy = []string{"p"}
	other := newLake(l.T)
	if _, err := Write(l.Context(), other.table, other.rows("n long, p int, _change_type string", rows...), opts); err != nil {
		l.Fatal(err)
	}
	version := int(l.snapshot().Version()) + 1
	text := `{"commitInfo":{"timestamp":1700000000000,"operation":"UPDATE","operationParameters":{}}}`
	for _, f := range other.files() {
		data, err := volumes.ReadFile(l.Context(), other.store, f.Path)
		if err != nil {
			l.Fatal(err)
		}
		name := "_change_data/" + strings.ReplaceAll(f.Path, "/", "-")
		if err := l.store.Put(l.Context(), name, data); err != nil {
			l.Fatal(err)
		}
		text += fmt.Sprintf("\n"+`{"cdc":{"path":%q,"partitionValues":{"p":%q},"size":%d,"dataChange":false}}`, name, *f.PartitionValues["p"], f.Size)
	}
	// What the version did to the table's files; the feed does not read it.
	text += fmt.Sprintf("\n"+`{"remove":{"path":%q,"deletionTimestamp":1,"dataChange":true}}`, strings.ReplaceAll(gone.Path, "=", "%3D")) + "\n"
	if err := l.store.Put(l.Context(), logName(version), []byte(text)); err != nil {
		l.Fatal(err)
	}
}

// changes reads the batches of a feed: number, type and version of each row.
func (q *tail) changes() string {
	q.Helper()
	var all []string
	for len(all) < 20 {
		end, err := q.source.Latest(q.Context(), 0, q.at, q.limit)
		if err != nil {
			q.Fatal(err)
		}
		if string(end) == string(q.at) {
			break
		}
		source, err := q.source.Rows(q.Context(), q.at, end)
		if err != nil {
			q.Fatal(err)
		}
		rows, err := scanned(q.Context(), source, logical.ScanOptions{Columns: []string{"n", "_change_type", "_commit_version"}})
		if err != nil {
			q.Fatal(err)
		}
		all = append(all, strings.NewReplacer(`{"n":`, "", `,"_change_type":"`, " ", `","_commit_version":`, " v", "}", ";").Replace(rows))
		q.at = end
	}
	return strings.Join(all, " | ")
}

func TestStreamOfChanges(t *testing.T) {
	l := newLake(t)
	l.number(1)
	l.number(2, 3)
	l.delete(2)
	l.empty()
	l.rewrite(3)
	l.compact(1)
	l = l.recordingChanges()
	l.changeFile(3, `{"n":3,"p":3,"_change_type":"update_preimage"}`, `{"n":4,"p":3,"_change_type":"update_postimage"}`)

	feed := map[string]string{"readChangeFeed": "true"}
	if got, want := l.tail(feed, nil).changes(), "1 insert v6;"; got != want {
		t.Errorf("the table as it is: got %s, want %s", got, want)
	}
	feed["startingVersion"] = "0"
	want := "1 insert v0; 2 delete v2; 2 insert v1; 3 delete v4; 3 insert v1; 3 insert v4; 3 update_preimage v6; 4 update_postimage v6;"
	if got := l.tail(feed, nil).changes(); got != want {
		t.Errorf("from the beginning:\n%s\nwant\n%s", got, want)
	}
	// The files of a version come together, however small the batches shall be.
	feed["maxFilesPerTrigger"] = "1"
	want = "1 insert v0; | 2 insert v1; 3 insert v1; | 2 delete v2; | 3 delete v4; 3 insert v4; | 3 update_preimage v6; 4 update_postimage v6;"
	if got := l.tail(feed, nil).changes(); got != want {
		t.Errorf("one file a batch:\n%s\nwant\n%s", got, want)
	}
	p, err := l.provider(feed)
	if err != nil {
		t.Fatal(err)
	}
	if got := p.Schema().String(); got != "struct<n:bigint,p:int,_change_type:string,_commit_version:bigint,_commit_timestamp:timestamp>" {
		t.Errorf("schema %s", got)
	}
}

// A feed that goes on is the same feed, and the time of a change is its version's.
func TestStreamOfChangesGoesOn(t *testing.T) {
	l := newLake(t)
	l.number(1)
	l.number(2)
	l = l.recordingChanges()
	q := l.tail(map[string]string{"readChangeData": "true"}, nil)
	if got := q.changes(); got != "1 insert v1; 2 insert v1;" {
		t.Errorf("the table as it is: %s", got)
	}
	at := q.at
	l.changeFile(2, `{"n":2,"p":2,"_change_type":"delete"}`)
	q = openLake(t, l.store).tail(map[string]string{"readChangeFeed": "true"}, at)
	end, err := q.source.Latest(t.Context(), 1, at, q.limit)
	if err != nil {
		t.Fatal(err)
	}
	source, err := q.source.Rows(t.Context(), at, end)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := scanned(t.Context(), source, logical.ScanOptions{})
	if want := `{"n":2,"p":2,"_change_type":"delete","_commit_version":2,"_commit_timestamp":"20`; err != nil || !strings.HasPrefix(rows, want) {
		t.Errorf("%s, %v, want %s", rows, err, want)
	}
	middle := strings.Replace(string(end), `"reservoirVersion":3,"index":-1`, `"reservoirVersion":2,"index":0`, 1)
	if _, err := q.source.Latest(t.Context(), 1, []byte(middle), q.limit); !errors.Is(err, errclass.UnsupportedFeature) {
		t.Errorf("in the middle of a version: %v", err)
	}
}

func TestTablesWithoutAFeed(t *testing.T) {
	l := newLake(t)
	l.number(1)
	if _, err := l.provider(map[string]string{"readChangeFeed": "true"}); !errors.Is(err, errclass.DeltaMissingChangeData) {
		t.Errorf("it records no changes: %v", err)
	}
	odd := newLake(t)
	odd.write("n long, _commit_version long", `{"n":1}`)
	if _, err := odd.recordingChanges().provider(map[string]string{"readChangeFeed": "true"}); !errors.Is(err, errclass.DeltaReservedColumn) {
		t.Errorf("a column of that name: %v", err)
	}
}

// Files whose path matches are passed over, and their versions are not read again.
func TestExcludedFilesArePassedOver(t *testing.T) {
	l := newLake(t)
	l.number(1, 2)
	l.number(2)
	l.number(3)
	q := l.tail(map[string]string{"excludeRegex": "p=[23]/"}, nil)
	if got := q.batches(); got != "1" {
		t.Errorf("got %s", got)
	}
	l.number(2)
	l.number(4)
	if got := q.batches(); got != "4" {
		t.Errorf("then %s", got)
	}
	if _, err := l.provider(map[string]string{"excludeRegex": "p=("}); !errors.Is(err, errclass.DeltaRegexSyntax) {
		t.Errorf("a bad expression: %v", err)
	}
}

// Offsets of Delta's third version, which tell of a change of the columns, are read; and none that goes back.
func TestOffsetsOfLaterVersions(t *testing.T) {
	l := newLake(t)
	l.number(1)
	l.number(2)
	id := l.snapshot().Metadata().ID
	offsetText := func(source, version, index int, initial bool) []byte {
		return fmt.Appendf(nil, `{"sourceVersion":%d,"reservoirId":%q,"reservoirVersion":%d,"index":%d,"isStartingVersion":%v}`, source, id, version, index, initial)
	}
	for _, index := range []int{-1, -19, -20, -100} {
		if got := l.tail(nil, offsetText(3, 1, index, false)).batches(); got != "2" {
			t.Errorf("index %d: %s", index, got)
		}
	}
	for source, class := range map[int]errclass.Class{0: errclass.DeltaInvalidOffset, 2: errclass.DeltaInvalidOffset, 4: errclass.DeltaInvalidOffsetVersion} {
		if _, err := l.tail(nil, offsetText(source, 1, -1, false)).try(); !errors.Is(err, class) {
			t.Errorf("sourceVersion %d: %v", source, err)
		}
	}
	q := l.tail(nil, nil)
	for name, pair := range map[string][2][]byte{
		"version":  {offsetText(1, 2, -1, false), offsetText(1, 1, -1, false)},
		"index":    {offsetText(1, 1, 3, false), offsetText(1, 1, 0, false)},
		"snapshot": {offsetText(1, 1, -1, false), offsetText(1, 1, 0, true)},
	} {
		if _, err := q.rows(pair[0], pair[1]); !errors.Is(err, errclass.MalformedLogFile) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A table that is dropped and made again under a running stream is another, also when it has grown as long.
func TestStreamNoticesThatItsTableIsAnother(t *testing.T) {
	for _, versions := range []int{1, 3, 5} {
		l := newLake(t)
		for n := range 3 {
			l.number(n)
		}
		q := l.tail(nil, nil)
		if got := q.batches(); got != "0 1 2" {
			t.Fatal(got)
		}
		if err := volumes.RemoveAll(t.Context(), l.store, "_delta_log"); err != nil {
			t.Fatal(err)
		}
		if _, err := q.try(); !errors.Is(err, errclass.DeltaTableNotFound) {
			t.Errorf("without a table: %v", err)
		}
		again := openLake(t, l.store)
		for n := range versions {
			again.number(100 + n)
		}
		if rows, err := q.try(); !errors.Is(err, errclass.DeltaSourceOtherTable) {
			t.Errorf("%d versions: %s, %v", versions, rows, err)
		}
	}
}

// What a change of the table's columns or partitioning does to a stream that runs, and to one that starts again.
func TestStreamAfterChangesOfTheTable(t *testing.T) {
	for _, c := range []struct {
		name    string
		change  func(m deltalog.Metadata) deltalog.Metadata
		running errclass.Class // "": it goes on
		again   errclass.Class
	}{
		{"a column is added", withSchemaOf("n long, p int, x int"), errclass.DeltaSchemaChangedInStream, ""},
		{"a column is dropped", withSchemaOf("n long"), errclass.DeltaSchemaChangedInStream, ""},
		{"a column is renamed", withSchemaOf("m long, q int"), errclass.DeltaSchemaChangedInStream, ""},
		{"a type is widened", withSchemaOf("n long, p long"), errclass.DeltaSchemaChangedInStream, ""},
		{"a type is another", withSchemaOf("n string, p int"), errclass.DeltaSchemaChangedInStream, ""},
		{"a column may no longer be null", withSchemaOf("n long NOT NULL, p int"), "", ""},
		{"the columns are in another order", withSchemaOf("p int, n long"), errclass.DeltaSchemaChangedInStream, ""},
		{"a property is set", func(m deltalog.Metadata) deltalog.Metadata {
			m.Configuration = map[string]string{"delta.checkpointInterval": "7"}
			return m
		}, "", ""},
		{"a comment is made", func(m deltalog.Metadata) deltalog.Metadata { m.Description = "numbers"; return m }, "", ""},
		{"the table is another", func(m deltalog.Metadata) deltalog.Metadata { m.ID = "another"; return m }, errclass.DeltaSourceOtherTable, errclass.DeltaSourceOtherTable},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLake(t)
			l.write("n long, p int", `{"n":1,"p":1}`)
			q := l.tail(nil, nil)
			if _, err := q.try(); err != nil {
				t.Fatal(err)
			}
			l.commit(func(snap *deltalog.Snapshot, txn *deltalog.Txn) { txn.UpdateMetadata(c.change(snap.Metadata())) })
			for when, class := range map[string]errclass.Class{"running": c.running, "again": c.again} {
				got := func() error {
					if when == "running" {
						_, err := (&tail{lake: q.lake, source: q.source, at: q.at, limit: q.limit}).try()
						return err
					}
					p, err := openLake(t, l.store).provider(nil)
					if err != nil {
						return err
					}
					source, err := p.Open(t.Context(), streamStart)
					if err != nil {
						return err
					}
					_, err = (&tail{lake: l, source: source, at: q.at}).try()
					return err
				}()
				if class == "" && got != nil || class != "" && !errors.Is(got, class) {
					t.Errorf("%s: got %v, want %q", when, got, class)
				}
			}
		})
	}
}

var streamStart = stream.SourceStart{}

func withSchemaOf(ddl string) func(deltalog.Metadata) deltalog.Metadata {
	return func(m deltalog.Metadata) deltalog.Metadata {
		schema, err := types.ParseDDL(ddl)
		if err != nil {
			panic(err)
		}
		return m.WithSchema(schema)
	}
}
