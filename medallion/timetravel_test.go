package medallion

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"lakehouse/internal/errclass"
)

// travelSession has a table t of two versions with rows, made on two days.
func travelSession(t *testing.T) (s *Session, now *time.Time) {
	t.Helper()
	at := time.Date(2026, 1, 10, 12, 0, 0, 0, time.UTC)
	s, err := NewSession(Options{Root: t.TempDir(), Clock: func() time.Time { return at }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	answers(t, s, "CREATE TABLE t (id BIGINT) TBLPROPERTIES ('delta.enableInCommitTimestamps' = 'true', 'delta.enableChangeDataFeed' = 'true')")
	for id := range 2 {
		answers(t, s, fmt.Sprintf("INSERT INTO t VALUES (%d)", id))
		at = at.AddDate(0, 0, 1)
	}
	return s, &at
}

// The time of TIMESTAMP AS OF is any constant expression, as in Spark.
func TestTimeTravelTakesAnyConstantTime(t *testing.T) {
	s, now := travelSession(t)
	*now = time.Date(2026, 1, 11, 11, 0, 0, 0, time.UTC)
	for _, when := range []string{
		"'2026-01-11 11:00:00'", "'2026-01-10T23:59:59.999+01:00'", "DATE'2026-01-11'", "TIMESTAMP'2026-01-11 01:02:03'", "current_timestamp() - INTERVAL 1 HOUR",
		"current_date()", "date_sub(current_date(), 0)", "timestamp_micros(1768089600000000)", "1768089600", "concat('2026-01', '-11')",
	} {
		if got := answers(t, s, "SELECT id FROM t TIMESTAMP AS OF "+when); fmt.Sprint(got) != "[0]" {
			t.Errorf("as of %s: %q", when, got)
		}
	}
	for _, when := range []string{"'x'", "CAST(NULL AS STRING)", "concat('a', 'b')"} {
		if _, err := s.SQL(t.Context(), "SELECT id FROM t TIMESTAMP AS OF "+when); !errors.Is(err, errclass.InvalidTimeTravelInput) {
			t.Errorf("as of %s: %v", when, err)
		}
	}
	if _, err := s.SQL(t.Context(), "SELECT id FROM t TIMESTAMP AS OF id"); !errors.Is(err, errclass.UnresolvedColumnBare) {
		t.Error(err)
	}
}

// A time that names no zone is one of the session's zone, in SQL and in options.
func TestTimeTravelGoesByTheSessionsZone(t *testing.T) {
	s, _ := travelSession(t)
	for zone, want := range map[string]string{"UTC": "[0]", "America/Los_Angeles": "[0 1]"} { // 12:00 UTC is 4:00 there
		if err := s.SetConf(confTimeZone, zone); err != nil {
			t.Fatal(err)
		}
		if got := answers(t, s, "SELECT id FROM t TIMESTAMP AS OF '2026-01-11 04:00:00' ORDER BY id"); fmt.Sprint(got) != want {
			t.Errorf("%s: SQL reads %q, want %s", zone, got, want)
		}
		if got := answers(t, s, "SELECT id FROM t WITH ('timestampAsOf' = '2026-01-11 4:0') ORDER BY id"); fmt.Sprint(got) != want {
			t.Errorf("%s: the option reads %q, want %s", zone, got, want)
		}
		if got := answers(t, s, "SELECT id FROM table_changes('t', '2026-01-10', '2026-01-11 04:00:00') ORDER BY id"); fmt.Sprint(got) != want {
			t.Errorf("%s: the change feed has %q, want %s", zone, got, want)
		}
	}
}
