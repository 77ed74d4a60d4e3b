// Package jsonio turns JSON text into Arrow columns and back, with the meaning that Spark's JSON source
// gives it.
//
// A [Decoder] reads records for a schema: one a line ([Decoder.Decode], [Decoder.DecodeRange]), or a whole file as
// one document ([Decoder.DecodeDocument]). A record is an object; an array of objects is a record each.
// Fields that the schema lacks are passed over, but checked; missing ones are null; of a field given twice
// the last counts. Field names are matched exactly.
//
// A value that its column's type cannot hold exactly is null: a quoted number for a number, 700.5 or 3000000000
// for an int. A string column takes any value, as it is written. A record is malformed when it has such a
// value or is not JSON; what becomes of it the parse mode says (package records).
//
// What is JSON follows RFC 8259 and Jackson's options of the same names: strings are checked to be UTF-8, half a
// surrogate pair becomes U+FFFD, nesting deeper than 1000 is refused. Two documents on one line are one
// malformed record. A number never becomes infinite, and never loses digits that its type promises.
//
// The decoder walks the bytes once. It expects each object to have the keys of the one before in the same
// order, so that a known key costs one comparison, and appends values to plain slices.
package jsonio
