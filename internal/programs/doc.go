// Package programs is a harness for acceptance tests: programs written for Spark run here, step by step, and are
// compared with the answers that Spark gave. Only tests import it.
package programs
