// Command invoices runs bronze and silver as chained streams, driven by a test suite: invoices land in a folder, their line items
// come out of a table, and finished files go into an archive.
package main

import (
	"bytes"
	"context"
	"fmt"

	"lakehouse/examples/example"
	"lakehouse/fixtures"
	"lakehouse/layers"
	"lakehouse/testsuite"
)

// uploads are where the files lie before they are ingested.
const uploads = layers.InvoicesBase + "/invoices"

func main() { example.Main(invoices) }

func invoices(ctx context.Context, l example.Lake) error {
	var files []layers.InputFile
	for _, b := range fixtures.Batches() {
		var text bytes.Buffer
		if err := fixtures.Invoices(&text, b); err != nil {
			return err
		}
		name := uploads + "/" + b.Name
		if err := l.FS().Put(ctx, name, text.Bytes()); err != nil {
			return err
		}
		files = append(files, layers.InputFile{Path: name, Rows: int64(b.LineItems)})
	}
	suite := testsuite.New(l.Session, layers.Invoices().Suited(layers.Settings{}), l.Out)
	if err := suite.RunSteps(ctx, layers.InvoicesSuite(files)...); err != nil {
		return fmt.Errorf("the suite: %w", err)
	}
	return l.Show(ctx, "SELECT PaymentMethod, LineItems, Quantity, Revenue FROM revenue_by_payment ORDER BY PaymentMethod")
}
