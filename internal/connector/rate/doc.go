// Package rate makes rows from the clock, or from nothing but the number of a batch: Spark's sources "rate" and
// "rate-micro-batch", for tests and for trying queries out. Their columns are timestamp and value, which counts from 0.
package rate
