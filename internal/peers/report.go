package main

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// table prints rows, the first of which are titles, in columns.
func (b *bench) table(rows [][]string) {
	widths := map[int]int{}
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			fmt.Fprintf(&line, "  %-*s", widths[i], cell)
		}
		b.printf("%s\n", strings.TrimRight(line.String(), " "))
	}
}
