package layers

import (
	"context"
	"fmt"
	"path"

	"lakehouse/medallion"
	"lakehouse/testsuite"
)

// An InvoiceFile is a file that the invoices suite feeds in, and how many line items are in it.
type InvoiceFile struct {
	Path      string // of the machine
	LineItems int64
}

var ordinals = []string{"first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"}

// InvoicesSuite is the test suite of the invoices pipeline: it cleans, feeds file after file, and looks at
// the line items after each and at the archive in the end. It is a model for a user's own.
func InvoicesSuite(files []InvoiceFile) []testsuite.Step {
	landing, archive := InvoicesBase+"/data/invoices", InvoicesBase+"/data/invoices_archive"
	steps := []testsuite.Step{
		{Title: "Cleaning up for the invoice stream...", Do: func(ctx context.Context, s *testsuite.Suite) error {
			err := s.Clean(ctx,
				[]string{"invoices_bz", "invoice_line_items", "revenue_by_store_day", "revenue_by_payment"},
				[]string{"/user/hive/warehouse/invoices_bz", "/user/hive/warehouse/invoice_line_items", InvoicesBase + "/chekpoint", archive, landing})
			if err != nil {
				return err
			}
			return s.Session().FS().Mkdirs(ctx, landing)
		}},
		{Title: "Starting the streams...", Do: func(ctx context.Context, s *testsuite.Suite) error { return s.Start(ctx) }},
	}
	var total int64
	var archived []string
	for i, f := range files {
		total += f.LineItems
		want := total
		name := fmt.Sprintf("invoices_%d.json", i+1)
		if i < len(files)-1 {
			archived = append(archived, name)
		}
		steps = append(steps, testsuite.Step{
			Title: fmt.Sprintf("Testing %s iteration of invoice stream...", ordinals[i%len(ordinals)]),
			Do: func(ctx context.Context, s *testsuite.Suite) error {
				if err := s.Ingest(ctx, f.Path, landing, name); err != nil {
					return err
				}
				if err := s.Settle(ctx); err != nil {
					return err
				}
				return s.AssertCount(ctx, "invoice_line_items", want)
			},
		})
	}
	return append(steps,
		testsuite.Step{Title: "Testing the gold tables...", Do: func(ctx context.Context, s *testsuite.Suite) error {
			return s.AssertQuery(ctx, "SELECT sum(LineItems) FROM revenue_by_payment UNION ALL SELECT sum(LineItems) FROM revenue_by_store_day", fmt.Sprint(total), fmt.Sprint(total))
		}},
		testsuite.Step{Title: "Stopping the streams and testing the archive...", Do: func(ctx context.Context, s *testsuite.Suite) error {
			if err := s.Stop(); err != nil {
				return err
			}
			return s.AssertFiles(ctx, path.Join(archive, landing), archived...)
		}})
}

// Suited is the pipeline with settings, as the test suite starts it.
func (p Pipeline) Suited(set Settings) testsuite.Pipeline {
	return testsuite.PipelineFunc(func(ctx context.Context, s *medallion.Session) ([]*medallion.StreamingQuery, error) {
		return p.Start(ctx, s, set)
	})
}
