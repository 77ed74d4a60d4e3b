// Package arch is tests alone: they hold the picture of ARCHITECTURE.md against the imports of every
// package. They read import clauses, so that they work while packages do not compile.
package arch
