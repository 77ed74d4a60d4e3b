package datetime

import (
	"cmp"
	"time"

	"lakehouse/internal/errclass"
)

// A RebaseMode says what is made of days before 1582-10-15 and of instants before 1900: Spark before 3.0, and old Hive, wrote
// them by the hybrid calendar of java.util, Julian at first, and by zones without their local mean time.
type RebaseMode string

// The modes, by Spark's names. The zero value is Corrected.
const (
	Corrected RebaseMode = "CORRECTED" // they are read as written
	Legacy    RebaseMode = "LEGACY"    // they are taken for the hybrid calendar's, and get the same date and time in today's
	Exception RebaseMode = "EXCEPTION" // they are an error
)

// RebaseModes lists them.
var RebaseModes = []string{string(Exception), string(Corrected), string(Legacy)}

// What Spark notes in the files that it writes.
const (
	keyVersion        = "org.apache.spark.version"
	keyZone           = "org.apache.spark.timeZone"
	keyLegacyDatetime = "org.apache.spark.legacyDateTime"
	keyLegacyInt96    = "org.apache.spark.legacyINT96"
)

// A Rebase is how the days and instants of one file are read. It belongs to one goroutine.
type Rebase struct {
	mode   RebaseMode
	format string // for the error, as Spark names it
	clock  *Clock
	raw    int64 // microseconds east of UTC that the zone has for java.util before 1900
}

// RebaseOf says how dates and timestamps of a file are read. What Spark noted in the file counts; the mode is for files of others.
func RebaseOf(noted func(key string) (string, bool), mode RebaseMode, format string) *Rebase {
	return rebaseOf(noted, mode, format, "3.0.0", keyLegacyDatetime)
}

// RebaseInt96Of is RebaseOf for Parquet's timestamps of 96 bits.
func RebaseInt96Of(noted func(key string) (string, bool), mode RebaseMode) *Rebase {
	return rebaseOf(noted, mode, "Parquet INT96", "3.1.0", keyLegacyInt96)
}

func rebaseOf(noted func(string) (string, bool), mode RebaseMode, format, since, legacy string) *Rebase {
	mode = cmp.Or(mode, Corrected)
	if version, ok := noted(keyVersion); ok {
		mode = Corrected
		if _, flagged := noted(legacy); flagged || version < since {
			mode = Legacy
		}
	}
	if mode == Corrected {
		return nil
	}
	name, _ := noted(keyZone)
	zone, ok := ParseZone(name)
	if !ok {
		zone = time.UTC // as java.util takes a name that it does not know; without one Spark takes that of its process
	}
	return newRebase(mode, format, zone)
}

// NewRebase reads in a mode; the zone is the writer's.
func newRebase(mode RebaseMode, format string, zone *time.Location) *Rebase {
	return &Rebase{mode: mode, format: format, clock: NewClock(zone), raw: standardOffset(zone) * MicrosPerSecond}
}

// standardOffset is a zone's offset today, without summer time: java.util has no other for the time before its first transition.
func standardOffset(zone *time.Location) int64 {
	const lastPlanned = 2037
	_, january := time.Date(lastPlanned, time.January, 1, 0, 0, 0, 0, time.UTC).In(zone).Zone()
	_, july := time.Date(lastPlanned, time.July, 1, 0, 0, 0, 0, time.UTC).In(zone).Zone()
	return int64(min(january, july))
}

const (
	firstGregorianDay = -141_427                   // 1582-10-15
	legacyMicros      = -2_208_988_800 * 1_000_000 // 1900-01-01T00:00:00Z: from there on both agree in every zone
	julianMarch       = 719_470                    // days from 0000-03-01 of the Julian calendar to 1970-01-01
	fourYears         = 4*365 + 1                  // days
)

// Days sets dst to the days of src.
func (r *Rebase) Days(dst, src []int32) error {
	for i, day := range src {
		if day < firstGregorianDay {
			if r.mode == Exception {
				return r.ancient()
			}
			day = JulianToGregorianDay(day)
		}
		dst[i] = day
	}
	return nil
}

// Micros sets dst to the instants of src, in microseconds.
func (r *Rebase) Micros(dst, src []int64) error {
	for i, micros := range src {
		if micros < legacyMicros {
			if r.mode == Exception {
				return r.ancient()
			}
			micros = r.instant(micros)
		}
		dst[i] = micros
	}
	return nil
}

// Changes tells that a value, in microseconds, may become another.
func (r *Rebase) Changes(micros int64) bool { return r != nil && micros < legacyMicros }

// ChangesDay tells that a day may become another.
func (r *Rebase) ChangesDay(day int64) bool { return r != nil && day < firstGregorianDay }

// JulianToGregorianDay is the day that has in the Gregorian calendar the date that a day has in the Julian. A date that only the
// Julian calendar has, the 29th of February of 1500, is the day after.
func JulianToGregorianDay(day int32) int32 {
	if day >= firstGregorianDay {
		return day
	}
	z := int64(day) + julianMarch
	year := FloorDiv(4*z+3, fourYears)
	doy := z - FloorDiv(fourYears*year, 4)
	mp := (5*doy + 2) / 153
	month := int(mp) + 3
	if month > 12 {
		month -= 12
		year++
	}
	return int32(DayNumber(year, month, 1) + doy - (153*mp+2)/5)
}

// instant is when today's calendar and the zone's own history show what java.util shows of an instant.
func (r *Rebase) instant(micros int64) int64 {
	day, rest := Split(micros + r.raw)
	local := int64(JulianToGregorianDay(int32(max(day, firstDay))))*MicrosPerDay + rest
	second := FloorDiv(local, MicrosPerSecond)
	before, after := r.clock.OffsetAt(second-86400), r.clock.OffsetAt(second+86400)
	if after != before && r.clock.OffsetAt(second-after) != after {
		after = before
	}
	return local - after*MicrosPerSecond
}

// firstDay is before every day that a number of microseconds reaches.
const firstDay = -106_751_992

func (r *Rebase) ancient() error {
	option := "datetimeRebaseMode"
	if r.format == "Parquet INT96" {
		option = "int96RebaseMode"
	}
	return errclass.ReadAncientDatetime.New("reading dates before 1582-10-15 or timestamps before 1900-01-01T00:00:00Z from %s files can be "+
		"ambiguous, as the files may be written by Spark 2.x or legacy versions of Hive, which uses a legacy hybrid calendar that is different "+
		"from Spark 3.0+'s Proleptic Gregorian calendar.", r.format).
		WithHint("Set the option '%s' to LEGACY, which rebases such values, or to CORRECTED, which reads them as they are.", option)
}
