package medallion_test

import (
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lakehouse/medallion"
)

// sessions counts the rows of each user and says how many when an hour of silence is over: state of all kinds, and timers.
type sessions struct {
	medallion.BaseProcessor
	handle *medallion.StatefulProcessorHandle
	count  *medallion.ValueState
	pages  *medallion.ListState
	seen   *medallion.MapState
}

func (s *sessions) Init(h *medallion.StatefulProcessorHandle) error {
	s.handle = h
	s.count = h.ValueState("count", "n bigint", medallion.NoTTL)
	s.pages = h.ListState("pages", "page string", medallion.NoTTL)
	s.seen = h.MapState("seen", "page string", "times int", medallion.NoTTL)
	return nil
}

func (s *sessions) HandleInputRows(_ medallion.Row, rows iter.Seq[medallion.Row], timers medallion.TimerValues, _ *medallion.Output) error {
	n := int64(0)
	if before, ok := s.count.Get(); ok {
		n = before.Get("n").(int64)
	}
	for row := range rows {
		n++
		page := row.Get("page").(string)
		s.pages.Append(page)
		times := int32(0)
		if before, ok := s.seen.Get(page); ok {
			times = before.Get("times").(int32)
		}
		s.seen.Update([]any{page}, []any{times + 1})
	}
	s.count.Update(n)
	for _, old := range s.handle.ListTimers() {
		s.handle.DeleteTimer(old)
	}
	s.handle.RegisterTimer(timers.ProcessingTime.Add(time.Hour))
	return nil
}

func (s *sessions) HandleExpiredTimer(key medallion.Row, _ medallion.TimerValues, _ time.Time, out *medallion.Output) error {
	count, _ := s.count.Get()
	var pages, seen []string
	for row := range s.pages.Get() {
		pages = append(pages, row.Values[0].(string))
	}
	for page, times := range s.seen.All() {
		seen = append(seen, fmt.Sprintf("%v=%v", page.Values[0], times.Values[0]))
	}
	slices.Sort(seen)
	out.Emit(key.Values[0], count.Values[0], strings.Join(pages, " "), strings.Join(seen, " "))
	s.count.Clear()
	s.pages.Clear()
	s.seen.Clear()
	return nil
}

// manual is a clock that stands still.
type manual struct {
	mu  sync.Mutex
	now time.Time
}

func (m *manual) Now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now
}

func (m *manual) advance(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now = m.now.Add(d)
}

// visits is a stream of files in a folder, and what a processor makes of it.
type visits struct {
	t       *testing.T
	dir     string
	clock   *manual
	session *medallion.Session
	files   int
}

func newVisits(t *testing.T) *visits {
	t.Helper()
	v := &visits{t: t, dir: t.TempDir(), clock: &manual{now: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)}}
	session, err := medallion.NewSession(medallion.Options{
		Root: t.TempDir(), Clock: v.clock.Now, Conf: map[string]string{"spark.sql.shuffle.partitions": "3"},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(session.Close)
	v.session = session
	return v
}

const visitColumns = "user string, page string, at timestamp"

func (v *visits) land(lines ...string) {
	v.t.Helper()
	var text strings.Builder
	for _, l := range lines {
		user, rest, _ := strings.Cut(l, " ")
		page, at, _ := strings.Cut(rest, " ")
		fmt.Fprintf(&text, "{\"user\":%q,\"page\":%q", user, page)
		if at != "" {
			fmt.Fprintf(&text, ",\"at\":\"2026-05-01T%sZ\"", at)
		}
		text.WriteString("}\n")
	}
	if err := os.MkdirAll(filepath.Join(v.dir, "in"), 0o755); err != nil {
		v.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(v.dir, "in", fmt.Sprintf("%03d.json", v.files)), []byte(text.String()), 0o644); err != nil {
		v.t.Fatal(err)
	}
	v.files++
}

func (v *visits) frame() *medallion.DataFrame {
	v.t.Helper()
	frame, err := v.session.ReadStream().Format("json").Schema(visitColumns).Load(v.t.Context(), filepath.Join(v.dir, "in"))
	if err != nil {
		v.t.Fatal(err)
	}
	return frame
}

func (v *visits) start(frame *medallion.DataFrame, trigger medallion.Trigger) (*medallion.StreamingQuery, error) {
	return frame.WriteStream().Format("delta").Trigger(trigger).
		Option("checkpointLocation", filepath.Join(v.dir, "cp")).Start(v.t.Context(), filepath.Join(v.dir, "out"))
}

// run runs what is there, and ends.
func (v *visits) run(frame *medallion.DataFrame) error {
	v.t.Helper()
	query, err := v.start(frame, medallion.AvailableNow())
	if err != nil {
		return err
	}
	_, err = query.AwaitTermination(v.t.Context())
	return err
}

func (v *visits) must(err error) {
	v.t.Helper()
	if err != nil {
		v.t.Fatal(err)
	}
}

func (v *visits) query(text string) []string {
	v.t.Helper()
	frame, err := v.session.SQL(v.t.Context(), text)
	if err != nil {
		v.t.Fatal(err)
	}
	rows, err := frame.Collect(v.t.Context())
	if err != nil {
		v.t.Fatal(err)
	}
	var out []string
	for _, r := range rows {
		out = append(out, r.String())
	}
	slices.Sort(out)
	return out
}

func (v *visits) want(text string, want ...string) {
	v.t.Helper()
	if got := v.query(text); !slices.Equal(got, want) {
		v.t.Errorf("%s\n got %q\nwant %q", text, got, want)
	}
}

func (v *visits) out() string { return "SELECT * FROM delta.`" + filepath.Join(v.dir, "out") + "`" }

func (v *visits) state(options string) string {
	return "SELECT * FROM state('" + filepath.Join(v.dir, "cp") + "', " + options + ")"
}

const sessionColumns = "user string, n bigint, pages string, seen string"

func byUser(frame *medallion.DataFrame) *medallion.GroupedData {
	return frame.GroupBy(medallion.Col("user"))
}
