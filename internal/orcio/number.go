package orcio

import (
	"errors"
	"math"
	"time"

	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"lakehouse/internal/datetime"
	"lakehouse/internal/records"
	"lakehouse/internal/types"
)

var errDecimal = errors.New("a decimal has more digits than its type")

// decimals are unscaled numbers of any length, each with its own scale.
func (c *column) decimals(n, there int) error {
	scales, err := c.numbers(c.lengths, there, &c.ints)
	if err != nil {
		return err
	}
	t := c.b.Type.(types.Decimal)
	return c.each(n, func(k int) error {
		v, err := c.unscaled()
		if err != nil {
			return err
		}
		shift := int64(t.Scale) - scales[k]
		switch {
		case shift < -maxDigits || shift > maxDigits:
			return errDecimal
		case shift < 0:
			whole := v.ReduceScaleBy(int32(-shift), false)
			if whole.IncreaseScaleBy(int32(-shift)) != v {
				return errDecimal
			}
			v = whole
		case shift > 0 && v.Sign() != 0:
			if !v.FitsInPrecision(int32(maxDigits - shift)) {
				return errDecimal
			}
			v = v.IncreaseScaleBy(int32(shift))
		}
		if !v.FitsInPrecision(int32(t.Precision)) {
			return errDecimal
		}
		c.b.Decimals = append(c.b.Decimals, v)
		c.b.Len++
		return nil
	})
}

const maxDigits = 38

// unscaled reads a number of 7 bits a byte, in zigzag.
func (c *column) unscaled() (decimal128.Num, error) {
	var hi, lo uint64
	for shift := uint(0); shift < 133; shift += 7 {
		b, err := c.raw.ReadByte()
		if err != nil {
			return decimal128.Num{}, err
		}
		part := uint64(b & 0x7F)
		switch {
		case shift >= 126 && part > 3:
			return decimal128.Num{}, errDecimal
		case shift < 64:
			lo |= part << shift
			if shift > 57 {
				hi |= part >> (64 - shift)
			}
		default:
			hi |= part << (shift - 64)
		}
		if b < 0x80 {
			negative := lo&1 == 1
			lo, hi = lo>>1|hi<<63, hi>>1
			if negative {
				lo, hi = ^lo, ^hi
			}
			return decimal128.New(int64(hi), lo), nil
		}
	}
	return decimal128.Num{}, errDecimal
}

const maxNanos = 999_999_999

const maxSeconds = math.MaxInt64 / 1_000_000 / 2

// timestamps are seconds since 2015 in the writer's zone, and nanoseconds without their zeros.
func (c *column) timestamps(n, there int) error {
	seconds, err := c.numbers(c.data, there, &c.ints)
	if err != nil {
		return err
	}
	nanos, err := c.numbers(c.lengths, there, &c.more)
	if err != nil {
		return err
	}
	return c.each(n, func(k int) error {
		s, fraction := seconds[k], nanos[k]>>3
		if s > maxSeconds || s < -maxSeconds {
			return errors.New("a timestamp is too large")
		}
		if zeros := nanos[k] & 7; zeros > 0 && fraction <= maxNanos && fraction >= -maxNanos {
			for range zeros + 1 {
				fraction *= 10
			}
		}
		if fraction < -maxNanos || fraction > maxNanos { // Arrow's writer has negative ones before 1970
			return errors.New("a timestamp has too many nanoseconds")
		}
		if s += c.base; s < 0 && fraction > 999_999 {
			s-- // the writer has rounded to zero
		}
		if c.node.catalyst != "timestamp_ntz" && c.b.Kind == records.Timestamp && c.written != c.zone {
			s = moved(s, c.written, c.zone)
		}
		if day := floorDay(s); c.julian && day < maxJulianDay {
			s += int64(datetime.JulianToGregorianDay(int32(day))-int32(day)) * secondsADay
		}
		c.b.Int64s = append(c.b.Int64s, s*1_000_000+floorMicros(fraction))
		c.b.Len++
		return nil
	})
}

const (
	secondsADay  = 86_400
	maxJulianDay = -141_427 // 1582-10-15
)

// floorDay is the day of a second; of one too long ago, which no timestamp reaches, any that long ago.
func floorDay(s int64) int64 { return max(datetime.FloorDiv(s, secondsADay), math.MinInt32/2) }

func floorMicros(nanos int64) int64 {
	micros := nanos / 1000
	if nanos%1000 < 0 {
		micros--
	}
	return micros
}

// moved is the instant at which clocks in another zone show the same.
func moved(seconds int64, from, to *time.Location) int64 {
	t := time.Unix(seconds, 0).In(from)
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, to).Unix()
}
