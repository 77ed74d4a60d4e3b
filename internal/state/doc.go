// Package state keeps what stateful operators remember between micro-batches: versioned key-value
// stores in the checkpoint, in the files of Spark's HDFS-backed state store provider, byte for byte.
//
//	state/<operator>/_metadata/metadata               v1, operator and store descriptions
//	state/<operator>/0/_metadata/schema               key and value schema
//	state/<operator>/<partition>/<version>.delta      the changes of one version
//	state/<operator>/<partition>/<version>.snapshot   the whole of one version
//
// A store with a name of its own ("default" is none) has its files in a folder of that name in the partition's.
// A delta or snapshot file is one LZ4 block stream (net.jpountz.lz4's format, as Spark writes it), or a stream of zstd or snappy, of
// big-endian int key size, key, int value size (-1: removed), value, …, and at the end int -1. Keys and values
// are UnsafeRows. A key lives in partition pmod(murmur3(key columns, seed 42), partitions), as
// Spark's HashPartitioning places it. Version v+1 is what batch v leaves.
//
// An operator works on its state in one of two ways. By columns: [Store.Get], [Store.Put], [Store.Remove], [Store.All]. By
// rows: [EncodeRows] makes the rows of a batch at once, [Store.Place] says in which partition each lives, and then any
// goroutine works on a partition of its own with [Partition.Get], [Partition.Put], [Partition.Remove], and walks
// it with [Partition.Entries], [Partition.Prefix] (entries whose leading key columns are given) and [Partition.Until] (entries
// up to a time, at the cost of those). Neither costs an allocation a row.
package state
