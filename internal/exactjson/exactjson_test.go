package exactjson

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

type inner struct {
	Size *int64 `json:"size,omitempty"`
	Path string `json:"path"`
}

type outer struct {
	Name   string            `json:"name"`
	One    *inner            `json:"one,omitempty"`
	Many   []inner           `json:"many"`
	Values map[string]string `json:"values"`
	Raw    json.RawMessage   `json:"raw"`
	Hidden string            `json:"-"`
	Plain  int
}

var outers = For[outer]()

func TestNamesAreExact(t *testing.T) {
	for text, want := range map[string]string{
		`{"name":"a"}`:                                                   `{"name":"a"}`,
		`{"NAME":"a"}`:                                                   `{}`,
		`{"name":"a","Name":"b"}`:                                        `{"name":"a"}`,
		`{"n\u0061me":"a"}`:                                              `{"name":"a"}`,
		`{"N\u0061me":"a"}`:                                              `{}`,
		`{"one":{"path":"a","PATH":"b","ſize":1}}`:                       `{"one":{"path":"a"}}`,
		`{"One":{"path":"a"}}`:                                           `{}`,
		`{"many":[{"Path":"a"},{"path":"b"},null]}`:                      `{"many":[{},{"path":"b"},{}]}`,
		`{"values":{"Name":"x","NAME":"y"},"name":"n"}`:                  `{"values":{"Name":"x","NAME":"y"},"name":"n"}`,
		`{"raw":{"PATH":[1,2]}}`:                                         `{"raw":{"PATH":[1,2]}}`,
		`{"name":"NAME\":","values":{"a":"\"Name\": "}}`:                 `{"name":"NAME\":","values":{"a":"\"Name\": "}}`,
		`{"Plain":1,"plain":2}`:                                          `{"Plain":1}`,
		`{ "name" : "a" , "Name"` + strings.Repeat(" ", 100) + `: "b" }`: `{"name":"a"}`,
		`{"hidden":"x","-":"y"}`:                                         `{}`,
		`null`:                                                           `null`,
	} {
		var got, wanted outer
		if err := json.Unmarshal([]byte(want), &wanted); err != nil {
			t.Fatal(err)
		}
		if err := outers.Unmarshal([]byte(text), &got); err != nil || !reflect.DeepEqual(got, wanted) {
			t.Errorf("%s: got %+v, %v, want %+v", text, got, err, wanted)
		}
	}
}

func TestFaultsAreToldAsByJSON(t *testing.T) {
	for _, text := range []string{``, `{`, `{"NAME":`, `{"name":1}`, `{"NAME":"a"}x`, `{"one":[]}`, `{"many":{}}`, `[]`, `"NAME":`, `{"Name":1,"one":{"size":1.5}}`} {
		var got, wanted outer
		err, want := outers.Unmarshal([]byte(text), &got), json.Unmarshal([]byte(text), &wanted)
		if (err == nil) != (want == nil) {
			t.Errorf("%s: got %v, want %v", text, err, want)
		}
	}
}

// Where no name is in another letter case, it decodes as encoding/json does; and it never takes such a name.
func FuzzUnmarshal(f *testing.F) {
	for _, seed := range []string{`{"name":"a","one":{"path":"b","size":1},"many":[{"path":"c"}],"values":{"Name":"x"}}`, `{"NAME":"a"}`, `{"name":"\"","One":{"path":"\\"}}`, `{"n\u0061me":null}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var got, want outer
		err, plain := outers.Unmarshal([]byte(text), &got), json.Unmarshal([]byte(text), &want)
		if plain == nil && err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if err == nil && plain == nil && !outers.odd([]byte(text)) && !reflect.DeepEqual(got, want) {
			t.Fatalf("%s: got %+v, want %+v", text, got, want)
		}
		var exact map[string]json.RawMessage
		if json.Unmarshal([]byte(text), &exact) == nil && exact["name"] == nil && got.Name != "" {
			t.Fatalf("%s: took the name %q", text, got.Name)
		}
	})
}

func BenchmarkUnmarshal(b *testing.B) {
	text := []byte(`{"name":"` + strings.Repeat(`a long text with \"quotes\" `, 20) + `","one":{"path":"part-00000.parquet","size":12345},"values":{"day":"2026-11-21"}}`)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		var v outer
		if err := outers.Unmarshal(text, &v); err != nil {
			b.Fatal(err)
		}
	}
}
