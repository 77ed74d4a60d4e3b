// Package zoo is the files that nobody wants, each run through a whole stream into a Delta table, and what must become of
// them. It is tests alone.
package zoo
