package expr_test

import (
	"errors"
	"testing"

	"lakehouse/internal/errclass"
)

// The usual mistakes get Spark's class and its words.
func TestErrorsSayWhatSparkSays(t *testing.T) {
	for _, c := range []struct {
		query string
		class errclass.Class
		text  string
	}{
		{"SELECT CAST('abc' AS INT)", errclass.CastInvalidInput, "[CAST_INVALID_INPUT] The value 'abc' of the type \"STRING\" cannot be cast to \"INT\" because it is malformed. Correct the value as per the syntax, or change its target type. Use `try_cast` to tolerate malformed input and return NULL instead."},
		{"SELECT CAST('1,5' AS DOUBLE)", errclass.CastInvalidInput, "[CAST_INVALID_INPUT] The value '1,5' of the type \"STRING\" cannot be cast to \"DOUBLE\" because it is malformed. Correct the value as per the syntax, or change its target type. Use `try_cast` to tolerate malformed input and return NULL instead."},
		{"SELECT CAST('2025-13-01' AS TIMESTAMP)", errclass.CastInvalidInput, "[CAST_INVALID_INPUT] The value '2025-13-01' of the type \"STRING\" cannot be cast to \"TIMESTAMP\" because it is malformed. Correct the value as per the syntax, or change its target type. Use `try_cast` to tolerate malformed input and return NULL instead."},
		{"SELECT CAST('maybe' AS BOOLEAN)", errclass.CastInvalidInput, "[CAST_INVALID_INPUT] The value 'maybe' of the type \"STRING\" cannot be cast to \"BOOLEAN\" because it is malformed. Correct the value as per the syntax, or change its target type. Use `try_cast` to tolerate malformed input and return NULL instead."},
		{"SELECT CAST(3000000000 AS INT)", errclass.CastOverflow, "[CAST_OVERFLOW] The value 3000000000L of the type \"BIGINT\" cannot be cast to \"INT\" due to an overflow. Use `try_cast` to tolerate overflow and return NULL instead."},
		{"SELECT 1/0", errclass.DivideByZero, "[DIVIDE_BY_ZERO] Division by zero. Use `try_divide` to tolerate divisor being 0 and return NULL instead. If necessary set \"spark.sql.ansi.enabled\" to \"false\" to bypass this error."},
		{"SELECT 2147483647 + 1", errclass.ArithmeticOverflow, "[ARITHMETIC_OVERFLOW] integer overflow. Use 'try_add' to tolerate overflow and return NULL instead. If necessary set \"spark.sql.ansi.enabled\" to \"false\" to bypass this error."},
		{"SELECT array(1,2)[5]", errclass.InvalidArrayIndex, "[INVALID_ARRAY_INDEX] The index 5 is out of bounds. The array has 2 elements. Use the SQL function `get()` to tolerate accessing element at invalid index and return NULL instead."},
		{"SELECT element_at(array(1,2), 5)", errclass.InvalidArrayIndexInElementAt, "[INVALID_ARRAY_INDEX_IN_ELEMENT_AT] The index 5 is out of bounds. The array has 2 elements. Use `try_element_at` to tolerate accessing element at invalid index and return NULL instead."},
		{"SELECT CAST(array(1) AS INT)", errclass.DatatypeMismatchCast, "[DATATYPE_MISMATCH.CAST_WITHOUT_SUGGESTION] Cannot resolve \"CAST(array(1) AS INT)\" due to data type mismatch: cannot cast \"ARRAY<INT>\" to \"INT\"."},
		{"SELECT size(concat(array(1), 2))", errclass.DatatypeMismatchDataDiff, ""},
		{"SELECT window(TIMESTAMP '2025-01-01', '1 houre')", errclass.CannotParseInterval, "[CANNOT_PARSE_INTERVAL] Unable to parse '1 houre'. Please ensure that the value provided is in a valid format for defining an interval. You can reference the documentation for the correct format. If the issue persists, please double check that the input value is not null or empty and try again."},
		{"SELECT window(TIMESTAMP '2025-01-01', '5 minutes', '10 minutes')", errclass.DatatypeMismatchConstraint, "[DATATYPE_MISMATCH.PARAMETER_CONSTRAINT_VIOLATION] Cannot resolve \"window(TIMESTAMP '2025-01-01 00:00:00', 300000000, 600000000, 0)\" due to data type mismatch: The `slide_duration`(600000000L) must be <= the `window_duration`(300000000L)."},
		{"SELECT window(TIMESTAMP '2025-01-01', '0 seconds')", errclass.DatatypeMismatchRange, "[DATATYPE_MISMATCH.VALUE_OUT_OF_RANGE] Cannot resolve \"window(TIMESTAMP '2025-01-01 00:00:00', 0, 0, 0)\" due to data type mismatch: The `window_duration` must be between (0, 9223372036854775807] (current value = 0L)."},
		{"SELECT window(7, '1 hour')", errclass.DatatypeMismatchInput, "[DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE] Cannot resolve \"window(7, 3600000000, 3600000000, 0)\" due to data type mismatch: The first parameter requires the (\"(TIMESTAMP OR TIMESTAMP WITHOUT TIME ZONE)\" or \"STRUCT<start: TIMESTAMP, end: TIMESTAMP>\" or \"STRUCT<start: TIMESTAMP_NTZ, end: TIMESTAMP_NTZ>\") type, however \"7\" has the type \"INT\"."},
		{"SELECT summ(1)", errclass.UnresolvedRoutine, "[UNRESOLVED_ROUTINE] Cannot resolve routine `summ` on search path [`system`.`builtin`, `system`.`session`, `spark_catalog`.`default`]. Did you mean `sum`?"},
		{"SELECT to_timestamp('x', 'yyyy')", errclass.CannotParseTimestamp, "[CANNOT_PARSE_TIMESTAMP.WITH_SUGGESTION] Text 'x' could not be parsed at index 0. Use `try_to_timestamp` to tolerate invalid input string and return NULL instead."},
		{"SELECT map(1, 2, 1, 3)", errclass.DuplicatedMapKey, ""},
		{"SELECT corr(x, y) FROM VALUES (1, 2), (1, 3) AS t(x, y)", errclass.DivideByZero, ""},
		{"SELECT 127Y + 1Y", errclass.BinaryArithmeticOverflow, "[BINARY_ARITHMETIC_OVERFLOW] 127Y + 1Y caused overflow. Use 'try_add' to tolerate overflow and return NULL instead."},
	} {
		_, err := run(c.query)
		switch {
		case !errors.Is(err, c.class):
			t.Errorf("%s:\n got %v\nwant %s", c.query, err, c.class)
		case c.text != "" && err.Error() != c.text:
			t.Errorf("%s:\n got %v\nwant %s", c.query, err, c.text)
		}
	}
}

// An error is raised only for rows that the query really evaluates.
func TestBranchesThatAreNotTakenDoNotFail(t *testing.T) {
	for query, want := range map[string]string{
		"SELECT CASE WHEN x = 0 THEN -1 ELSE 10 div x END FROM VALUES (0), (5) AS t(x)":                                                 "[-1 2]",
		"SELECT if(x = 0, -1, 10 div x) FROM VALUES (0), (5) AS t(x)":                                                                   "[-1 2]",
		"SELECT x <> 0 AND 10 div x > 1 FROM VALUES (0), (5) AS t(x)":                                                                   "[false true]",
		"SELECT x = 0 OR 10 div x > 1 FROM VALUES (0), (5) AS t(x)":                                                                     "[true true]",
		"SELECT coalesce(nullif(x, 0), 10 div (x - 5), -1) FROM VALUES (0), (5) AS t(x)":                                                "[-2 5]",
		"SELECT CASE WHEN x > 0 THEN CAST(s AS INT) END FROM VALUES (0, 'a'), (5, '7') AS t(x, s)":                                      "[NULL 7]",
		"SELECT filter(transform(array(x, 5), y -> CASE WHEN y = 0 THEN 0 ELSE 10 div y END), z -> z > 0) FROM VALUES (0), (5) AS t(x)": "[[2] [2, 2]]",
	} {
		got, err := rowsOf(query)
		if err != nil || got != want {
			t.Errorf("%s = %s, %v; want %s", query, got, err, want)
		}
	}
}

// With ANSI off, what cannot be computed is null, and integers wrap.
func TestLegacyMode(t *testing.T) {
	for query, want := range map[string]string{
		"SELECT CAST('abc' AS INT)":             "[NULL]",
		"SELECT 1/0":                            "[NULL]",
		"SELECT 5 % 0":                          "[NULL]",
		"SELECT 2147483647 + 1":                 "[-2147483648]",
		"SELECT CAST(3000000000 AS INT)":        "[-1294967296]",
		"SELECT array(1,2)[5]":                  "[NULL]",
		"SELECT CAST('1.9' AS INT)":             "[1]",
		"SELECT size(CAST(NULL AS ARRAY<INT>))": "[-1]",
		"SELECT CAST(1e20 AS INT)":              "[2147483647]",
		"SELECT '2' + 1":                        "[3.0]",
		"SELECT to_timestamp('x', 'yyyy')":      "[NULL]",
	} {
		got, err := legacyRowsOf(query)
		if err != nil || got != want {
			t.Errorf("%s = %s, %v; want %s", query, got, err, want)
		}
	}
}
