package medallion

import (
	"iter"
	"slices"
	"strings"
	"time"

	"lakehouse/internal/errclass"
	"lakehouse/internal/plan"
)

// A GroupStateTimeout says by which time a group's timeout goes.
type GroupStateTimeout string

// The timeouts of groups.
const (
	NoTimeout             GroupStateTimeout = "NoTimeout"
	ProcessingTimeTimeout GroupStateTimeout = "ProcessingTimeTimeout"
	EventTimeTimeout      GroupStateTimeout = "EventTimeTimeout"
)

func (t GroupStateTimeout) timeMode() TimeMode {
	switch t {
	case NoTimeout:
		return TimeModeNone
	case ProcessingTimeTimeout:
		return TimeModeProcessingTime
	case EventTimeTimeout:
		return TimeModeEventTime
	default:
		return TimeMode(t) // which is none, and is told
	}
}

// A GroupFunc handles the rows of one key of a batch with the state of the key. It is called without rows when the key's
// timeout has come.
type GroupFunc func(key Row, rows iter.Seq[Row], group *GroupState, out *Output) error

// FlatMapGroupsWithState gives the rows of each key to a function that keeps one row of state for the key, and emits any
// number of rows: Spark's older form of [GroupedData.TransformWithState]. stateColumns and output are DDL. mode is the output mode of
// the function, append or update; the query's is the same, unless the rows are aggregated.
func (g *GroupedData) FlatMapGroupsWithState(f GroupFunc, stateColumns, output, mode string, timeout GroupStateTimeout) *DataFrame {
	return g.groupsWithState(f, stateColumns, output, mode, timeout, plan.AsFlatMapGroupsWithState)
}

func (g *GroupedData) groupsWithState(f GroupFunc, stateColumns, output, mode string, timeout GroupStateTimeout, as plan.GroupOperation) *DataFrame {
	p := &groupProcessor{f: f, columns: stateColumns, timeout: timeout}
	if strings.EqualFold(mode, "complete") {
		err := errclass.InvalidOptionValue.New("The output mode of function should be append or update.")
		return g.frame.with(g.frame.rel, err)
	}
	return g.transform(p, output, mode, timeout.timeMode(), plan.TransformWithState{As: as, Update: strings.EqualFold(mode, "update")}, nil)
}

// MapGroupsWithState is [GroupedData.FlatMapGroupsWithState] of a function that gives one row for each call. The query's
// output mode is update.
func (g *GroupedData) MapGroupsWithState(f func(key Row, rows iter.Seq[Row], group *GroupState) ([]any, error), stateColumns, output string, timeout GroupStateTimeout) *DataFrame {
	return g.groupsWithState(func(key Row, rows iter.Seq[Row], group *GroupState, out *Output) error {
		row, err := f(key, rows, group)
		if err == nil {
			out.Emit(row...)
		}
		return err
	}, stateColumns, output, "update", timeout, plan.AsMapGroupsWithState)
}

// A GroupState is the state of one key while a function handles it.
type GroupState struct {
	value    *ValueState
	timeout  GroupStateTimeout
	times    TimerValues
	timedOut bool
	due      time.Time // set by the function; zero: no timeout
}

// Get is the state; ok is false where there is none.
func (s *GroupState) Get() (Row, bool) { return s.value.Get() }

// Exists reports whether there is state.
func (s *GroupState) Exists() bool { return s.value.Exists() }

// Update sets the state, its values in the order of the columns.
func (s *GroupState) Update(values ...any) { s.value.Update(values...) }

// Remove forgets the state.
func (s *GroupState) Remove() { s.value.Clear() }

// HasTimedOut reports whether the function is called for the key's timeout.
func (s *GroupState) HasTimedOut() bool { return s.timedOut }

// CurrentProcessingTime is when the batch was planned.
func (s *GroupState) CurrentProcessingTime() time.Time { return s.times.ProcessingTime }

// CurrentWatermark is the watermark of the batch.
func (s *GroupState) CurrentWatermark() time.Time { return s.times.Watermark }

// SetTimeoutDuration has the function called once more when no row of the key has come for so long, by the processing time.
// Each call of the function begins without a timeout.
func (s *GroupState) SetTimeoutDuration(d time.Duration) error {
	if s.timeout != ProcessingTimeTimeout {
		return errclass.UnsupportedFeature.New("Cannot set timeout duration without enabling processing time timeout in [map|flatMap]GroupsWithState.")
	}
	if d <= 0 {
		return errclass.InvalidParameterValue.New("Timeout duration must be positive: %s.", d)
	}
	s.due = s.times.ProcessingTime.Add(d)
	return nil
}

// SetTimeoutTimestamp has the function called once more when the watermark has passed a time, unless a row of the key comes before.
func (s *GroupState) SetTimeoutTimestamp(at time.Time) error {
	if s.timeout != EventTimeTimeout {
		return errclass.UnsupportedFeature.New("Cannot set timeout timestamp without enabling event time timeout in [map|flatMap]GroupsWithState.")
	}
	if !at.After(s.times.Watermark) {
		return errclass.InvalidParameterValue.New("Timeout timestamp (%s) cannot be earlier than the current watermark (%s).", at, s.times.Watermark)
	}
	s.due = at
	return nil
}

// groupProcessor runs a function over groups as a processor: its state is one variable, its timeout one timer.
type groupProcessor struct {
	BaseProcessor
	f       GroupFunc
	columns string
	timeout GroupStateTimeout
	handle  *StatefulProcessorHandle
	value   *ValueState
}

func (p *groupProcessor) Init(handle *StatefulProcessorHandle) error {
	p.handle, p.value = handle, handle.ValueState("groupState", p.columns, NoTTL)
	return nil
}

func (p *groupProcessor) HandleInputRows(key Row, rows iter.Seq[Row], timers TimerValues, out *Output) error {
	if p.timeout != NoTimeout {
		for _, at := range p.handle.ListTimers() {
			p.handle.DeleteTimer(at)
		}
	}
	return p.call(key, rows, timers, false, out)
}

// HandleExpiredTimer is the timeout of a key.
func (p *groupProcessor) HandleExpiredTimer(key Row, timers TimerValues, _ time.Time, out *Output) error {
	return p.call(key, slices.Values[[]Row](nil), timers, true, out)
}

func (p *groupProcessor) call(key Row, rows iter.Seq[Row], timers TimerValues, timedOut bool, out *Output) error {
	group := &GroupState{value: p.value, timeout: p.timeout, times: timers, timedOut: timedOut}
	if err := p.f(key, rows, group, out); err != nil {
		return err
	}
	if !group.due.IsZero() {
		p.handle.RegisterTimer(group.due)
	}
	return nil
}
