// Package plan is what a query says before its names are resolved: the tree that SQL text, DataFrame
// calls and, later, Spark Connect messages turn into.
//
// [Relation] and [Expression] mirror the messages of the same names in Spark Connect
// (relations.proto, expressions.proto), field for field, so that the wire is a codec. What only SQL
// can say (CREATE TABLE, SHOW TABLES …) is a [Command]. Nodes are plain data; package logical
// resolves them.
package plan
