package stream

import (
	"time"

	"lakehouse/internal/errclass"
	"lakehouse/internal/option"
)

// A Trigger says when batches run. The zero value runs the next batch as soon as the last one ends.
type Trigger struct {
	kind     triggerKind
	interval time.Duration
}

type triggerKind uint8

const (
	continuously triggerKind = iota
	atIntervals
	justOnce
	untilCaughtUp
)

// ProcessingTime runs batches on the grid of whole intervals since the epoch, the first at once. A batch
// that outlasts its interval is followed by the next at once. Zero is the default trigger.
func ProcessingTime(interval time.Duration) Trigger {
	if interval <= 0 {
		return Trigger{}
	}
	return Trigger{kind: atIntervals, interval: interval}
}

// Once runs one batch with everything there is, whatever the sources' rate limits, and ends.
func Once() Trigger { return Trigger{kind: justOnce} }

// AvailableNow runs as many batches as the rate limits ask for over what is there at the start, and ends.
func AvailableNow() Trigger { return Trigger{kind: untilCaughtUp} }

// ParseTrigger reads a trigger as command lines give it: "default", "once", "availableNow", or an
// interval such as "10 seconds".
func ParseTrigger(text string) (Trigger, error) {
	switch text {
	case "", "default":
		return Trigger{}, nil
	case "once":
		return Once(), nil
	case "availableNow", "availablenow":
		return AvailableNow(), nil
	}
	interval, err := option.ParseDuration(text)
	if err != nil {
		return Trigger{}, errclass.CannotParseInterval.New("Unable to parse '%s'.", text).
			WithHint("A trigger is default, once, availableNow or an interval such as \"10 seconds\".")
	}
	return ProcessingTime(interval), nil
}

// String is the trigger as ParseTrigger reads it.
func (t Trigger) String() string {
	switch t.kind {
	case atIntervals:
		return t.interval.String()
	case justOnce:
		return "once"
	case untilCaughtUp:
		return "availableNow"
	default:
		return "default"
	}
}

// Ends reports whether a query with this trigger ends by itself.
func (t Trigger) Ends() bool { return t.kind == justOnce || t.kind == untilCaughtUp }

// next is when the batch after the one begun at last may start.
func (t Trigger) next(last, now time.Time) time.Time {
	if t.kind != atIntervals {
		return now
	}
	due := last.Truncate(t.interval).Add(t.interval)
	if due.Before(now) {
		return now
	}
	return due
}
