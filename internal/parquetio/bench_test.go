package parquetio

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	aparquet "github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
	"github.com/parquet-go/parquet-go"

	"lakehouse/internal/types"
)

// The shape of the silver table: invoice lines with their invoice's columns repeated.
const silverRows = 713_475

func silverSchema() types.Struct {
	column := func(name string, t types.Type) types.Field { return types.Field{Name: name, Type: t, Nullable: true} }
	return types.Struct{Fields: []types.Field{
		column("InvoiceNumber", types.String), column("CreatedTime", types.Long), column("StoreID", types.String),
		column("PosID", types.String), column("CustomerType", types.String), column("PaymentMethod", types.String),
		column("DeliveryType", types.String), column("City", types.String), column("State", types.String),
		column("PinCode", types.String), column("ItemCode", types.String), column("ItemDescription", types.String),
		column("ItemPrice", types.Double), column("ItemQty", types.Long), column("TotalValue", types.Double),
	}}
}

// silverBatches makes rows of the table from a seed, in batches of 8,192 rows.
func silverBatches(rows int) []arrow.RecordBatch {
	schema := types.ToArrowSchema(silverSchema())
	rnd := &rapidSource{state: 7}
	var batches []arrow.RecordBatch
	invoice, lines := 0, 0
	for done := 0; done < rows; {
		b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
		text := func(column int, format string, args ...any) {
			b.Field(column).(*array.StringBuilder).Append(fmt.Sprintf(format, args...))
		}
		n := min(8192, rows-done)
		for range n {
			if lines == 0 {
				invoice, lines = 50_000_000+rnd.n(49_000_000), 1+rnd.n(5)
			}
			lines--
			place := invoice % 1200
			text(0, "%d", invoice)
			b.Field(1).(*array.Int64Builder).Append(1_595_688_900_000 + int64(invoice)*31)
			text(2, "STR%d", invoice%15*211)
			text(3, "POS%d", invoice%97)
			text(4, "%s", []string{"PRIME", "NONPRIME"}[invoice&1])
			text(5, "%s", []string{"CARD", "CASH", "UPI"}[invoice%3])
			text(6, "%s", []string{"TAKEAWAY", "HOME-DELIVERY"}[invoice>>1&1])
			if invoice>>1&1 == 1 {
				text(7, "City of %d", place)
				text(8, "State %d", place%29)
				text(9, "%d", 560_000+place)
			} else {
				b.Field(7).AppendNull()
				b.Field(8).AppendNull()
				b.Field(9).AppendNull()
			}
			item := rnd.n(400)
			text(10, "%d", 258+item)
			text(11, "Furniture of wood number %d", item)
			price, qty := float64(100+item*17%4000), int64(1+rnd.n(4))
			b.Field(12).(*array.Float64Builder).Append(price)
			b.Field(13).(*array.Int64Builder).Append(qty)
			b.Field(14).(*array.Float64Builder).Append(price * float64(qty))
		}
		batches = append(batches, b.NewRecordBatch())
		done += n
	}
	return batches
}

func writeSilver(b testing.TB, out io.Writer, batches []arrow.RecordBatch, opts WriterOptions) {
	w, err := NewWriter(out, silverSchema(), opts)
	if err != nil {
		b.Fatal(err)
	}
	for _, batch := range batches {
		if err := w.Write(batch); err != nil {
			b.Fatal(err)
		}
	}
	if _, err := w.Close(); err != nil {
		b.Fatal(err)
	}
}

// counter counts what is written to it.
type counter struct{ n int64 }

func (c *counter) Write(p []byte) (int, error) {
	c.n += int64(len(p))
	return len(p), nil
}

func arrowBytes(batches []arrow.RecordBatch) int64 {
	var n int64
	for _, batch := range batches {
		for _, column := range batch.Columns() {
			n += arrayBytes(column.Data())
		}
	}
	return n
}

func BenchmarkWriteSilver(b *testing.B) {
	batches := silverBatches(silverRows)
	run := func(name string, write func(io.Writer)) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(arrowBytes(batches))
			b.ReportAllocs()
			var out counter
			for b.Loop() {
				out.n = 0
				write(&out)
			}
			b.ReportMetric(float64(out.n)/1e6, "MB-file")
		})
	}
	run("writer=ours/codec=snappy", func(out io.Writer) { writeSilver(b, out, batches, WriterOptions{}) })
	run("writer=ours/codec=zstd", func(out io.Writer) { writeSilver(b, out, batches, WriterOptions{Compression: "zstd"}) })
	run("writer=ours/codec=none", func(out io.Writer) { writeSilver(b, out, batches, WriterOptions{Compression: "none"}) })
	run("writer=pqarrow/codec=snappy", func(out io.Writer) {
		props := aparquet.NewWriterProperties(aparquet.WithCompression(compress.Codecs.Snappy), aparquet.WithDictionaryDefault(true))
		w, err := pqarrow.NewFileWriter(types.ToArrowSchema(silverSchema()), out, props, pqarrow.DefaultWriterProps())
		if err != nil {
			b.Fatal(err)
		}
		for _, batch := range batches {
			if err := w.WriteBuffered(batch); err != nil {
				b.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			b.Fatal(err)
		}
	})
	run("writer=parquet-go/codec=snappy", func(out io.Writer) { writeParquetGo(b, out, batches) })
}

type silverRow struct {
	InvoiceNumber   string  `parquet:"InvoiceNumber,optional,dict,snappy"`
	CreatedTime     int64   `parquet:"CreatedTime,optional,dict,snappy"`
	StoreID         string  `parquet:"StoreID,optional,dict,snappy"`
	PosID           string  `parquet:"PosID,optional,dict,snappy"`
	CustomerType    string  `parquet:"CustomerType,optional,dict,snappy"`
	PaymentMethod   string  `parquet:"PaymentMethod,optional,dict,snappy"`
	DeliveryType    string  `parquet:"DeliveryType,optional,dict,snappy"`
	City            *string `parquet:"City,optional,dict,snappy"`
	State           *string `parquet:"State,optional,dict,snappy"`
	PinCode         *string `parquet:"PinCode,optional,dict,snappy"`
	ItemCode        string  `parquet:"ItemCode,optional,dict,snappy"`
	ItemDescription string  `parquet:"ItemDescription,optional,dict,snappy"`
	ItemPrice       float64 `parquet:"ItemPrice,optional,dict,snappy"`
	ItemQty         int64   `parquet:"ItemQty,optional,dict,snappy"`
	TotalValue      float64 `parquet:"TotalValue,optional,dict,snappy"`
}

func writeParquetGo(b *testing.B, out io.Writer, batches []arrow.RecordBatch) {
	w := parquet.NewGenericWriter[silverRow](out)
	var rows []silverRow
	for _, batch := range batches {
		rows = rows[:0]
		text := func(column, i int) string { return batch.Column(column).(*array.String).Value(i) }
		maybe := func(column, i int) *string {
			if batch.Column(column).IsNull(i) {
				return nil
			}
			s := text(column, i)
			return &s
		}
		long := func(column, i int) int64 { return batch.Column(column).(*array.Int64).Value(i) }
		double := func(column, i int) float64 { return batch.Column(column).(*array.Float64).Value(i) }
		for i := range int(batch.NumRows()) {
			rows = append(rows, silverRow{
				text(0, i), long(1, i), text(2, i), text(3, i), text(4, i), text(5, i), text(6, i),
				maybe(7, i), maybe(8, i), maybe(9, i), text(10, i), text(11, i), double(12, i), long(13, i), double(14, i),
			})
		}
		if _, err := w.Write(rows); err != nil {
			b.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
}

func BenchmarkReadSilver(b *testing.B) {
	batches := silverBatches(silverRows)
	var out bytes.Buffer
	writeSilver(b, &out, batches, WriterOptions{})
	data := out.Bytes()
	b.Run("reader=ours", func(b *testing.B) {
		b.SetBytes(arrowBytes(batches))
		b.ReportAllocs()
		for b.Loop() {
			rows := int64(0)
			for _, batch := range readAll(b, data, ReadOptions{Schema: silverSchema()}) {
				rows += batch.NumRows()
			}
			if rows != silverRows {
				b.Fatal(rows)
			}
		}
	})
	b.Run("reader=pqarrow", func(b *testing.B) {
		b.SetBytes(arrowBytes(batches))
		b.ReportAllocs()
		for b.Loop() {
			table, err := pqarrow.ReadTable(context.Background(), bytes.NewReader(data), nil,
				pqarrow.ArrowReadProperties{BatchSize: 8192}, memory.DefaultAllocator)
			if err != nil || table.NumRows() != silverRows {
				b.Fatal(err, table)
			}
		}
	})
}
