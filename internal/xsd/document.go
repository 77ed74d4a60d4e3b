package xsd

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

const (
	space    = "http://www.w3.org/2001/XMLSchema"
	instance = "http://www.w3.org/2001/XMLSchema-instance"
	// maxNested is how deep the elements of a schema may be nested.
	maxNested = 200
	// maxBytes bounds the documents of a schema.
	maxBytes = 16 << 20
)

// A Name is a name with its namespace.
type Name = xml.Name

// A tag is an element of a schema.
type tag struct {
	name     string
	attrs    map[string]string // those without a namespace
	children []*tag
	prefixes map[string]string // namespaces by prefix, as far as they are declared here
	above    *tag
}

func (t *tag) attr(name string) string { return t.attrs[name] }

// only is the first child of a name; nil: none.
func (t *tag) only(name string) *tag {
	for _, c := range t.children {
		if c.name == name {
			return c
		}
	}
	return nil
}

// qualified is the name that a text means where the tag stands.
func (t *tag) qualified(text string) (Name, error) {
	prefix, local, found := strings.Cut(strings.TrimSpace(text), ":")
	if !found {
		prefix, local = "", prefix
	}
	for at := t; at != nil; at = at.above {
		if uri, ok := at.prefixes[prefix]; ok {
			return Name{Space: uri, Local: local}, nil
		}
	}
	if prefix == "" {
		return Name{Local: local}, nil
	}
	return Name{}, fmt.Errorf("the prefix of %q is not declared", text)
}

// parse reads a document of a schema: its elements, without annotations.
func parse(data []byte) (*tag, error) {
	d := xml.NewDecoder(bytes.NewReader(data))
	d.CharsetReader = func(charset string, in io.Reader) (io.Reader, error) {
		if strings.EqualFold(charset, "us-ascii") || strings.EqualFold(charset, "utf8") {
			return in, nil
		}
		return nil, fmt.Errorf("the encoding %s is not supported: write the schema in UTF-8", charset)
	}
	root := &tag{}
	at, depth, passed := root, 0, 0
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			if depth++; depth > maxNested {
				return nil, errors.New("it is nested too deep")
			}
			if passed > 0 || token.Name.Local == "annotation" {
				passed++
				continue
			}
			if token.Name.Space != space {
				return nil, fmt.Errorf("an element %s is none of XML Schema", token.Name.Local)
			}
			at = at.add(token)
		case xml.EndElement:
			depth--
			if passed > 0 {
				passed--
				continue
			}
			at = at.above
		}
	}
	if len(root.children) != 1 || root.children[0].name != "schema" {
		return nil, errors.New("it is no schema")
	}
	root.children[0].above = nil
	return root.children[0], nil
}

func (t *tag) add(start xml.StartElement) *tag {
	child := &tag{name: start.Name.Local, attrs: map[string]string{}, above: t}
	for _, a := range start.Attr {
		switch {
		case a.Name.Space == "xmlns" || a.Name.Space == "" && a.Name.Local == "xmlns":
			if child.prefixes == nil {
				child.prefixes = map[string]string{}
			}
			prefix := a.Name.Local
			if a.Name.Space == "" {
				prefix = ""
			}
			child.prefixes[prefix] = a.Value
		case a.Name.Space == "":
			child.attrs[a.Name.Local] = a.Value
		}
	}
	t.children = append(t.children, child)
	return child
}
