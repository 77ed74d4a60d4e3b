package main

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/ipc"

	"lakehouse/internal/connector/console"
	"lakehouse/internal/errclass"
	"lakehouse/internal/expr"
	"lakehouse/internal/jsonio"
	"lakehouse/internal/types"
	"lakehouse/medallion"
)

// A printer writes a result.
type printer func(w io.Writer, schema medallion.Schema, rows medallion.Batches, s *medallion.Session) error

var printers = map[string]printer{"table": printTable, "json": printJSON, "csv": printCSV, "arrow": printArrow}

func printerFor(name string) (printer, error) {
	p, ok := printers[name]
	if name == "arrow" {
		p = once(p)
	}
	if !ok {
		names := []string{"table", "json", "csv", "arrow"}
		return nil, errclass.InvalidOptionValue.New("there is no output format %q; the formats are %s.", name, strings.Join(names, ", ")).
			WithHint("%s", errclass.DidYouMean(name, slices.Clone(names)))
	}
	return p, nil
}

// once refuses a second result: a reader of an IPC stream stops at the end of the first.
func once(p printer) printer {
	used := false
	return func(w io.Writer, schema medallion.Schema, rows medallion.Batches, s *medallion.Session) error {
		if used {
			return errors.New("--output arrow takes one statement that gives rows, and this is the second")
		}
		used = true
		return p(w, schema, rows, s)
	}
}

// tableRows is how many rows a table shows: it must be held to know its widths.
const tableRows = 10_000

func printTable(w io.Writer, schema medallion.Schema, rows medallion.Batches, s *medallion.Session) error {
	var held []arrow.RecordBatch
	var n, hidden int64
	for b, err := range rows {
		if err != nil {
			return err
		}
		if n < tableRows {
			held = append(held, b)
		} else {
			hidden += b.NumRows()
		}
		n += b.NumRows()
	}
	if isText(schema) {
		return printText(w, held)
	}
	if err := console.Show(w, schema, held, console.Style{MaxRows: tableRows, Zone: s.TimeZone()}); err != nil {
		return err
	}
	if hidden > 0 {
		_, err := fmt.Fprintf(w, "%d rows in all; --output json or csv prints every one\n", n)
		return err
	}
	return nil
}

// isText reports whether an answer is a text of several lines, which a table would spoil: EXPLAIN's, SHOW CREATE TABLE's.
func isText(schema medallion.Schema) bool {
	return len(schema.Fields) == 1 && slices.Contains([]string{"plan", "createtab_stmt"}, schema.Fields[0].Name)
}

func printText(w io.Writer, held []arrow.RecordBatch) error {
	for _, b := range held {
		for i := range int(b.NumRows()) {
			if _, err := fmt.Fprintln(w, b.Column(0).ValueStr(i)); err != nil {
				return err
			}
		}
	}
	return nil
}

func printJSON(w io.Writer, schema medallion.Schema, rows medallion.Batches, s *medallion.Session) error {
	out := bufio.NewWriter(w)
	enc := jsonio.NewEncoder(schema, jsonio.EncodeOptions{KeepNulls: true, Zone: s.TimeZone()})
	var line []byte
	for b, err := range rows {
		if err != nil {
			return err
		}
		for i := range int(b.NumRows()) {
			line = append(enc.AppendRow(line[:0], b, i), '\n')
			if _, err := out.Write(line); err != nil {
				return err
			}
		}
		if err := enc.Err(); err != nil {
			return err
		}
	}
	return out.Flush()
}

func printCSV(w io.Writer, schema medallion.Schema, rows medallion.Batches, s *medallion.Session) error {
	out := csv.NewWriter(w)
	if err := out.Write(schema.Names()); err != nil {
		return err
	}
	record := make([]string, len(schema.Fields))
	for b, err := range rows {
		if err != nil {
			return err
		}
		for i := range int(b.NumRows()) {
			for c, f := range schema.Fields {
				record[c] = ""
				if !b.Column(c).IsNull(i) {
					record[c] = expr.FormatValue(b.Column(c), i, f.Type, s.TimeZone())
				}
			}
			if err := out.Write(record); err != nil {
				return err
			}
		}
	}
	out.Flush()
	return out.Error()
}

func printArrow(w io.Writer, schema medallion.Schema, rows medallion.Batches, _ *medallion.Session) error {
	out := ipc.NewWriter(w, ipc.WithSchema(types.ToArrowSchema(schema)))
	for b, err := range rows {
		if err != nil {
			return err
		}
		if err := out.Write(b); err != nil {
			return err
		}
	}
	return out.Close()
}
