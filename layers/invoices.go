package layers

import (
	"context"

	"lakehouse/medallion"
)

// InvoiceSchema is what the shops send, one object a line.
const InvoiceSchema = `
	InvoiceNumber string, CreatedTime bigint, StoreID string, PosID string, CashierID string,
	CustomerType string, CustomerCardNo string, TotalAmount double, NumberOfItems bigint,
	PaymentMethod string, TaxableAmount double, CGST double, SGST double, CESS double, DeliveryType string,
	DeliveryAddress struct<AddressLine string, City string, ContactNumber string, PinCode string, State string>,
	InvoiceLineItems array<struct<ItemCode string, ItemDescription string, ItemPrice double, ItemQty bigint, TotalValue double>>`

// InvoicesBase is the folder of the invoices pipeline. (The checkpoint folder's spelling is the original's.)
const InvoicesBase = "/FileStore/spark_structured_streaming"

// Invoices is the pipeline of shop invoices: bronze as sent, silver a row a line item, gold the revenue
// by store and day, and by payment method.
func Invoices() Pipeline {
	return Pipeline{
		Name: "invoices",
		Default: Settings{
			Source: InvoicesBase + "/data/invoices", Archive: InvoicesBase + "/data/invoices_archive",
			Checkpoint: InvoicesBase + "/chekpoint", CleanSource: "archive",
		},
		Prepare: func(ctx context.Context, s *medallion.Session) error {
			return s.FS().Mkdirs(ctx, InvoicesBase+"/data/invoices")
		},
		Layers: []Layer{
			{Name: "bronze-ingestion", Kind: "bronze", Table: "invoices_bz", Query: bronzeInvoices},
			{Name: "silver-processing", Kind: "silver", Reads: "invoices_bz", Table: "invoice_line_items", Query: silverLineItems},
			{Name: "gold-store-day", Kind: "gold", Reads: "invoice_line_items", Table: "revenue_by_store_day", Query: goldByStoreDay},
			{Name: "gold-payment", Kind: "gold", Reads: "invoice_line_items", Table: "revenue_by_payment", Query: goldByPayment},
		},
	}
}

// bronzeInvoices reads the landing folder as it is.
func bronzeInvoices(ctx context.Context, s *medallion.Session, set Settings) (medallion.DataStreamWriter, error) {
	reader := set.limited(s.ReadStream().Format("json").Schema(InvoiceSchema)).Option("cleanSource", set.CleanSource)
	if set.CleanSource == "archive" {
		reader = reader.Option("sourceArchiveDir", set.Archive)
	}
	invoices, err := reader.Load(ctx, set.Source)
	if err != nil {
		return medallion.DataStreamWriter{}, err
	}
	return invoices.WriteStream().
		QueryName("bronze-ingestion").
		Option("checkpointLocation", set.Checkpoint+"/invoices_bz").
		OutputMode("append").
		Trigger(set.Trigger), nil
}

// silverLineItems makes a row of each line item.
func silverLineItems(ctx context.Context, s *medallion.Session, set Settings) (medallion.DataStreamWriter, error) {
	invoices, err := set.limited(s.ReadStream()).Table(ctx, "invoices_bz")
	if err != nil {
		return medallion.DataStreamWriter{}, err
	}
	items := invoices.SelectExpr("InvoiceNumber", "CreatedTime", "StoreID", "PosID", "CustomerType", "PaymentMethod", "DeliveryType",
		"DeliveryAddress.City", "DeliveryAddress.State", "DeliveryAddress.PinCode", "explode(InvoiceLineItems) as LineItem")
	for _, c := range []string{"ItemCode", "ItemDescription", "ItemPrice", "ItemQty", "TotalValue"} {
		items = items.WithColumn(c, medallion.Expr("LineItem."+c))
	}
	return items.Drop("LineItem").WriteStream().
		QueryName("silver-processing").
		Format("delta").
		Option("checkpointLocation", set.Checkpoint+"/invoice_line_items").
		OutputMode("append").
		Trigger(set.Trigger), nil
}

// goldByStoreDay sums up each store's day.
func goldByStoreDay(ctx context.Context, s *medallion.Session, set Settings) (medallion.DataStreamWriter, error) {
	return revenueBy(ctx, s, set, "gold-store-day", "revenue_by_store_day",
		medallion.Col("StoreID"), medallion.Expr("to_date(timestamp_millis(CreatedTime)) AS Day"))
}

// goldByPayment sums up each payment method.
func goldByPayment(ctx context.Context, s *medallion.Session, set Settings) (medallion.DataStreamWriter, error) {
	return revenueBy(ctx, s, set, "gold-payment", "revenue_by_payment", medallion.Col("PaymentMethod"))
}

// revenueBy counts and sums up the line items by keys.
func revenueBy(ctx context.Context, s *medallion.Session, set Settings, query, table string, keys ...medallion.Column) (medallion.DataStreamWriter, error) {
	items, err := set.limited(s.ReadStream()).Table(ctx, "invoice_line_items")
	if err != nil {
		return medallion.DataStreamWriter{}, err
	}
	return items.
		GroupBy(keys...).
		Agg(medallion.Count(medallion.Col("*")).As("LineItems"), medallion.Sum(medallion.Col("ItemQty")).As("Quantity"), medallion.Sum(medallion.Col("TotalValue")).As("Revenue")).
		WriteStream().
		QueryName(query).
		Option("checkpointLocation", set.Checkpoint+"/"+table).
		OutputMode("complete").
		Trigger(set.Trigger), nil
}
