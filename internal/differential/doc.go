// Package differential asks Spark and this engine the same: generated streaming queries over generated input, compared batch
// by batch. It is tests alone.
//
// A [Case] is a query as SQL text and steps of a frame, and the files that arrive. Spark's [Answer] to thirty of them is
// kept in testdata, so that every run of the tests compares; make differential asks a live Spark about as many as one wants,
// from a seed, and shrinks a case that differs to the smallest that still does.
package differential
