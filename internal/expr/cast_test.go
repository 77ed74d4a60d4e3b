package expr

import (
	"math"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"pgregory.net/rapid"

	"lakehouse/internal/plan"
	"lakehouse/internal/types"
)

// throughText casts values to text and back.
func throughText[T value](t *rapid.T, typ types.Type, values []T, ctx *Context) []T {
	v := Vector{Values: store(typ, values, nil)}
	text, err := NewCast(&given{v, typ}, types.String, plan.EvalDefault, true, false)
	if err != nil {
		t.Fatal(err)
	}
	back, err := NewCast(text, typ, plan.EvalDefault, true, false)
	if err != nil {
		t.Fatal(err)
	}
	out, err := back.Eval(ctx, rowsBatch(len(values)))
	if err != nil {
		t.Fatal(err)
	}
	return load[T](out.Values)
}

func roundTrip[T value](typ types.Type, g *rapid.Generator[T], same func(a, b T) bool) func(t *testing.T) {
	return rapid.MakeCheck(func(t *rapid.T) {
		values := rapid.SliceOfN(g, 1, 40).Draw(t, "values")
		for i, got := range throughText(t, typ, values, runContext()) {
			if !same(got, values[i]) {
				t.Fatalf("%v came back as %v", values[i], got)
			}
		}
	})
}

func equal[T comparable](a, b T) bool { return a == b }

// A value survives being written as text and read again.
func TestCastsRoundTripThroughText(t *testing.T) {
	t.Run("int", roundTrip(types.Integer, rapid.Int32(), equal))
	t.Run("bigint", roundTrip(types.Long, edges[int64](), equal))
	t.Run("double", roundTrip(types.Double, rapid.Float64(), func(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) }))
	t.Run("float", roundTrip(types.Float, rapid.Float32(), func(a, b float32) bool { return a == b || a != a && b != b }))
	t.Run("boolean", roundTrip(types.Boolean, rapid.Bool(), equal))
	t.Run("date", roundTrip(types.Date, rapid.Int32Range(-719162, 2932896), equal))
	t.Run("timestamp_ntz", roundTrip(types.TimestampNTZ, rapid.Int64Range(-62135596800000000, 253402300799999999), equal))
	t.Run("timestamp", roundTrip(types.Timestamp, rapid.Int64Range(-62135596800000000, 253402300799999999), equal))
	t.Run("decimal", roundTrip(types.Decimal{Precision: 38, Scale: 10}, rapid.Custom(func(t *rapid.T) decimal128.Num {
		d := mul64(rapid.Int64().Draw(t, "a"), rapid.Int64Range(-1e18, 1e18).Draw(t, "b"))
		return d
	}), equal))
	t.Run("interval day to second", roundTrip(dayToSecond, rapid.Int64(), equal))
	t.Run("interval year to month", roundTrip(yearToMonth, rapid.Int32Range(-1<<31+1, 1<<31-1), equal))
	t.Run("string in binary", roundTrip(types.Binary, rapid.String(), equal))
}

// Local time survives in a zone that changes its offset, but for the hour that occurs twice.
func TestTimestampsRoundTripInAZone(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	ctx := runContext()
	ctx.TimeZone = berlin
	z := newZone(berlin)
	rapid.Check(t, func(t *rapid.T) {
		at := rapid.Int64Range(0, 4102444800000000).Draw(t, "at")
		got := throughText(t, types.Timestamp, []int64{at}, ctx)[0]
		if got != at && z.Local(got) != z.Local(at) {
			t.Fatalf("%v came back as %v", time.UnixMicro(at).In(berlin), time.UnixMicro(got).In(berlin))
		}
		if want := time.UnixMicro(at).In(berlin).Format("2006-01-02 15:04:05"); string(appendTimestamp(nil, z.Local(at-at%microsPerSecond))) != want {
			t.Fatalf("%v is not %s", at, want)
		}
	})
}

// The calendar agrees with package time over the years that both know.
func TestCivilDaysAgreeWithTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		day := rapid.Int64Range(-10_000_000, 10_000_000).Draw(t, "day")
		want := time.Unix(day*86400, 0).UTC()
		y, m, d := civil(day)
		if int(y) != want.Year() || m != int(want.Month()) || d != want.Day() || dayNumber(y, m, d) != day {
			t.Fatalf("day %d is %d-%d-%d, want %v", day, y, m, d, want)
		}
		if weekday(day) != (int(want.Weekday())+6)%7 {
			t.Fatalf("weekday of %v is %d", want, weekday(day))
		}
		if _, week := want.ISOWeek(); int(weekOfYear(day)) != week {
			t.Fatalf("week of %v is %d", want, weekOfYear(day))
		}
	})
}

func TestDoublesPrintAsInJava(t *testing.T) {
	for f, want := range map[float64]string{
		0: "0.0", 1: "1.0", 0.15: "0.15", 1e10: "1.0E10", 1e7: "1.0E7", 9999999: "9999999.0", 123456789.125: "1.23456789125E8",
		0.001: "0.001", 0.0009: "9.0E-4", 1e-10: "1.0E-10", math.MaxFloat64: "1.7976931348623157E308", math.Inf(-1): "-Infinity", -2.5: "-2.5",
	} {
		if got := string(appendFloat(nil, f, 64)); got != want {
			t.Errorf("%g prints as %s, want %s", f, got, want)
		}
	}
}

// Doubles are rounded by their shortest text, half away from zero; bround to even.
func TestRoundingGoesByDecimalDigits(t *testing.T) {
	for _, c := range []struct {
		v     float64
		scale int
		up    float64
		even  float64
	}{
		{2.5, 0, 3, 2},
		{-2.5, 0, -3, -2},
		{1.005, 2, 1.01, 1},
		{2.675, 2, 2.68, 2.68},
		{0.125, 2, 0.13, 0.12},
		{1234.5, -2, 1200, 1200},
		{150, -2, 200, 200},
		{1e300, 2, 1e300, 1e300},
		{1.2345678901234567e-5, 8, 1.235e-5, 1.235e-5},
		{0.3, 1, 0.3, 0.3},
	} {
		if got := roundFloat(halfUp, c.v, c.scale, 64); got != c.up {
			t.Errorf("round(%v, %d) = %v, want %v", c.v, c.scale, got, c.up)
		}
		if got := roundFloat(halfEven, c.v, c.scale, 64); got != c.even {
			t.Errorf("bround(%v, %d) = %v, want %v", c.v, c.scale, got, c.even)
		}
	}
}
