// Package datafiles puts rows into data files: it shares them out over workers and over key=value folders, and begins a new
// file where one is full. What the bytes of a file are is an [Encoder]'s matter, and who comes to know of a file the caller's.
package datafiles
