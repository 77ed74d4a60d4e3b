package delta

import (
	"context"

	"lakehouse/deltalog"
	"lakehouse/internal/logical"
)

// What a source knows of its rows without reading them.
var (
	_ logical.Totaled     = (*Source)(nil)
	_ logical.Partitioned = (*Source)(nil)
	_ logical.Reporting   = (*Source)(nil)
)

// PartitionColumns are the columns of which each file has one value.
func (s *Source) PartitionColumns() []string {
	if s.snap == nil {
		return nil
	}
	return s.snap.PartitionColumns()
}

// Totals is what the table's log says of all its rows.
func (s *Source) Totals(ctx context.Context, columns []string, useful func(logical.Totals) bool) (logical.Totals, error) {
	if s.snap == nil || s.bucket != nil {
		return logical.Totals{Rows: -1}, nil
	}
	totals, err := s.snap.TotalsWhile(ctx, columns, func(t *deltalog.Totals) bool { return useful(knownOf(t)) })
	return knownOf(&totals), err
}

func knownOf(t *deltalog.Totals) logical.Totals {
	known := logical.Totals{Rows: t.Rows, Columns: make([]logical.ColumnTotals, len(t.Columns))}
	for i, c := range t.Columns {
		known.Columns[i] = logical.ColumnTotals(c)
	}
	return known
}

// Report says which files a scan reads, and why it passes over the others.
func (s *Source) Report(ctx context.Context, opts logical.ScanOptions) (string, error) {
	if s.snap == nil {
		return "", nil
	}
	where, generated := withGenerated(s.snap.Metadata(), opts.Where)
	scan, err := s.snap.Scan(deltalog.ScanOptions{Where: where})
	if err != nil {
		return "", err
	}
	report, err := scan.Report(ctx)
	text := report.String()
	if generated != nil {
		text += "; generated: " + textOf(generated, s.schema)
	}
	return text, err
}
