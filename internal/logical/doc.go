// Package logical is the resolved plan: names are bound, types known, functions chosen.
//
// [Resolve] turns the nodes of package plan into a tree of [Node]; [Optimize] prunes columns and
// pushes conditions to the scans. A batch query executes the tree (package exec); a streaming query
// has [StreamRelation] leaves, which each micro-batch replaces by the rows between two offsets
// ([ReplaceStreams]) before it runs the very same tree. [CheckStreaming] says what a stream cannot run.
//
// Names resolve as in Spark: letter case aside, by table, schema and catalog where they are qualified,
// into structs by dots. A column keeps the spelling of who asked for it.
//
// A select list resolves in one piece (selection.go) to expressions with placeholders for what needs a
// node of its own: aggregates, windows, generators, subqueries (placeholder.go). Finishing the selection makes
// these nodes, from the input up: Aggregate and the filter of HAVING, Window, Generate, Project.
// ORDER BY adds the columns that it needs before that. Subqueries become joins (plant.go).
//
// Not supported, and refused by name: session_window, correlated subqueries other than through
// equality or conditions of WHERE, IN (SELECT …) outside WHERE, DISTINCT in windows, and what
// CheckStreaming lists.
package logical
