// Package orcio reads ORC files (ORC v1 specification, versions 0.11 and 0.12) into Arrow columns: run lengths of both versions,
// direct and dictionary encodings, zlib, snappy, lz4 and zstd. Indexes, bloom filters and statistics are passed over.
//
// Columns are matched with the file's fields by name, letter case aside, or by position where the file names them _col0, _col1, …
// (Hive), as Spark 4.2 does. Numbers convert to wider ones; any other difference of types is an error. A TIMESTAMP keeps its wall
// clock: it is moved from the writer's zone to that of option timeZone.
//
// Not read: unions, LZO, Brotli, encrypted columns. A file is hostile: every length is held against what there is.
package orcio
