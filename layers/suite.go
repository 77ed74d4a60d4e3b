package layers

import (
	"context"
	"fmt"
	"path"

	"lakehouse/medallion"
	"lakehouse/testsuite"
)

// An InputFile is a file that a suite feeds in, and how many rows it adds: line items, or sales.
type InputFile struct {
	Path string // of the machine
	Rows int64
}

var ordinals = []string{"first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"}

// InvoicesSuite is the test suite of the invoices pipeline: it cleans, feeds file after file, and looks at
// the line items after each and at the archive in the end. It is a model for a user's own.
func InvoicesSuite(files []InputFile) []testsuite.Step {
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
		total += f.Rows
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

// SalesSuite is the test suite of the sales pipeline: each file's rows are in bronze and silver, and summed up in gold.
// No file is moved: three queries read the folder.
func SalesSuite(files []InputFile) []testsuite.Step {
	landing := SalesBase + "/json"
	tables := []string{"bronze_sales_spark2", "silver_sales_spark2", "gold_sales_summary_spark2"}
	steps := []testsuite.Step{
		{Title: "Cleaning up for the sales stream...", Do: func(ctx context.Context, s *testsuite.Suite) error {
			return s.Clean(ctx, tables, []string{
				landing, SalesBase + "/checkpoints_bronze_spark", SalesBase + "/checkpoints_silver_spark", SalesBase + "/checkpoints_golden_spark",
			})
		}},
		{Title: "Starting the streams...", Do: func(ctx context.Context, s *testsuite.Suite) error { return s.Start(ctx) }},
	}
	var total int64
	var landed []string
	for i, f := range files {
		total += f.Rows
		want := total
		name := fmt.Sprintf("sales_%d.json", i+1)
		landed = append(landed, name)
		steps = append(steps, testsuite.Step{
			Title: fmt.Sprintf("Testing %s iteration of sales stream...", ordinals[i%len(ordinals)]),
			Do: func(ctx context.Context, s *testsuite.Suite) error {
				if err := s.Ingest(ctx, f.Path, landing, name); err != nil {
					return err
				}
				if err := s.Settle(ctx); err != nil {
					return err
				}
				for _, table := range tables {
					if err := s.AssertCount(ctx, table, want); err != nil {
						return err
					}
				}
				return nil
			},
		})
	}
	return append(steps,
		testsuite.Step{Title: "Testing the gold table...", Do: func(ctx context.Context, s *testsuite.Suite) error {
			if err := s.AssertSchema(ctx, "gold_sales_summary_spark2", "Id int, total_money double"); err != nil {
				return err
			}
			return s.AssertQuery(ctx, "SELECT b.Id FROM bronze_sales_spark2 b LEFT JOIN gold_sales_summary_spark2 g ON b.Id = g.Id AND b.money = g.total_money WHERE g.Id IS NULL")
		}},
		testsuite.Step{Title: "Stopping the streams and testing the folder...", Do: func(ctx context.Context, s *testsuite.Suite) error {
			if err := s.Stop(); err != nil {
				return err
			}
			return s.AssertFiles(ctx, landing, landed...)
		}})
}

// Suited is the pipeline with settings, as the test suite starts it.
func (p Pipeline) Suited(set Settings) testsuite.Pipeline {
	return testsuite.PipelineFunc(func(ctx context.Context, s *medallion.Session) ([]*medallion.StreamingQuery, error) {
		return p.Start(ctx, s, set)
	})
}
