// Package lines cuts a stream of bytes into records at line ends, through one reused buffer.
//
// A record ends at "\n", "\r\n" or "\r", or at a separator of the caller's. A file can be read in ranges by
// several readers: a record belongs to the range in which it begins. A record longer than the limit
// is given as its first bytes, marked truncated, and the rest is passed over without being kept.
//
// A UTF-8 byte order mark at the start is passed over; those of UTF-16 and UTF-32 are refused.
package lines
