package types

import (
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"lakehouse/internal/realdata"
)

func TestJSONIsSparks(t *testing.T) {
	for _, test := range []struct{ ddl, want string }{
		{"a bigint", `{"type":"struct","fields":[{"name":"a","type":"long","nullable":true,"metadata":{}}]}`},
		{"a decimal(10,2) not null comment 'x'", `{"type":"struct","fields":[{"name":"a","type":"decimal(10,2)","nullable":false,"metadata":{"comment":"x"}}]}`},
		{"a array<int>", `{"type":"struct","fields":[{"name":"a","type":{"type":"array","elementType":"integer","containsNull":true},"nullable":true,"metadata":{}}]}`},
		{"a map<string,timestamp_ntz>", `{"type":"struct","fields":[{"name":"a","type":{"type":"map","keyType":"string","valueType":"timestamp_ntz","valueContainsNull":true},"nullable":true,"metadata":{}}]}`},
		{"a interval day to second, b interval", `{"type":"struct","fields":[{"name":"a","type":"interval day to second","nullable":true,"metadata":{}},{"name":"b","type":"interval","nullable":true,"metadata":{}}]}`},
	} {
		s, err := ParseDDL(test.ddl)
		if got := string(ToJSON(s)); err != nil || got != test.want {
			t.Errorf("ToJSON(%s) = %s, %v; want %s", test.ddl, got, err, test.want)
		}
	}
}

func TestMetadataKeepsItsNumbers(t *testing.T) {
	text := `{"type":"struct","fields":[{"name":"a","type":"integer","nullable":true,` +
		`"metadata":{"b":[1,2.5,"x",null,true],"delta.columnMapping.id":9007199254740993}}]}`
	s, err := FromJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if id := s.Fields[0].Metadata["delta.columnMapping.id"]; id != int64(9007199254740993) {
		t.Errorf("id = %v (%T)", id, id)
	}
	if got := string(ToJSON(s)); got != text {
		t.Errorf("printed as %s", got)
	}
}

func TestHostileJSONIsRefused(t *testing.T) {
	deep := strings.Repeat(`{"type":"array","elementType":`, 5000)
	for _, text := range []string{
		``, `{`, `null`, `[]`, `"struct"`, `"decimal(99,1)"`, `"decimal(5,9)"`, `"decimal(5,-9)"`, `"interval day to"`,
		`{"type":"struct"}`, `{"type":"struct","fields":[1]}`, `{"type":"struct","fields":[{"type":"long"}]}`,
		`{"type":"struct","fields":[{"name":"a","type":"lang"}]}`, `{"type":"map","keyType":"long"}`,
		`{"type":"struct","fields":[]} x`, deep, deep + `"long"` + strings.Repeat(`,"containsNull":true}`, 5000),
	} {
		if s, err := FromJSON([]byte(text)); err == nil {
			t.Errorf("FromJSON(%.60q) = %v, want an error", text, s)
		}
	}
}

func TestJSONRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := anySchema(3).Draw(t, "schema")
		got, err := FromJSON(ToJSON(want))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%s\nread as %v, %v", ToJSON(want), got, err)
		}
		var valid any
		if err := json.Unmarshal(ToJSON(want), &valid); err != nil {
			t.Fatalf("not JSON: %v", err)
		}
	})
}

func FuzzFromJSON(f *testing.F) {
	f.Add([]byte(`{"type":"struct","fields":[{"name":"a","type":{"type":"array","elementType":"integer","containsNull":true},"nullable":true,"metadata":{"k":1.5}}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := FromJSON(text)
		if err != nil {
			return
		}
		printed := ToJSON(s)
		if again, err := FromJSON(printed); err != nil || string(ToJSON(again)) != string(printed) {
			t.Fatalf("%q printed as %q, which reads as %v, %v", text, printed, again, err)
		}
	})
}

// The invoices schema prints as Spark's printSchema printed it.
func TestTreeStringIsSparks(t *testing.T) {
	want := captured(t, "invoices", "invoices_bz")
	s, err := ParseDDL(`InvoiceNumber string, CreatedTime bigint, StoreID string, PosID string, CashierID string,
		CustomerType string, CustomerCardNo string, TotalAmount double, NumberOfItems bigint, PaymentMethod string,
		TaxableAmount double, CGST double, SGST double, CESS double, DeliveryType string,
		DeliveryAddress struct<AddressLine string, City string, ContactNumber string, PinCode string, State string>,
		InvoiceLineItems array<struct<ItemCode string, ItemDescription string, ItemPrice double, ItemQty bigint, TotalValue double>>`)
	if got := TreeString(s); err != nil || got != want {
		t.Errorf("got %v\n%s\nwant\n%s", err, got, want)
	}
}

func TestTreeStringOfMaps(t *testing.T) {
	s, err := ParseDDL("m map<string, struct<a: int, b: decimal(5,2)>> not null, `x\ny` array<array<tinyint>>")
	want := "root\n" +
		" |-- m: map (nullable = false)\n" +
		" |    |-- key: string\n" +
		" |    |-- value: struct (valueContainsNull = true)\n" +
		" |    |    |-- a: integer (nullable = true)\n" +
		" |    |    |-- b: decimal(5,2) (nullable = true)\n" +
		" |-- x\\ny: array (nullable = true)\n" +
		" |    |-- element: array (containsNull = true)\n" +
		" |    |    |-- element: byte (containsNull = true)\n"
	if got := TreeString(s); err != nil || got != want {
		t.Errorf("got %v\n%s\nwant\n%s", err, got, want)
	}
}

func captured(t *testing.T, program, name string) string {
	t.Helper()
	text, err := os.ReadFile(realdata.Path(t, "programs", program+"/expected/schemas.json"))
	if err != nil {
		t.Fatal(err)
	}
	var schemas map[string]any
	if err := json.Unmarshal(text, &schemas); err != nil {
		t.Fatal(err)
	}
	tree, _ := schemas[name].(string)
	return tree
}
