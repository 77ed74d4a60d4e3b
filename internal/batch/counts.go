package batch

import "sync/atomic"

// Counts says what became of the records of a text input. Every record read is written as it
// stands, or written as corrupt (null, or with null fields), or dropped: rows written without fault
// are Read - Malformed - Dropped. Pieces read concurrently share one.
type Counts struct {
	Read      atomic.Int64 // records found in the input
	Malformed atomic.Int64 // written, but with a fault
	Dropped   atomic.Int64 // left out by mode DROPMALFORMED
}
