// Package datetime reads and writes dates and timestamps as Spark does: the free form that CAST
// accepts (ParseDate, ParseTimestamp) and the letters of Spark's datetime patterns
// (https://spark.apache.org/docs/latest/sql-ref-datetime-pattern.html) in [Pattern].
//
// A date is days, a timestamp microseconds since 1970-01-01, on the proleptic Gregorian calendar.
package datetime
