package expr

import (
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

// A TimeWindow is window(time, duration, slide, start): the window that a time falls into, as
// struct<start, end>. Of windows that overlap (Slide < Duration) a time falls into several: then
// Windows gives them as an array, to be exploded. Rows with a null time belong to no window.
type TimeWindow struct {
	Time                   Expr
	Duration, Slide, Start int64 // microseconds
}

// WindowColumn and SessionColumn are the names of the columns that window() and session_window() make.
const (
	WindowColumn  = "window"
	SessionColumn = "session_window"
)

func buildTimeWindow(b *builder) (Expr, error) {
	w := &TimeWindow{Time: b.args[0]}
	sizes := []*int64{&w.Duration, &w.Slide, &w.Start}
	for i, arg := range b.args[1:] {
		var err error
		if *sizes[i], err = b.duration(arg); err != nil {
			return nil, err
		}
	}
	if len(b.args) < 3 {
		w.Slide = w.Duration
	}
	b.args = b.args[:1]
	text := w.String()
	t, ok := aTime.accept(w.Time.Type(), b.ctx.ANSI)
	if !ok || w.Time.Type() == types.Null {
		if e := windowTimeOf(w.Time); e != nil { // a window of windows goes by their last moment
			w.Time = e
			return w, w.check(text)
		}
		return nil, unexpectedInput(text, 0, w.Time,
			`("(TIMESTAMP OR TIMESTAMP WITHOUT TIME ZONE)" or "STRUCT<start: TIMESTAMP, end: TIMESTAMP>" or "STRUCT<start: TIMESTAMP_NTZ, end: TIMESTAMP_NTZ>")`)
	}
	var err error
	if w.Time, err = implicit(b.ctx, w.Time, t); err != nil {
		return nil, err
	}
	return w, w.check(text)
}

// duration is a constant interval in microseconds.
func (b *builder) duration(e Expr) (int64, error) {
	v, _ := buildValue(e, b.ctx)
	switch v := v.(type) {
	case int64:
		return v, nil
	case int32:
		if e.Type() == types.Integer {
			return int64(v), nil
		}
	case string:
		interval, err := ParseInterval(v)
		if err != nil {
			return 0, err
		}
		if interval.Months != 0 {
			return 0, errclass.CannotParseInterval.New("Unable to parse '%s'. Intervals greater than a month are not supported in windows, as months differ in length.", v).
				WithHint("Write it in weeks or days.")
		}
		return interval.Micros + int64(interval.Days)*microsPerDay, nil
	case arrow.MonthDayNanoInterval:
		if v.Months == 0 {
			return v.Nanoseconds/1000 + int64(v.Days)*microsPerDay, nil
		}
	}
	return 0, errclass.CannotParseInterval.New("Unable to parse '%s'. The duration and time inputs to window must be an integer, long or string literal.", e.String()).
		WithHint("Write, for example, '10 minutes'.")
}

func (w *TimeWindow) check(text string) error {
	fail := func(class errclass.Class, format string, args ...any) error {
		return class.New("Cannot resolve \""+text+"\" due to data type mismatch: "+format, args...)
	}
	const maxMicros = "9223372036854775807"
	switch {
	case w.Duration <= 0:
		return fail(errclass.DatatypeMismatchRange, "The `window_duration` must be between (0, %s] (current value = %dL).", maxMicros, w.Duration)
	case w.Slide <= 0:
		return fail(errclass.DatatypeMismatchRange, "The `slide_duration` must be between (0, %s] (current value = %dL).", maxMicros, w.Slide)
	case w.Slide > w.Duration:
		return fail(errclass.DatatypeMismatchConstraint, "The `slide_duration`(%dL) must be <= the `window_duration`(%dL).", w.Slide, w.Duration)
	case w.Start >= w.Slide || w.Start <= -w.Slide:
		return fail(errclass.DatatypeMismatchConstraint, "The `abs(start_time)`(%dL) must be < the `slide_duration`(%dL).", max(w.Start, -w.Start), w.Slide)
	}
	return nil
}

// Type is struct<start, end> of the time's type.
func (w *TimeWindow) Type() types.Type { return windowType(w.Time.Type()) }

func windowType(t types.Type) types.Struct {
	if t != types.TimestampNTZ {
		t = types.Timestamp
	}
	return structOf(field("start", t, true), field("end", t, true))
}

// Nullable is false: who plans the window drops the rows without a time.
func (w *TimeWindow) Nullable() bool { return false }

// String is the call with its lengths in microseconds, as Spark names the column.
func (w *TimeWindow) String() string {
	parts := []int64{w.Duration, w.Slide, w.Start}
	var text strings.Builder
	text.WriteString("window(" + w.Time.String())
	for _, p := range parts {
		text.WriteString(", " + strconv.FormatInt(p, 10))
	}
	return text.String() + ")"
}

// Children is the time.
func (w *TimeWindow) Children() []Expr { return []Expr{w.Time} }

// WithChildren is the same windows over another time.
func (w *TimeWindow) WithChildren(children []Expr) Expr {
	out := *w
	out.Time = children[0]
	return &out
}

// Tumbling reports whether windows do not overlap.
func (w *TimeWindow) Tumbling() bool { return w.Slide == w.Duration }

// last is the start of the latest window that holds a time.
func (w *TimeWindow) last(at int64) int64 { return at - floorMod(at-w.Start, w.Slide) }

// Eval is the latest window of each time.
func (w *TimeWindow) Eval(ctx *Context, in arrow.RecordBatch) (Vector, error) {
	v, err := w.Time.Eval(ctx, in)
	if err != nil {
		return Vector{}, err
	}
	times := fixedValues[int64](v.Values)
	starts, ends := make([]int64, len(times)), make([]int64, len(times))
	for i, at := range times {
		starts[i] = w.last(at)
		ends[i] = starts[i] + w.Duration
	}
	return Vector{Values: w.structs(starts, ends, validOf(v.Values)), Const: v.Const}, nil
}

func (w *TimeWindow) structs(starts, ends []int64, valid mask) arrow.Array {
	t := w.Type().(types.Struct)
	fields := []arrow.Array{newFixed(t.Fields[0].Type, starts, valid), newFixed(t.Fields[1].Type, ends, valid)}
	return newStructLike(types.ToArrow(t), fields, valid, len(starts))
}

// Windows is an array of all windows that a time falls into, the latest first.
func (w *TimeWindow) Windows() Expr { return &overlapping{w} }

type overlapping struct{ w *TimeWindow }

func (o *overlapping) Type() types.Type { return types.Array{Element: o.w.Type()} }
func (o *overlapping) Nullable() bool   { return true }
func (o *overlapping) String() string   { return o.w.String() }
func (o *overlapping) Children() []Expr { return o.w.Children() }
func (o *overlapping) WithChildren(children []Expr) Expr {
	return &overlapping{o.w.WithChildren(children).(*TimeWindow)}
}

func (o *overlapping) Eval(ctx *Context, in arrow.RecordBatch) (Vector, error) {
	v, err := o.w.Time.Eval(ctx, in)
	if err != nil {
		return Vector{}, err
	}
	valid := validOf(v.Values)
	var starts, ends []int64
	offsets := make([]int32, 1, v.Values.Len()+1)
	for i, at := range fixedValues[int64](v.Values) {
		if valid.has(i) {
			for start := o.w.last(at); start > at-o.w.Duration; start -= o.w.Slide {
				starts, ends = append(starts, start), append(ends, start+o.w.Duration)
			}
		}
		offsets = append(offsets, int32(len(starts)))
	}
	return Vector{Values: newListLike(types.ToArrow(o.Type()), offsets, o.w.structs(starts, ends, nil), valid), Const: v.Const}, nil
}

// windowTimeOf is the last moment of a window column, or nil where e is none.
func windowTimeOf(e Expr) Expr {
	t, ok := e.Type().(types.Struct)
	if !ok || len(t.Fields) != 2 || t.Fields[0].Name != "start" || t.Fields[1].Name != "end" || !isTimestamp(t.Fields[1].Type) {
		return nil
	}
	end := &GetField{child: e, index: 1, field: t.Fields[1], text: t.Fields[1].Name}
	return &call{
		name: "window_time", args: []Expr{end}, result: t.Fields[1].Type, nullable: end.Nullable(), safe: true,
		kernel: map1(t.Fields[1].Type, func(at int64) int64 { return at - 1 }),
		text:   func(string, []Expr) string { return "window_time(" + e.String() + ")" },
	}
}

// WindowOf is the window whose last moment e is: of window_time(window); nil: e is no such.
func WindowOf(e Expr) Expr {
	c, ok := e.(*call)
	if !ok || c.name != "window_time" {
		return nil
	}
	end, ok := c.args[0].(*GetField)
	if !ok {
		return nil
	}
	return end.child
}

func buildWindowTime(b *builder) (Expr, error) {
	if e := windowTimeOf(b.args[0]); e != nil {
		return e, nil
	}
	return nil, b.wrongInput(0, `"STRUCT<start: TIMESTAMP, end: TIMESTAMP>"`)
}

// A SessionWindow is session_window(time, gap): the stretch that a time opens, as struct<start, end>.
// Stretches that touch are merged by who plans the aggregate.
type SessionWindow struct{ Time, Gap Expr }

func buildSessionWindow(b *builder) (Expr, error) {
	if e := windowTimeOf(b.args[0]); e != nil { // a session of windows goes by their last moment
		b.args[0] = e
	}
	if err := b.coerceTo(aTime, anything); err != nil {
		return nil, err
	}
	gap := b.args[1]
	if isFoldable(gap) {
		micros, err := b.duration(gap)
		if err != nil {
			return nil, err
		}
		gap = &Constant{Value: micros, DataType: dayToSecond}
	} else if gap.Type() == types.String {
		var err error
		if gap, err = NewCast(gap, types.CalendarInterval, 0, b.ctx.ANSI, true); err != nil {
			return nil, err
		}
	}
	return &SessionWindow{Time: b.args[0], Gap: gap}, nil
}

// Type is struct<start, end> of the time's type.
func (w *SessionWindow) Type() types.Type { return windowType(w.Time.Type()) }

// Nullable is false: who plans the window drops the rows without a time.
func (w *SessionWindow) Nullable() bool { return false }

// String is the call "session_window(time, gap)".
func (w *SessionWindow) String() string {
	return "session_window(" + w.Time.String() + ", " + w.Gap.String() + ")"
}

// Children is the time and the gap.
func (w *SessionWindow) Children() []Expr { return []Expr{w.Time, w.Gap} }

// WithChildren is a session window of another time and gap.
func (w *SessionWindow) WithChildren(children []Expr) Expr {
	return &SessionWindow{Time: children[0], Gap: children[1]}
}

// Eval is the stretch from each time to the time plus the gap; null where the gap is not positive.
func (w *SessionWindow) Eval(ctx *Context, in arrow.RecordBatch) (Vector, error) {
	args, _, err := evalAll(ctx, in, w.Children())
	if err != nil {
		return Vector{}, err
	}
	n := int(in.NumRows())
	end, err := addIntervalKernel(w.Time.Type(), w.Gap.Type(), 1)(ctx, n, args)
	if err != nil {
		return Vector{}, err
	}
	starts := args[0].Expand(n)
	valid := validOf(end)
	from, to := fixedValues[int64](starts), fixedValues[int64](end)
	for i := range from {
		if valid.has(i) && to[i] <= from[i] {
			if valid == nil {
				valid = fullMask(n)
			}
			valid.clear(i)
		}
	}
	return Vector{Values: newStructLike(types.ToArrow(w.Type()), []arrow.Array{starts, end}, valid, n)}, nil
}

var windowTimeFunctions = table{
	"window":         built(2, 4, buildTimeWindow),
	"window_time":    built(1, 1, buildWindowTime),
	"session_window": built(2, 2, buildSessionWindow),
}
