package xsd

import (
	"errors"
	"fmt"
	"path"
	"strings"
)

// A Schema says which records are valid. It is immutable and safe for concurrent use.
type Schema struct {
	elements map[Name]*element // declared at the top
	types    map[Name]*typ
	attrs    map[Name]*attribute
	target   string // the namespace of the first document
}

// Outside is the namespace of a prefix that a record does not declare. What is declared around the record is not seen: prefixes stand
// for the schema's own namespace, and so does none, unless the record's element is declared without a namespace.
func (s *Schema) Outside(prefix, record string) string {
	switch prefix {
	case "xsi":
		return instance
	case "xml":
		return "http://www.w3.org/XML/1998/namespace"
	case "":
		if _, ok := s.elements[Name{Local: record}]; ok {
			return ""
		}
	}
	return s.target
}

// An element is a declaration.
type element struct {
	name     Name
	typ      *typ
	nillable bool
	abstract bool
	fixed    *string
	standsIn string // what it has where it is empty; see hasDefault
	hasValue bool
	heads    []Name // the elements for which it may stand
}

// An attribute is a declaration and how it is used.
type attribute struct {
	name               Name
	typ                *simple
	required, prohibit bool
	fixed              *string
}

// A typ is a simple or complex type.
type typ struct {
	name     Name
	made     bool    // of one with a name: it is complete
	simple   *simple // nil: complex, with elements or none
	complex  bool    // it may have attributes
	any      bool    // anyType
	abstract bool
	base     *typ
	attrs    []*attribute
	anyAttr  *wildcard
	mixed    bool
	content  *particle // nil: none
	model    *model    // of content
}

// A Loader gives a document by the name that the schema has for it, relative to the schema's own folder.
type Loader func(name string) ([]byte, error)

// maxDocuments bounds how many a schema has.
const maxDocuments = 64

// Load reads a schema and what it includes and imports.
func Load(name string, load Loader) (*Schema, error) {
	b := &builder{
		load: load, seen: map[string]bool{}, top: map[string]map[Name]definition{},
		schema:  &Schema{elements: map[Name]*element{}, types: map[Name]*typ{}, attrs: map[Name]*attribute{}},
		simples: map[Name]*simple{},
	}
	if err := b.document(name, nil); err != nil {
		return nil, err
	}
	return b.schema, b.build()
}

// A definition is a part of a schema that has a name.
type definition struct {
	*tag
	doc *document
}

// A document is one file of a schema.
type document struct {
	target              string
	qualified, attrQual bool // local elements and attributes are of the target namespace
}

type builder struct {
	schema  *Schema
	load    Loader
	seen    map[string]bool // by name, and by the namespace that a document without one gets
	files   int
	bytes   int
	top     map[string]map[Name]definition // by kind and name
	simples map[Name]*simple
	pending []func() error // the types of elements, which may be of types that are being made
	late    []func() error // the same of elements that have that of another
	depth   int
	size    int // instructions of content models
}

// document reads a file; into says which namespace its parts get if it has none of its own.
func (b *builder) document(name string, into *string) error {
	key := name
	if into != nil {
		key += "\x00" + *into
	}
	if b.seen[name] || b.seen[key] {
		return nil
	}
	if b.files++; b.files > maxDocuments {
		return fmt.Errorf("it has more than %d documents", maxDocuments)
	}
	data, err := b.load(name)
	if err != nil {
		return err
	}
	if b.bytes += len(data); b.bytes > maxBytes {
		return fmt.Errorf("it has more than %d bytes", maxBytes)
	}
	root, err := parse(data)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	d := &document{target: root.attr("targetNamespace"), qualified: root.attr("elementFormDefault") == "qualified", attrQual: root.attr("attributeFormDefault") == "qualified"}
	if d.target != "" || into == nil {
		key = name // whoever names it gets the same
	}
	b.seen[key] = true
	if into != nil && d.target == "" && *into != "" {
		d.target = *into
		if root.prefixes == nil {
			root.prefixes = map[string]string{}
		}
		if _, ok := root.prefixes[""]; !ok {
			root.prefixes[""] = d.target
		}
	}
	if b.files == 1 {
		b.schema.target = d.target
	}
	for _, t := range root.children {
		if err := b.part(name, d, t); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// part notes what stands at the top of a document.
func (b *builder) part(file string, d *document, t *tag) error {
	switch t.name {
	case "include", "import":
		at := t.attr("schemaLocation")
		if at == "" {
			return nil // what it names is declared elsewhere, or missed when it is looked for
		}
		if strings.Contains(at, "://") || path.IsAbs(at) {
			return fmt.Errorf("%s %s: only files beside the schema are read; put a copy there", t.name, at)
		}
		var into *string
		if t.name == "include" {
			into = &d.target
		}
		return b.document(path.Join(path.Dir(file), at), into)
	case "element", "complexType", "simpleType", "group", "attributeGroup", "attribute":
		kind := t.name
		if kind == "complexType" || kind == "simpleType" {
			kind = "type"
		}
		name := Name{Space: d.target, Local: t.attr("name")}
		if name.Local == "" {
			return fmt.Errorf("a %s at the top has no name", t.name)
		}
		if b.top[kind] == nil {
			b.top[kind] = map[Name]definition{}
		}
		if _, twice := b.top[kind][name]; twice {
			return fmt.Errorf("%s %s is defined twice", t.name, name.Local)
		}
		b.top[kind][name] = definition{t, d}
		return nil
	}
	return unsupported(t.name)
}

func unsupported(what string) error {
	return fmt.Errorf("%s is not supported", what)
}

// build makes the declarations at the top.
func (b *builder) build() error {
	for name, def := range b.top["element"] {
		e, err := b.global(name)
		if err != nil {
			return fmt.Errorf("element %s: %w", name.Local, err)
		}
		seen := map[Name]bool{name: true}
		for at := def; at.attr("substitutionGroup") != ""; {
			head, err := at.qualified(at.attr("substitutionGroup"))
			if err != nil {
				return err
			}
			if seen[head] {
				return fmt.Errorf("element %s may stand for itself", name.Local)
			}
			seen[head] = true
			e.heads = append(e.heads, head)
			var ok bool
			if at, ok = b.top["element"][head]; !ok {
				return fmt.Errorf("element %s is not defined", head.Local)
			}
		}
	}
	for name := range b.top["type"] {
		if _, err := b.named(name); err != nil {
			return fmt.Errorf("type %s: %w", name.Local, err)
		}
	}
	for len(b.pending)+len(b.late) > 0 {
		if len(b.pending) == 0 {
			b.pending, b.late = b.late, nil
		}
		next := b.pending[len(b.pending)-1]
		b.pending = b.pending[:len(b.pending)-1]
		if err := next(); err != nil {
			return err
		}
	}
	for name, def := range b.top["attribute"] {
		a, err := b.attribute(def.tag, def.doc)
		if err != nil {
			return err
		}
		b.schema.attrs[name] = a
	}
	return nil
}

// enter bounds how deep definitions refer to each other.
func (b *builder) enter() error {
	if b.depth++; b.depth > maxNested {
		return errors.New("definitions refer to each other too deep, or in a circle")
	}
	return nil
}

func (b *builder) leave() { b.depth-- }

// global is an element that is declared at the top.
func (b *builder) global(name Name) (*element, error) {
	if e, ok := b.schema.elements[name]; ok {
		return e, nil
	}
	def, ok := b.top["element"][name]
	if !ok {
		return nil, fmt.Errorf("element %s is not defined", name.Local)
	}
	e := &element{name: name}
	b.schema.elements[name] = e
	return e, b.element(e, def.tag, def.doc)
}

// element fills in a declaration.
func (b *builder) element(e *element, t *tag, d *document) error {
	if err := b.enter(); err != nil {
		return err
	}
	defer b.leave()
	e.nillable, e.abstract = isTrue(t.attr("nillable")), isTrue(t.attr("abstract"))
	if text, ok := t.attrs["fixed"]; ok {
		e.fixed, e.standsIn, e.hasValue = &text, text, true
	}
	if text, ok := t.attrs["default"]; ok {
		e.standsIn, e.hasValue = text, true
	}
	for _, c := range t.children {
		if c.name != "simpleType" && c.name != "complexType" {
			return unsupported("xs:" + c.name)
		}
	}
	b.pending = append(b.pending, func() error {
		if err := b.settle(e, t, d); err != nil {
			return fmt.Errorf("element %s: %w", e.name.Local, err)
		}
		return nil
	})
	return nil
}

// settle finds an element's type.
func (b *builder) settle(e *element, t *tag, d *document) (err error) {
	switch {
	case t.only("simpleType") != nil:
		e.typ, err = b.typ(t.only("simpleType"), d)
	case t.only("complexType") != nil:
		e.typ, err = b.typ(t.only("complexType"), d)
	case t.attr("type") != "":
		e.typ, err = b.reference(t, t.attr("type"))
	case t.attr("substitutionGroup") != "":
		name, errName := t.qualified(t.attr("substitutionGroup"))
		if errName != nil {
			return errName
		}
		head, errHead := b.global(name)
		if errHead != nil {
			return errHead
		}
		b.late = append(b.late, func() error { return b.inherit(e, head, 0) })
	default:
		e.typ = anyType
	}
	return err
}

// inherit gives an element the type of its head, which may itself wait for one.
func (b *builder) inherit(e, head *element, waited int) error {
	switch {
	case head.typ != nil:
		e.typ = head.typ
	case waited > len(b.top["element"]):
		return fmt.Errorf("element %s has no type", e.name.Local)
	default:
		b.late = append(b.late, func() error { return b.inherit(e, head, waited+1) })
	}
	return nil
}

func isTrue(text string) bool { return text == "true" || text == "1" }

// reference is a type by its name.
func (b *builder) reference(t *tag, text string) (*typ, error) {
	name, err := t.qualified(text)
	if err != nil {
		return nil, err
	}
	return b.named(name)
}

func (b *builder) named(name Name) (*typ, error) {
	if name.Space == space {
		if name.Local == "anyType" {
			return anyType, nil
		}
		s, ok := builtin(name.Local)
		if !ok {
			return nil, unsupported("the type xs:" + name.Local)
		}
		return &typ{name: name, made: true, simple: s}, nil
	}
	if t, ok := b.schema.types[name]; ok {
		if !t.made {
			return nil, fmt.Errorf("type %s is made of itself", name.Local)
		}
		return t, nil
	}
	def, ok := b.top["type"][name]
	if !ok {
		return nil, fmt.Errorf("type %s is not defined", name.Local)
	}
	t := &typ{name: name}
	b.schema.types[name] = t
	err := b.fill(t, def.tag, def.doc)
	t.made = true
	return t, err
}

// typ is a type without a name.
func (b *builder) typ(t *tag, d *document) (*typ, error) {
	out := &typ{}
	return out, b.fill(out, t, d)
}

var anyType = func() *typ {
	lax := &wildcard{process: "lax", any: true}
	t := &typ{complex: true, any: true, mixed: true, anyAttr: lax, content: &particle{least: 0, most: unbounded, any: lax}}
	c := compiler{left: maxProgram}
	t.model, _ = c.model(t.content) // three instructions
	return t
}()
