// Package textio reads text files: each line, or each file, is a value of the one string column.
package textio
