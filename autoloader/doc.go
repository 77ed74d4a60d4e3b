// Package autoloader is the streaming source of files: a folder in which files arrive, each of them
// read exactly once, in the order of their modification times.
//
// It answers to two names: Spark's file source (format("json"), "csv", "text", "parquet") and
// Databricks' Auto Loader (format("cloudFiles") with cloudFiles.format). Both keep the same log in
// the query's checkpoint, in Spark's bytes, so that a running query can move between engines.
//
// # The source log
//
// sources/<i>/<n> names the files of batch n: "v1", then a line of JSON for each file with its path, its
// modification time and n. It is made once, before the query's offset log speaks of n, and never
// changed: a batch that is repeated reads the files that stand there. The offset of batch n is
// {"logOffset":n}; it counts batches that hold files, and so may lag behind the query's own numbers.
//
// A log that Spark has compacted (<n>.compact holds everything up to n) is read; this package writes
// plain files only, because a compaction costs everything ever seen. Which files were seen is kept in
// sources/<i>/.seen/ as well, in runs that are merged geometrically: opening a log of a million files
// reads a few files, and a batch costs what is new in it. The runs are derived: a run that does not
// agree with the log is made again from it.
//
// # Which files are read
//
//   - A file is its path. New content or a new time under a path already read is not read again, until
//     the path is older than maxFileAge (counted from the newest file seen, not from the clock). With
//     cloudFiles.allowOverwrites a file with another time is read again, whole; one that is overwritten after it was
//     planned and before it is read gives its rows in a later batch only.
//   - Names that begin with "." or "_" are passed over, and so are plain sub-folders unless
//     recursiveFileLookup is set; key=value folders are entered.
//   - Older files come first; of the same time, in the order of their paths.
//   - A file of a planned batch that has vanished is an error of class
//     STREAMING_SOURCE_FILE_MISSING, where Spark would lose its rows without a word. So is one that
//     changes while it is read. A file that changed after it was planned and before it is read is
//     read as it is.
//
// # Accounts
//
// Of each file of a batch the progress tells the records read, the corrupt and the dropped (SourceProgress.Files; in its
// metrics their totals, numRecordsRead, numCorruptRecords and numDroppedRecords). A record is what the format calls so: a line
// or an element of a list (JSON), a record that is no header, comment or blank line (CSV), a line (text), a row (Parquet).
// Each record read is one row of the batch, whole or corrupt, or was dropped. A corrupt one was kept: as a row with null where
// a value that the query asks for could not be read, or of nulls alone. What cannot be read to its end as a file has no
// records to count: it ends the query, or, with ignoreCorruptFiles, counts as far as it was read.
//
// # Columns of Auto Loader
//
// Without a schema, the columns are inferred from a sample of the files when the stream is new, and kept in
// <cloudFiles.schemaLocation>/_schemas/<n>, a file for each version. In the modes addNewColumns and
// addNewColumnsWithTypeWidening the decoder notes fields that the schema lacks; the columns of all files of the batch are then
// inferred, what is new is put behind what is there, and the wider schema is made durable. The query ends with
// UNKNOWN_FIELD_EXCEPTION, and goes on when it is started again; with cloudFiles.schemaEvolution.restart = auto it resolves its
// plan again and goes on by itself. Either way the batch is repeated, with the same files. In an empty folder a stream begins
// with the columns of its hints, or, with restart = auto, with none.
//
// # How a file is found
//
// Every trigger lists the folder, which costs some 2 µs a file, and holds no more of it than the next batches need. A file that
// was read is remembered in 45 to 65 bytes of memory. With cloudFiles.useNotifications on a local disk (inotify) the folders tell
// of files that were closed, moved in or linked; a batch then costs what is new, however many files lie there: beside
// 1,000,000 files seen, planning a batch of one takes 1.05 times what it takes beside 10,000 (107 µs and 102 µs, the least of
// three runs of BenchmarkOneFileToldBesideACrowd on a busy machine of two cores). A restart beside 1,000,000 files seen takes 1.1 s
// (BenchmarkRestartBesideACrowd). From the closing of a file to its rows in a Delta table some 6 ms pass where a sync takes 1 ms.
// What was not told, because the kernel's queue ran over or another machine wrote the file, is found by the listings that
// are made at the start, after an overflow, and every cloudFiles.backfillInterval.
//
// # Times
//
// Under the name cloudFiles sources/<i>/.<batch>.found says how large each file of a batch was and when it was found, beside the source
// log, whose bytes are Spark's; and sources/<i>/.ledger keeps when batches were committed, before the query's own logs forget
// it. The table function cloud_files_state reads both.
//
// # Cleaning up
//
// With cleanSource, the files of batch n are moved or deleted once batch n+1 is planned: n is then in
// the sink for good. With cloudFiles.cleanSource they wait until a retention has passed since n was committed. Cleaning never fails a batch and never overwrites; what a crash left undone is
// finished at the next start.
package autoloader
