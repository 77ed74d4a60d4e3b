// Package exec runs resolved plans: operators over Arrow batches.
//
// Work is split at the source. [Operator.Execute] gives n sequences that n goroutines walk at once;
// a scan hands its pieces to whichever asks next, filter and project work on each sequence as it
// flows, and rows meet again only in aggregate, join and sort. With n = 1 the order of files and
// rows is kept; [Gather] makes n sequences one again.
//
//	scan.go, project.go, filter.go, generate.go, expand.go, limit.go, union.go   as rows flow
//	aggregate.go      a table of groups a sequence, merged by hash of the key (keys.go, keytable.go)
//	join.go           the right side in a hash table (keyindex.go), the left streamed past it
//	match.go          the same for MERGE, of rows that may not fit in memory (shelf.go, spill.go)
//	sort.go           runs sorted by encoded keys (sortkey.go), merged; a limit keeps the first rows
//	window.go         over sorted rows
//	outlet.go         rows that an operator gives while it still works, for those who walk its sequences
//	stateful_aggregate.go   a batch's groups (stateful_groups.go) added to those that the state holds, by its partitions (stateful_part.go);
//	                        sessions (sessions.go, stateful_sessions.go); limits (stateful_limit.go)
//	watermark.go            event times noted; what a stateful operator must do
//	stateful_deduplicate.go   rows whose keys the state has not seen
//	stateful_join*.go   rows of two streams that meet in the state: what is new (joininput), what is remembered (joinmemory),
//	                  the pairs of the two (joinmeeting), and all of it within a partition (joinpart)
//
// What an operator must hold (groups, build sides, rows to sort) it reserves from a [Memory]; past the
// session's limit it fails with MEMORY_LIMIT_EXCEEDED, but for a [Matcher], which has a [Spill] then. Stateful operators hold a round of their input
// at a time (stateful_rows.go), and package state spills. Rows that meet are put into one batch, whose text columns hold at most 2 GB each.
package exec
