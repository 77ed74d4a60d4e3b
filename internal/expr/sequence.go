package expr

import (
	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

// maxSequence bounds the elements that one row may make.
const maxSequence = 1 << 27

// buildSequence is sequence(start, stop[, step]) of integers, dates or times.
func buildSequence(b *builder) (Expr, error) {
	first, err := b.sequenceType()
	if err != nil {
		return nil, err
	}
	t := types.Array{Element: first}
	if isInteger(first) {
		if len(b.args) == 3 {
			if b.args[2], err = implicit(b.ctx, b.args[2], first); err != nil {
				return nil, err
			}
		}
		return b.make(t, integerSequence(t)), nil
	}
	if len(b.args) == 2 {
		b.fn.text = b.textNow()
		b.args = append(b.args, &Constant{Value: microsPerDay, DataType: daysInterval})
	}
	if b.args[2].Type() == types.String {
		if b.args[2], err = NewCast(b.args[2], types.CalendarInterval, 0, b.ctx.ANSI, true); err != nil {
			return nil, err
		}
	}
	return b.make(t, timeSequence(t, b.args[2].Type())), nil
}

// textNow keeps what the call prints before arguments are added.
func (b *builder) textNow() func(string, []Expr) string {
	text := b.text()
	return func(string, []Expr) string { return text }
}

func (b *builder) sequenceType() (types.Type, error) {
	wide, ok := Wider(b.args[0].Type(), b.args[1].Type(), b.ctx.ANSI)
	if !ok || !isInteger(wide) && wide != types.Date && !isTimestamp(wide) {
		return nil, b.mismatch(errclass.DatatypeMismatchSequence,
			"`sequence` uses the wrong parameter type. The parameter type must conform to: 1. The start and stop expressions must resolve to the same type. 2. If start and stop expressions resolve to the (\"TIMESTAMP\" or \"TIMESTAMP_NTZ\" or \"DATE\") type, then the step expression must resolve to the (\"INTERVAL\" or \"INTERVAL YEAR TO MONTH\" or \"INTERVAL DAY TO SECOND\") type. 3. Otherwise, if start and stop expressions resolve to the (\"INTEGRAL\") type, then the step expression must resolve to the same type.")
	}
	for i := range 2 {
		var err error
		if b.args[i], err = implicit(b.ctx, b.args[i], wide); err != nil {
			return nil, err
		}
	}
	return wide, nil
}

func badBoundaries(start, stop, step int64) error {
	return errclass.InvalidSequence.New("Illegal sequence boundaries: %d to %d by %d.", start, stop, step)
}

func integerSequence(t types.Array) kernel {
	return func(_ *Context, n int, args []Vector) (arrow.Array, error) {
		start, stop := widened(args[0].Values), widened(args[1].Values)
		var steps []int64
		if len(args) == 3 {
			steps = widened(args[2].Values)
		}
		valid := validAll(n, args)
		offsets := make([]int32, 1, n+1)
		var out []int64
		for i := range n {
			if valid.has(i) {
				from, to := start[args[0].at(i)], stop[args[1].at(i)]
				step := int64(1)
				if to < from {
					step = -1
				}
				if steps != nil {
					step = steps[args[2].at(i)]
				}
				if step == 0 && from != to || step > 0 && from > to || step < 0 && from < to {
					return nil, badBoundaries(from, to, step)
				}
				count := int64(1)
				if step != 0 {
					count += int64(uint64(to-from) / uint64(step))
					if step < 0 {
						count = 1 + int64(uint64(from-to)/uint64(-step))
					}
				}
				if count < 0 || int64(len(out))+count > maxSequence {
					return nil, tooLong(count)
				}
				for k := range count {
					out = append(out, from+k*step)
				}
			}
			offsets = append(offsets, int32(len(out)))
		}
		return newListLike(types.ToArrow(t), offsets, narrowed(t.Element, out, nil), valid), nil
	}
}

func tooLong(count int64) error {
	return errclass.CollectionTooLarge.New("Can't create array with %d elements which exceeding the array size limit %d.", count, maxSequence)
}

// timeSequence steps through dates or times by an interval. Months are counted from the start, so that
// January 31 steps to February 28 and March 31.
func timeSequence(t types.Array, step types.Type) kernel {
	return func(ctx *Context, n int, args []Vector) (arrow.Array, error) {
		z := newZone(ctx.TimeZone)
		if t.Element != types.Timestamp {
			z = newZone(nil)
		}
		micros := microsOf(t.Element)
		start, stop := micros(args[0].Values), micros(args[1].Values)
		intervals := intervalParts(args[2].Values, step)
		valid := validAll(n, args)
		offsets := make([]int32, 1, n+1)
		var out []int64
		for i := range n {
			if valid.has(i) {
				from, to, by := start[args[0].at(i)], stop[args[1].at(i)], intervals[args[2].at(i)]
				size := int64(by.Months)*28*microsPerDay + int64(by.Days)*microsPerDay + by.Micros
				if size == 0 && from != to || size > 0 && from > to || size < 0 && from < to {
					return nil, badBoundaries(from, to, size)
				}
				for k := int64(0); ; k++ {
					at := moveTime(z, from, k*int64(by.Months), k*int64(by.Days), k*by.Micros)
					if size >= 0 && at > to || size < 0 && at < to || k > 0 && size == 0 {
						break
					}
					if len(out) == maxSequence {
						return nil, tooLong(maxSequence)
					}
					out = append(out, at)
				}
			}
			offsets = append(offsets, int32(len(out)))
		}
		return newListLike(types.ToArrow(t), offsets, fromMicros(t.Element, out), valid), nil
	}
}

// microsOf reads dates and times as microseconds.
func microsOf(t types.Type) func(arr arrow.Array) []int64 {
	if t != types.Date {
		return fixedValues[int64]
	}
	return func(arr arrow.Array) []int64 {
		out := make([]int64, arr.Len())
		for i, day := range fixedValues[int32](arr) {
			out[i] = int64(day) * microsPerDay
		}
		return out
	}
}

func fromMicros(t types.Type, values []int64) arrow.Array {
	if t != types.Date {
		return newFixed(t, values, nil)
	}
	days := make([]int32, len(values))
	for i, v := range values {
		days[i] = int32(floorDiv(v, microsPerDay))
	}
	return newFixed(t, days, nil)
}

// intervalParts reads intervals of any kind.
func intervalParts(arr arrow.Array, t types.Type) []Interval {
	out := make([]Interval, arr.Len())
	switch t := t.(type) {
	case types.Interval:
		if t.YearMonth() {
			for i, m := range fixedValues[int32](arr) {
				out[i].Months = m
			}
			return out
		}
		for i, v := range fixedValues[int64](arr) {
			out[i] = Interval{Days: int32(v / microsPerDay), Micros: v % microsPerDay}
		}
	default:
		for i, v := range fixedValues[arrow.MonthDayNanoInterval](arr) {
			out[i] = Interval{Months: v.Months, Days: v.Days, Micros: v.Nanoseconds / 1000}
		}
	}
	return out
}
