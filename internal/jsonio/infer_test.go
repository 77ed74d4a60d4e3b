package jsonio

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"lakehouse/internal/errclass"
	"lakehouse/internal/realdata"
)

func inferLines(t *testing.T, options map[string]string, text string) string {
	t.Helper()
	in := NewInference(sparkOptions(t, options))
	if err := in.Add(strings.NewReader(text)); err != nil {
		t.Fatal(err)
	}
	return in.Schema().String()
}

func TestInferSchema(t *testing.T) {
	for _, c := range []struct {
		name    string
		options map[string]string
		text    string
		want    string
	}{
		{"sorted at every level", nil, `{"b":1,"a":{"z":true,"y":1.5}}`, "struct<a:struct<y:double,z:boolean>,b:bigint>"},
		{"long and double", nil, `{"a":1}` + "\n" + `{"a":1.5}`, "struct<a:double>"},
		{"long and string", nil, `{"a":1}` + "\n" + `{"a":"x"}`, "struct<a:string>"},
		{"number and object", nil, `{"a":1}` + "\n" + `{"a":{"b":1}}` + "\n" + `{"a":2}`, "struct<a:string>"},
		{"longer than a long", nil, `{"a":12345678901234567890}`, "struct<a:decimal(20,0)>"},
		{"longer than a decimal", nil, `{"a":1` + strings.Repeat("0", 40) + `}`, "struct<a:double>"},
		{"only nulls", nil, `{"a":null,"b":"","c":[],"d":{}}`, "struct<a:string,b:string,c:array<string>>"},
		{"only nulls, dropped", map[string]string{"dropFieldIfAllNull": "true"}, `{"a":null,"b":[],"c":1}`, "struct<c:bigint>"},
		{"null, then a value", nil, `{"a":null}` + "\n" + `{"a":[{"b":1}]}` + "\n" + `{"a":[null,{"c":2}]}`, "struct<a:array<struct<b:bigint,c:bigint>>>"},
		{"primitives as string", map[string]string{"primitivesAsString": "true"}, `{"a":1,"b":true,"c":[1.5]}`, "struct<a:string,b:string,c:array<string>>"},
		{"prefers decimal", map[string]string{"prefersDecimal": "true"}, `{"a":1.25}` + "\n" + `{"a":100}`, "struct<a:decimal(22,2)>"},
		{"timestamps", map[string]string{"inferTimestamp": "true"}, `{"a":"2024-01-02T03:04:05Z","b":"x"}`, "struct<a:timestamp,b:string>"},
		{"malformed line", nil, `{"a":1}` + "\n" + `{"a":`, "struct<_corrupt_record:string,a:bigint>"},
		{"nothing but malformed", nil, "[\n{\n", "struct<_corrupt_record:string>"},
		{"malformed, dropped", map[string]string{"mode": "DROPMALFORMED"}, `{"a":1}` + "\n" + `{"a":`, "struct<a:bigint>"},
		{"array of records", nil, `[{"a":1},{"b":2}]`, "struct<a:bigint,b:bigint>"},
		{"every other record", map[string]string{"samplingRatio": "0.5"}, `{"a":1}` + "\n" + `{"b":2}` + "\n" + `{"c":3}` + "\n" + `{"d":4}`, "struct<b:bigint,d:bigint>"},
		{"none", nil, "", "struct<>"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := inferLines(t, c.options, c.text); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestInferFailsFast(t *testing.T) {
	in := NewInference(sparkOptions(t, map[string]string{"mode": "FAILFAST"}))
	if err := in.Add(strings.NewReader("{")); !errors.Is(err, errclass.MalformedRecord) {
		t.Errorf("got %v", err)
	}
}

func TestInferBoundsTheNumberOfFields(t *testing.T) {
	var text bytes.Buffer
	for i := range maxShapes {
		fmt.Fprintf(&text, "{\"a\":{\"k%d\":1}}\n", i)
	}
	in := NewInference(Options{})
	if err := in.Add(&text); !errors.Is(err, errclass.FailedReadFile) {
		t.Errorf("got %v", err)
	}
}

func TestInferType(t *testing.T) {
	got, err := InferType([]byte(`[{"col":01}]`), sparkOptions(t, map[string]string{"allowNumericLeadingZeros": "true"}))
	if err != nil || got.String() != "array<struct<col:bigint>>" {
		t.Errorf("got %v, %v", got, err)
	}
	if got, err := InferType([]byte(`[{"col":01}]`), Options{}); err == nil {
		t.Errorf("got %v", got)
	}
}

// The orders of the orders program, whose schema Spark inferred.
func TestRealOrdersInference(t *testing.T) {
	data, err := os.ReadFile(realdata.Path(t, "programs", "orders", "input", "day1.json"))
	if err != nil {
		t.Fatal(err)
	}
	in := NewInference(sparkOptions(t, map[string]string{"multiLine": "true"}))
	if err := in.AddDocument(data); err != nil {
		t.Fatal(err)
	}
	const want = "struct<customer:struct<address:struct<city:string,country:string,postal_code:string>,customer_id:bigint,email:string,name:string>," +
		"items:array<struct<item_id:string,price:double,product_name:string,quantity:bigint>>," +
		"metadata:array<struct<key:string,value:string>>,order_id:string,payment:struct<method:string,transaction_id:string>,timestamp:string>"
	if got := in.Schema().String(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
