// Package exec runs resolved plans: operators over Arrow batches.
//
// Work is split at the source. [Operator.Execute] gives n sequences that n goroutines walk at once;
// a scan hands its pieces to whichever asks next, filter and project work on each sequence as it
// flows, and rows meet again only in aggregate, join and sort. With n = 1 the order of files and
// rows is kept.
//
// What an operator must hold (groups, build sides, rows to sort) it reserves from a [Memory]; past the
// session's limit it fails with MEMORY_LIMIT_EXCEEDED.
package exec
