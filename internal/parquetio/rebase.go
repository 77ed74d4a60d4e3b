package parquetio

import (
	"github.com/parquet-go/parquet-go/format"

	"lakehouse/internal/datetime"
	"lakehouse/internal/predicate"
	"lakehouse/internal/types"
)

// rebase is how the old days and timestamps of a file are read; nil: as written.
type rebase struct{ dates, int96 *datetime.Rebase }

func (f *File) rebase(opts ReadOptions) rebase {
	return rebase{datetime.RebaseOf(f.KeyValue, opts.DatetimeRebase, "Parquet"), datetime.RebaseInt96Of(f.KeyValue, opts.Int96Rebase)}
}

func (f *File) planner(opts ReadOptions) planner {
	return planner{caseSensitive: opts.CaseSensitive, find: opts.Find, rebase: f.rebase(opts)}
}

// readerOf gives nil for what is read as written. Timestamps without a zone are: Spark began with them after it had changed its
// calendar.
func (r rebase) readerOf(e element, want types.Type) valueReader {
	switch from := inferLeaf(e); {
	case e.physical == format.Int96:
		if r.int96 != nil && want == types.Timestamp {
			return fixed(want, func(dst []int64, src []int96) error {
				if err := convertInt96(dst, src); err != nil {
					return err
				}
				return r.int96.Micros(dst, dst)
			})
		}
	case r.dates == nil:
	case from == types.Date && want == types.Date:
		return fixed(want, r.dates.Days)
	case from == types.Date && want == types.TimestampNTZ:
		return fixed(want, func(dst []int64, src []int32) error {
			days := make([]int32, len(src))
			if err := r.dates.Days(days, src); err != nil {
				return err
			}
			return convertDays(dst, days)
		})
	case from == types.Timestamp && want == types.Timestamp:
		switch unit, _ := e.timestamp(); unit {
		case unitMillis:
			return fixed(want, func(dst, src []int64) error {
				if err := convertMillis(dst, src); err != nil {
					return err
				}
				return r.dates.Micros(dst, dst)
			})
		case unitMicros:
			return fixed(want, r.dates.Micros)
		}
	}
	return nil
}

// hides tells that a chunk's bounds are not those of the values that are read.
func (r rebase) hides(e element, low predicate.Value) bool {
	least, ok := low.(int64)
	switch inferLeaf(e) {
	case types.Date:
		return r.dates != nil && (!ok || r.dates.ChangesDay(least))
	case types.Timestamp:
		return r.dates != nil && (!ok || r.dates.Changes(least))
	}
	return false
}
