package rate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"

	"lakehouse/internal/errclass"
	"lakehouse/internal/logical"
	"lakehouse/internal/stream"
	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

// clock is moved by hand.
type clock struct{ now time.Time }

func (c *clock) read() time.Time { return c.now }

func start() stream.SourceStart {
	return stream.SourceStart{Checkpoint: volumestest.NewMemory(), Dir: "sources/0"}
}

func open(t *testing.T, p stream.Provider, at stream.SourceStart) stream.Source {
	t.Helper()
	s, err := p.Open(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// read gives "milliseconds:value" of each row between two offsets, sorted by value.
func read(t *testing.T, s stream.Source, from, to stream.Offset) []string {
	t.Helper()
	source, err := s.Rows(t.Context(), from, to)
	if err != nil {
		t.Fatal(err)
	}
	type row struct{ ms, value int64 }
	var all []row
	for piece, err := range source.Scan(t.Context(), logical.ScanOptions{Columns: []string{"value", "timestamp"}}) {
		if err != nil {
			t.Fatal(err)
		}
		for b, err := range piece.Read(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			for i := range int(b.NumRows()) {
				all = append(all, row{int64(b.Column(1).(*array.Timestamp).Value(i)) / 1000, b.Column(0).(*array.Int64).Value(i)})
			}
		}
	}
	slices.SortFunc(all, func(a, b row) int { return int(a.value - b.value) })
	out := make([]string, len(all))
	for i, r := range all {
		out[i] = fmt.Sprintf("%d:%d", r.ms, r.value)
	}
	return out
}

func latest(t *testing.T, s stream.Source, from stream.Offset) stream.Offset {
	t.Helper()
	end, err := s.Latest(t.Context(), 0, from, stream.LimitByOptions)
	if err != nil {
		t.Fatal(err)
	}
	return end
}

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// The rows of a second are spread evenly over it, from the moment at which the query was made; a query that goes on counts
// from the same moment.
func TestRate(t *testing.T) {
	c := &clock{time.UnixMilli(10_000)}
	p, err := New(map[string]string{"rowsPerSecond": "4", "numPartitions": "3"}, 2, c.read)
	if err != nil {
		t.Fatal(err)
	}
	at := start()
	s := open(t, p, at)
	equal(t, "description", s.Description(), "RateStreamV2[rowsPerSecond=4, rampUpTimeSeconds=0, numPartitions=3")
	first := latest(t, s, nil)
	equal(t, "first offset", string(first), "0")
	equal(t, "first rows", read(t, s, nil, first), []string{})
	c.now = time.UnixMilli(11_999)
	second := latest(t, s, first)
	equal(t, "after a second", string(second), "1")
	equal(t, "its rows", read(t, s, first, second), []string{"10000:0", "10250:1", "10500:2", "10750:3"})
	text, err := volumes.ReadFile(t.Context(), at.Checkpoint, "sources/0/0")
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "sources/0/0", string(text), "v1\n10000")
	c.now = time.UnixMilli(13_000)
	again := open(t, p, at)
	third := latest(t, again, second)
	equal(t, "after a restart", string(third), "3")
	equal(t, "its rows", read(t, again, second, third), []string{"11000:4", "11250:5", "11500:6", "11750:7", "12000:8", "12250:9", "12500:10", "12750:11"})
	c.now = time.UnixMilli(9_000)
	equal(t, "a clock that goes back", string(latest(t, again, third)), "3")
	equal(t, "the same offsets give the same rows", read(t, open(t, p, at), first, second), []string{"10000:0", "10250:1", "10500:2", "10750:3"})
}

// The number of rows grows until the ramp is up: Spark's own example.
func TestRampUp(t *testing.T) {
	p, err := New(map[string]string{"rowsPerSecond": "10", "rampUpTime": "4s"}, 1, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	var got []int64
	for second := range int64(8) {
		got = append(got, p.valueAt(second))
	}
	equal(t, "values", got, []int64{0, 2, 6, 12, 20, 30, 40, 50})
}

// Under availableNow the query ends with what there is at its start.
func TestRateFreeze(t *testing.T) {
	c := &clock{time.UnixMilli(0)}
	p, err := New(nil, 1, c.read)
	if err != nil {
		t.Fatal(err)
	}
	s := open(t, p, start())
	c.now = time.UnixMilli(2000)
	if err := s.Freeze(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.now = time.UnixMilli(9000)
	equal(t, "offset", string(latest(t, s, stream.Offset("0"))), "2")
}

// A batch has its rows and its time, whatever the clock says, and in any run.
func TestRateMicroBatch(t *testing.T) {
	p, err := NewMicroBatch(map[string]string{"rowsPerBatch": "3", "startTimestamp": "5000", "advanceMillisPerBatch": "50"}, 2)
	if err != nil {
		t.Fatal(err)
	}
	s := open(t, p, start())
	equal(t, "description", s.Description(), "RatePerMicroBatchStream[rowsPerBatch=3, numPartitions=2, startTimestamp=5000, advanceMsPerBatch=50]")
	first := latest(t, s, nil)
	equal(t, "offset", string(first), `{"offset":3,"timestamp":5050}`)
	equal(t, "rows", read(t, s, nil, first), []string{"5000:0", "5000:1", "5000:2"})
	second := latest(t, s, first)
	again := open(t, p, start())
	equal(t, "rows", read(t, again, first, second), []string{"5050:3", "5050:4", "5050:5"})
	if err := again.Freeze(t.Context()); err != nil {
		t.Fatal(err)
	}
	third := latest(t, again, second)
	equal(t, "availableNow runs one batch", string(latest(t, again, third)), string(third))
}

// A mistake is told in Spark's words.
func TestMistakes(t *testing.T) {
	rate := func(given ...string) error {
		p, err := New(pairs(given), 1, time.Now)
		if err == nil {
			_, err = p.Open(context.Background(), start())
		}
		return err
	}
	batches := func(given ...string) error {
		_, err := NewMicroBatch(pairs(given), 1)
		return err
	}
	for _, test := range []struct {
		err  error
		want string
	}{
		{rate("rowsPerSecond", "0"), "Invalid value '0'. The option 'rowsPerSecond' must be positive"},
		{rate("rowsPerSecond", "many"), "Invalid value 'many' for option 'rowsPerSecond'"},
		{rate("numPartitions", "-1"), "Invalid value '-1'. The option 'numPartitions' must be positive"},
		{rate("rampUpTime", "-5s"), "'rampUpTime'"},
		{rate("rowsPerSeconds", "1"), "Did you mean `rowsPerSecond`?"},
		{rate("rowsPerSecond", "9223372036854775807", "rampUpTime", "2s"), "Max offset with 9223372036854775807 rowsPerSecond is 1, but 'rampUpTimeSeconds' is 2."},
		{batches(), "Invalid value '0'. The option 'rowsPerBatch' must be positive"},
		{batches("rowsPerBatch", "1", "numPartitions", "0"), "Invalid value '0'. The option 'numPartitions' must be positive"},
		{batches("rowsPerBatch", "1", "startTimestamp", "-1"), "Invalid value '-1'. The option 'startTimestamp' must be non-negative"},
		{batches("rowsPerBatch", "1", "advanceMillisPerBatch", "-1"), "Invalid value '-1'. The option 'advanceMillisPerBatch' must be non-negative"},
	} {
		if test.err == nil || !strings.Contains(test.err.Error(), test.want) {
			t.Errorf("got %v, want %s", test.err, test.want)
		}
	}
}

func pairs(given []string) map[string]string {
	out := map[string]string{}
	for i := 0; i < len(given); i += 2 {
		out[given[i]] = given[i+1]
	}
	return out
}

// A broken checkpoint is an error.
func TestBrokenOffsets(t *testing.T) {
	p, err := New(map[string]string{"rowsPerSecond": "9223372036854775807"}, 1, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	s := open(t, p, start())
	for _, text := range []string{"", "x", "-1", "null", "{}", "2"} {
		if _, err := s.Rows(t.Context(), nil, stream.Offset(text)); err == nil {
			t.Errorf("rate takes %q", text)
		}
	}
	m, err := NewMicroBatch(map[string]string{"rowsPerBatch": "5"}, 1)
	if err != nil {
		t.Fatal(err)
	}
	b := open(t, m, start())
	for _, text := range []string{"", "x", "1", "null", `{"offset":-1,"timestamp":0}`} {
		if _, err := b.Rows(t.Context(), nil, stream.Offset(text)); err == nil {
			t.Errorf("rate-micro-batch takes %q", text)
		}
	}
	_, err = b.Rows(t.Context(), stream.Offset(`{"offset":9,"timestamp":0}`), stream.Offset(`{"offset":5,"timestamp":0}`))
	if !errors.Is(err, errclass.RateBatchOffset) {
		t.Errorf("got %v", err)
	}
	_, err = b.Rows(t.Context(), stream.Offset(`{"offset":0,"timestamp":7}`), stream.Offset(`{"offset":5,"timestamp":0}`))
	if !errors.Is(err, errclass.RateBatchTimestamp) {
		t.Errorf("got %v", err)
	}
	at := start()
	for _, text := range []string{"", "x", "v2\n1", "v1\nx", "v1\n1\n2"} {
		if err := at.Checkpoint.Put(t.Context(), "sources/0/0", []byte(text)); err != nil {
			t.Fatal(err)
		}
		if _, err := p.Open(t.Context(), at); err == nil {
			t.Errorf("sources/0/0 %q is taken", text)
		}
	}
}

func FuzzOffset(f *testing.F) {
	for _, text := range []string{"0", "5", `{"offset":3,"timestamp":5050}`, "null", "-1", "{", "1e3"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if n, err := parseSeconds(stream.Offset(text)); err == nil && n < 0 {
			t.Fatalf("%q is second %d", text, n)
		}
		if o, err := parseOffset(stream.Offset(text)); err == nil {
			if again, err := parseOffset(o.json()); err != nil || again != o {
				t.Fatalf("%q is %v, which is written as %s", text, o, o.json())
			}
		}
		_, _ = parseBegan("0", []byte(text))
	})
}
