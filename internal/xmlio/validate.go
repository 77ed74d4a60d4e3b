package xmlio

import (
	"bytes"
	"slices"

	"lakehouse/internal/xsd"
)

// A checker holds records against a schema of XML.
type checker struct {
	tokenizer
	schema *xsd.Schema
	v      *xsd.Validator
	bound  []binding // the namespaces that are declared, the innermost last
	depth  []int     // of bound, before each open element
	record string    // the local name of the record's element
	own    []xsd.Attr
}

type binding struct{ prefix, uri string }

func newChecker(s *xsd.Schema) *checker {
	if s == nil {
		return nil
	}
	return &checker{schema: s, v: s.NewValidator()}
}

// fault says why a record is not valid; empty: it is, or it is no XML, which others find out.
func (c *checker) fault(record []byte) string {
	c.reset(record)
	c.v.Reset()
	c.bound, c.depth, c.record = c.bound[:0], c.depth[:0], ""
	for {
		var err error
		switch c.next() {
		case start:
			err = c.open()
		case chars:
			err = c.v.Text(c.text)
		case end:
			if len(c.depth) == 0 {
				return ""
			}
			c.bound = c.bound[:c.depth[len(c.depth)-1]]
			c.depth = c.depth[:len(c.depth)-1]
			err = c.v.End()
		case nothing:
			return ""
		}
		if err != nil {
			return "it is not valid by the schema of rowValidationXSDPath: " + err.Error()
		}
	}
}

func (c *checker) open() error {
	c.depth = append(c.depth, len(c.bound))
	c.own = c.own[:0]
	for _, a := range c.attrs {
		prefix, local := split(a.name)
		switch {
		case prefix == "xmlns":
			c.bound = append(c.bound, binding{local, string(a.value)})
		case prefix == "" && local == "xmlns":
			c.bound = append(c.bound, binding{"", string(a.value)})
		}
	}
	prefix, local := split(c.name)
	if c.record == "" {
		c.record = local
	}
	for _, a := range c.attrs {
		prefix, local := split(a.name)
		if prefix == "xmlns" || prefix == "" && local == "xmlns" {
			continue
		}
		name := xsd.Name{Local: local}
		if prefix != "" {
			name.Space, _ = c.namespace(prefix)
		}
		c.own = append(c.own, xsd.Attr{Name: name, Value: string(a.value)})
	}
	uri, _ := c.namespace(prefix)
	return c.v.Start(xsd.Name{Space: uri, Local: local}, c.own, c.namespace)
}

// namespace is that of a prefix where the tag stands.
func (c *checker) namespace(prefix string) (string, bool) {
	for _, b := range slices.Backward(c.bound) {
		if b.prefix == prefix {
			return b.uri, true
		}
	}
	return c.schema.Outside(prefix, c.record), true
}

func split(name []byte) (prefix, local string) {
	before, after, found := bytes.Cut(name, []byte(":"))
	if !found {
		return "", string(name)
	}
	return string(before), string(after)
}
