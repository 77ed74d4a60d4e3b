package stream

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"lakehouse/internal/errclass"
	"lakehouse/internal/option"
)

// A Trigger says when batches run. The zero value runs the next batch as soon as the last one ends.
type Trigger struct {
	kind     triggerKind
	interval time.Duration // of atIntervals, in whole milliseconds
}

type triggerKind uint8

const (
	continuously triggerKind = iota
	atIntervals
	justOnce
	untilCaughtUp
	continuousMode // refused at the start, as is
	realTimeMode
)

// ProcessingTime runs batches on the grid of whole intervals since the epoch, the first at once. A batch
// that outlasts its interval is followed by the next at once. Intervals count whole milliseconds, as Spark's do; zero is
// the default trigger, and a query with a negative one does not start.
func ProcessingTime(interval time.Duration) Trigger {
	interval = interval.Truncate(time.Millisecond)
	if interval == 0 {
		return Trigger{}
	}
	return Trigger{kind: atIntervals, interval: interval}
}

// Once runs one batch with everything there is, whatever the sources' rate limits, and ends.
func Once() Trigger { return Trigger{kind: justOnce} }

// AvailableNow runs as many batches as the rate limits ask for over what is there at the start, and ends.
func AvailableNow() Trigger { return Trigger{kind: untilCaughtUp} }

// Continuous and RealTime are Spark's triggers for rows without batches. A query with one of them does not start: this engine
// runs micro-batches, which the default trigger begins one after the other.
func Continuous(checkpointInterval time.Duration) Trigger {
	return Trigger{kind: continuousMode, interval: checkpointInterval}
}

// RealTime is refused: see [Continuous].
func RealTime(batchDuration time.Duration) Trigger {
	return Trigger{kind: realTimeMode, interval: batchDuration}
}

// check refuses the triggers that no query can have.
func (t Trigger) check() error {
	switch {
	case t.kind == continuousMode:
		return notMicroBatches("continuous")
	case t.kind == realTimeMode:
		return notMicroBatches("realTime")
	case t.interval < 0:
		return errclass.CannotParseInterval.New("requirement failed: the interval of trigger should not be negative, but it is %s.", t.interval)
	}
	return nil
}

func notMicroBatches(trigger string) error {
	return errclass.UnsupportedFeature.New("the trigger %s is not supported: streams run in micro-batches.", trigger).
		WithHint("Leave the trigger out: a batch follows the one before at once, and a row is through in milliseconds.")
}

// triggerWords are the triggers without an interval, and those with one that are refused.
var triggerWords = []string{"default", "once", "availableNow", "processingTime", "continuous", "realTime"}

// ParseTrigger reads a trigger as command lines give it: "default", "once", "availableNow", or an
// interval such as "10 seconds".
func ParseTrigger(text string) (Trigger, error) {
	switch strings.ToLower(text) {
	case "", "default":
		return Trigger{}, nil
	case "once":
		return Once(), nil
	case "availablenow":
		return AvailableNow(), nil
	}
	if word, rest, _ := strings.Cut(strings.TrimSpace(text), " "); word != "" {
		switch word = strings.ToLower(word); {
		case word == "continuous" || word == "realtime":
			return Trigger{}, notMicroBatches(map[string]string{"continuous": "continuous", "realtime": "realTime"}[word])
		case word == "processingtime":
			return ParseTrigger(strings.TrimSpace(rest))
		case (word == "once" || word == "availablenow" || word == "default") && rest != "":
			return Trigger{}, errclass.SingleTrigger.New("Only a single trigger is allowed.")
		}
	}
	interval, err := option.ParseDuration(text)
	if unitless := strings.Trim(text, " 0123456789") == ""; err != nil || unitless { // milliseconds to options, seconds to most who write it
		return Trigger{}, errclass.CannotParseInterval.New("Unable to parse '%s'.", text).
			WithHint("%s", cmp.Or(errclass.DidYouMean(text, triggerWords), "A trigger is default, once, availableNow or an interval such as \"10 seconds\"."))
	}
	return ProcessingTime(interval), nil
}

// String is the trigger as ParseTrigger reads it.
func (t Trigger) String() string {
	switch t.kind {
	case atIntervals:
		return intervalText(t.interval)
	case justOnce:
		return "once"
	case untilCaughtUp:
		return "availableNow"
	default:
		return "default"
	}
}

// intervalText is an interval in the largest unit that counts it whole.
func intervalText(interval time.Duration) string {
	for _, unit := range []struct {
		length time.Duration
		name   string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}, {time.Second, "second"}} {
		switch n := interval / unit.length; {
		case interval%unit.length != 0:
		case n == 1:
			return "1 " + unit.name
		default:
			return fmt.Sprintf("%d %ss", n, unit.name)
		}
	}
	return fmt.Sprintf("%d milliseconds", interval.Milliseconds())
}

// Ends reports whether a query with this trigger ends by itself.
func (t Trigger) Ends() bool { return t.kind == justOnce || t.kind == untilCaughtUp }

// next is when the batch after the one begun at last may start.
func (t Trigger) next(last, now time.Time) time.Time {
	if t.kind != atIntervals {
		return now
	}
	if now.Before(last) { // the clock went back
		last = now
	}
	ms := t.interval.Milliseconds()
	due := time.UnixMilli((last.UnixMilli()/ms + 1) * ms)
	if due.Before(now) {
		return now
	}
	return due
}
