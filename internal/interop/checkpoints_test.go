package interop

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lakehouse/internal/errclass"
	"lakehouse/medallion"
)

// sparkCheckpoints is the folder of checkpoints that Spark keeps for its own tests, of its releases since 2.1.
func sparkCheckpoints(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("LAKEHOUSE_SPARK_CHECKPOINTS")
	if dir == "" {
		t.Skip("Spark's own checkpoints are not here: `make handover` fetches them, or name their folder by LAKEHOUSE_SPARK_CHECKPOINTS")
	}
	return dir
}

// sparkAnswer is what Spark says of a checkpoint: testdata/checkpoints.py asked it.
type sparkAnswer struct {
	Checkpoint, What, Store, Error, DDL string
	Operator                            int
	Batch                               *int64
	Rows                                []string
}

func (a sparkAnswer) String() string {
	text := fmt.Sprintf("%s %s %d %s", a.Checkpoint, a.What, a.Operator, a.Store)
	if a.Batch != nil {
		text += fmt.Sprintf(" batch %d", *a.Batch)
	}
	return text
}

func (a sparkAnswer) query(dir string) string {
	at := "'" + filepath.Join(dir, a.Checkpoint) + "'"
	if a.What == "metadata" {
		return "state_metadata(" + at + ")"
	}
	query := fmt.Sprintf("state(%s, operator => %d, store => '%s'", at, a.Operator, a.Store)
	if a.Batch != nil {
		query += fmt.Sprintf(", batchId => %d", *a.Batch)
	}
	if a.What == "changes" {
		query += ", readChangeFeed => true, changeStartBatchId => 0"
	}
	return query + ")"
}

// What Spark's sources statestore and state-metadata say of the checkpoints of all its releases, state() and
// state_metadata() say, too: rows, schemas and the class of a refusal.
func TestInteropStateIsWhatSparkReads(t *testing.T) {
	dir := sparkCheckpoints(t)
	session := newStateSession(t)
	file, err := os.Open("testdata/checkpoints.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	compared, refused := 0, 0
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var want sparkAnswer
		if err := json.Unmarshal(lines.Bytes(), &want); err != nil {
			t.Fatal(err)
		}
		rows, err := stateRows(t, session, want.query(dir))
		switch {
		case want.Error != "":
			var e *errclass.Error
			if !errors.As(err, &e) || string(e.Class) != want.Error && !strings.HasPrefix(string(e.Class), want.Error+".") {
				t.Errorf("%v: got %v, Spark refuses with %s", want, err, want.Error)
			}
			refused++
		case err != nil:
			t.Errorf("%v: %v", want, err)
		case !slices.Equal(rows, want.Rows):
			t.Errorf("%v\n got %q\nwant %q", want, rows, want.Rows)
		default:
			compared++
		}
	}
	if compared < 100 {
		t.Errorf("only %d reads were compared", compared)
	}
	t.Logf("%d reads of Spark's checkpoints give Spark's rows, %d are refused with Spark's class", compared, refused)
}

func newStateSession(t *testing.T) *medallion.Session {
	t.Helper()
	session, err := medallion.NewSession(medallion.Options{Root: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(session.Close)
	return session
}

// stateRows gives the rows as JSON, sorted.
func stateRows(t *testing.T, session *medallion.Session, relation string) ([]string, error) {
	t.Helper()
	frame, err := session.SQL(t.Context(), "SELECT to_json(struct(*), map('ignoreNullFields', 'false')) FROM "+relation)
	if err != nil {
		return nil, err
	}
	rows, err := frame.Collect(t.Context())
	if err != nil {
		return nil, err
	}
	texts := make([]string, len(rows))
	for i, r := range rows {
		texts[i] = r.Values[0].(string)
	}
	slices.Sort(texts)
	return texts, nil
}

// withoutSchema are the stores of Spark before 3.1, which kept no schema of its state: with the one of their query they open
// all the same, and hold what its suite put in.
var withoutSchema = []struct {
	checkpoint, options, key, value string
	want                            []string
}{
	{"checkpoint-version-2.1.0", "batchId => 1", "key int", "key int, count bigint", []string{
		`{"key":{"key":1},"value":{"key":1,"count":1},"partition_id":3}`,
		`{"key":{"key":2},"value":{"key":2,"count":1},"partition_id":4}`,
		`{"key":{"key":3},"value":{"key":3,"count":2},"partition_id":1}`,
		`{"key":{"key":4},"value":{"key":4,"count":2},"partition_id":2}`,
		`{"key":{"key":5},"value":{"key":5,"count":2},"partition_id":6}`,
		`{"key":{"key":6},"value":{"key":6,"count":2},"partition_id":9}`,
		`{"key":{"key":7},"value":{"key":7,"count":1},"partition_id":7}`,
		`{"key":{"key":8},"value":{"key":8,"count":1},"partition_id":3}`,
	}},
	{"checkpoint-version-2.3.1-streaming-aggregate-state-format-1", "", "key int", "key int, count bigint", []string{
		`{"key":{"key":2},"value":{"key":2,"count":1},"partition_id":4}`,
		`{"key":{"key":3},"value":{"key":3,"count":2},"partition_id":1}`,
	}},
	{"checkpoint-version-2.3.1-flatMapGroupsWithState-state-format-1", "", "key string", "value bigint, timeoutTimestamp bigint", []string{
		`{"key":{"key":"a"},"value":{"value":15,"timeoutTimestamp":20000},"partition_id":0}`,
	}},
	{"checkpoint-version-2.3.1-without-commit-log-metadata", "", "window struct<start: timestamp, end: timestamp>", "window struct<start: timestamp, end: timestamp>, count bigint", []string{
		`{"key":{"window":{"start":"1970-01-01T00:00:10.000Z","end":"1970-01-01T00:00:15.000Z"}},"value":{"window":{"start":"1970-01-01T00:00:10.000Z","end":"1970-01-01T00:00:15.000Z"},"count":3},"partition_id":4}`,
		`{"key":{"window":{"start":"1970-01-01T00:00:15.000Z","end":"1970-01-01T00:00:20.000Z"}},"value":{"window":{"start":"1970-01-01T00:00:15.000Z","end":"1970-01-01T00:00:20.000Z"},"count":1},"partition_id":2}`,
	}},
	{"checkpoint-version-2.4.0-streaming-join", "store => 'left-keyToNumValues'", "key int", "value bigint", []string{
		`{"key":{"key":1},"value":{"value":1},"partition_id":3}`,
		`{"key":{"key":2},"value":{"value":1},"partition_id":4}`,
		`{"key":{"key":3},"value":{"value":1},"partition_id":1}`,
		`{"key":{"key":4},"value":{"value":1},"partition_id":2}`,
		`{"key":{"key":5},"value":{"value":1},"partition_id":1}`,
	}},
	{"checkpoint-version-2.4.0-streaming-join", "joinSide => 'right'", "key int, index bigint", "id int, time timestamp", []string{
		`{"key":{"key":2},"value":{"id":2,"time":"1970-01-01T00:00:02.000Z"},"partition_id":4}`,
		`{"key":{"key":4},"value":{"id":4,"time":"1970-01-01T00:00:04.000Z"},"partition_id":2}`,
	}},
	{"checkpoint-version-2.4.5-for-compatibility-test-deduplicate", "", "a int, b int, c int, d string, e int", "dummy void", []string{
		`{"key":{"a":100,"b":10,"c":5,"d":"0","e":0},"value":{"dummy":null},"partition_id":3}`,
		`{"key":{"a":101,"b":11,"c":6,"d":"1","e":1},"value":{"dummy":null},"partition_id":3}`,
		`{"key":{"a":102,"b":12,"c":7,"d":"2","e":2},"value":{"dummy":null},"partition_id":4}`,
		`{"key":{"a":103,"b":13,"c":8,"d":"3","e":3},"value":{"dummy":null},"partition_id":1}`,
		`{"key":{"a":104,"b":14,"c":9,"d":"4","e":4},"value":{"dummy":null},"partition_id":1}`,
	}},
	{"checkpoint-version-2.4.5-for-compatibility-test-sum-decimal", "", "key int", "sum decimal(20,0), list struct<items: array<int>>", []string{
		`{"key":{"key":0},"value":{"sum":20,"list":{"items":[0,2,4,6,8]}},"partition_id":1}`,
		`{"key":{"key":1},"value":{"sum":25,"list":{"items":[1,3,5,7,9]}},"partition_id":3}`,
	}},
	{"checkpoint-version-3.0.0-streaming-statestore-codec", "", "key int", "count bigint", []string{
		`{"key":{"key":1},"value":{"count":1},"partition_id":0}`,
		`{"key":{"key":2},"value":{"count":1},"partition_id":0}`,
		`{"key":{"key":3},"value":{"count":1},"partition_id":0}`,
	}},
}

func TestInteropStateWithoutSchemaIsReadWithAGivenOne(t *testing.T) {
	dir := sparkCheckpoints(t)
	session := newStateSession(t)
	for _, c := range withoutSchema {
		options := ", keySchema => '" + c.key + "', valueSchema => '" + c.value + "'"
		if c.options != "" {
			options += ", " + c.options
		}
		rows, err := stateRows(t, session, "state('"+filepath.Join(dir, c.checkpoint)+"'"+options+")")
		if err != nil || !slices.Equal(rows, c.want) {
			t.Errorf("%s %s:\n got %q, %v\nwant %q", c.checkpoint, c.options, rows, err, c.want)
		}
	}
}

// Every checkpoint of Spark's releases opens, or is refused with a reason.
func TestInteropSparksCheckpointsOpen(t *testing.T) {
	dir := sparkCheckpoints(t)
	session := newStateSession(t)
	var opened, refused int
	for _, name := range checkpointsBelow(t, dir) {
		stores, rows, err := openStores(t, session, dir, name)
		if err == nil {
			opened++
			t.Logf("opened  %s: %d stores, %d rows", name, stores, rows)
			continue
		}
		refused++
		if _, ok := errors.AsType[*errclass.Error](err); !ok {
			t.Errorf("%s is refused without a reason that a user can act on: %v", name, err)
		}
		t.Logf("refused %s: %.220v", name, err)
	}
	t.Logf("opened %d, refused %d", opened, refused)
	if opened < 15 {
		t.Errorf("only %d checkpoints opened", opened)
	}
}

func checkpointsBelow(t *testing.T, dir string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(at string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return err
		}
		if _, missing := os.Stat(filepath.Join(at, "offsets")); missing == nil {
			name, err := filepath.Rel(dir, at)
			names = append(names, name)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// openStores reads every store of a checkpoint.
func openStores(t *testing.T, session *medallion.Session, dir, name string) (stores, rows int, err error) {
	at := filepath.Join(dir, name)
	if _, err := stateRows(t, session, "state_metadata('"+at+"')"); err != nil {
		return 0, 0, err
	}
	operators, err := filepath.Glob(filepath.Join(at, "state", "*"))
	if err != nil {
		return 0, 0, err
	}
	for _, op := range operators {
		for _, store := range storesOf(op) {
			found, err := stateRows(t, session, fmt.Sprintf("state('%s', operatorId => %s, storeName => '%s')", at, filepath.Base(op), store))
			if err != nil {
				return 0, 0, err
			}
			stores++
			rows += len(found)
		}
	}
	return stores, rows, nil
}

func storesOf(operator string) (stores []string) {
	entries, _ := os.ReadDir(filepath.Join(operator, "0"))
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), "_") && e.Name() != "SSTs" {
			stores = append(stores, e.Name())
		}
	}
	if stores == nil {
		stores = []string{"default"}
	}
	return stores
}
