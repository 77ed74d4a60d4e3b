// Package avroio reads Avro object container files (Avro 1.12 specification) straight into Arrow columns.
//
// Columns are matched with the writer's fields by name, letter case aside, as Spark 4.2 does (AvroDeserializer); option avroSchema
// puts a reader's schema between them, with its defaults, aliases and promotions. Types are those of SchemaConverters, but that
// time-micros is read as bigint (there is no type TIME), and ANSI intervals as the numbers that they are.
//
// A file is hostile: lengths are held against what is left of a block, a block against a bound, counts of values without bytes
// against another; depth is bounded.
package avroio
