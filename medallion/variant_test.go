package medallion

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"lakehouse/internal/errclass"
)

// A variantAnswer is what Spark 4.2 gives for a query: rows, or the class of an error. Of a variant it has the bytes, in
// hexadecimal digits.
type variantAnswer struct {
	SQL, Schema, Error string
	Rows               [][]any
	Columns            []string
}

func variantAnswers(t *testing.T) []variantAnswer {
	raw, err := os.ReadFile("testdata/variant.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	var all []variantAnswer
	lines := bufio.NewScanner(bytes.NewReader(raw))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var a variantAnswer
		decoder := json.NewDecoder(bytes.NewReader(lines.Bytes()))
		decoder.UseNumber()
		if err := decoder.Decode(&a); err != nil {
			t.Fatal(err)
		}
		all = append(all, a)
	}
	return all
}

// unlikeSpark are the queries whose answer is another than Spark's, and why.
var unlikeSpark = map[string]string{
	"SELECT variant_get(parse_json('{\"a\":[1,{\"b\":\"x\",\"c d\":true,\"x.y\":5}],\"k\":null,\"z\":1.5,\"é\":\"u\"}'), '$.a[99999999999]') v":           "Spark fails with a NumberFormatException; here the path is invalid",
	"SELECT try_variant_get(parse_json('{\"a\":[1,{\"b\":\"x\",\"c d\":true,\"x.y\":5}],\"k\":null,\"z\":1.5,\"é\":\"u\"}'), '$.a[99999999999]') v":       "likewise",
	"SELECT variant_get(parse_json('{\"a\":[1,{\"b\":\"x\",\"c d\":true,\"x.y\":5}],\"k\":null,\"z\":1.5,\"é\":\"u\"}'), '$.a[99999999999]', 'string') v": "likewise",
	"SELECT from_csv('1,x','a variant, b variant') v":    "there is no from_csv",
	"SELECT to_csv(named_struct('v',parse_json('1'))) v": "there is no to_csv",
	"SELECT variant_explode(parse_json('[1]'))":          "a generator may stand in a select list, as explode may",
	"SELECT id, pos, key, value FROM VALUES (1, parse_json('[1,2]')), (2, parse_json('null')) AS s(id, v) LATERAL VIEW OUTER variant_explode(v) x AS pos, key, value": "and in a LATERAL VIEW",
	"SELECT 'x':a": "Spark reads :a as a parameter",
	"SELECT v:a[*] FROM VALUES (parse_json('{\"a\":[1]}')) s(v)": "refused as a syntax error",
}

// Every query about variants that Spark was asked gives Spark's rows, byte for byte, or Spark's error.
func TestVariantsAreSparks(t *testing.T) {
	d := newDesk(t)
	asked := 0
	for _, a := range variantAnswers(t) {
		if _, known := unlikeSpark[a.SQL]; known {
			continue
		}
		asked++
		if err := d.compareVariants(a); err != nil {
			t.Errorf("%.300s\n\t%v", a.SQL, err)
		}
	}
	t.Logf("%d queries", asked)
}

func (d desk) compareVariants(a variantAnswer) error {
	f, err := d.SQL(d.Context(), a.SQL)
	var rows []Row
	if err == nil {
		rows, err = f.Collect(d.Context())
	}
	switch {
	case a.Error != "":
		class, _, _ := strings.Cut(a.Error, ".WITHOUT_SUGGESTION")
		if !errors.Is(err, errclass.Class(a.Error)) && !errors.Is(err, errclass.Class(class)) {
			return fmt.Errorf("error %w, want %s", err, a.Error)
		}
		return nil
	case err != nil:
		return err
	}
	got := make([][]any, len(rows))
	for i, r := range rows {
		got[i] = plainValue(r.Values, strings.Contains(a.Schema, "date")).([]any)
	}
	want, _ := json.Marshal(a.Rows)
	if have, _ := json.Marshal(got); !bytes.Equal(have, want) {
		return fmt.Errorf("got  %.400s\n\twant %.400s", have, want)
	}
	schema, err := f.Schema(d.Context())
	if err != nil {
		return err
	}
	if name := schema.String(); name != a.Schema {
		return fmt.Errorf("schema %s, want %s", name, a.Schema)
	}
	return nil
}

// plainValue is a value as the captured answers write it.
func plainValue(v any, dates bool) any {
	switch v := v.(type) {
	case VariantVal:
		return map[string]any{"value": hex.EncodeToString(v.Value), "metadata": hex.EncodeToString(v.Metadata)}
	case []byte:
		return map[string]any{"hex": hex.EncodeToString(v)}
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = plainValue(e, dates)
		}
		return out
	case Map:
		out := map[string]any{}
		for _, e := range v {
			out[fmt.Sprint(e.Key)] = plainValue(e.Value, dates)
		}
		return out
	case Row:
		out := map[string]any{}
		for i, name := range v.Names {
			out[name] = plainValue(v.Values[i], dates)
		}
		return out
	case time.Time:
		if dates {
			return v.Format(time.DateOnly)
		}
		return strings.TrimSuffix(v.Format("2006-01-02 15:04:05.000000"), ".000000")
	case string:
		return strings.ToValidUTF8(v, "\uFFFD")
	case float32:
		return pythonFloat(float64(v))
	case float64:
		return pythonFloat(v)
	case Decimal:
		return string(v)
	}
	return v
}

// pythonFloat is Python's repr.
func pythonFloat(f float64) string {
	text := strconv.FormatFloat(f, 'g', 17, 64)
	for digits := range 17 {
		if short := strconv.FormatFloat(f, 'g', digits+1, 64); mustFloat(short) == f {
			text = short
			break
		}
	}
	if whole := strconv.FormatFloat(f, 'f', -1, 64); len(whole) <= 17 && !slices.Contains([]string{"NaN", "+Inf", "-Inf"}, whole) {
		text = whole
	}
	if !strings.ContainsAny(text, ".eIN") {
		text += ".0"
	}
	return text
}

func mustFloat(text string) float64 {
	f, _ := strconv.ParseFloat(text, 64)
	return f
}
