package jsonio

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"lakehouse/internal/types"
)

func field(name string, t types.Type) types.Field {
	return types.Field{Name: name, Type: t, Nullable: true}
}

func structOf(fields ...types.Field) types.Struct { return types.Struct{Fields: fields} }

func invoiceSchema() types.Struct {
	return structOf(
		field("InvoiceNumber", types.String), field("CreatedTime", types.Long), field("StoreID", types.String),
		field("PosID", types.String), field("CashierID", types.String), field("CustomerType", types.String),
		field("CustomerCardNo", types.String), field("TotalAmount", types.Double), field("NumberOfItems", types.Long),
		field("PaymentMethod", types.String), field("TaxableAmount", types.Double), field("CGST", types.Double),
		field("SGST", types.Double), field("CESS", types.Double), field("DeliveryType", types.String),
		field("DeliveryAddress", structOf(
			field("AddressLine", types.String), field("City", types.String), field("State", types.String),
			field("PinCode", types.String), field("ContactNumber", types.String))),
		field("InvoiceLineItems", types.Array{ContainsNull: true, Element: structOf(
			field("ItemCode", types.String), field("ItemDescription", types.String), field("ItemPrice", types.Double),
			field("ItemQty", types.Long), field("TotalValue", types.Double))}),
	)
}

// invoices makes about size bytes of invoices, one a line, the same for the same seed.
func invoices(size int, seed uint64) []byte {
	rnd := rand.New(rand.NewPCG(seed, 7))
	items := []string{"Wine glass", "Portable Lamps", "Carving knifes", "Oil-lamp clock", "Slipcover", "Teacups and saucers"}
	var b bytes.Buffer
	for b.Len() < size {
		total := float64(rnd.IntN(20000))
		fmt.Fprintf(&b, `{"InvoiceNumber":"%d","CreatedTime":%d,"StoreID":"STR%d","PosID":"POS%d","CashierID":"OAS%d",`+
			`"CustomerType":"PRIME","CustomerCardNo":"%d","TotalAmount":%.1f,"NumberOfItems":%d,"PaymentMethod":"CARD",`+
			`"TaxableAmount":%.1f,"CGST":%.2f,"SGST":%.2f,"CESS":%.4f,"DeliveryType":`,
			10000000+rnd.IntN(89999999), 1595688900348+rnd.IntN(1e9), 1000+rnd.IntN(8999), 100+rnd.IntN(899), 100+rnd.IntN(899),
			1000000000+rnd.IntN(8999999999), total, 1+rnd.IntN(5), total, total*.025, total*.025, total*.00125)
		if rnd.IntN(2) == 0 {
			b.WriteString(`"TAKEAWAY",`)
		} else {
			fmt.Fprintf(&b, `"HOME-DELIVERY","DeliveryAddress":{"AddressLine":"%d-%d Dui. Rd.","City":"Shivapuri",`+
				`"State":"Madhya Pradesh","PinCode":"%d","ContactNumber":"%d"},`,
				rnd.IntN(999), rnd.IntN(9999), 100000+rnd.IntN(899999), 1000000000+rnd.IntN(8999999999))
		}
		b.WriteString(`"InvoiceLineItems":[`)
		for i := range 1 + rnd.IntN(4) {
			if i > 0 {
				b.WriteByte(',')
			}
			price := rnd.IntN(3000)
			fmt.Fprintf(&b, `{"ItemCode":"%d","ItemDescription":"%s","ItemPrice":%d.0,"ItemQty":%d,"TotalValue":%d.0}`,
				100+rnd.IntN(899), items[rnd.IntN(len(items))], price, 1+rnd.IntN(2), price*2)
		}
		b.WriteString("]}\n")
	}
	return b.Bytes()
}

func BenchmarkDecodeInvoices(b *testing.B) {
	data := invoices(16<<20, 1)
	all := invoiceSchema()
	for _, c := range []struct {
		name   string
		schema types.Struct
	}{
		{"all", all},
		{"pruned=3", structOf(all.Fields[0], all.Fields[1], all.Fields[7])},
		{"none", structOf()},
	} {
		b.Run("columns="+c.name, func(b *testing.B) {
			d, err := NewDecoder(c.schema, Options{})
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				for _, err := range d.Decode(bytes.NewReader(data)) {
					if err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}

// Pieces of a file, as several workers take them.
func BenchmarkDecodePieces(b *testing.B) {
	data := invoices(16<<20, 1)
	size := int64(len(data))
	d, err := NewDecoder(invoiceSchema(), Options{})
	if err != nil {
		b.Fatal(err)
	}
	for _, piece := range []int64{1 << 20, 4 << 20} {
		b.Run(fmt.Sprintf("size=%dMB", piece>>20), func(b *testing.B) {
			b.SetBytes(size)
			b.ReportAllocs()
			for b.Loop() {
				for at := int64(0); at < size; at += piece {
					for _, err := range d.DecodeRange(bytes.NewReader(data), size, at, min(at+piece, size)) {
						if err != nil {
							b.Fatal(err)
						}
					}
				}
			}
		})
	}
}
