package main

import (
	"context"
	"fmt"
	"io"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"lakehouse/internal/expr"
	"lakehouse/internal/types"
	"lakehouse/medallion"
)

// tell prints the one row of a statement's answer, a line a value: it is too wide for a table.
func (a *app) tell(ctx context.Context, text string) error {
	session, err := a.existing()
	if err != nil {
		return err
	}
	defer session.Close()
	return a.statement(ctx, session, text, tellRow)
}

func tellRow(w io.Writer, schema medallion.Schema, rows medallion.Batches, s *medallion.Session) error {
	for b, err := range rows {
		if err != nil {
			return err
		}
		for i := range int(b.NumRows()) {
			for c, f := range schema.Fields {
				if err := tellValue(w, f.Name, f.Type, b.Column(c), i, s); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// tellValue prints the fields of a struct each on a line of its own, and leaves out what is null.
func tellValue(w io.Writer, name string, t types.Type, arr arrow.Array, i int, s *medallion.Session) error {
	if arr.IsNull(i) {
		return nil
	}
	inner, ok := t.(types.Struct)
	if !ok {
		_, err := fmt.Fprintf(w, "%-45s %s\n", name, expr.FormatValue(arr, i, t, s.TimeZone()))
		return err
	}
	if name == "metrics" {
		name = ""
	} else {
		name += "."
	}
	for c, f := range inner.Fields {
		if err := tellValue(w, name+f.Name, f.Type, arr.(*array.Struct).Field(c), i, s); err != nil {
			return err
		}
	}
	return nil
}
