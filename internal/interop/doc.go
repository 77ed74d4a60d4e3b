// Package interop holds the tests that compare this project with the other readers and writers of Delta tables:
// delta-rs, Polars, DuckDB, ClickHouse, and Spark with Delta. `make interop` installs those and runs the tests; plain
// `go test` passes them over.
//
// Each peer is one process that takes requests (testdata/peer_*.py) and hands rows over as Arrow. Both sides' rows are
// written in one normal form, by the types of the table's schema, and compared as sorted lines.
package interop
