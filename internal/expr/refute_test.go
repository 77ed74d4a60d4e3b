package expr_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"lakehouse/internal/expr"
	"lakehouse/internal/predicate"
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
		{Name: "b", Type: types.Boolean, Nullable: true},
		{Name: "dec", Type: types.Decimal{Precision: 10, Scale: 2}, Nullable: true},
	}}}
	for condition, want := range map[string]string{
		"a > 3":                        "{[a] 4 3}",
		"3 >= a":                       "{[a] 3 3}",
		"a = 3000000000":               "{[a] 0 3000000000}",
		"a BETWEEN 1 AND 2":            "[{[a] 5 1} {[a] 3 2}]",
		"a > 1 AND upper(s) = 'X'":     "{[a] 4 1}",
		"a > 1 OR upper(s) = 'X'":      "<nil>",
		"a > 1 OR s = 'x'":             "[{[a] 4 1} {[s] 0 x}]",
		"a IN (1, 2)":                  "{[a] [1 2]}",
		"a IN (1, NULL)":               "{[a] [1]}",
		"a NOT IN (1, 2)":              "[{[a] 1 1} {[a] 1 2}]",
		"a NOT IN (1, NULL)":           "<nil>",
		"a IS NULL":                    "{[a] false}",
		"s IS NOT NULL":                "{[s] true}",
		"NOT a > 3":                    "{[a] 3 3}",
		"NOT (a > 3 AND s = 'x')":      "[{[a] 3 3} {[s] 1 x}]",
		"NOT (a > 3 OR upper(s) > '')": "{[a] 3 3}",
		"NOT a IS NULL":                "{[a] true}",
		"a <=> 3":                      "{[a] 0 3}",
		"a <=> NULL":                   "{[a] false}",
		"NOT a <=> 3":                  "<nil>",
		"b":                            "{[b] 0 true}",
		"NOT b":                        "{[b] 0 false}",
		"b = false":                    "{[b] 0 false}",
		"s LIKE 'ab%'":                 "[{[s] 5 ab} {[s] 2 ac}]",
		"s LIKE 'a_c%'":                "[{[s] 5 a} {[s] 2 b}]",
		"s LIKE 'ab'":                  "{[s] 0 ab}",
		"s LIKE '%ab'":                 "<nil>",
		"s LIKE 'a!%b%' ESCAPE '!'":    "[{[s] 5 a%b} {[s] 2 a%c}]",
		"s NOT LIKE 'ab%'":             "[{[s] 2 ab} {[s] 5 ac}]",
		"s NOT LIKE 'a_c%'":            "<nil>",
		"s ILIKE 'ab%'":                "<nil>",
		"startswith(s, 'ab')":          "[{[s] 5 ab} {[s] 2 ac}]",
		"a <> 7":                       "{[a] 1 7}",
		"a + 1 > 3":                    "<nil>",
		"a > a":                        "<nil>",
		"d >= '2025-01-31'":            "{[d] 5 20119}",
		"ts < TIMESTAMP '2025-01-31'":  "{[ts] 2 1738281600000000}",
		"s > 1":                        "<nil>",
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

// What statistics of one column say of a condition on a function of it.
func TestMonotoneConditionsAreRefuted(t *testing.T) {
	r := resolver{ctx: &expr.BuildContext{ANSI: true, TimeZone: time.UTC}, schema: types.Struct{Fields: []types.Field{
		{Name: "d", Type: types.Date, Nullable: true},
		{Name: "ts", Type: types.Timestamp, Nullable: true},
		{Name: "ntz", Type: types.TimestampNTZ, Nullable: true},
		{Name: "s", Type: types.String, Nullable: true},
		{Name: "i", Type: types.Integer, Nullable: true},
		{Name: "dec", Type: types.Decimal{Precision: 10, Scale: 2}, Nullable: true},
	}}}
	const day = int64(24 * 60 * 60 * 1_000_000)
	may := func(low, high predicate.Value) predicate.ColumnStats {
		return predicate.ColumnStats{Min: low, Max: high, Nulls: 0}
	}
	of2025 := map[string]predicate.ColumnStats{ // 10 to 12 January 2025
		"d": may(int64(20098), int64(20100)), "ts": may(20098*day, 20100*day+1), "ntz": may(20098*day, 20100*day+1),
		"s": may("banana", "cherry"), "i": may(int64(-5), int64(7)),
		"dec": may(decimal128.FromI64(150), decimal128.FromI64(1099)),
	}
	for condition, want := range map[string]bool{
		"year(d) = 2025":                   true,
		"year(d) = 2024":                   false,
		"2024 >= year(d)":                  false,
		"NOT year(d) <= 2025":              false,
		"trunc(d, 'MM') = '2025-01-01'":    true,
		"trunc(d, 'MM') > '2025-01-01'":    false,
		"last_day(d) < '2025-01-31'":       false,
		"date_add(d, 30) < '2025-02-08'":   false,
		"date_add(d, 30) < '2025-02-10'":   true,
		"date_sub(d, 1) = '2025-01-08'":    false,
		"add_months(d, 1) >= '2025-03-01'": false,
		"CAST(ts AS DATE) = '2025-01-09'":  true, // in some zone it may be
		"CAST(ts AS DATE) = '2025-01-08'":  false,
		"CAST(ts AS DATE) > '2025-01-13'":  false,
		"year(ts) = 2024":                  false,
		"year(ts) < 2026":                  true,
		"CAST(ntz AS DATE) = '2025-01-09'": false,
		"substring(s, 1, 1) = 'a'":         false,
		"left(s, 2) = 'ch'":                true,
		"left(s, 2) > 'ch'":                false,
		"substring(s, 2, 1) = 'z'":         true, // not of the beginning
		"CAST(i AS DOUBLE) > 7.5":          false,
		"i > 7.5":                          false,
		"i < 6.5":                          true,
		"dec > 10.999":                     false,
		"dec = 5":                          true,
		"dec < 1":                          false,
		"date_format(d, 'yyyy') = '1999'":  true, // not known to keep the order
		"unix_micros(ts) < 0":              false,
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
		got := predicate.MayMatch(p, 10, func(column []string) (predicate.ColumnStats, bool) { return of2025[column[0]], true })
		if got != want {
			t.Errorf("%s: a match is possible: %v, want %v (%v)", condition, got, want, p)
		}
	}
}

// Conditions on columns that have one value in each part are decided there, whatever they compute.
func TestConditionsOnSingleValuesAreDecided(t *testing.T) {
	r := resolver{ctx: &expr.BuildContext{ANSI: true, TimeZone: time.UTC}, schema: types.Struct{Fields: []types.Field{
		{Name: "day", Type: types.String, Nullable: true},
		{Name: "n", Type: types.Integer, Nullable: true},
		{Name: "x", Type: types.Integer, Nullable: true},
	}}}
	values := map[string]predicate.Value{"day": "Mon", "n": int64(6)}
	for condition, want := range map[string]bool{
		"upper(day) = 'MON'":                  true,
		"upper(day) = 'TUE'":                  false,
		"NOT upper(day) = 'MON'":              false,
		"n % 2 = 0":                           true,
		"n % 2 = 1":                           false,
		"n % 2 = 1 OR upper(day) LIKE '%ON'":  true,
		"n % 2 = 1 OR upper(day) LIKE '%UE'":  false,
		"n % 2 = 1 AND x > 1":                 false,
		"n % 2 = 1 OR x > 1":                  true,
		"concat(day, n) = 'Mon6'":             true,
		"concat(day, n) = 'Mon7'":             false,
		"1 / (n - 6) > 0":                     true, // it fails, and that is for who reads the rows to tell
		"n % 2 = 1 AND upper(day) = 'MON'":    false,
		"coalesce(day, '') = 'Tue'":           false,
		"length(day) + n BETWEEN 10 AND 20":   false,
		"day IN ('Mon') AND length(day) <> 3": false,
	} {
		parsed, err := sql.ParseExpression(condition)
		if err != nil {
			t.Fatal(err)
		}
		e, err := r.expr(parsed)
		if err != nil {
			t.Fatal(err)
		}
		p := expr.ToPredicateOf(expr.Fold(e, testContext()), expr.Statistics{
			Path:   func(i int) []string { return []string{r.schema.Fields[i].Name} },
			Single: func(i int) bool { return i < 2 },
		})
		got := predicate.MayMatch(p, 10, func(column []string) (predicate.ColumnStats, bool) {
			v, ok := values[column[0]]
			return predicate.ColumnStats{Min: v, Max: v, Single: ok}, ok
		})
		if got != want {
			t.Errorf("%s: a match is possible: %v, want %v (%v)", condition, got, want, p)
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
