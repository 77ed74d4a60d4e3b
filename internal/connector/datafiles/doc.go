// Package datafiles puts an operator's rows into data files, see [lakehouse/internal/datafiles].
package datafiles
