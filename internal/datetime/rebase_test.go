package datetime

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lakehouse/internal/errclass"
)

// A day of the Julian calendar becomes the day of the same date, also before our era and where only the Julian calendar has it.
func TestJulianDaysKeepTheirDate(t *testing.T) {
	for day, want := range map[int32]string{
		-141428: "1582-10-04", -141427: "1582-10-15", -141704: "1582-01-01", -719164: "0001-01-01", -719165: "0000-12-31",
		-719529: "0000-01-02", -354280: "1000-01-01", -354222: "1000-02-28", -354221: "1000-03-01", -354220: "1000-03-01", 0: "1970-01-01",
	} {
		got := time.Unix(int64(JulianToGregorianDay(day))*86400, 0).UTC().Format(time.DateOnly)
		if got != want {
			t.Errorf("%d: got %s, want %s", day, got, want)
		}
	}
}

// Instants of a zone are moved as Spark's table says (julian-gregorian-rebase-micros.json of Spark 4.2: seconds, and the difference
// from there on).
func TestInstantsAreRebasedAsBySpark(t *testing.T) {
	for zone, table := range map[string][][2]int64{
		"UTC":                 {{-62135769600, 172800}, {-59006448000, 86400}, {-55850688000, 0}, {-14825808000, -864000}, {-12219292800, 0}},
		"America/Los_Angeles": {{-62135740800, 172378}, {-52694899200, -86822}, {-14825779200, -864422}, {-12219264000, -422}, {-2717640000, 0}},
		"Europe/Moscow":       {{-62135780400, 174583}, {-59006458800, 88183}, {-14825818800, -862217}, {-12219303600, 1783}, {-2208988800, 0}},
		"Europe/Paris":        {{-62135773200, 175839}, {-52694931600, -83361}, {-14825811600, -860961}, {-12219296400, 3039}, {-2208988800, 0}},
	} {
		loc, ok := ParseZone(zone)
		if !ok {
			t.Fatal(zone)
		}
		r := newRebase(Legacy, "Parquet", loc)
		for _, at := range table {
			got := []int64{at[0]*MicrosPerSecond + 7}
			if err := r.Micros(got, got); err != nil || got[0] != (at[0]+at[1])*MicrosPerSecond+7 {
				t.Errorf("%s %d: moved by %d, want %d", zone, at[0], got[0]/MicrosPerSecond-at[0], at[1])
			}
		}
	}
}

// Days keep their order, and so do instants, but where a day is left out.
func TestRebasedDaysKeepTheirOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		day := rapid.Int32Range(-3_000_000, 0).Draw(t, "day")
		if a, b := JulianToGregorianDay(day), JulianToGregorianDay(day+1); a > b || b > a+12 {
			t.Fatalf("%d: %d, and then %d", day, a, b)
		}
		second := []int64{int64(day) * MicrosPerDay}
		if err := newRebase(Legacy, "Parquet", time.UTC).Micros(second, second); err != nil || second[0] != int64(JulianToGregorianDay(day))*MicrosPerDay {
			t.Fatalf("day %d, its midnight %d", JulianToGregorianDay(day), second[0])
		}
	})
}

func TestOldValuesMayBeAnError(t *testing.T) {
	r := newRebase(Exception, "Parquet INT96", time.UTC)
	if err := r.Micros([]int64{0}, []int64{legacyMicros}); err != nil {
		t.Error(err)
	}
	if err := r.Micros([]int64{0}, []int64{legacyMicros - 1}); !errors.Is(err, errclass.ReadAncientDatetime) {
		t.Error(err)
	}
	if err := r.Days([]int32{0}, []int32{firstGregorianDay - 1}); !errors.Is(err, errclass.ReadAncientDatetime) {
		t.Error(err)
	}
}
