package files

import (
	"strings"
	"testing"

	"lakehouse/internal/errclass"
)

const recordSchema = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="r"><xs:complexType><xs:sequence><xs:element name="a" type="xs:integer"/></xs:sequence></xs:complexType></xs:element></xs:schema>`

// A record that is not valid is malformed, and becomes what the mode says: Spark's answers.
func TestRecordsAreHeldAgainstAnXMLSchema(t *testing.T) {
	space, _ := newSpace(t, map[string]string{
		"in/a.xml": "<rs><r><a>1</a></r><r><a>x</a></r><r><b>2</b></r></rs>",
		"s/r.xsd":  recordSchema,
		"s/ns.xsd": strings.Replace(strings.Replace(recordSchema, "<xs:schema", `<xs:schema targetNamespace="urn:x" elementFormDefault="qualified"`, 1), "integer", "int", 1),
		"s/no.xsd": strings.Replace(recordSchema, "</xs:complexType>", "</xs:complexType><xs:key name='k'/>", 1),
		"ns/a.xml": `<p:rs xmlns:p="urn:x"><p:r><p:a>1</p:a></p:r><p:r xmlns:p="urn:y"><p:a>2</p:a></p:r></p:rs>`,
	})
	options := func(more ...string) map[string]string {
		all := map[string]string{"rowTag": "r", "rowValidationXSDPath": vol + "s/r.xsd"}
		for i := 0; i < len(more); i += 2 {
			all[more[i]] = more[i+1]
		}
		return all
	}
	columns := structOf(t, "a string, b string, _corrupt_record string")
	for mode, want := range map[string]string{
		"PERMISSIVE":    `{"_corrupt_record":"<r><a>x</a></r>"} {"_corrupt_record":"<r><b>2</b></r>"} {"a":"1"}`,
		"DROPMALFORMED": `{"a":"1"}`,
	} {
		if got, err := read(t, space, "xml", vol+"in", columns, options("mode", mode)); err != nil || got != want {
			t.Errorf("%s: got %s, %v", mode, got, err)
		}
	}
	_, err := read(t, space, "xml", vol+"in", columns, options("mode", "FAILFAST"))
	wantClass(t, err, errclass.MalformedRecord)
	if err == nil || !strings.Contains(err.Error(), `"x" is no value of element a`) {
		t.Errorf("got %v", err)
	}
	s, err := NewSource(t.Context(), SourceOptions{Space: space, Format: "xml", Paths: []string{vol + "in"}, Options: options()})
	if err != nil || s.Schema().String() != structOf(t, "_corrupt_record string, a bigint").String() {
		t.Errorf("got %v, %v", s.Schema(), err)
	}
	// What is declared around the record is not seen: its prefixes stand for the schema's namespace.
	got, err := read(t, space, "xml", vol+"ns", structOf(t, "a int, _corrupt_record string"), options("rowTag", "r", "rowValidationXSDPath", vol+"s/ns.xsd", "ignoreNamespace", "true"))
	if want := `{"_corrupt_record":"<p:r xmlns:p=\"urn:y\"><p:a>2</p:a></p:r>"} {"a":1}`; err != nil || got != want {
		t.Errorf("got %s, %v", got, err)
	}
	for name, want := range map[string]string{"no.xsd": "xs:key is not supported", "none.xsd": "no such file"} {
		_, err := read(t, space, "xml", vol+"in", columns, options("rowValidationXSDPath", vol+"s/"+name))
		wantClass(t, err, errclass.InvalidOptionValue)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
