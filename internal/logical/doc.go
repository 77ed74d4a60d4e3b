// Package logical is the resolved plan: names are bound, types known, functions chosen.
//
// [Resolve] turns the nodes of package plan into a tree of [Node]; [Optimize] prunes columns and
// pushes conditions to the scans. A batch query executes the tree (package exec); a streaming query
// has [StreamRelation] leaves, which each micro-batch replaces by the rows between two offsets
// ([ReplaceStreams]) before it runs the very same tree.
package logical
