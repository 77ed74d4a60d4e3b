package stream

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"go.uber.org/goleak"

	"lakehouse/internal/batch"
	"lakehouse/internal/exec"
	"lakehouse/internal/expr"
	"lakehouse/internal/logical"
	"lakehouse/internal/types"
	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var numberSchema = types.Struct{Fields: []types.Field{{Name: "n", Type: types.Long}}}

// numbers is a source of 1, 2, …, as many as a test has added; an offset is the last number read. at, when not
// nil, is called in each phase of a query and may block or fail it.
type numbers struct {
	mu      sync.Mutex
	added   int
	limit   int // a batch's, unless there is none; 0: none
	frozen  int // -1: not
	commits []string
	stops   int
	at      func(ctx context.Context, phase string) error
	reached chan struct{} // for who holds the query up
}

func newNumbers(added int) *numbers { return &numbers{added: added, frozen: -1} }

func (s *numbers) add(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.added += n
}

func (s *numbers) phase(ctx context.Context, name string) error {
	if s.at == nil {
		return nil
	}
	return s.at(ctx, name)
}

func (s *numbers) Schema() types.Struct { return numberSchema }
func (s *numbers) String() string       { return "numbers" }
func (s *numbers) Description() string  { return "Numbers[1…]" }

func (s *numbers) Open(ctx context.Context, _ SourceStart) (Source, error) {
	s.frozen = -1
	return s, s.phase(ctx, "open")
}

func (s *numbers) Latest(ctx context.Context, _ int64, start Offset, limit ReadLimit) (Offset, error) {
	if err := s.phase(ctx, "latest"); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	from, end := number(start), s.added
	if s.frozen >= 0 {
		end = s.frozen
	}
	if limit == LimitByOptions && s.limit > 0 {
		end = min(end, from+s.limit)
	}
	if end <= from {
		return start, nil
	}
	return Offset(strconv.Itoa(end)), nil
}

func number(o Offset) int {
	n, _ := strconv.Atoi(string(o))
	return n
}

func (s *numbers) Freeze(ctx context.Context) error {
	s.mu.Lock()
	s.frozen = s.added
	s.mu.Unlock()
	return s.phase(ctx, "freeze")
}

func (s *numbers) Rows(ctx context.Context, start, end Offset) (logical.Source, error) {
	if err := s.phase(ctx, "rows"); err != nil {
		return nil, err
	}
	b := array.NewInt64Builder(memory.DefaultAllocator)
	for n := number(start) + 1; n <= number(end); n++ {
		b.Append(int64(n))
	}
	rows := array.NewRecordBatch(types.ToArrowSchema(numberSchema), []arrow.Array{b.NewArray()}, int64(number(end)-number(start)))
	return logical.NewLocalRelation(numberSchema, []arrow.RecordBatch{rows}).Source, nil
}

func (s *numbers) Commit(ctx context.Context, end Offset) error {
	s.commits = append(s.commits, string(end))
	return s.phase(ctx, "commit")
}

func (s *numbers) Stop() error {
	s.stops++
	return nil
}

// kept is a sink that keeps each batch's numbers, once a batch.
type kept struct {
	mu      sync.Mutex
	batches map[int64][]int64
	writes  []int64
	at      func(ctx context.Context, phase string) error
}

func (k *kept) Description() string { return "Kept" }

func (k *kept) Write(ctx context.Context, id int64, op exec.Operator) (int64, error) {
	rows, err := batch.Collect(exec.InOrder(ctx, op, 1))
	if err == nil && k.at != nil {
		err = k.at(ctx, "write")
	}
	if err != nil {
		return 0, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.writes = append(k.writes, id)
	if _, again := k.batches[id]; again {
		return 0, nil
	}
	if k.batches == nil {
		k.batches = map[int64][]int64{}
	}
	k.batches[id] = nil
	for _, b := range rows {
		k.batches[id] = append(k.batches[id], b.Column(0).(*array.Int64).Int64Values()...)
	}
	return int64(len(k.batches[id])), nil
}

// text is the batches in their order: "0:[1 2] 1:[3]".
func (k *kept) text() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	var parts []string
	for id := range int64(1000) {
		if values, ok := k.batches[id]; ok {
			parts = append(parts, fmt.Sprint(id, ":", values))
		}
	}
	return fmt.Sprint(parts)
}

// A bench is what queries over numbers need, but for the query.
type bench struct {
	*testing.T
	source  *numbers
	sink    *kept
	store   volumes.Store
	trigger Trigger
	name    string
	manager Manager
	plan    logical.Node // nil: the numbers as they are
	mode    logical.OutputMode
	noEmpty bool
}

func newBench(t *testing.T, source *numbers) *bench {
	return &bench{T: t, source: source, sink: &kept{}, store: volumestest.NewMemory()}
}

func (b *bench) config() Config {
	query := b.plan
	if query == nil {
		query = &logical.StreamRelation{Provider: b.source}
	}
	return Config{
		Name: b.name, Plan: query, Mode: b.mode, Trigger: b.trigger, NoEmptyBatches: b.noEmpty,
		OpenSink:   func(context.Context, string) (Sink, error) { return b.sink, nil },
		Checkpoint: b.store, Location: "memory:/checkpoint", Partitions: 2,
		Env:   func() *exec.Env { return &exec.Env{Eval: expr.Context{ANSI: true, TimeZone: time.UTC}, Workers: 1} },
		Clock: time.Now, Log: slog.New(slog.DiscardHandler),
	}
}

// start starts the query, and stops it at the test's end.
func (b *bench) start() *Query {
	b.Helper()
	q, err := b.manager.Start(b.Context(), b.config())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(q.Stop)
	return q
}

// settle waits for all that is there.
func (b *bench) settle(q *Query) {
	b.Helper()
	if err := q.ProcessAllAvailable(b.Context()); err != nil {
		b.Fatal(err)
	}
}

// wait waits for the end of a query that ends by itself.
func (b *bench) wait(q *Query) {
	b.Helper()
	if ended, err := q.AwaitTermination(b.Context()); err != nil || !ended {
		b.Fatalf("ended: %v, %v", ended, err)
	}
}

func (b *bench) wantSink(want string) {
	b.Helper()
	if got := b.sink.text(); got != want {
		b.Errorf("the sink holds %s, want %s", got, want)
	}
}

// batches are [batch id, input rows] of all reports.
func batches(q *Query) string {
	var all [][2]int64
	for _, p := range q.RecentProgress() {
		all = append(all, [2]int64{p.BatchID, p.NumInputRows})
	}
	return fmt.Sprint(all)
}

// put writes a file of the checkpoint, in place of what is there.
func (b *bench) put(name, text string) {
	b.Helper()
	if err := b.store.Put(b.Context(), name, []byte(text)); err != nil {
		b.Fatal(err)
	}
}

func (b *bench) remove(names ...string) {
	b.Helper()
	for _, n := range names {
		if err := b.store.Delete(b.Context(), n); err != nil {
			b.Fatal(err)
		}
	}
}

func (b *bench) read(name string) string {
	b.Helper()
	text, err := volumes.ReadFileMax(b.Context(), b.store, name, 1<<20)
	if err != nil {
		b.Fatal(err)
	}
	return string(text)
}

func (b *bench) files(dir string) []string {
	b.Helper()
	var names []string
	for info, err := range b.store.List(b.Context(), dir, volumes.ListOptions{}) {
		if err != nil {
			b.Fatal(err)
		}
		names = append(names, info.Name)
	}
	slices.Sort(names)
	return names
}

func offsetsOf(q *Query) string {
	p := q.LastProgress()
	if p == nil || len(p.Sources) == 0 {
		return "none"
	}
	text, _ := json.Marshal([]json.RawMessage{orNull(p.Sources[0].StartOffset), orNull(p.Sources[0].EndOffset)})
	return string(text)
}

func orNull(o json.RawMessage) json.RawMessage {
	if o == nil {
		return json.RawMessage("null")
	}
	return o
}
