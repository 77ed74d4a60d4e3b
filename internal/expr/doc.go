// Package expr holds resolved expressions: columns, constants, casts, Spark's functions, aggregates
// and generators, each with its type, its Spark name and a vectorised evaluation over Arrow arrays.
//
// Functions stand in tables, one entry each ([Scalar], [AggregateFunction], [GeneratorFunction]); package
// logical looks names up there. Kernels are named generic loops over typed slices: no interface
// call and no allocation per row. Semantics are Spark 4's with ANSI mode on; Context.ANSI off gives
// the legacy ones.
package expr
