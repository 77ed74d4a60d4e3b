package autoloader

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"lakehouse/internal/connector/files"
	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

func ddl(t testing.TB, text string) types.Struct {
	t.Helper()
	s, err := types.ParseDDL(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestHints(t *testing.T) {
	for _, c := range []struct{ have, hints, want, err string }{
		{"a string", "a int", "a int", ""},
		{"a string", "A int", "a int", ""},
		{"a string", "b int", "a string, b int", ""},
		{"a struct<b:string>", "a.b int, a.c date", "a struct<b:int,c:date>", ""},
		{"a string", "a.b.c int", "a struct<b:struct<c:int>>", ""},
		{"", "a.b.c int, a.b.d int", "a struct<b:struct<c:int,d:int>>", ""},
		{"a array<string>", "a.element int", "a array<int>", ""},
		{"a array<struct<x:string>>", "a.element.x int, a.element.y int", "a array<struct<x:int,y:int>>", ""},
		{"", "a.element.x int", "a array<struct<x:int>>", ""},
		{"a string", "products.element INT, ids MAP<STRING,INT>, names.key INT, names.value STRING", "a string, products array<int>, ids map<string,int>, names map<int,string>", ""},
		{"m struct<k:string>", "m.key int, m.value date", "m map<int,date>", ""},
		{"m struct<key:string>", "m.key int", "m struct<key:int>", ""},
		{"m map<string,string>", "m.value.x int", "m map<string,struct<x:int>>", ""},
		{"", "key int, value int", "key int, value int", ""},
		{"", "`a.b` int, `c``d`.e: decimal(5,2)", "`a.b` int, `c``d` struct<e:decimal(5,2)>", ""},
		{"a array<string>", "a.x int", "", "names x of an array"},
		{"a map<string,string>", "a.x int", "", "names x of a map"},
		{"", "a integr", "", "INTEGR"},
		{"", "a int b int", "", "a comma is expected"},
		{"", "a int,", "", "a column's name is expected"},
		{"", "`a int", "", "a column's name is expected"},
		{"a int", "", "a int", ""},
	} {
		have := types.Struct{}
		if c.have != "" {
			have = ddl(t, c.have)
		}
		hints, err := parseHints(c.hints)
		got := types.Struct{}
		if err == nil {
			got, err = withHints(have, hints)
		}
		if c.err != "" {
			if err == nil || !strings.Contains(strings.ToUpper(err.Error()), strings.ToUpper(c.err)) {
				t.Errorf("%s over %s: got %v, %v, want %s", c.hints, c.have, got, err, c.err)
			}
			continue
		}
		if err != nil || !types.EqualIgnoringNullability(got, ddl(t, c.want)) {
			t.Errorf("%s over %s: got %s, %v\nwant %s", c.hints, c.have, got, err, c.want)
		}
	}
}

func FuzzHints(f *testing.F) {
	for _, seed := range []string{"a int", "a.b.c double, tags map<string,string>", "arr.element.x int, m.key string, m.value int", "`a``b`.`c`: date,", ".", "a..b int", "a."} {
		f.Add(seed)
	}
	have := ddl(f, "a string, arr array<struct<x:int>>, m map<string,int>, s struct<t:struct<u:int>>")
	f.Fuzz(func(t *testing.T, text string) {
		hints, err := parseHints(text)
		if err != nil {
			return
		}
		for _, h := range hints {
			if len(h.path) == 0 || h.typ == nil {
				t.Fatalf("%q gives a hint %v", text, h)
			}
		}
		if got, err := withHints(have, hints); err == nil && len(got.Fields) < len(have.Fields) {
			t.Fatalf("%q takes columns away: %s", text, got)
		}
	})
}

func TestWidening(t *testing.T) {
	for _, c := range []struct{ have, found, added, widened string }{
		{"a int", "b string", "a int, b string", "a int, b string"},
		{"a int", "A string", "a int", "a int"},
		{"a struct<x:int>", "a struct<y:int,x:bigint>", "a struct<x:int,y:int>", "a struct<x:bigint,y:int>"},
		{"a array<struct<x:tinyint>>, m map<int,float>", "a array<struct<x:int,y:int>>, m map<bigint,double>", "a array<struct<x:tinyint,y:int>>, m map<int,float>", "a array<struct<x:int,y:int>>, m map<bigint,double>"},
		{"a tinyint, b smallint, c int, d bigint, e float", "a double, b bigint, c double, d double, e double", "a tinyint, b smallint, c int, d bigint, e float", "a double, b bigint, c double, d bigint, e double"},
		{"a int, b bigint, c tinyint", "a decimal(5,2), b decimal(5,2), c decimal(38,30)", "a int, b bigint, c tinyint", "a decimal(12,2), b decimal(22,2), c tinyint"},
		{"a decimal(5,2), b decimal(38,0)", "a decimal(10,4), b decimal(38,10)", "a decimal(5,2), b decimal(38,0)", "a decimal(10,4), b decimal(38,0)"},
		{"a bigint, b double, c string, d boolean", "a int, b float, c int, d string", "a bigint, b double, c string, d boolean", "a bigint, b double, c string, d boolean"},
		{"a date", "a timestamp_ntz", "a date", "a timestamp_ntz"},
		{"a int", "a struct<x:int>", "a int", "a int"},
	} {
		for _, wide := range []bool{false, true} {
			want := c.added
			if wide {
				want = c.widened
			}
			got := (&widening{types: wide, dates: true}).merge(ddl(t, c.have), ddl(t, c.found), "")
			if !types.EqualIgnoringNullability(got, ddl(t, want)) {
				t.Errorf("%s and %s, types %t:\n got %s\nwant %s", c.have, c.found, wide, got, want)
			}
		}
	}
	w := &widening{types: true}
	if got := w.merge(ddl(t, "a date"), ddl(t, "a timestamp_ntz"), ""); !types.Equal(got.Fields[0].Type, types.Date) {
		t.Errorf("dates of text formats do not widen: %s", got)
	}
	w.merge(ddl(t, "a struct<x:int>"), ddl(t, "a struct<y:array<int>>, b int"), "")
	if want := "a.y b"; strings.Join(w.joined, " ") != want {
		t.Errorf("joined %v", w.joined)
	}
}

func TestSchemaLog(t *testing.T) {
	log := &schemaLog{store: volumestest.NewMemory(), dir: "x/_schemas", uri: "file:///x/_schemas"}
	if n, _, err := log.latest(t.Context()); n != -1 || err != nil {
		t.Fatal(n, err)
	}
	first := columns{data: ddl(t, "`a\"b` int, ü struct<x:array<string>>"), partitions: ddl(t, "day date")}
	second := columns{data: ddl(t, "a int"), partitions: types.Struct{}}
	for i, c := range []columns{first, second} {
		for range 2 { // the same again is fine
			if err := log.add(t.Context(), int64(i), c); err != nil {
				t.Fatal(err)
			}
		}
		if n, got, err := log.latest(t.Context()); n != int64(i) || err != nil || !got.equal(c) {
			t.Fatal(n, got, err)
		}
	}
	if err := log.add(t.Context(), 0, second); !errors.Is(err, errclass.ConcurrentStreamLogUpdate) {
		t.Errorf("another schema under the same number: %v", err)
	}
	for _, text := range []string{"", "v1", "v2\n{}", "v1\nnull", "v1\n{\"dataSchemaJson\":\"x\"}"} {
		if err := log.store.Put(t.Context(), "x/_schemas/7", []byte(text)); err != nil {
			t.Fatal(err)
		}
		if _, _, err := log.latest(t.Context()); !errors.Is(err, errclass.MalformedLogFile) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func FuzzSchemaLog(f *testing.F) {
	f.Add(encodeSchema(columns{data: types.Struct{Fields: []types.Field{{Name: "a", Type: types.Long, Nullable: true}}}}))
	f.Add([]byte("v1\n{\"dataSchemaJson\":\"{\\\"type\\\":\\\"struct\\\",\\\"fields\\\":[]}\"}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := decodeSchema(text)
		if err != nil {
			return
		}
		again, err := decodeSchema(encodeSchema(c))
		if err != nil || !again.equal(c) {
			t.Fatalf("%q: %v, %v", text, again, err)
		}
	})
}

// A list of COPY INTO that was damaged is named.
func TestLoadLogIsRead(t *testing.T) {
	log := OpenLoadLog(volumestest.NewMemory())
	n, err := log.Plan(t.Context(), 0, nil)
	if err != nil || n != 1 {
		t.Fatal(n, err)
	}
	if n, err = log.Plan(t.Context(), 1, nil); err != nil || n != 2 {
		t.Fatal(n, err)
	}
	loaded := func(newest int64) error {
		found := NewUnloaded()
		found.Add(files.File{Place: volumes.Location{URI: "file:/a"}})
		return log.Strike(t.Context(), newest, found)
	}
	if err := loaded(2); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"", "v1", "v1\n{\"previous\":2}", "v1\n{\"previous\":-1}", "v1\n{\"previous\":0}\nx"} {
		if err := log.store.Put(t.Context(), log.name(2), []byte(text)); err != nil {
			t.Fatal(err)
		}
		if err := loaded(2); !errors.Is(err, errclass.MalformedLogFile) {
			t.Errorf("%q: %v", text, err)
		}
	}
	if err := loaded(9); !errors.Is(err, errclass.MalformedLogFile) {
		t.Errorf("a list that is gone: %v", err)
	}
}

// Of the files that are there, only those that no list names are left, however many were loaded before.
func TestLoadedFilesAreStruckOff(t *testing.T) {
	log := OpenLoadLog(volumestest.NewMemory())
	at := func(i int) files.File {
		return files.File{Place: volumes.Location{URI: fmt.Sprintf("file:/Volumes/c/s/v/in/%06d.json", i)}}
	}
	last := int64(0)
	for n := range 3 {
		var loaded []files.File
		for i := range 10_000 {
			loaded = append(loaded, at(n*10_000+i))
		}
		number, err := log.Plan(t.Context(), last, loaded)
		if err != nil {
			t.Fatal(err)
		}
		last = number
	}
	found := NewUnloaded()
	for _, i := range []int{5, 10_000, 29_999, 30_000, 40_000} {
		found.Add(at(i))
	}
	if err := log.Strike(t.Context(), last, found); err != nil {
		t.Fatal(err)
	}
	if found.Len() != 2 || !found.Has(at(30_000)) || !found.Has(at(40_000)) || found.Has(at(5)) {
		t.Errorf("%d files are left", found.Len())
	}
}
