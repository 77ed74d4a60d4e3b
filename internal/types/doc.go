// Package types is Spark's type system and its four spellings: DDL text, Delta's schema JSON,
// Arrow schemas, and the tree that printSchema shows.
//
// A Type is a value: [Boolean] … [Null], [Decimal], [Array], [Map], [Struct]. Compare with
// [Equal]. Rows travel as Arrow columns, one Arrow type for each:
//
//	boolean           bool                    tinyint  int8     smallint  int16
//	int               int32                   bigint   int64
//	float             float32                 double   float64
//	decimal(p,s)      decimal128(p,s)         string   utf8     binary    binary
//	date              date32                  void     null
//	timestamp         timestamp[us, UTC]      timestamp_ntz  timestamp[us]
//	interval day …    duration[us]            interval year … interval[months]
//	interval          interval[month_day_nano]
//	array<e>          list<element: e>        map<k,v>  map<key: k, value: v>
//	struct<…>         struct
//
// Field names are kept as written; resolution is case-insensitive and happens elsewhere.
package types
