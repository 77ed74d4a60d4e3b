// Package sinklog is the log of a streaming file sink: the folder _spark_metadata beside the data files, in Spark's bytes. A
// file counts when the log names it; what else lies in the folder was left by attempts that failed.
//
// Batch n is the file n, put if absent: "v1", and a line of JSON for each data file. Every tenth batch is n.compact and names
// the files of all batches so far, so that a reader takes the newest compaction and the few batches behind it.
package sinklog
