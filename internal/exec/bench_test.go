package exec_test

import (
	"fmt"
	"testing"

	"lakehouse/internal/exec"
	"lakehouse/internal/logical"
)

// invoices is a table of n invoices of three line items each, in batches of the usual size.
func invoices(b *testing.B, n int) tables {
	b.Helper()
	query := fmt.Sprintf(`SELECT CAST(id AS STRING) AS InvoiceNumber, id AS CreatedTime,
		concat('STR', CAST(1000 + id %% 80 AS STRING)) AS StoreID,
		if(id %% 2 = 0, 'CARD', 'CASH') AS PaymentMethod,
		named_struct('City', concat('City', CAST(id %% 500 AS STRING)), 'State', 'S', 'PinCode', '123456') AS DeliveryAddress,
		array(
			named_struct('ItemCode', CAST(id %% 100 AS STRING), 'ItemPrice', CAST(id AS DOUBLE), 'ItemQty', id %% 3, 'TotalValue', id * 2.0D),
			named_struct('ItemCode', CAST(id %% 90 AS STRING), 'ItemPrice', CAST(id AS DOUBLE), 'ItemQty', id %% 3, 'TotalValue', id * 3.0D),
			named_struct('ItemCode', CAST(id %% 80 AS STRING), 'ItemPrice', CAST(id AS DOUBLE), 'ItemQty', id %% 3, 'TotalValue', id * 4.0D)
		) AS InvoiceLineItems
		FROM range(%d)`, n)
	catalog := tables{}
	for name, text := range map[string]string{
		"invoices": query,
		"items":    "SELECT InvoiceNumber, StoreID, PaymentMethod, LineItem.* FROM (SELECT *, explode(InvoiceLineItems) AS LineItem FROM (" + query + "))",
		"stores":   "SELECT concat('STR', CAST(1000 + id AS STRING)) AS StoreID, id AS Region FROM range(80)",
	} {
		schema, rows, err := run(b.Context(), text, catalog, 1)
		if err != nil {
			b.Fatal(err)
		}
		catalog[name] = logical.NewLocalRelation(schema, rows)
	}
	return catalog
}

func BenchmarkQueries(b *testing.B) {
	const n = 100_000
	catalog := invoices(b, n)
	for _, c := range []struct{ name, query string }{
		{"explode", `SELECT InvoiceNumber, CreatedTime, StoreID, PaymentMethod, DeliveryAddress.City, LineItem.ItemCode, LineItem.ItemQty, LineItem.TotalValue
			FROM (SELECT *, explode(InvoiceLineItems) AS LineItem FROM invoices)`},
		{"group by store", "SELECT StoreID, count(*), sum(ItemQty), sum(TotalValue) FROM items GROUP BY StoreID"},
		{"group by two texts", "SELECT StoreID, ItemCode, sum(TotalValue) FROM items GROUP BY StoreID, ItemCode"},
		{"group by invoice", "SELECT InvoiceNumber, sum(TotalValue) FROM items GROUP BY InvoiceNumber"},
		{"count distinct", "SELECT count(DISTINCT InvoiceNumber) FROM items"},
		{"filter", "SELECT InvoiceNumber, TotalValue FROM items WHERE TotalValue > 100000 AND StoreID = 'STR1001'"},
		{"sort", "SELECT InvoiceNumber, TotalValue FROM items ORDER BY TotalValue DESC"},
		{"top 10", "SELECT InvoiceNumber, TotalValue FROM items ORDER BY TotalValue DESC LIMIT 10"},
		{"join small", "SELECT items.InvoiceNumber, stores.Region FROM items JOIN stores ON items.StoreID = stores.StoreID"},
		{"join large", "SELECT items.ItemCode, invoices.CreatedTime FROM items JOIN invoices ON items.InvoiceNumber = invoices.InvoiceNumber"},
	} {
		node, err := resolve(c.query, catalog)
		if err != nil {
			b.Fatal(err)
		}
		node = logical.Optimize(node)
		for _, workers := range []int{1, 2} {
			b.Run(fmt.Sprintf("%s/workers=%d", c.name, workers), func(b *testing.B) {
				for b.Loop() {
					op, err := exec.Build(node, &exec.Env{Eval: evalContext(), Workers: workers})
					if err != nil {
						b.Fatal(err)
					}
					rows := int64(0)
					for batch, err := range exec.Gather(b.Context(), op, workers) {
						if err != nil {
							b.Fatal(err)
						}
						rows += batch.NumRows()
					}
				}
				b.ReportMetric(3*n*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mrows/s")
			})
		}
	}
}
