// Package sql reads Spark's SQL: text → tokens → nodes of package plan, whose names stay unresolved.
//
// It follows the grammar of Spark 4 (SqlBaseParser.g4) with ANSI mode on and no reserved words: a
// production has the name it has there, and is a function whose comment is its grammar line.
// Operators become functions by the names that Spark Connect gives them ("+", "==", "and", "isnull").
//
// What the grammar knows and this build does not do is refused by name (UNSUPPORTED_FEATURE), never
// passed over; hints are the exception, for they change no rows. A syntax error says what it found,
// what it expected and where.
//
// The text may come from a stranger: its size, its depth and the length of operator chains are
// bounded. [Format] prints nodes as text that parses to the same nodes.
package sql
