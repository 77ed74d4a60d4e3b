// Package variant holds values of the type VARIANT: what JSON can say, and a little more, in the binary form of the
// Parquet specification (https://parquet.apache.org/docs/file-format/types/variantencoding/) as Spark writes it.
//
// A variant is two byte strings. Its metadata is the dictionary of the keys of its objects; its value is a tree of
// null, booleans, whole numbers, doubles, floats, decimals, dates, timestamps, strings, binaries, UUIDs, arrays and
// objects, whose fields stand in the order of their keys. A whole number takes one, two, four or eight bytes, whatever
// fits: they are one type, [Long].
//
// A [Builder] makes variants, byte for byte Spark's. A [Value] reads them, in place. It trusts no byte: each read is
// bounds-checked, and who walks a whole tree ([Value.AppendJSON], [Builder.Value], [Value.Schema], [Value.Valid]) gives up
// when it has met more values than there are bytes, or nests deeper than [MaxDepth]; where values overlap, a few hundred
// bytes can stand for more values than there are atoms. What is wrong is the error MALFORMED_VARIANT.
//
// The times with nanoseconds and the times of day of the specification's later edition are refused by their number, as
// Spark refuses them.
package variant
