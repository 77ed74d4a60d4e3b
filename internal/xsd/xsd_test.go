package xsd

import (
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// wrapped is a schema around definitions.
func wrapped(definitions string) string {
	return `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">` + definitions + `</xs:schema>`
}

// ofRoot is a schema whose element r has a type.
func ofRoot(typ string) string { return wrapped(`<xs:element name="r">` + typ + `</xs:element>`) }

func load(files map[string]string) (*Schema, error) {
	return Load("main.xsd", func(name string) ([]byte, error) {
		text, ok := files[name]
		if !ok {
			return nil, fmt.Errorf("%s is not there", name)
		}
		return []byte(text), nil
	})
}

// check validates a record.
func check(s *Schema, record string) error {
	d := xml.NewDecoder(strings.NewReader(record))
	v := s.NewValidator()
	var scopes []map[string]string
	about := func(prefix string) (string, bool) {
		for _, scope := range slices.Backward(scopes) {
			if uri, ok := scope[prefix]; ok {
				return uri, true
			}
		}
		return "", prefix == ""
	}
	for token, broken := d.Token(); broken == nil; token, broken = d.Token() { // what is no XML ends here
		var err error
		switch token := token.(type) {
		case xml.StartElement:
			scope := map[string]string{}
			var attrs []Attr
			for _, a := range token.Attr {
				switch {
				case a.Name.Space == "xmlns":
					scope[a.Name.Local] = a.Value
				case a.Name.Local == "xmlns":
					scope[""] = a.Value
				default:
					attrs = append(attrs, Attr{a.Name, a.Value})
				}
			}
			scopes = append(scopes, scope)
			err = v.Start(token.Name, attrs, about)
		case xml.EndElement:
			scopes = scopes[:len(scopes)-1]
			err = v.End()
		case xml.CharData:
			err = v.Text(token)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func TestRecordsAreValidated(t *testing.T) {
	simple := func(base, facets string) string {
		return ofRoot(`<xs:simpleType><xs:restriction base="xs:` + base + `">` + facets + `</xs:restriction></xs:simpleType>`)
	}
	complexOf := func(model string) string { return ofRoot(`<xs:complexType>` + model + `</xs:complexType>`) }
	for name, c := range map[string]struct{ schema, valid, not string }{
		"an element at the top": {wrapped(`<xs:element name="r" type="xs:string"/>`), `<r/>|<r>x</r>`, `<s/>|<r><a/></r>|<r a="1"/>`},
		"sequence": {
			complexOf(`<xs:sequence><xs:element name="a" type="xs:int"/><xs:element name="b" minOccurs="0"/><xs:element name="c" maxOccurs="2" type="xs:string"/></xs:sequence>`),
			`<r><a>1</a><c/></r>|<r> <a> 1 </a> <b x="y"><z/></b><c/><c/></r>`, `<r/>|<r><a>x</a><c/></r>|<r><c/><a>1</a></r>|<r><a>1</a><c/><c/><c/></r>|<r>x<a>1</a><c/></r>|<r><a>1</a></r>`,
		},
		"choice": {
			complexOf(`<xs:choice maxOccurs="unbounded"><xs:element name="a"/><xs:sequence><xs:element name="b"/><xs:element name="c" minOccurs="0"/></xs:sequence></xs:choice>`),
			`<r><a/><b/><c/><b/><a/></r>`, `<r/>|<r><c/></r>|<r><b/><c/><c/></r>`,
		},
		"counts": {complexOf(`<xs:sequence minOccurs="2" maxOccurs="3"><xs:element name="a"/><xs:element name="b"/></xs:sequence>`), `<r><a/><b/><a/><b/></r>`, `<r><a/><b/></r>|<r><a/><b/><a/></r>|<r><a/><b/><a/><b/><a/><b/><a/><b/></r>`},
		"all":    {complexOf(`<xs:all><xs:element name="a"/><xs:element name="b" minOccurs="0"/></xs:all>`), `<r><a/></r>|<r><b/><a/></r>`, `<r><b/></r>|<r><a/><a/></r>`},
		"mixed":  {ofRoot(`<xs:complexType mixed="true"><xs:sequence><xs:element name="a"/></xs:sequence></xs:complexType>`), `<r>x<a/>y</r>`, `<r>x</r>`},
		"any": {
			complexOf(`<xs:sequence><xs:any processContents="lax"/><xs:any namespace="##other" processContents="skip" minOccurs="0"/></xs:sequence><xs:anyAttribute processContents="skip"/>`),
			`<r q="1"><x y="2"><z/></x></r>|<r><x/><y xmlns="u"><z/></y></r>`, `<r/>|<r><x/><y/></r>`,
		},
		"strict any": {wrapped(`<xs:element name="k" type="xs:int"/><xs:element name="r"><xs:complexType><xs:sequence><xs:any/></xs:sequence></xs:complexType></xs:element>`), `<r><k>1</k></r>`, `<r><k>x</k></r>|<r><z/></r>`},
		"attributes": {
			complexOf(`<xs:attribute name="a" type="xs:int" use="required"/><xs:attribute name="b" fixed="1.0" type="xs:decimal"/>`),
			`<r a="1"/>|<r a=" 2 " b="1"/>`, `<r/>|<r a="x"/>|<r a="1" b="2"/>|<r a="1" c=""/>|<r a="1"><x/></r>`,
		},
		"simple content": {
			complexOf(`<xs:simpleContent><xs:extension base="xs:decimal"><xs:attribute name="u"/></xs:extension></xs:simpleContent>`),
			`<r u="x">1.5</r>`, `<r>x</r>|<r v="">1</r>`,
		},
		"extension": {
			wrapped(`<xs:complexType name="b"><xs:sequence><xs:element name="a"/></xs:sequence><xs:attribute name="x"/></xs:complexType>
				<xs:element name="r"><xs:complexType><xs:complexContent><xs:extension base="b"><xs:sequence><xs:element name="c"/></xs:sequence></xs:extension></xs:complexContent></xs:complexType></xs:element>`),
			`<r x="1"><a/><c/></r>`, `<r><a/></r>|<r><c/></r>`,
		},
		"restriction": {
			wrapped(`<xs:complexType name="b"><xs:sequence><xs:element name="a" minOccurs="0"/></xs:sequence><xs:attribute name="x"/><xs:attribute name="y"/></xs:complexType>
				<xs:element name="r"><xs:complexType><xs:complexContent><xs:restriction base="b"><xs:sequence><xs:element name="a"/></xs:sequence><xs:attribute name="x" use="prohibited"/></xs:restriction></xs:complexContent></xs:complexType></xs:element>`),
			`<r y="1"><a/></r>`, `<r/>|<r x="1"><a/></r>`,
		},
		"groups": {
			wrapped(`<xs:group name="g"><xs:choice><xs:element name="a"/><xs:element ref="k"/></xs:choice></xs:group><xs:element name="k" type="xs:int"/><xs:attributeGroup name="h"><xs:attribute name="x" type="xs:int"/></xs:attributeGroup>
				<xs:element name="r"><xs:complexType><xs:sequence><xs:group ref="g" maxOccurs="2"/></xs:sequence><xs:attributeGroup ref="h"/></xs:complexType></xs:element>`),
			`<r x="1"><a/><k>1</k></r>`, `<r/>|<r><k>x</k></r>|<r x="y"><a/></r>|<r><a/><a/><a/></r>`,
		},
		"a type of itself": {
			wrapped(`<xs:complexType name="n"><xs:sequence><xs:element name="n" type="m" minOccurs="0" maxOccurs="unbounded"/></xs:sequence></xs:complexType>
				<xs:complexType name="m"><xs:complexContent><xs:extension base="n"><xs:attribute name="v" use="required"/></xs:extension></xs:complexContent></xs:complexType><xs:element name="r" type="n"/>`),
			`<r><n v="1"><n v="2"/></n></r>`, `<r><n v="1"><n/></n></r>`,
		},
		"nil":     {wrapped(`<xs:element name="r" nillable="true" type="xs:int"/>`), `<r xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"/>|<r>1</r>`, `<r/>|<r xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true">1</r>`},
		"default": {wrapped(`<xs:element name="r" default="1" type="xs:int"/>`), `<r/>|<r>2</r>`, `<r>x</r>`},
		"fixed":   {wrapped(`<xs:element name="r" fixed="1" type="xs:int"/>`), `<r/>|<r>01</r>`, `<r>2</r>`},
		"another type": {
			wrapped(`<xs:complexType name="b"/><xs:complexType name="d"><xs:complexContent><xs:extension base="b"><xs:attribute name="x"/></xs:extension></xs:complexContent></xs:complexType><xs:complexType name="e"><xs:attribute name="x"/></xs:complexType><xs:element name="r" type="b"/>`),
			`<r xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:type="d" x="1"/>`, `<r x="1"/>|<r xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:type="e" x="1"/>`,
		},
		"abstract and its substitutes": {
			wrapped(`<xs:element name="h" abstract="true" type="xs:int"/><xs:element name="s" substitutionGroup="h"/><xs:element name="r"><xs:complexType><xs:sequence><xs:element ref="h"/></xs:sequence></xs:complexType></xs:element>`),
			`<r><s>1</s></r>`, `<r><h>1</h></r>|<r><s>x</s></r>`,
		},
		"lists and unions": {
			ofRoot(`<xs:simpleType><xs:list><xs:simpleType><xs:union memberTypes="xs:int"><xs:simpleType><xs:restriction base="xs:token"><xs:enumeration value="none"/></xs:restriction></xs:simpleType></xs:union></xs:simpleType></xs:list></xs:simpleType>`),
			`<r>1 none 2</r>|<r/>`, `<r>1 x</r>`,
		},
		"lengths of lists": {ofRoot(`<xs:simpleType><xs:restriction><xs:simpleType><xs:list itemType="xs:int"/></xs:simpleType><xs:maxLength value="2"/></xs:restriction></xs:simpleType>`), `<r>1 2</r>`, `<r>1 2 3</r>`},
		"lengths":          {simple("string", `<xs:minLength value="2"/><xs:maxLength value="3"/>`), `<r>äö</r>|<r>äöü</r>`, `<r>x</r>|<r>xxxx</r>`},
		"a pattern":        {simple("string", `<xs:pattern value="[A-Z]{2}\d+(\.\d)?"/><xs:pattern value="a^$"/>`), `<r>AB12</r>|<r>AB1.2</r>|<r>a^$</r>`, `<r>AB</r>|<r>xAB1</r>|<r>AB1 </r>`},
		"names":            {simple("string", `<xs:pattern value="\i\c*"/>`), `<r>a-b</r>`, `<r>-a</r>`},
		"enumeration":      {simple("decimal", `<xs:enumeration value="1.0"/><xs:enumeration value="2"/>`), `<r>1</r>|<r>02.00</r>`, `<r>3</r>`},
		"digits":           {simple("decimal", `<xs:totalDigits value="4"/><xs:fractionDigits value="2"/>`), `<r>12.34</r>|<r>0012.3400</r>`, `<r>123.45</r>|<r>1.234</r>`},
		"bounds":           {simple("decimal", `<xs:minInclusive value="-1"/><xs:maxExclusive value="10"/>`), `<r>-1.0</r>|<r>9.99</r>|<r>+0</r>`, `<r>-1.01</r>|<r>10</r>|<r>100000000000000000000000</r>`},
		"dates":            {simple("date", `<xs:minInclusive value="2000-01-01"/>`), `<r>2000-01-01</r>|<r>2024-02-29Z</r>|<r>12024-01-01+01:00</r>`, `<r>1999-12-31</r>|<r>2023-02-29</r>|<r>2024-1-1</r>|<r>-0001-01-01</r>`},
		"integers":         {wrapped(`<xs:element name="r" type="xs:unsignedByte"/>`), `<r>255</r>|<r> 0 </r>`, `<r>256</r>|<r>-1</r>|<r>1.0</r>|<r/>`},
		"times":            {wrapped(`<xs:element name="r" type="xs:dateTime"/>`), `<r>2024-01-01T24:00:00</r>|<r>2024-01-01T01:02:03.5-05:00</r>`, `<r>2024-01-01</r>|<r>2024-01-01T25:00:00</r>|<r>2024-01-01T01:02:03+15:00</r>`},
		"durations":        {wrapped(`<xs:element name="r" type="xs:duration"/>`), `<r>P1Y2M3DT4H5M6.7S</r>|<r>-PT1S</r>`, `<r>P</r>|<r>P1S</r>|<r>PT</r>|<r>1D</r>`},
		"parts of dates":   {ofRoot(`<xs:complexType><xs:attribute name="a" type="xs:gYearMonth"/><xs:attribute name="b" type="xs:gMonthDay"/><xs:attribute name="c" type="xs:gDay"/><xs:attribute name="d" type="xs:time"/></xs:complexType>`), `<r a="2024-02" b="--02-29" c="---31" d="12:00:00Z"/>`, `<r a="2024-13"/>|<r b="--02-30"/>|<r c="---32"/>|<r d="12:60:00"/>`},
		"other types":      {ofRoot(`<xs:complexType><xs:attribute name="a" type="xs:boolean"/><xs:attribute name="b" type="xs:double"/><xs:attribute name="c" type="xs:hexBinary"/><xs:attribute name="d" type="xs:base64Binary"/><xs:attribute name="e" type="xs:language"/><xs:attribute name="f" type="xs:NMTOKENS"/></xs:complexType>`), `<r a="1" b="-INF" c="0aFF" d="YWI=" e="de-CH" f="a 1b"/>`, `<r a="yes"/>|<r b="1x"/>|<r c="0"/>|<r d="?"/>|<r e="d_"/>|<r f=""/>`},
		"identities":       {complexOf(`<xs:sequence><xs:element name="a" maxOccurs="9"><xs:complexType><xs:attribute name="i" type="xs:ID"/><xs:attribute name="to" type="xs:IDREF"/></xs:complexType></xs:element></xs:sequence>`), `<r><a to="y"/><a i="y"/></r>`, `<r><a i="x"/><a i="x"/></r>|<r><a to="z"/></r>`},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := load(map[string]string{"main.xsd": c.schema})
			if err != nil {
				t.Fatal(err)
			}
			for record := range strings.SplitSeq(c.valid, "|") {
				if err := check(s, record); err != nil {
					t.Errorf("%s: %v", record, err)
				}
			}
			for record := range strings.SplitSeq(c.not, "|") {
				if check(s, record) == nil {
					t.Errorf("%s is valid", record)
				}
			}
		})
	}
}

// Namespaces, and the files that a schema is made of.
func TestDocumentsOfASchema(t *testing.T) {
	files := map[string]string{
		"main.xsd": `<schema xmlns="http://www.w3.org/2001/XMLSchema" xmlns:t="urn:t" xmlns:u="urn:u" targetNamespace="urn:t" elementFormDefault="qualified">
			<include schemaLocation="parts/inc.xsd"/><import namespace="urn:u" schemaLocation="u.xsd"/>
			<element name="r"><complexType><sequence><element name="a" type="t:small"/><element ref="u:k"/><element name="plain" form="unqualified"/></sequence></complexType></element></schema>`,
		"parts/inc.xsd": wrapped(`<xs:include schemaLocation="../main.xsd"/><xs:simpleType name="small"><xs:restriction base="tiny"/></xs:simpleType><xs:simpleType name="tiny"><xs:restriction base="xs:int"><xs:maxInclusive value="9"/></xs:restriction></xs:simpleType>`),
		"u.xsd":         `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:u"><xs:element name="k" type="xs:int"/></xs:schema>`,
	}
	s, err := load(files)
	if err != nil {
		t.Fatal(err)
	}
	for record, valid := range map[string]bool{
		`<r xmlns="urn:t" xmlns:u="urn:u"><a>1</a><u:k>2</u:k><plain xmlns=""/></r>`:  true,
		`<r xmlns="urn:t" xmlns:u="urn:u"><a>10</a><u:k>2</u:k><plain xmlns=""/></r>`: false,
		`<r xmlns="urn:t"><a>1</a><k>2</k><plain xmlns=""/></r>`:                      false,
		`<r><a>1</a></r>`: false,
	} {
		if err := check(s, record); (err == nil) != valid {
			t.Errorf("%s: %v", record, err)
		}
	}
	if got := s.Outside("", "r"); got != "urn:t" {
		t.Errorf("got %q", got)
	}
}

// What cannot be followed, or would cost too much, is refused when the schema is read.
func TestSchemasAreRefused(t *testing.T) {
	for want, schema := range map[string]string{
		"xs:key is not supported":      wrapped(`<xs:element name="r"><xs:complexType/><xs:key name="k"/></xs:element>`),
		"redefine is not supported":    wrapped(`<xs:redefine schemaLocation="x"/>`),
		"too large":                    wrapped(`<xs:element name="r"><xs:complexType><xs:sequence maxOccurs="100000"><xs:element name="a" maxOccurs="100000"/></xs:sequence></xs:complexType></xs:element>`),
		"are too large":                wrapped(`<xs:element name="r"><xs:complexType><xs:sequence minOccurs="1000000000" maxOccurs="1000000000"/></xs:complexType></xs:element>`),
		"nested too deep":              wrapped(strings.Repeat(`<xs:element>`, 300) + strings.Repeat(`</xs:element>`, 300)),
		"type t is made of itself":     wrapped(`<xs:complexType name="t"><xs:complexContent><xs:extension base="t"/></xs:complexContent></xs:complexType>`),
		"or in a circle":               wrapped(`<xs:group name="g"><xs:sequence><xs:group ref="g"/></xs:sequence></xs:group><xs:element name="r"><xs:complexType><xs:group ref="g"/></xs:complexType></xs:element>`),
		"is made of itself":            wrapped(`<xs:simpleType name="t"><xs:restriction base="t"/></xs:simpleType>`),
		"type x is not defined":        wrapped(`<xs:element name="r" type="x"/>`),
		"prefix":                       wrapped(`<xs:element name="r" type="p:x"/>`),
		"only files beside the schema": wrapped(`<xs:import schemaLocation="http://x/y.xsd"/>`),
		"is not there":                 wrapped(`<xs:include schemaLocation="y.xsd"/>`),
		"a class less another":         ofRoot(`<xs:simpleType><xs:restriction base="xs:string"><xs:pattern value="[a-z-[b]]"/></xs:restriction></xs:simpleType>`),
		"no schema":                    `<xs:element xmlns:xs="http://www.w3.org/2001/XMLSchema"/>`,
		"none of XML Schema":           `<a/>`,
		"entity":                       `<!DOCTYPE a [<!ENTITY x "y">]><xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">&x;</xs:schema>`,
	} {
		if _, err := load(map[string]string{"main.xsd": schema}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}

// FuzzLoad: whatever the schema and the record, nothing breaks or hangs.
func FuzzLoad(f *testing.F) {
	f.Add(ofRoot(`<xs:complexType><xs:sequence><xs:element name="a" type="xs:date" maxOccurs="unbounded"/></xs:sequence><xs:attribute name="b" type="xs:int"/></xs:complexType>`), `<r b="1"><a>2024-01-01</a></r>`)
	f.Add(ofRoot(`<xs:simpleType><xs:restriction base="xs:string"><xs:pattern value="\i[\w^\-]*"/></xs:restriction></xs:simpleType>`), `<r>a</r>`)
	f.Add(wrapped(`<xs:include schemaLocation="main.xsd"/><xs:element name="h"/><xs:element name="s" substitutionGroup="h"/>`), `<s/>`)
	f.Fuzz(func(_ *testing.T, schema, record string) {
		s, err := load(map[string]string{"main.xsd": schema})
		if err != nil {
			return
		}
		_ = check(s, record)
	})
}
