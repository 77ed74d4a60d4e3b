// Package datetime is the calendar, the time zones and the texts of dates and timestamps, as Spark has them, for the readers
// of files and for expressions alike: the free form that CAST accepts ([ParseDateText], [ParseWallClock]), the letters of
// Spark's datetime patterns (https://spark.apache.org/docs/latest/sql-ref-datetime-pattern.html) in [Pattern], and the wall
// clock of a zone in [Clock].
//
// A date is days, a timestamp microseconds since 1970-01-01, on the proleptic Gregorian calendar.
package datetime
