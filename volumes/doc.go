// Package volumes is where bytes live: the one door to storage.
//
// A [Store] holds named files under one root: a folder of the local disk ([OpenLocal]), or a place in a
// bucket (package volumes/s3). Names inside a store are slash-separated, relative and clean: "a/b.json", never "/a",
// "../a", "a//b" or "". The root itself is "." where a folder is asked for. A [Space] turns the names
// that users write (/Volumes/…, dbfs:/…, /FileStore/…, file:/…, plain paths) into a store and a name in it.
//
// What every store promises:
//
//   - A put is visible whole or not at all, and durable when it returns: on disk the file is synced,
//     linked or renamed into place, and the directory synced.
//   - PutIfAbsent makes the name exactly once, whoever races: link(2) on disk, If-None-Match: * in a bucket. It is the only
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
//
// # Buckets
//
// An [ObjectStore] is a store over [Objects], the requests of a cloud. The cloud's file only makes requests and sorts their errors into
// [Fault] values; what is the same for all clouds is here:
//
//   - A request that failed is repeated after a random part of a time that doubles, as often as a budget of the store allows
//     (objectretry.go). The cloud's own library must not repeat: a put that is repeated unseen loses to itself.
//   - PutIfAbsent and Move put a token beside the object. When an answer is lost, or says that the name is taken, the object is looked at: its
//     token says whose it is. So the outcome is known unless the cloud does not answer at all, and then the error says so (objectput.go).
//   - Before the first conditional write it is tried out whether the cloud keeps conditions (objectprobe.go): three requests, once for each bucket. One
//     that overwrites all the same is refused.
//   - An open file is of one version (If-Match), begins with one request that reads its beginning or its end, and is read on in windows that
//     grow to 4 MiB and are asked for ahead; large reads go in parts (objectread.go).
//   - A large file is uploaded in parts while it is written (objectupload.go). An upload that a crash left is aborted by [ObjectStore.Sweep].
//   - A listing asks for pages; one that repeats itself, or has no order, is an error and not an end (objectlist.go).
//
// It is [Flat]: a folder is there while something is in it, or as the empty object "folder/" that MakeDir makes. A moved file has a new time; times have
// seconds. A large file that is overwritten while it is open cannot be read on. Names are UTF-8, with their prefix at most as long as a key may be. There
// are no locks: two queries on one checkpoint are kept apart by PutIfAbsent of their log alone.
//
// # Other clouds
//
// Azure and Google come as a package beside volumes/s3, with one file that is [Objects], and what reaches the account. Each request has its like:
//
//	Objects        Azure Blob (azblob)                            Google (cloud.google.com/go/storage)
//	Head, Get      Get Blob Properties; Get Blob, If-Match        Attrs; NewRangeReader with Generation
//	Put            Put Blob, If-None-Match: *                     Writer, ChunkSize 0, If(DoesNotExist)
//	Delete         Blob Batch (256)                               Delete, one by one: DeleteKeys 1
//	List           List Blobs; StartAfter by startFrom, or        Objects with StartOffset (it includes:
//	               by passing over what comes before              pass over the first)
//	StartUpload    nothing; the id is the prefix of block names   nothing; the id is the prefix of parts' names
//	PutPart        Put Block                                      a temporary object
//	CopyPart       Put Block From URL, x-ms-source-if-match       Rewrite of a whole object (its size is known)
//	FinishUpload   Put Block List, If-None-Match: *               Compose (32 at once), If(DoesNotExist)
//	AbortUpload    nothing: uncommitted blocks go after a week    Delete of the parts
//	Token          metadata                                       metadata
//	FaultRace      409 where a lease or another write is          none
//	FaultCondition 409 BlobAlreadyExists, 412                     412
//
// The SDKs are used and not gocloud.dev/blob: its writer knows IfNotExist, but nothing of tokens, versions of a read, parts or the errors' reasons. An ETag is
// for Google the generation. The suite in volumestest, and the tests of volumes/s3 that let each request fail, are to be run on them.
package volumes
