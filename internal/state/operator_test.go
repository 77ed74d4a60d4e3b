package state

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"pgregory.net/rapid"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

// counts is the state of a count by name.
var counts = Spec{
	Name:  "stateStoreSave",
	Key:   types.Struct{Fields: []types.Field{{Name: "name", Type: types.String, Nullable: true}}},
	Value: types.Struct{Fields: []types.Field{{Name: "count", Type: types.Long}}},
}

func keysOf(names ...string) arrow.RecordBatch {
	b := array.NewStringBuilder(memory.DefaultAllocator)
	b.AppendStringValues(names, nil)
	return array.NewRecordBatch(types.ToArrowSchema(counts.Key), []arrow.Array{b.NewArray()}, int64(len(names)))
}

func valuesOf(numbers ...int64) arrow.RecordBatch {
	b := array.NewInt64Builder(memory.DefaultAllocator)
	b.AppendValues(numbers, nil)
	return array.NewRecordBatch(types.ToArrowSchema(counts.Value), []arrow.Array{b.NewArray()}, int64(len(numbers)))
}

func openCounts(t testing.TB, store volumes.Store, version int64, cache *Cache) *Operator {
	t.Helper()
	o, err := Open(t.Context(), counts, OpenOptions{Store: store, Dir: "state", Version: version, Partitions: 2, Cache: cache})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func put(t testing.TB, o *Operator, name string, n int64) {
	t.Helper()
	if err := o.Put(keysOf(name), valuesOf(n)); err != nil {
		t.Fatal(err)
	}
}

func commit(t testing.TB, o *Operator) {
	t.Helper()
	if err := o.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// contents is everything that a state holds.
func contents(t testing.TB, o *Operator) map[string]int64 {
	t.Helper()
	all := map[string]int64{}
	for b, err := range o.All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		for i := range int(b.NumRows()) {
			all[b.Column(0).(*array.String).Value(i)] = b.Column(1).(*array.Int64).Value(i)
		}
	}
	if int64(len(all)) != o.Rows() {
		t.Fatalf("%d entries, and Rows says %d", len(all), o.Rows())
	}
	return all
}

func TestGetAnswersRowByRow(t *testing.T) {
	o := openCounts(t, volumestest.NewMemory(), 0, nil)
	if err := o.Put(keysOf("a", "b", "a"), valuesOf(1, 2, 3)); err != nil {
		t.Fatal(err)
	}
	if removed, err := o.Remove(keysOf("b", "nobody")); err != nil || removed != 1 {
		t.Fatalf("removed %d, %v", removed, err)
	}
	values, found, err := o.Get(keysOf("b", "a", "c"))
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(values.Column(0), found); got != "[(null) 3 (null)] [false true false]" {
		t.Fatalf("got %s", got)
	}
}

// Whatever is put, removed, committed, abandoned and opened again, from memory or from files, the state is what
// a map would be, at each version that is kept.
func TestStateIsAMapOfVersions(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		store := volumestest.NewMemory()
		var cache *Cache
		versions := []map[string]int64{{}}
		for range rapid.IntRange(1, 30).Draw(rt, "batches") {
			if rapid.Bool().Draw(rt, "restart") {
				cache = new(Cache)
			}
			version := int64(len(versions) - 1)
			o := openCounts(t, store, version, cache)
			now := maps.Clone(versions[version])
			for range rapid.IntRange(0, 8).Draw(rt, "changes") {
				name := rapid.StringMatching("[a-f]{0,2}").Draw(rt, "name")
				if rapid.IntRange(0, 2).Draw(rt, "kind") > 0 {
					now[name] = rapid.Int64().Draw(rt, "count")
					put(t, o, name, now[name])
					continue
				}
				delete(now, name)
				if _, err := o.Remove(keysOf(name)); err != nil {
					rt.Fatal(err)
				}
			}
			if got := contents(t, o); !maps.Equal(got, now) {
				rt.Fatalf("before the commit: got %v, want %v", got, now)
			}
			if rapid.IntRange(0, 3).Draw(rt, "fate") == 0 {
				continue // the batch fails: nothing has changed
			}
			commit(t, o)
			versions = append(versions, now)
		}
		for version := max(0, len(versions)-1-keptVersions); version < len(versions); version++ {
			if got := contents(t, openCounts(t, store, int64(version), nil)); !maps.Equal(got, versions[version]) {
				rt.Fatalf("version %d: got %v, want %v", version, got, versions[version])
			}
		}
	})
}

// A run that dies before or after any storage operation, and is started again, ends with the same state: a
// batch whose state was written, and that is repeated with other rows, leaves nothing behind.
func TestStateSurvivesEveryCrashPoint(t *testing.T) {
	run := func(t *testing.T, store volumes.Store, from int64, factor int64) error {
		for version := from; version < 12; version++ {
			o, err := Open(t.Context(), counts, OpenOptions{Store: store, Dir: "state", Version: version, Partitions: 2})
			if err != nil {
				return err
			}
			if err := o.Put(keysOf("all", fmt.Sprint(version)), valuesOf(version*factor, factor)); err != nil {
				return err
			}
			if err := o.Commit(t.Context()); err != nil {
				return err
			}
			if err := store.Put(t.Context(), "committed", []byte{byte(version + 1)}); err != nil {
				return err
			}
		}
		return nil
	}
	clean := volumestest.Record(volumestest.NewMemory())
	if err := run(t, clean, 0, 1); err != nil {
		t.Fatal(err)
	}
	for n, op := range clean.Ops() {
		t.Run(fmt.Sprintf("%03d_%s", n, op.Kind), func(t *testing.T) {
			store := volumestest.NewMemory()
			if err := run(t, volumestest.StopAfter(store, n), 0, 100); !errors.Is(err, volumestest.ErrStopped) {
				t.Fatal(err)
			}
			survivor := store.CrashClone(uint64(n), 50)
			from := int64(0)
			if data, err := volumes.ReadFile(t.Context(), survivor, "committed"); err == nil {
				from = int64(data[0])
			}
			if err := run(t, survivor, from, 1); err != nil {
				t.Fatal(err)
			}
			want := map[string]int64{"all": 11}
			if from == 12 {
				want["all"] = 1100
			}
			for version := range int64(12) {
				want[fmt.Sprint(version)] = 1
				if version < from {
					want[fmt.Sprint(version)] = 100
				}
			}
			if got := contents(t, openCounts(t, survivor, 12, nil)); !maps.Equal(got, want) {
				t.Fatalf("got %v\nwant %v", got, want)
			}
		})
	}
}

// A commit writes what changed, whatever the state holds; and what is no longer needed goes.
func TestFilesOfAPartition(t *testing.T) {
	store := volumestest.NewMemory()
	var cache Cache
	for version := range int64(250) {
		o := openCounts(t, store, version, &cache)
		put(t, o, "a", version)
		commit(t, o)
	}
	var deltas, snapshots []string
	for info, err := range store.List(t.Context(), "state/0/1", volumes.ListOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		if base := strings.TrimPrefix(info.Name, "state/0/1/"); strings.HasSuffix(base, deltaSuffix) {
			deltas = append(deltas, base)
		} else {
			snapshots = append(snapshots, base)
		}
	}
	if len(deltas) != 101 || !slices.Contains(deltas, "150.delta") {
		t.Errorf("deltas: %d, %v", len(deltas), deltas)
	}
	if len(snapshots) != 11 || !slices.Contains(snapshots, "250.snapshot") || !slices.Contains(snapshots, "150.snapshot") {
		t.Errorf("snapshots: %v", snapshots)
	}
}

// Two operators of a query keep apart.
func TestOperatorsKeepApart(t *testing.T) {
	store := volumestest.NewMemory()
	var cache Cache
	second := counts
	second.Operator = 1
	for _, spec := range []Spec{counts, second} {
		o, err := Open(t.Context(), spec, OpenOptions{Store: store, Dir: "state", Partitions: 2, Cache: &cache})
		if err != nil {
			t.Fatal(err)
		}
		put(t, o, "operator", int64(spec.Operator))
		commit(t, o)
	}
	for _, spec := range []Spec{counts, second} {
		o, err := Open(t.Context(), spec, OpenOptions{Store: store, Dir: "state", Version: 1, Partitions: 2, Cache: &cache})
		if err != nil {
			t.Fatal(err)
		}
		if got := contents(t, o)["operator"]; got != int64(spec.Operator) {
			t.Errorf("operator %d: got %d", spec.Operator, got)
		}
	}
}

// The usual mistakes with a checkpoint that holds another query's state, in Spark's words.
func TestOtherQueriesAreRefused(t *testing.T) {
	store := volumestest.NewMemory()
	id := types.Field{Name: "Id", Type: types.Integer, Nullable: true}
	first := Spec{
		Name: "stateStoreSave", Key: types.Struct{Fields: []types.Field{id}},
		Value: types.Struct{Fields: []types.Field{{Name: "count", Type: types.Long}}},
	}
	open := func(change func(*Spec)) error {
		spec := first
		change(&spec)
		_, err := Open(t.Context(), spec, OpenOptions{Store: store, Dir: "state", Partitions: 2})
		return err
	}
	if err := open(func(*Spec) {}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		change func(*Spec)
		class  errclass.Class
		text   string
	}{
		{
			"another aggregate", func(s *Spec) {
				s.Value.Fields = []types.Field{{Name: "sum", Type: types.Long, Nullable: true}, {Name: "max", Type: types.String, Nullable: true}}
			}, errclass.StateValueSchema,
			"Provided value schema does not match existing state value schema.\nPlease check number and type of fields.\n" +
				"Existing value_schema=StructType(StructField(count,LongType,false)) and new value_schema=StructType(StructField(sum,LongType,true),StructField(max,StringType,true)).\n" +
				"If you want to force running the query without schema validation, please set spark.sql.streaming.stateStore.stateSchemaCheck to false.",
		},
		{
			"another key", func(s *Spec) {
				s.Key.Fields = []types.Field{{Name: "name", Type: types.String, Nullable: true}}
			}, errclass.StateKeySchema,
			"Existing key_schema=StructType(StructField(Id,IntegerType,true)) and new key_schema=StructType(StructField(name,StringType,true)).",
		},
		{
			"nulls where none were", func(s *Spec) {
				s.Value.Fields = []types.Field{{Name: "count", Type: types.Long, Nullable: true}}
			}, errclass.StateValueSchema, "StructField(count,LongType,true)",
		},
		{"another operator", func(s *Spec) { s.Name = "dedupe" }, errclass.StateOperatorMismatch, "(OperatorId: 0 -> OperatorName: stateStoreSave)"},
		{"other names", func(s *Spec) {
			s.Key.Fields = []types.Field{{Name: "renamed", Type: types.Integer, Nullable: true}}
		}, "", ""},
	} {
		err := open(c.change)
		if c.class == "" && err == nil {
			continue
		}
		if !errors.Is(err, c.class) || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: got %v", c.name, err)
		}
	}
}

// A file that is damaged or lost is an error that names it.
func TestDamagedStateIsNamed(t *testing.T) {
	for _, c := range []struct {
		name   string
		damage func(*volumestest.Memory) error
		class  errclass.Class
		text   string
	}{
		{"lost", func(s *volumestest.Memory) error { return s.Delete(t.Context(), "state/0/1/2.delta") }, errclass.StateDeltaMissing, "state/0/1/2.delta"},
		{"cut short", func(s *volumestest.Memory) error {
			data, err := volumes.ReadFile(t.Context(), s, "state/0/1/2.delta")
			if err != nil {
				return err
			}
			return s.Put(t.Context(), "state/0/1/2.delta", data[:len(data)/2])
		}, errclass.StateUnreadable, "state/0/1/2.delta"},
		{"no schema", func(s *volumestest.Memory) error {
			return s.Put(t.Context(), "state/0/0/_metadata/schema", []byte("x"))
		}, "", "state/0/0/_metadata/schema"},
		{"no metadata", func(s *volumestest.Memory) error {
			return s.Put(t.Context(), "state/0/_metadata/metadata", []byte("v9"))
		}, errclass.MalformedLogFile, "state/0/_metadata/metadata"},
	} {
		store := volumestest.NewMemory()
		for version := range int64(3) {
			o := openCounts(t, store, version, nil)
			put(t, o, "a", version)
			commit(t, o)
		}
		if err := c.damage(store); err != nil {
			t.Fatal(err)
		}
		_, err := Open(t.Context(), counts, OpenOptions{Store: store, Dir: "state", Version: 3, Partitions: 2})
		if err == nil || c.class != "" && !errors.Is(err, c.class) || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: got %v", c.name, err)
		}
	}
}

// The number of partitions is the one that the state began with.
func TestPartitionsAreKept(t *testing.T) {
	store := volumestest.NewMemory()
	o := openCounts(t, store, 0, nil)
	put(t, o, "a", 1)
	commit(t, o)
	o, err := Open(t.Context(), counts, OpenOptions{Store: store, Dir: "state", Version: 1, Partitions: 9})
	if err != nil {
		t.Fatal(err)
	}
	if len(o.Partitions()) != 2 || contents(t, o)["a"] != 1 {
		t.Fatalf("got %d partitions, %v", len(o.Partitions()), contents(t, o))
	}
}
