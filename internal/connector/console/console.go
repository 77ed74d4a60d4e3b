// Package console is the sink that prints each batch as a table, and the table printing of show().
package console

import (
	"context"
	"fmt"
	"io"
	"time"

	"lakehouse/internal/batch"
	"lakehouse/internal/exec"
	"lakehouse/internal/option"
)

// OptionTable lists the sink's options.
var OptionTable = option.Table{
	{Name: "numRows", Kind: option.Positive, Default: "20", Doc: "How many rows of a batch are printed."},
	{Name: "truncate", Kind: option.Bool, Default: "true", Doc: "Whether cells are cut at 20 characters."},
}

// cut is where a cell ends when cells are truncated.
const cut = 20

// A Sink prints.
type Sink struct {
	out   io.Writer
	style Style
}

// NewSink prints to out.
func NewSink(out io.Writer, opts option.Values, zone *time.Location) *Sink {
	style := Style{MaxRows: int(opts.Int("numRows")), Zone: zone}
	if opts.Bool("truncate") {
		style.MaxWidth = cut
	}
	return &Sink{out: out, style: style}
}

// Description is Spark's, without the Java object's name.
func (s *Sink) Description() string { return "ConsoleTable" }

// Write prints a batch under its number.
func (s *Sink) Write(ctx context.Context, id int64, op exec.Operator) (int64, error) {
	rows, err := batch.Collect(op.Execute(ctx, 1)[0])
	if err != nil {
		return 0, err
	}
	var n int64
	for _, b := range rows {
		n += b.NumRows()
	}
	const line = "-------------------------------------------\n"
	if _, err := fmt.Fprintf(s.out, "%sBatch: %d\n%s", line, id, line); err != nil {
		return n, err
	}
	return n, Show(s.out, op.Schema(), rows, s.style)
}
