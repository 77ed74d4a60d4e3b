package medallion

import (
	"context"
	"io"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/connector/console"
	"lakehouse/internal/exec"
)

// Show prints the first 20 rows, cells cut at 20 characters.
func (d *DataFrame) Show(ctx context.Context, w io.Writer) error {
	return d.ShowRows(ctx, w, ShowOptions{})
}

// ShowOptions says how Show prints. The zero value is Spark's show().
type ShowOptions struct {
	Rows int  // 0: 20
	Full bool // cells are not cut
}

// ShowRows prints the first rows as a table.
func (d *DataFrame) ShowRows(ctx context.Context, w io.Writer, opts ShowOptions) error {
	if opts.Rows <= 0 {
		opts.Rows = 20
	}
	op, err := d.Limit(opts.Rows + 1).operator(ctx)
	if err != nil {
		return err
	}
	var rows []arrow.RecordBatch
	for b, err := range d.session.logged(exec.InOrder(ctx, op, d.session.confInt(confWorkers))) {
		if err != nil {
			return err
		}
		rows = append(rows, b)
	}
	style := console.Style{MaxRows: opts.Rows, MaxWidth: 20, Zone: d.session.evalContext().TimeZone}
	if opts.Full {
		style.MaxWidth = 0
	}
	return console.Show(w, op.Schema(), rows, style)
}
