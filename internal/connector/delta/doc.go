// Package delta joins the Delta log (package deltalog) to queries: a version of a table as rows to scan
// ([NewSource]), a table as a stream ([NewProvider]), and rows into a table, by a batch ([Write]) or by the
// micro-batches of a stream ([NewSink]).
//
// Data files are Parquet, written by as many workers as a query has, each rolling to a new file at the
// target size; what they wrote becomes visible by one commit of the log.
package delta
