// Package orcio reads ORC files (ORC v1 specification) into Arrow columns.
package orcio
