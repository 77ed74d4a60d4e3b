package expr

import (
	"math"

	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"lakehouse/internal/datetime"
	"lakehouse/internal/types"
)

func toDate(from types.Type) conversion {
	switch from {
	case types.String:
		return convertEach(func(_ *caster, s string) (int32, bool) {
			day, ok := datetime.ParseDateText(s)
			return int32(day), ok
		})
	case types.Timestamp:
		return convertEach(func(c *caster, micros int64) (int32, bool) {
			day, _ := split(c.zone.Local(micros))
			return int32(day), true
		})
	case types.TimestampNTZ:
		return convertEach(func(_ *caster, local int64) (int32, bool) {
			day, _ := split(local)
			return int32(day), true
		})
	}
	return nil
}

func toTimestamp(from types.Type, legacy bool) conversion {
	switch from {
	case types.String:
		return convertEach(func(c *caster, s string) (int64, bool) { return parseTimestamp(s, c) })
	case types.Date:
		return convertEach(func(c *caster, day int32) (int64, bool) { return c.zone.Instant(int64(day) * microsPerDay), true })
	case types.TimestampNTZ:
		return convertEach(func(c *caster, local int64) (int64, bool) { return c.zone.Instant(local), true })
	case types.Byte:
		return convertEach(secondsToMicros[int8])
	case types.Short:
		return convertEach(secondsToMicros[int16])
	case types.Integer:
		return convertEach(secondsToMicros[int32])
	case types.Long:
		return convertEach(secondsToMicros[int64])
	case types.Float:
		return convertEach(floatToMicros[float32])
	case types.Double:
		return convertEach(floatToMicros[float64])
	case types.Boolean:
		if legacy {
			return convertEach(func(_ *caster, b bool) (int64, bool) { return int64(b2u(b)), true })
		}
	}
	if from, ok := from.(types.Decimal); ok {
		return convertEach(func(_ *caster, d decimal128.Num) (int64, bool) {
			if from.Scale > 6 {
				d, _ = d.Div(tens[from.Scale-6])
			} else if d, ok = rescale(d, from.Scale, 6, types.MaxPrecision); !ok {
				return 0, false
			}
			return fits64(d)
		})
	}
	return nil
}

// secondsToMicros saturates, as Spark's SECONDS.toMicros does.
func secondsToMicros[T integer](_ *caster, seconds T) (int64, bool) {
	s := int64(seconds)
	switch {
	case s > math.MaxInt64/microsPerSecond:
		return math.MaxInt64, true
	case s < math.MinInt64/microsPerSecond:
		return math.MinInt64, true
	}
	return s * microsPerSecond, true
}

func floatToMicros[T float32 | float64](_ *caster, seconds T) (int64, bool) {
	f := float64(seconds) * 1e6
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return 0, false
	}
	switch {
	case f >= math.MaxInt64:
		return math.MaxInt64, true
	case f <= math.MinInt64:
		return math.MinInt64, true
	}
	return int64(f), true
}

func toTimestampNTZ(from types.Type) conversion {
	switch from {
	case types.String:
		return convertEach(func(_ *caster, s string) (int64, bool) { return parseTimestampNTZ(s) })
	case types.Date:
		return convertEach(func(_ *caster, day int32) (int64, bool) { return int64(day) * microsPerDay, true })
	case types.Timestamp:
		return convertEach(func(c *caster, micros int64) (int64, bool) { return c.zone.Local(micros), true })
	}
	return nil
}
