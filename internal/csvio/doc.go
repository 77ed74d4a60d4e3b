// Package csvio turns CSV text into Arrow columns with the meaning that Spark's CSV source gives it.
//
// Columns are matched by position. An empty value is null, quoted or not, unless the options say
// otherwise. A record with too few values or too many, or with a value that its column's type
// cannot hold exactly, is malformed: what can be read of it is kept, and what becomes of it the parse mode
// says (package records).
//
// Inside quotes the escape character stands before a quote or before itself, and two quotes are one. A
// value in which a quote stands unescaped is taken as it is written, up to the next separator. A quote that is never
// closed makes its line a malformed record, and no other.
//
// Values are checked to be UTF-8.
package csvio
