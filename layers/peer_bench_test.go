package layers

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os/exec"
	"strings"
	"testing"
	"time"

	"lakehouse/medallion"
)

// duckJob does the pipeline's job in DuckDB, to plain Parquet without transactions, on all cores as the pipeline does, and
// prints the seconds it took, the line items and the revenue.
const duckJob = `
import json, sys, time, duckdb
source, out = sys.argv[1], sys.argv[2]
db = duckdb.connect()
begin = time.time()
db.execute(f"""copy (select * from read_json('{source}/*.json', format='newline_delimited', columns={{
  InvoiceNumber:'varchar', CreatedTime:'bigint', StoreID:'varchar', PosID:'varchar', CashierID:'varchar', CustomerType:'varchar',
  CustomerCardNo:'varchar', TotalAmount:'double', NumberOfItems:'bigint', PaymentMethod:'varchar', TaxableAmount:'double',
  CGST:'double', SGST:'double', CESS:'double', DeliveryType:'varchar',
  DeliveryAddress:'struct(AddressLine varchar, City varchar, ContactNumber varchar, PinCode varchar, State varchar)',
  InvoiceLineItems:'struct(ItemCode varchar, ItemDescription varchar, ItemPrice double, ItemQty bigint, TotalValue double)[]'}}))
  to '{out}/bronze.parquet' (format parquet)""")
db.execute(f"""copy (select InvoiceNumber, CreatedTime, StoreID, PosID, CustomerType, PaymentMethod, DeliveryType, City, State, PinCode,
  i.ItemCode, i.ItemDescription, i.ItemPrice, i.ItemQty, i.TotalValue
  from (select *, DeliveryAddress.City City, DeliveryAddress.State State, DeliveryAddress.PinCode PinCode, unnest(InvoiceLineItems) i
        from '{out}/bronze.parquet')) to '{out}/silver.parquet' (format parquet)""")
for name, keys in (('day', 'StoreID, epoch_ms(CreatedTime)::date d'), ('payment', 'PaymentMethod')):
    db.execute(f"""copy (select {keys}, count(*) LineItems, sum(ItemQty) Quantity, sum(TotalValue) Revenue
      from '{out}/silver.parquet' group by all) to '{out}/{name}.parquet' (format parquet)""")
took = time.time() - begin
items, revenue = db.execute(f"select sum(LineItems)::bigint, sum(Revenue) from '{out}/payment.parquet'").fetchone()
print(json.dumps({"seconds": took, "items": items, "revenue": revenue}))
`

// A job is what one engine made of the folder.
type job struct {
	Seconds float64 `json:"seconds"`
	Items   int64   `json:"items"`
	Revenue float64 `json:"revenue"`
}

// BenchmarkBesideDuckDB runs the whole pipeline and the same job in DuckDB in turn, over the same files, holds the results
// against each other, and reports the medians and how many times as long DuckDB took. It needs python with duckdb
// (LAKEHOUSE_PYTHON). Figures to be told: -bench.mb 200 -benchtime 5x, on a quiet machine.
func BenchmarkBesideDuckDB(b *testing.B) {
	py := pythonWith(b, "duckdb")
	landing, _ := generateInvoices(b, b.TempDir(), int64(*benchMB)<<20)
	var ours, theirs, ratios []float64
	for b.Loop() {
		mine, duck := runPipeline(b, landing), runDuck(b, py, landing)
		if mine.Items != duck.Items || math.Abs(mine.Revenue-duck.Revenue) > 1e-9*math.Abs(duck.Revenue) {
			b.Fatalf("the results differ: %+v and DuckDB's %+v", mine, duck)
		}
		ours, theirs = append(ours, mine.Seconds), append(theirs, duck.Seconds)
		ratios = append(ratios, duck.Seconds/mine.Seconds)
	}
	b.ReportMetric(median(ours), "s-ours")
	b.ReportMetric(median(theirs), "s-duckdb")
	b.ReportMetric(median(ratios), "duckdb/ours")
}

func runPipeline(b *testing.B, landing string) job {
	b.Helper()
	session := newBenchSession(b)
	defer session.Close()
	begin := time.Now()
	for _, layer := range Invoices().Layers {
		runLayer(b, session, layer, landing)
	}
	return job{Seconds: time.Since(begin).Seconds(), Items: int64(sumOf(b, session, "LineItems")), Revenue: sumOf(b, session, "Revenue")}
}

func sumOf(b *testing.B, session *medallion.Session, column string) float64 {
	b.Helper()
	frame, err := session.SQL(b.Context(), fmt.Sprintf("SELECT CAST(sum(%s) AS DOUBLE) FROM revenue_by_payment", column))
	if err != nil {
		b.Fatal(err)
	}
	rows, err := frame.Collect(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	return rows[0].Values[0].(float64)
}

func runDuck(b *testing.B, py, landing string) job {
	b.Helper()
	var errs bytes.Buffer
	cmd := exec.Command(py, "-c", duckJob, landing, b.TempDir())
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		b.Fatalf("%v\n%s", err, strings.TrimSpace(errs.String()))
	}
	var done job
	if err := json.Unmarshal(out, &done); err != nil {
		b.Fatalf("%v: %q", err, out)
	}
	return done
}
