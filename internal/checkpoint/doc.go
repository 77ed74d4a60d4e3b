// Package checkpoint keeps what a streaming query remembers of its batches, in the files that Spark 4 writes,
// byte for byte, so that a query moves between Spark and here with its folder:
//
//	metadata     {"id":"<uuid>"}                                written once, at the first start
//	offsets/N    v1                                             the intent: batch N reads up to here
//	             {"batchWatermarkMs":…,"batchTimestampMs":…,"conf":{…}}
//	             one line a source: its offset, or - for none
//	commits/N    v1                                             done: batch N is in the sink
//	             {"nextBatchWatermarkMs":…}
//
// No line ends the last line. Hidden files are passed over: Hadoop's checksums (.N.crc), and our lock.
// sources/ and state/ belong to the sources and to package state.
//
// Each file is made once, by PutIfAbsent: of two queries on one folder the second fails at offsets/N. Where
// the store has locks, it is refused before, at its start, and told by whom.
package checkpoint
