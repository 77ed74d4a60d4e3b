// Package filesink writes rows into folders of Parquet, JSON, CSV and text files, with Spark's names, bytes and options: a batch
// by [Save], the micro-batches of a stream by [NewSink].
//
// A batch write becomes visible at its end: its files lie under _temporary until all are complete. A stream's files lie in their
// place at once, and count when the sink's log (package sinklog) names them, which it does for all files of a micro-batch in one
// step: each batch is there once, whatever is repeated.
package filesink
