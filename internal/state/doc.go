// Package state keeps what stateful operators remember between micro-batches: versioned key-value
// stores in the checkpoint, in the files of Spark's HDFS-backed state store provider, byte for byte.
//
//	state/<operator>/_metadata/metadata               v1, operator and store description
//	state/<operator>/0/_metadata/schema               key and value schema
//	state/<operator>/<partition>/<version>.delta      the changes of one version
//	state/<operator>/<partition>/<version>.snapshot   the whole of one version
//
// A delta or snapshot file is one LZ4 block stream (net.jpountz.lz4's format, as Spark writes it) of
// big-endian int key size, key, int value size (-1: removed), value, …, and at the end int -1. Keys and values
// are UnsafeRows. A key lives in partition pmod(murmur3(key columns, seed 42), partitions), as
// Spark's HashPartitioning places it. Version v+1 is what batch v leaves.
package state
