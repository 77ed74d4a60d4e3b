package expr_test

import (
	"fmt"
	"testing"
	"time"

	"lakehouse/internal/expr"
	"lakehouse/internal/sql"
	"lakehouse/internal/types"
)

// Of a condition, what statistics can refute is kept, and nothing that they cannot.
func TestConditionsBecomePredicates(t *testing.T) {
	r := resolver{ctx: &expr.BuildContext{ANSI: true, TimeZone: time.UTC}, schema: types.Struct{Fields: []types.Field{
		{Name: "a", Type: types.Integer, Nullable: true},
		{Name: "s", Type: types.String, Nullable: true},
		{Name: "p", Type: types.Struct{Fields: []types.Field{{Name: "x", Type: types.Double, Nullable: true}}}, Nullable: true},
		{Name: "ts", Type: types.Timestamp, Nullable: true},
		{Name: "d", Type: types.Date, Nullable: true},
	}}}
	for condition, want := range map[string]string{
		"a > 3":                       "{[a] 4 3}",
		"3 >= a":                      "{[a] 3 3}",
		"a = 3000000000":              "{[a] 0 3000000000}",
		"a BETWEEN 1 AND 2":           "[{[a] 5 1} {[a] 3 2}]",
		"a > 1 AND upper(s) = 'X'":    "{[a] 4 1}",
		"a > 1 OR upper(s) = 'X'":     "<nil>",
		"a > 1 OR s = 'x'":            "[{[a] 4 1} {[s] 0 x}]",
		"a IN (1, 2)":                 "{[a] [1 2]}",
		"a IN (1, NULL)":              "<nil>",
		"a IS NULL":                   "{[a] false}",
		"s IS NOT NULL":               "{[s] true}",
		"NOT a > 3":                   "<nil>",
		"a <> 7":                      "{[a] 1 7}",
		"a + 1 > 3":                   "<nil>",
		"a > a":                       "<nil>",
		"d >= '2025-01-31'":           "{[d] 5 20119}",
		"ts < TIMESTAMP '2025-01-31'": "{[ts] 2 1738281600000000}",
		"s > 1":                       "<nil>",
	} {
		parsed, err := sql.ParseExpression(condition)
		if err != nil {
			t.Fatal(err)
		}
		e, err := r.expr(parsed)
		if err != nil {
			t.Fatal(err)
		}
		p := expr.ToPredicate(expr.Fold(e, testContext()), func(i int) []string { return []string{r.schema.Fields[i].Name} })
		if got := fmt.Sprint(p); got != want {
			t.Errorf("%s: got %s, want %s", condition, got, want)
		}
	}
}

// Local times follow the session's zone, over its changes of offset.
func TestTimesFollowTheZoneOfTheSession(t *testing.T) {
	berlin := inZone("Europe/Berlin")
	for query, want := range map[string]string{
		"SELECT TIMESTAMP '2025-03-30 01:30:00' + INTERVAL '1' HOUR":                           "[2025-03-30 03:30:00]",
		"SELECT TIMESTAMP '2025-03-29 02:30:00' + INTERVAL '1' DAY":                            "[2025-03-30 03:30:00]",
		"SELECT hour(TIMESTAMP '2025-01-31 10:00:00Z')":                                        "[11]",
		"SELECT date_trunc('DAY', TIMESTAMP '2025-07-01 22:30:00Z')":                           "[2025-07-02 00:00:00]",
		"SELECT date_format(TIMESTAMP '2025-07-01 12:00:00Z', 'yyyy-MM-dd HH:mm:ss XXX VV z')": "[2025-07-01 14:00:00 +02:00 Europe/Berlin CEST]",
		"SELECT CAST(TIMESTAMP '2025-01-31 23:30:00Z' AS DATE)":                                "[2025-02-01]",
		"SELECT unix_timestamp('2025-01-31 01:00:00')":                                         "[1738281600]",
		"SELECT to_timestamp('2025-01-31 01:00 +05:30', 'yyyy-MM-dd HH:mm XXX')":               "[2025-01-30 20:30:00]",
		"SELECT from_utc_timestamp(TIMESTAMP '2025-01-31 00:00:00', 'America/New_York')":       "[2025-01-30 19:00:00]",
		"SELECT TIMESTAMP '2025-10-26 12:00' - TIMESTAMP '2025-10-25 12:00'":                   "[INTERVAL '1 00:00:00' DAY TO SECOND]",
	} {
		got, err := rowsIn(query, berlin)
		if err != nil || got != want {
			t.Errorf("%s = %s, %v; want %s", query, got, err, want)
		}
	}
}

func TestDatetimePatterns(t *testing.T) {
	for query, want := range map[string]string{
		"SELECT date_format(TIMESTAMP '2019-12-03 10:15:30.123456', 'MMM-dd HH:mm')":                 "[Dec-03 10:15]",
		`SELECT date_format(TIMESTAMP '2019-12-03 10:15:30.123456', "yyyy-MM-dd'T'HH:mm:ss.SSSXXX")`: "[2019-12-03T10:15:30.123Z]",
		"SELECT date_format(TIMESTAMP '2019-12-03 13:05:09', 'EEEE, d MMMM yy h:m:s a')":             "[Tuesday, 3 December 19 1:5:9 PM]",
		"SELECT date_format(DATE '2019-12-03', 'D QQQ G')":                                           "[337 Q4 AD]",
		"SELECT to_timestamp('03/12/2019 1:05 PM', 'dd/MM/yyyy h:mm a')":                             "[2019-12-03 13:05:00]",
		"SELECT to_timestamp('20191203101530', 'yyyyMMddHHmmss')":                                    "[2019-12-03 10:15:30]",
		"SELECT to_timestamp('2019-12-03T10:15:30.5Z', \"yyyy-MM-dd'T'HH:mm:ss[.SSS][XXX]\")":        "[2019-12-03 10:15:30.5]",
		"SELECT to_timestamp('2019-12-03T10:15:30', \"yyyy-MM-dd'T'HH:mm:ss[.SSS][XXX]\")":           "[2019-12-03 10:15:30]",
		"SELECT to_date('3 Dec 2019', 'd MMM yyyy')":                                                 "[2019-12-03]",
		"SELECT try_to_timestamp('2019-02-30', 'yyyy-MM-dd')":                                        "[NULL]",
		"SELECT from_unixtime(0, 'yyyy/MM/dd')":                                                      "[1970/01/01]",
	} {
		got, err := rowsOf(query)
		if err != nil || got != want {
			t.Errorf("%s = %s, %v; want %s", query, got, err, want)
		}
	}
}
