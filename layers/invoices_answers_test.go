package layers

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"lakehouse/internal/programs"
	"lakehouse/internal/realdata"
	"lakehouse/medallion"
)

// invoicesQueries ask for Spark's captured answers over all four files.
var invoicesQueries = map[string]string{
	"bronze totals": `SELECT count(*) AS n, count(DISTINCT InvoiceNumber) AS invoices, sum(NumberOfItems) AS items, sum(TotalAmount) AS total,
		round(sum(CESS), 4) AS cess, count(DeliveryAddress) AS with_address, sum(size(InvoiceLineItems)) AS line_items FROM invoices_bz`,
	"silver totals": `SELECT count(*) AS n, count(DISTINCT InvoiceNumber) AS invoices, sum(ItemQty) AS qty, sum(TotalValue) AS value,
		sum(ItemPrice) AS price, count(City) AS with_city, count(DISTINCT ItemCode) AS items FROM invoice_line_items`,
	"by DeliveryType":   groupedLineItems("DeliveryType"),
	"by PaymentMethod":  `SELECT PaymentMethod, count(*) AS n, sum(TotalValue) AS value FROM invoice_line_items GROUP BY PaymentMethod ORDER BY PaymentMethod`,
	"by StoreID (gold)": groupedLineItems("StoreID"),
	"top 10 items": `SELECT ItemDescription, sum(ItemQty) AS qty, sum(TotalValue) AS value FROM invoice_line_items
		GROUP BY ItemDescription ORDER BY value DESC LIMIT 10`,
	"duplicate invoice numbers": `SELECT InvoiceNumber, count(*) AS n FROM invoices_bz
		GROUP BY InvoiceNumber HAVING count(*) > 1 ORDER BY InvoiceNumber`,
}

func groupedLineItems(by string) string {
	return fmt.Sprintf(`SELECT %[1]s, count(*) AS n, sum(ItemQty) AS qty, sum(TotalValue) AS value FROM invoice_line_items
		GROUP BY %[1]s ORDER BY %[1]s`, by)
}

// All four files through bronze and silver give Spark's answers, rows and schemas.
func TestInvoicesGivesSparksAnswers(t *testing.T) {
	l := programs.NewLake(t)
	for file := range 4 {
		from := realdata.Path(t, "invoices", fmt.Sprintf("invoices-%d.json", file+1))
		l.CopyIn(from, InvoicesBase+"/data/invoices", fmt.Sprintf("invoices_%d.json", file+1))
	}
	for _, layer := range Invoices().Layers[:2] {
		l.Run(Invoices().StartLayer(t.Context(), l.Session, layer, Settings{Trigger: medallion.AvailableNow()}))
	}
	for name, want := range programs.Answer[map[string][]map[string]any](t, "invoices", "answers.json") {
		t.Run(name, func(t *testing.T) {
			lines := make([]string, len(want))
			for i, row := range want {
				lines[i] = programs.JSONText(t, row)
			}
			programs.Equal(t, name, strings.Join(l.Rows(invoicesQueries[name]), "\n"), strings.Join(lines, "\n"))
		})
	}
	t.Run("rows of invoice_line_items", func(t *testing.T) {
		got, want := l.Rows("SELECT * FROM invoice_line_items"), gzipLines(t, "invoices", "invoice_line_items.jsonl.gz")
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%d rows, want %d; the first that differ: %s", len(got), len(want), firstDifference(got, want))
		}
	})
	t.Run("first invoices", func(t *testing.T) {
		got := l.Rows("SELECT * FROM invoices_bz ORDER BY CreatedTime, InvoiceNumber LIMIT 20")
		slices.Sort(got)
		programs.Equal(t, "rows", got, jsonLines(t, realdata.Path(t, "programs", "invoices", "expected", "bronze_first_20.jsonl")))
	})
	for name, want := range programs.Answer[map[string]string](t, "invoices", "schemas.json") {
		t.Run("schema of "+name, func(t *testing.T) {
			frame := l.Session.Table(name)
			if name == "exploded" {
				frame = l.Session.Table("invoices_bz").SelectExpr("InvoiceNumber", "CreatedTime", "StoreID", "PosID", "CustomerType",
					"PaymentMethod", "DeliveryType", "DeliveryAddress.City", "DeliveryAddress.State", "DeliveryAddress.PinCode",
					"explode(InvoiceLineItems) as LineItem")
			}
			var got strings.Builder
			if err := frame.PrintSchema(t.Context(), &got); err != nil {
				t.Fatal(err)
			}
			programs.Equal(t, "schema", strings.TrimSpace(got.String()), strings.TrimSpace(want))
		})
	}
}

// gzipLines reads captured rows as [jsonLines] does.
func gzipLines(t *testing.T, program, file string) []string {
	t.Helper()
	f, err := os.Open(realdata.Path(t, "programs", program, "expected", file))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	unpacked, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	in := bufio.NewScanner(unpacked)
	for in.Scan() {
		lines = append(lines, normal(t, in.Text()))
	}
	if err := in.Err(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(lines)
	return lines
}

// cleanedRun is one run of the bronze layer with another cleanSource.
type cleanedRun struct {
	After   string     `json:"after"`
	Batches [][2]int64 `json:"batches"`
	Rows    int64      `json:"rows"`
	Landing []string   `json:"landing"`
}

// With cleanSource delete and off, bronze leaves in the landing folder what Spark leaves.
func TestInvoicesCleanSourceVariants(t *testing.T) {
	for mode, runs := range programs.Answer[map[string][]cleanedRun](t, "invoices", "clean_source_variants.json") {
		t.Run(mode, func(t *testing.T) {
			l := programs.NewLake(t)
			for i, want := range runs {
				if name, _, found := strings.Cut(want.After, " + "); found {
					from := realdata.Path(t, "invoices", fmt.Sprintf("invoices-%d.json", i+1))
					l.CopyIn(from, InvoicesBase+"/data/invoices", name)
				}
				q := l.Run(Invoices().StartLayer(t.Context(), l.Session, Invoices().Layers[0],
					Settings{CleanSource: mode, Trigger: medallion.AvailableNow()}))
				got := cleanedRun{want.After, programs.Batches(q), l.Count("invoices_bz"), l.Files(InvoicesBase + "/data/invoices")}
				programs.Equal(t, want.After, got, want)
			}
		})
	}
}

// normal prints JSON again, with numbers in one way.
func normal(t *testing.T, line string) string {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(line), &v); err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	out, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func firstDifference(a, b []string) string {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("%s and %s", a[i], b[i])
		}
	}
	return "one has more"
}
