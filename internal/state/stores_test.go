package state

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"pgregory.net/rapid"

	"lakehouse/internal/types"
	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

// sessions are the state of session windows, and their number by user.
var sessions = Spec{
	Operator: 3, Name: "sessionWindowStateStoreSaveExec",
	Stores: []StoreSpec{
		{
			Key: types.Struct{Fields: []types.Field{
				{Name: "user", Type: types.String, Nullable: true},
				{Name: "amount", Type: types.Decimal{Precision: 30, Scale: 2}, Nullable: true},
				{Name: "start", Type: types.Timestamp},
				{Name: "place", Type: types.String, Nullable: true},
			}},
			Value:         types.Struct{Fields: []types.Field{{Name: "end", Type: types.Timestamp, Nullable: true}}},
			PrefixColumns: 2,
			Time:          &TimeOf{InValue: true, Path: []int{0}},
		},
		{Name: "numbers", Key: counts.Key, Value: counts.Value},
	},
}

func openSessions(t testing.TB, store *volumestest.Memory, version int64) *Operator {
	t.Helper()
	o, err := Open(t.Context(), sessions, OpenOptions{Store: store, Dir: "state", Version: version, Partitions: 3, Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

type session struct {
	user       string // "?": null
	start, end int64
}

func sessionRows(list []session) (keys, values arrow.RecordBatch) {
	user, place := array.NewStringBuilder(memory.DefaultAllocator), array.NewStringBuilder(memory.DefaultAllocator)
	amount := array.NewDecimal128Builder(memory.DefaultAllocator, &arrow.Decimal128Type{Precision: 30, Scale: 2})
	utc := types.ToArrow(types.Timestamp).(*arrow.TimestampType)
	start, end := array.NewTimestampBuilder(memory.DefaultAllocator, utc), array.NewTimestampBuilder(memory.DefaultAllocator, utc)
	for _, s := range list {
		if s.user == "?" {
			user.AppendNull()
		} else {
			user.Append(s.user)
		}
		amount.AppendNull()
		start.Append(arrow.Timestamp(s.start))
		place.Append(strings.Repeat("x", int(s.start&7)))
		if s.end < 0 {
			end.AppendNull()
		} else {
			end.Append(arrow.Timestamp(s.end))
		}
	}
	n, spec := int64(len(list)), sessions.Stores[0]
	return array.NewRecordBatch(types.ToArrowSchema(spec.Key), []arrow.Array{user.NewArray(), amount.NewArray(), start.NewArray(), place.NewArray()}, n),
		array.NewRecordBatch(types.ToArrowSchema(spec.Value), []arrow.Array{end.NewArray()}, n)
}

// startOf and endOf read an entry's rows.
func startOf(t testing.TB, key []byte) int64 {
	t.Helper()
	columns, err := DecodeRows([][]byte{key}, sessions.Stores[0].Key.Fields)
	if err != nil {
		t.Fatal(err)
	}
	return int64(columns[2].(*array.Timestamp).Value(0))
}

// The stores of an operator lie in folders of their names, are listed by the metadata and commit together.
func TestAnOperatorMayHaveSeveralStores(t *testing.T) {
	store := volumestest.NewMemory()
	o := openSessions(t, store, 0)
	keys, values := sessionRows([]session{{"ada", 10, 20}})
	if err := o.Put(keys, values); err != nil {
		t.Fatal(err)
	}
	if err := o.StoreOf("numbers").Put(keysOf("ada"), valuesOf(1)); err != nil {
		t.Fatal(err)
	}
	commit(t, o)
	metadata, err := volumes.ReadFile(t.Context(), store, "state/3/_metadata/metadata")
	if err != nil {
		t.Fatal(err)
	}
	const want = "v1\n" + `{"operatorInfo":{"operatorId":3,"operatorName":"sessionWindowStateStoreSaveExec"},"stateStoreInfo":[` +
		`{"storeName":"default","numColsPrefixKey":2,"numPartitions":3},{"storeName":"numbers","numColsPrefixKey":0,"numPartitions":3}]}`
	if string(metadata) != want {
		t.Errorf("metadata %s, want %s", metadata, want)
	}
	for _, name := range []string{"state/3/2/1.delta", "state/3/2/numbers/1.delta", "state/3/0/_metadata/schema", "state/3/0/numbers/_metadata/schema"} {
		if _, err := volumes.ReadFile(t.Context(), store, name); err != nil {
			t.Error(err)
		}
	}
	again := openSessions(t, store, 1)
	if again.Rows() != 1 || again.StoreOf("numbers").Rows() != 1 || again.Progress().NumStateStoreInstances != 6 {
		t.Errorf("%d sessions, %d numbers, %+v", again.Rows(), again.StoreOf("numbers").Rows(), again.Progress())
	}
}

// Whatever was put and removed, a prefix gives its entries in the order of their starts, and a time gives those that are not
// younger: as a search through a list would.
func TestIndexesFindWhatASearchFinds(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		store := volumestest.NewMemory()
		o := openSessions(t, store, 0)
		want := map[session]int64{} // without end → end
		version := int64(0)
		for range rapid.IntRange(1, 40).Draw(rt, "changes") {
			s := session{
				user:  rapid.SampledFrom([]string{"ada", "bob", "?", ""}).Draw(rt, "user"),
				start: rapid.Int64Range(-3, 9).Draw(rt, "start") << 19,
				end:   rapid.Int64Range(-1, 9).Draw(rt, "end") << 19,
			}
			keys, values := sessionRows([]session{s})
			end := s.end
			s.end = 0
			switch rapid.IntRange(0, 5).Draw(rt, "kind") {
			case 0:
				delete(want, s)
				if _, err := o.Remove(keys); err != nil {
					t.Fatal(err)
				}
			case 1:
				commit(t, o)
				version++
				o = openSessions(t, store, version)
			case 2:
				checkUntil(t, o, want, end)
			default:
				want[s] = end
				if err := o.Put(keys, values); err != nil {
					t.Fatal(err)
				}
			}
			checkPrefix(t, o, want, s.user)
		}
		for limit := int64(-1); limit < 10; limit++ {
			checkUntil(t, o, want, limit<<19)
		}
	})
}

func checkPrefix(t *testing.T, o *Operator, entries map[session]int64, user string) {
	t.Helper()
	keys, _ := sessionRows([]session{{user: user}})
	columns := keys.Columns()[:2]
	prefix := EncodeRows(columns, sessions.Stores[0].Key.Fields[:2], 1)
	var got, want []int64
	for key := range o.Partitions()[o.Place(columns, 1)[0]].Prefix(prefix.At(0)) {
		got = append(got, startOf(t, key))
	}
	for s := range entries {
		if s.user == user {
			want = append(want, s.start)
		}
	}
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Fatalf("prefix %s gives starts %v, want %v", user, got, want)
	}
}

func checkUntil(t *testing.T, o *Operator, entries map[session]int64, limit int64) {
	t.Helper()
	var got, want []string
	for _, p := range o.Partitions() {
		for key, value := range p.Until(limit) {
			end, _ := p.table.reader.read(key, value)
			got = append(got, fmt.Sprint(startOf(t, key), end))
		}
	}
	for s, end := range entries {
		if end >= 0 && end <= limit {
			want = append(want, fmt.Sprint(s.start, end))
		}
	}
	slices.SortFunc(got, cmp.Compare[string])
	slices.SortFunc(want, cmp.Compare[string])
	if !slices.Equal(got, want) {
		t.Fatalf("until %d: %v, want %v", limit, got, want)
	}
}

// What is removed while it is walked does not come again, and is no longer found.
func TestEntriesAreRemovedWhileTheyAreWalked(t *testing.T) {
	o := openSessions(t, volumestest.NewMemory(), 0)
	keys, values := sessionRows([]session{{"a", 1, 5}, {"a", 2, 6}, {"b", 3, 7 << 20}})
	if err := o.Put(keys, values); err != nil {
		t.Fatal(err)
	}
	removed := 0
	for _, p := range o.Partitions() {
		for key := range p.Until(6) {
			if !p.Remove(key) || p.Remove(key) {
				t.Error("it was there once")
			}
			removed++
		}
		for range p.Until(6) {
			t.Error("it came again")
		}
	}
	if removed != 2 || o.Rows() != 1 {
		t.Errorf("%d removed, %d left", removed, o.Rows())
	}
}

// Rows that nothing places lie in partition 0, the only one that Spark makes; where an older version has put them, they stay.
func TestAGroupOfAllRowsHasOnePartition(t *testing.T) {
	spec := Spec{Name: "stateStoreSave", Value: counts.Value}
	key := array.NewRecordBatch(types.ToArrowSchema(spec.Key), nil, 1)
	for _, lies := range []string{"0", "2"} { // 42 % 4 is 2
		store := volumestest.NewMemory()
		if lies == "2" {
			if err := store.Put(t.Context(), "state/0/2/1.delta", emptyDelta(t)); err != nil {
				t.Fatal(err)
			}
		}
		o, err := Open(t.Context(), spec, OpenOptions{Store: store, Dir: "state", Partitions: 4})
		if err != nil {
			t.Fatal(err)
		}
		if err := o.Put(key, valuesOf(7)); err != nil {
			t.Fatal(err)
		}
		commit(t, o)
		if _, err := volumes.ReadFile(t.Context(), store, "state/0/"+lies+"/1.delta"); err != nil || len(o.Partitions()) != 1 {
			t.Errorf("%v, %d partitions", err, len(o.Partitions()))
		}
	}
}

func emptyDelta(t *testing.T) []byte {
	t.Helper()
	store := volumestest.NewMemory()
	commit(t, openCounts(t, store, 0, nil))
	data, err := volumes.ReadFile(t.Context(), store, "state/0/0/1.delta")
	if err != nil {
		t.Fatal(err)
	}
	return data
}
