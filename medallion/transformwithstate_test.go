package medallion_test

import (
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lakehouse/internal/errclass"
	"lakehouse/medallion"
)

// State of every kind lives on from batch to batch and from run to run; a timer ends it.
func TestTransformWithStateRemembersUntilATimer(t *testing.T) {
	v := newVisits(t)
	query := func() *medallion.DataFrame {
		return byUser(v.frame()).TransformWithState(&sessions{}, sessionColumns, "append", medallion.TimeModeProcessingTime)
	}
	v.land("ann a", "bob x", "ann b")
	v.must(v.run(query()))
	v.land("ann a")
	v.clock.advance(30 * time.Minute)
	v.must(v.run(query()))
	v.want(v.out())
	v.want(v.state("stateVarName => 'count'"), "[[ann], [3], 0]", "[[bob], [1], 1]")
	v.want("SELECT key.user, list_element.page FROM state('"+filepath.Join(v.dir, "cp")+"', stateVarName => 'pages')", "[ann, a]", "[ann, a]", "[ann, b]", "[bob, x]")
	v.want("SELECT key.user, user_map_key.page, user_map_value.times FROM state('"+filepath.Join(v.dir, "cp")+"', stateVarName => 'seen')", "[ann, a, 2]", "[ann, b, 1]", "[bob, x, 1]")
	v.want("SELECT key.user, timestamp_millis(expiration_timestamp_ms) FROM state('"+filepath.Join(v.dir, "cp")+"', readRegisteredTimers => true)",
		"[ann, 2026-05-01 13:30:00 +0000 UTC]", "[bob, 2026-05-01 13:00:00 +0000 UTC]")
	v.land("cy q")
	v.clock.advance(30 * time.Minute) // 13:00: bob's hour is over
	v.must(v.run(query()))
	v.want(v.out(), "[bob, 1, x, x=1]")
	v.land("cy q")
	v.clock.advance(30 * time.Minute)
	v.must(v.run(query()))
	v.want(v.out(), "[ann, 3, a b a, a=2 b=1]", "[bob, 1, x, x=1]")
	v.want("SELECT key.user, value.n FROM state('"+filepath.Join(v.dir, "cp")+"', stateVarName => 'count')", "[cy, 2]")
}

// A timer that is due makes the query run without new rows.
func TestTransformWithStateRunsForADueTimer(t *testing.T) {
	v := newVisits(t)
	v.land("ann a")
	frame := byUser(v.frame()).TransformWithState(&sessions{}, sessionColumns, "append", medallion.TimeModeProcessingTime)
	query, err := v.start(frame, medallion.ProcessingTime(0))
	v.must(err)
	v.must(query.ProcessAllAvailable(t.Context()))
	v.clock.advance(time.Hour)
	v.must(query.ProcessAllAvailable(t.Context()))
	v.want(v.out(), "[ann, 1, a, a=1]")
	query.Stop()
}

// late sets a timer of event time a minute after each row.
type late struct {
	medallion.BaseProcessor
	handle *medallion.StatefulProcessorHandle
}

func (l *late) Init(h *medallion.StatefulProcessorHandle) error { l.handle = h; return nil }

func (l *late) HandleInputRows(_ medallion.Row, rows iter.Seq[medallion.Row], _ medallion.TimerValues, _ *medallion.Output) error {
	for row := range rows {
		l.handle.RegisterTimer(row.Get("at").(time.Time).Add(time.Minute))
	}
	return nil
}

func (l *late) HandleExpiredTimer(key medallion.Row, timers medallion.TimerValues, expiry time.Time, out *medallion.Output) error {
	out.Emit(key.Values[0], expiry, timers.Watermark)
	return nil
}

// Timers of event time go by the watermark, in the order of their times, and rows behind it are dropped.
func TestTransformWithStateTimersOfEventTime(t *testing.T) {
	v := newVisits(t)
	query := func() *medallion.DataFrame {
		return byUser(v.frame().WithWatermark("at", "10 seconds")).
			TransformWithState(&late{}, "user string, expiry timestamp, watermark timestamp", "append", medallion.TimeModeEventTime)
	}
	v.land("ann a 10:00:30", "ann b 10:00:00")
	v.must(v.run(query()))
	v.land("bob x 10:05:00")
	v.must(v.run(query()))
	v.want(v.out(), "[ann, 2026-05-01 10:01:00 +0000 UTC, 2026-05-01 10:04:50 +0000 UTC]", "[ann, 2026-05-01 10:01:30 +0000 UTC, 2026-05-01 10:04:50 +0000 UTC]")
	v.land("cy late 10:00:00", "bob x 10:10:00")
	v.must(v.run(query()))
	v.want("SELECT user, expiry FROM ("+v.out()+") WHERE user <> 'ann'", "[bob, 2026-05-01 10:06:00 +0000 UTC]")
}

// remembering keeps what it got for an hour, by the processing time.
type remembering struct {
	medallion.BaseProcessor
	value *medallion.ValueState
	list  *medallion.ListState
	pages *medallion.MapState
}

func (r *remembering) Init(h *medallion.StatefulProcessorHandle) error {
	r.value = h.ValueState("value", "page string", time.Hour)
	r.list = h.ListState("list", "page string", time.Hour)
	r.pages = h.MapState("map", "page string", "n int", time.Hour)
	return nil
}

func (r *remembering) HandleInputRows(_ medallion.Row, rows iter.Seq[medallion.Row], _ medallion.TimerValues, out *medallion.Output) error {
	for row := range rows {
		page := row.Get("page").(string)
		if page == "?" {
			value, ok := r.value.Get()
			elements := 0
			for range r.list.Get() {
				elements++
			}
			entries := 0
			for range r.pages.All() {
				entries++
			}
			out.Emit(strings.TrimSpace(fmt.Sprintln(value.Get("page"), ok, elements, entries, r.pages.ContainsKey("a"))))
			continue
		}
		r.value.Update(page)
		r.list.Append(page)
		r.pages.Update([]any{page}, []any{1})
	}
	return nil
}

// State with a TTL is gone to its processor once the time is over, and then from the store.
func TestTransformWithStateTTL(t *testing.T) {
	v := newVisits(t)
	query := func() *medallion.DataFrame {
		return byUser(v.frame()).TransformWithState(&remembering{}, "said string", "update", medallion.TimeModeProcessingTime)
	}
	run := func() {
		t.Helper()
		v.must(v.run(query()))
	}
	v.land("ann a")
	run()
	v.clock.advance(40 * time.Minute)
	v.land("ann b", "ann ?")
	run()
	v.want(v.out(), "[b true 2 2 true]")
	v.clock.advance(40 * time.Minute)
	v.land("ann ?")
	run()
	v.want(v.out(), "[b true 1 1 false]", "[b true 2 2 true]")
	v.want("SELECT list_element.value.page FROM state('"+filepath.Join(v.dir, "cp")+"', stateVarName => 'list')", "[b]")
	v.clock.advance(40 * time.Minute)
	v.land("ann ?")
	run()
	v.want(v.out(), "[<nil> false 0 0 false]", "[b true 1 1 false]", "[b true 2 2 true]")
	v.want("SELECT count(*) FROM state('"+filepath.Join(v.dir, "cp")+"', stateVarName => 'map')", "[0]")
}

// declaring declares what a test wants.
type declaring struct {
	medallion.BaseProcessor
	init func(h *medallion.StatefulProcessorHandle)
	rows func(out *medallion.Output) error
}

func (d *declaring) Init(h *medallion.StatefulProcessorHandle) error { d.init(h); return nil }

func (d *declaring) HandleInputRows(_ medallion.Row, _ iter.Seq[medallion.Row], _ medallion.TimerValues, out *medallion.Output) error {
	if d.rows != nil {
		return d.rows(out)
	}
	return nil
}

// A state variable may be added and left out; what it is, the time mode and the output mode stay.
func TestTransformWithStateEvolution(t *testing.T) {
	type declare = func(h *medallion.StatefulProcessorHandle)
	value := func(name, ddl string) declare {
		return func(h *medallion.StatefulProcessorHandle) { h.ValueState(name, ddl, medallion.NoTTL) }
	}
	both := func(a, b declare) declare {
		return func(h *medallion.StatefulProcessorHandle) { a(h); b(h) }
	}
	for name, c := range map[string]struct {
		then declare
		mode medallion.TimeMode
		want errclass.Class
	}{
		"the same":       {value("a", "n int"), medallion.TimeModeNone, ""},
		"one more":       {both(value("a", "n int"), value("b", "s string")), medallion.TimeModeNone, ""},
		"none":           {func(*medallion.StatefulProcessorHandle) {}, medallion.TimeModeNone, ""},
		"another type":   {value("a", "n string"), medallion.TimeModeNone, errclass.StateValueSchema},
		"another kind":   {func(h *medallion.StatefulProcessorHandle) { h.ListState("a", "n int", 0) }, medallion.TimeModeNone, errclass.StateVariableType},
		"another time":   {value("a", "n int"), medallion.TimeModeProcessingTime, errclass.StateInvalidConfig},
		"another column": {value("a", "n int, m int"), medallion.TimeModeNone, errclass.StateValueSchema},
	} {
		t.Run(name, func(t *testing.T) {
			v := newVisits(t)
			query := func(init declare, mode medallion.TimeMode) *medallion.DataFrame {
				return byUser(v.frame()).TransformWithState(&declaring{init: init}, "x string", "append", mode)
			}
			v.land("ann a", "bob b")
			v.must(v.run(query(value("a", "n int"), medallion.TimeModeNone)))
			for range 2 {
				v.land("ann a", "cy c")
				err := v.run(query(c.then, c.mode))
				if c.want == "" && err != nil || c.want != "" && !errors.Is(err, c.want) {
					t.Fatalf("got %v, want %q", err, c.want)
				}
			}
		})
	}
}

// What is wrong with a processor is told when the frame is used first, or fails the batch, by Spark's class.
func TestTransformWithStateMistakesHaveSparksClasses(t *testing.T) {
	nothing := func(*medallion.StatefulProcessorHandle) {}
	for name, c := range map[string]struct {
		p    *declaring
		mode medallion.TimeMode
		want errclass.Class
	}{
		"a variable twice": {&declaring{init: func(h *medallion.StatefulProcessorHandle) {
			h.ValueState("a", "n int", 0)
			h.ListState("a", "n int", 0)
		}}, medallion.TimeModeNone, errclass.ProcessorDuplicateVariable},
		"ttl without time":     {&declaring{init: func(h *medallion.StatefulProcessorHandle) { h.ValueState("a", "n int", time.Hour) }}, medallion.TimeModeNone, errclass.ProcessorTTLMode},
		"ttl below zero":       {&declaring{init: func(h *medallion.StatefulProcessorHandle) { h.ValueState("a", "n int", -time.Hour) }}, medallion.TimeModeProcessingTime, errclass.ProcessorTTL},
		"a name for a folder":  {&declaring{init: func(h *medallion.StatefulProcessorHandle) { h.ValueState("../a", "n int", 0) }}, medallion.TimeModeNone, errclass.InvalidParameterValue},
		"a timer in init":      {&declaring{init: func(h *medallion.StatefulProcessorHandle) { h.RegisterTimer(time.Time{}) }}, medallion.TimeModeProcessingTime, errclass.ProcessorHandleState},
		"a timer without time": {&declaring{init: func(h *medallion.StatefulProcessorHandle) { h.RegisterTimer(time.Time{}) }}, medallion.TimeModeNone, errclass.ProcessorTimeMode},
		"a time mode":          {&declaring{init: nothing}, "sometimes", errclass.ProcessorUnknownTimeMode},
		"a failing handler":    {&declaring{init: nothing, rows: func(*medallion.Output) error { return errors.New("no") }}, medallion.TimeModeNone, errclass.ProcessorUserError},
		"a panic":              {&declaring{init: nothing, rows: func(*medallion.Output) error { panic("no") }}, medallion.TimeModeNone, errclass.ProcessorUserError},
		"a value that does not fit": {&declaring{init: nothing, rows: func(out *medallion.Output) error {
			out.Emit(1.5)
			return nil
		}}, medallion.TimeModeNone, errclass.DatatypeMismatch},
		"event time without a watermark": {&declaring{init: nothing}, medallion.TimeModeEventTime, errclass.UnsupportedStreaming},
	} {
		t.Run(name, func(t *testing.T) {
			v := newVisits(t)
			v.land("ann a")
			err := v.run(byUser(v.frame()).TransformWithState(c.p, "x string", "append", c.mode))
			if !errors.Is(err, c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

// starting begins with state from elsewhere.
type starting struct{ sessions }

func (s *starting) HandleInitialState(_ medallion.Row, initial medallion.Row, _ medallion.TimerValues) error {
	s.count.Update(initial.Get("n"))
	return nil
}

func TestTransformWithInitialState(t *testing.T) {
	v := newVisits(t)
	initial, err := v.session.SQL(t.Context(), "SELECT * FROM VALUES ('ann', 40L), ('dan', 7L) AS t(who, n)")
	v.must(err)
	query := func() *medallion.DataFrame {
		return byUser(v.frame()).TransformWithInitialState(&starting{}, sessionColumns, "append", medallion.TimeModeProcessingTime, initial.GroupBy(medallion.Col("who")))
	}
	for range 2 { // it is asked for in the first batch only
		v.land("ann a", "ann b")
		v.must(v.run(query()))
	}
	v.want("SELECT key.user, value.n FROM state('"+filepath.Join(v.dir, "cp")+"', stateVarName => 'count')", "[ann, 44]", "[dan, 7]")
}
