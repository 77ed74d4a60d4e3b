// Package expr holds resolved expressions: columns, constants, casts, Spark's functions, aggregates
// and generators, each with its type, its Spark name and a vectorised evaluation over Arrow arrays.
//
// Package logical asks [Lookup] what a name stands for and makes calls with [Build], [BuildAggregate] and
// [BuildGenerator], which check the arguments, convert them as Spark does (coerce.go) and choose a kernel.
// An expression's String is the name that Spark gives a column made of it.
//
// A function is one entry of a table: its parameters, its result and its kernel. What a kernel needs is a
// loop over plain slices: a named one where it is hot (arith_loops.go, compare_loops.go), a function of
// one row otherwise (shapes.go: map1, try2, text1 …). Arrays and maps are made of positions in other
// columns (gather.go, take.go), so that no value is ever boxed. To add a function, write the entry in the
// file of its topic; its examples in Spark's documentation test it, as constants and as columns.
//
// Constants stay constants ([Vector.Const]): a kernel sees one value for all rows. Null arguments make
// null results unless a function says otherwise, and a function's code sees only rows in which all
// arguments have values. CASE, coalesce, AND and OR evaluate a part that may fail only for the rows that
// reach it (select.go), so that an error is raised only where Spark would raise it.
//
// Semantics are Spark 4's with ANSI mode on; BuildContext.ANSI off gives the legacy ones. Strings compare by
// their bytes. Regular expressions are those of package regexp: look-around and back references are refused.
package expr
