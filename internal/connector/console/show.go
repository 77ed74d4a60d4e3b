package console

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/expr"
	"lakehouse/internal/types"
)

// Style says how a table is printed.
type Style struct {
	MaxRows  int // 0: all
	MaxWidth int // characters of a cell; 0: all, and cells are left-aligned, as Spark does
	Zone     *time.Location
}

// Show prints rows as Spark's show() does.
func Show(w io.Writer, schema types.Struct, batches []arrow.RecordBatch, style Style) error {
	cells, more := format(schema, batches, style)
	widths := make([]int, len(schema.Fields))
	for _, row := range cells {
		for c, cell := range row {
			widths[c] = max(widths[c], 3, utf8.RuneCountInString(cell))
		}
	}
	var out strings.Builder
	rule(&out, widths)
	for i, row := range cells {
		line(&out, row, widths, style.MaxWidth > 0)
		if i == 0 {
			rule(&out, widths)
		}
	}
	rule(&out, widths)
	if more {
		fmt.Fprintf(&out, "only showing top %d row%s\n", style.MaxRows, map[bool]string{true: "s"}[style.MaxRows != 1])
	}
	out.WriteByte('\n')
	_, err := io.WriteString(w, out.String())
	return err
}

// format gives the header and the rows to print, and whether rows were left out.
func format(schema types.Struct, batches []arrow.RecordBatch, style Style) (cells [][]string, more bool) {
	header := make([]string, len(schema.Fields))
	for c, f := range schema.Fields {
		header[c] = shorten(f.Name, style.MaxWidth)
	}
	cells = append(cells, header)
	for _, b := range batches {
		for i := range int(b.NumRows()) {
			if style.MaxRows > 0 && len(cells) > style.MaxRows {
				return cells, true
			}
			row := make([]string, len(schema.Fields))
			for c, f := range schema.Fields {
				row[c] = "NULL"
				if !b.Column(c).IsNull(i) {
					row[c] = shorten(expr.ShowValue(b.Column(c), i, f.Type, style.Zone), style.MaxWidth)
				}
			}
			cells = append(cells, row)
		}
	}
	return cells, false
}

var visible = strings.NewReplacer("\n", "\\n", "\r", "\\r", "\t", "\\t", "\f", "\\f", "\b", "\\b", "\u000b", "\\v", "\a", "\\a", "\x1b", "\\e")

// shorten cuts a cell, and shows control characters, so that a value cannot steer the terminal.
func shorten(cell string, limit int) string {
	cell = visible.Replace(cell)
	if limit <= 0 || utf8.RuneCountInString(cell) <= limit {
		return cell
	}
	runes := []rune(cell)
	if limit < 4 {
		return string(runes[:limit])
	}
	return string(runes[:limit-3]) + "..."
}

func rule(out *strings.Builder, widths []int) {
	out.WriteByte('+')
	for _, w := range widths {
		out.WriteString(strings.Repeat("-", w))
		out.WriteByte('+')
	}
	out.WriteByte('\n')
}

func line(out *strings.Builder, row []string, widths []int, right bool) {
	out.WriteByte('|')
	for c, cell := range row {
		pad := strings.Repeat(" ", widths[c]-utf8.RuneCountInString(cell))
		if right {
			out.WriteString(pad + cell)
		} else {
			out.WriteString(cell + pad)
		}
		out.WriteByte('|')
	}
	out.WriteByte('\n')
}
