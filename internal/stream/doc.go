// Package stream is the micro-batch engine: it drives a resolved plan from its sources to its sink,
// batch by batch, exactly once.
//
// A batch is: write offsets/N, run, commit the sink (which keeps N beside the rows), write
// commits/N. A restart repeats the batch between the two logs with the same input; the sink skips
// an N that it already holds. The order of these steps stands in batch.go and nowhere else.
package stream
