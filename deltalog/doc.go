// Package deltalog reads and writes Delta tables: their transaction log, and their rows as Arrow batches. It
// knows nothing of sessions, queries or SQL, and can be used alone, with [lakehouse/volumes] for where the bytes lie:
// a folder, a bucket of S3, or any other store.
//
// # Terms
//
// A table is a folder with data files and a log, the folder _delta_log. A version is one file of the
// log, a commit, with actions, one JSON object a line: add and remove a data file, set the metadata
// or the protocol, record how far an application has written (txn). Replaying the versions in
// order gives the table as of each of them. A checkpoint is the outcome of a replay, as Parquet,
// so that it need not start from version 0. A checksum file says of a version everything but its
// files. The words and the rules are those of the Delta protocol,
// https://github.com/delta-io/delta/blob/master/PROTOCOL.md.
//
// [Open] names a [Table] in a store whose root is the table's folder. [Table.Snapshot] is its
// latest version, [Table.SnapshotAt] and [Table.SnapshotAsOf] are older ones. A [Snapshot] never
// changes.
//
// # Rows out
//
// [Snapshot.Scan] plans a read. [Scan.Files] are the files that a condition does not rule out, by their partition values and
// statistics; [Scan.Batches] the rows for which it holds, those and no others; [Scan.Shares] the same rows for several goroutines.
// Columns have the types of their [Field] in Arrow: timestamps are microseconds, decimals 128 bits wide.
//
// A [RowReader] reads single files, for engines of one's own: it finds columns by name, physical name or field id as the table's
// column mapping wants it, fills partition columns in, widens older types, leaves out the rows that a deletion vector has taken,
// and tells of each row, where that is asked, its position, file and id ([RowMetadata]).
//
// [Table.ScanChanges] reads what versions have changed, as rows, of a table that records that; [Table.Changes] gives the versions
// themselves, as far as the log goes, and [Table.Follow] those to come as well.
//
// # Rows in
//
// [Table.Append] and [Table.Overwrite] write batches into data files, by partition, up to a size, with statistics, and commit them as
// one version. [Txn.Write] does the first half, for transactions that do more. Columns are found by name; nothing is converted, and NOT
// NULL is held. What takes SQL to be evaluated is refused by name: check constraints, generated and identity columns, defaults of
// columns that the rows lack. Tables that have these are written through package medallion.
//
// Who makes data files himself gives them to [Txn.Add]. That they are what their actions say, and NOT NULL, is then his to see to.
//
// A [RowSet] is rows of a file by their positions. [Table.NewDeletionVectorFile] writes such sets as deletion vectors,
// [Txn.SetDeletionVector] gives one to a file, which thereby loses its rows without being written anew.
//
// [Table.Vacuum] deletes files that no version within the retention needs, [Table.Restore] takes a version back, [Table.ShallowClone] makes a
// table of another one's files, [Table.Repair] takes missing files out, and [Table.GenerateManifest] tells Presto and Athena where
// the files are.
//
// # What a commit promises
//
// A [Txn] starts from a snapshot, [Snapshot.Begin], or creates its table, [Table.BeginCreate]. It
// says what it read, gathers actions, and commits: one put-if-absent of the next version's file.
//
//   - Versions are dense, and each is made by one commit: whoever loses the race for a version looks
//     at what won, and goes on behind it, or returns an error that names the conflict.
//   - A put whose reply is lost is read back. A commit that returned an error did not happen, except
//     with [ErrOutcomeUnknown], when the storage would not say.
//   - A crash at any moment leaves the version before or the version after, and nothing to repair.
//   - Checksum, checkpoint and clean-up come after the commit and cannot fail it: see
//     [Commit].Maintenance.
//
// The conflicts are those of Delta on Spark, rule by rule; testdata/conflicts.txt has a table of them. A transaction that read
// files conflicts with a new file in a partition that its condition does not rule out
// (DELTA_CONCURRENT_APPEND), unless that came by a blind append and the table's isolation level is
// WriteSerializable, which is the default here, or the transaction itself changes no rows, as a compaction; with
// the removal of a file that its statistics did not rule out (DELTA_CONCURRENT_DELETE_READ), or that it
// removes too (DELTA_CONCURRENT_DELETE_DELETE). Any transaction conflicts with new metadata
// (DELTA_METADATA_CHANGED), other than identity columns that went on, and row tracking, column mapping by
// name or deletion vectors that were turned on; with a protocol that both change or that lost a feature
// (DELTA_PROTOCOL_CHANGED); with one for the same application or the same domain
// (DELTA_CONCURRENT_TRANSACTION); and after [Txn.Alone] with every other (DELTA_CONCURRENT_WRITE). Appends never conflict with each other.
//
// # What it costs
//
// Opening a table reads the hint _last_checkpoint, lists the log from there, and reads the newest
// checksum file and the commits after it; the checkpoint only where there is no such file, and
// then only its few rows that are not files. A refresh costs a look or three and the new
// commits; an append, in addition, one put and one small file. None of these grows with the table
// or its history. Only who asks for files replays them: the checkpoint as a stream, and some two dozen bytes of memory for each file
// that the commits after it tell of.
//
// # Features
//
// What a table demands of readers and writers stands in its protocol: by version, or from reader 3 and writer 7 on by the names of
// features. They are told apart in one table (feature.go). Reader versions 1 to 3 and writer versions 1 to 7 are read and written, with the
// features that the table of feature.go marks so; all else is refused by name. Catalog-managed tables are refused: their newest versions
// are known to their catalog alone.
//
// A feature is turned on by the property that makes use of it (delta.enableRowTracking = true), by its name
// (delta.feature.rowTracking = supported), or by [Protocol.With] and [Txn.UpdateProtocol]; what it requires comes with it.
// [Table.DropFeature] takes it out again. New tables get the weakest protocol that allows what they use, by default reader 1 and writer 2.
//
//   - inCommitTimestamp: each version holds its time, later than that of the one before; time travel, history and changes go by it.
//   - rowTracking: files get the ids of their rows when they are committed, anew each time that another writer was faster.
//     Turning it on numbers the rows that are there in the same version.
//   - domainMetadata: [Snapshot.Domain] and [Txn.SetDomain]; domains that nobody here knows are kept.
//   - v2Checkpoint: checkpoints are a manifest and sidecars. A sidecar none of whose files was touched belongs to the next checkpoint, too.
//   - delta.checkpoint.writeStatsAsJson and writeStatsAsStruct say how checkpoints hold statistics; both are read.
//   - checkpointProtection: the log is cut off only as a whole before the version that is protected.
//
// Log compaction files are read where they are whole, instead of the commits that they stand for; [Table.CompactLog] writes them.
//
// A table that only writers must understand can still be read. Features that ask a writer to evaluate SQL are the caller's to honour
// where he makes data files himself, as is that data files are what their actions say.
//
// # Security
//
// A log may come from anywhere. Sizes, depths and counts are bounded before memory is asked for; a
// path is decoded once and must stay below the table's folder; unknown actions and fields are
// passed over; a commit that cannot be understood is an error that names version and byte, and is
// never skipped. Broken hints, checksums and checkpoints are made up for from the rest of the log
// where that is still there.
package deltalog
