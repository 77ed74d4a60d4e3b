// Package console is the sink that prints each batch as a table, and the table printing of show().
package console

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

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
	rows, n, err := s.first(op.Execute(ctx, 1)[0])
	if err != nil {
		return 0, err
	}
	const line = "-------------------------------------------\n"
	if _, err := fmt.Fprintf(s.out, "%sBatch: %d\n%s", line, id, line); err != nil {
		return n, err
	}
	return n, Show(s.out, op.Schema(), rows, s.style)
}

// first keeps what is printed of a batch, and one row more, which says that there are more; it counts all.
func (s *Sink) first(all batch.Seq) (rows []arrow.RecordBatch, n int64, err error) {
	for b, err := range all {
		if err != nil {
			return nil, 0, err
		}
		if n <= int64(s.style.MaxRows) {
			rows = append(rows, b)
		}
		n += b.NumRows()
	}
	return rows, n, nil
}
