// Package testsuite tests a pipeline of streaming queries as its user sees it: files go in, tables come out.
//
// A [Suite] holds a session and a pipeline. Its steps are those of a test written by hand: Clean, Start, Ingest, Settle,
// Assert…, Stop. Settle runs every query until nothing is left to do, in the order of the pipeline, so that no test ever
// sleeps. Each step says in the transcript what it does; a failure says what was expected, what was found, and
// which batch was seen last.
//
// It works from go test, where [Run] reports to testing.T, and from a program, where the steps' errors are the
// program's to print.
package testsuite
