// Package volumes is where bytes live: the one door to storage.
//
// A [Store] holds named files under one root: a folder of the local disk ([OpenLocal]), later a
// bucket. Names inside a store are slash-separated, relative and clean: "a/b.json", never "/a",
// "../a", "a//b" or "". A [Space] turns the names that users write (/Volumes/…, dbfs:/…,
// /FileStore/…, file:/…, plain paths) into a store and a name in it.
//
// What every store promises:
//
//   - A put is visible whole or not at all, and durable when it returns: on disk the file is synced,
//     linked or renamed into place, and the directory synced.
//   - PutIfAbsent makes the name exactly once, whoever races: link(2) on disk. It is the only
//     concurrency primitive of this project.
//   - A name never leads out of its root: not by "..", not by a symbolic link (os.Root).
//   - An error names the operation and the file (*fs.PathError) and wraps fs.ErrNotExist,
//     fs.ErrExist or fs.ErrPermission where one of these is the reason.
//
// Temporary files that a crash leaves behind start with "." and are never listed.
package volumes
