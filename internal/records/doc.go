// Package records is what the readers of text formats (JSON, CSV) have in common: the parse modes and
// what happens to a record that does not fit, the formats of dates and timestamps, exact decimals, and
// builders that make Arrow columns of plain slices.
package records
