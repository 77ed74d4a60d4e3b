// Package volumes is where bytes live: the one door to storage.
//
// A [Store] holds named files under one root: a folder of the local disk ([OpenLocal]), later a
// bucket. Names inside a store are slash-separated, relative and clean: "a/b.json", never "/a",
// "../a", "a//b" or "". The root itself is "." where a folder is asked for. A [Space] turns the names
// that users write (/Volumes/…, dbfs:/…, /FileStore/…, file:/…, plain paths) into a store and a name in it.
//
// What every store promises:
//
//   - A put is visible whole or not at all, and durable when it returns: on disk the file is synced,
//     linked or renamed into place, and the directory synced.
//   - PutIfAbsent makes the name exactly once, whoever races: link(2) on disk. It is the only
//     concurrency primitive of this project.
//   - A name never leads out of its root: not by "..", not by a symbolic link (os.Root; on Linux openat2(2), which
//     walks the whole name in one system call).
//   - An error names the operation and the file (*fs.PathError) and wraps fs.ErrNotExist,
//     fs.ErrExist or fs.ErrPermission where one of these is the reason.
//
// A deletion is not made durable: a power cut may bring a file back. Who deletes must be able to do so
// again.
//
// # Local disk
//
// A [Local] store is a sequence of steps over a [Disk], the few system calls it needs; package
// volumestest has a disk in memory that loses what was not synced, so that the order of the steps
// is proven by tests.
//
// Temporary files that a crash leaves behind are called ".<name>.<16 hex digits>.tmp" and are never
// listed; [Local.Sweep] removes them. Symbolic links are followed inside the root; one that leads out is listed (so that it is
// not overlooked) and refused when it is opened. A recursive listing does not enter linked folders. Pipes,
// devices and sockets are neither listed nor opened.
package volumes
