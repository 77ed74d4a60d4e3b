// Package statestore reads the state of streaming queries as tables, as Spark's sources of the names statestore and
// state-metadata do: what each key of a stateful operator has at the end of a batch, what the batches changed, and which
// operators there are. A checkpoint is only read; its query may be running.
//
// State in Spark's HDFS-backed format is read, whoever wrote it. That of the RocksDB provider, in Avro, or with checksums of
// rows is refused by name.
package statestore
