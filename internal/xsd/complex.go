package xsd

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// unbounded is the number of times of what may come any number of times.
const unbounded = -1

// A particle is a part of a content model.
type particle struct {
	least, most int
	element     *element
	any         *wildcard
	choice      bool
	all         bool
	parts       []*particle
}

// A wildcard stands for elements or attributes of some namespaces.
type wildcard struct {
	process string // strict, lax or skip
	any     bool
	other   bool // any but those of spaces
	spaces  []string
}

func (w *wildcard) takes(name Name) bool {
	return w.any || slices.Contains(w.spaces, name.Space) != w.other
}

// fill makes a type of its definition.
func (b *builder) fill(out *typ, t *tag, d *document) (err error) {
	if err := b.enter(); err != nil {
		return err
	}
	defer b.leave()
	if t.name == "simpleType" {
		out.simple, err = b.simple(t)
		return err
	}
	out.complex, out.abstract, out.mixed = true, isTrue(t.attr("abstract")), isTrue(t.attr("mixed"))
	switch {
	case t.only("simpleContent") != nil:
		err = b.simpleContent(out, t.only("simpleContent"), d)
	case t.only("complexContent") != nil:
		c := t.only("complexContent")
		if text, ok := c.attrs["mixed"]; ok {
			out.mixed = isTrue(text)
		}
		err = b.complexContent(out, c, d)
	default:
		if out.content, err = b.content(t, d); err == nil {
			err = b.attributes(out, t, d)
		}
	}
	if err != nil || out.content == nil {
		return err
	}
	c := compiler{left: maxProgram - b.size}
	out.model, err = c.model(out.content)
	b.size = maxProgram - c.left
	return err
}

// derivation is the extension or restriction, and its base.
func (b *builder) derivation(t *tag) (how *tag, base *typ, err error) {
	for _, c := range t.children {
		if c.name != "extension" && c.name != "restriction" {
			return nil, nil, unsupported("xs:" + c.name)
		}
		how = c
	}
	if how == nil {
		return nil, nil, fmt.Errorf("%s has neither extension nor restriction", t.name)
	}
	base, err = b.reference(how, how.attr("base"))
	return how, base, err
}

func (b *builder) simpleContent(out *typ, t *tag, d *document) error {
	how, base, err := b.derivation(t)
	if err != nil {
		return err
	}
	out.base, out.simple = base, base.simple
	out.attrs, out.anyAttr = slices.Clone(base.attrs), base.anyAttr
	if how.name == "restriction" {
		if base.simple == nil && !base.mixed {
			return errors.New("its base has no simple content")
		}
		if out.simple, err = b.restrict(base.simple, how); err != nil {
			return err
		}
	}
	if out.simple == nil {
		return errors.New("its base has no simple content")
	}
	return b.attributes(out, how, d)
}

func (b *builder) complexContent(out *typ, t *tag, d *document) error {
	how, base, err := b.derivation(t)
	if err != nil {
		return err
	}
	if base.simple != nil {
		return errors.New("its base has simple content")
	}
	if out.content, err = b.content(how, d); err != nil {
		return err
	}
	out.base = base
	if !base.any {
		out.attrs = slices.Clone(base.attrs)
		if how.name == "extension" {
			out.anyAttr = base.anyAttr
		}
	}
	if how.name == "extension" && base.content != nil {
		own := out.content
		out.content = &particle{least: 1, most: 1, parts: []*particle{base.content}}
		if own != nil {
			out.content.parts = append(out.content.parts, own)
		} else {
			out.content = base.content
		}
		out.mixed = out.mixed || base.mixed
	}
	return b.attributes(out, how, d)
}

// content is the model in a definition; nil: there are no elements.
func (b *builder) content(t *tag, d *document) (*particle, error) {
	for _, c := range t.children {
		switch c.name {
		case "sequence", "choice", "all", "group":
			return b.particle(c, d)
		case "attribute", "attributeGroup", "anyAttribute":
		default:
			return nil, unsupported("xs:" + c.name)
		}
	}
	return nil, nil
}

func (b *builder) particle(t *tag, d *document) (*particle, error) {
	if err := b.enter(); err != nil {
		return nil, err
	}
	defer b.leave()
	p := &particle{}
	var err error
	if p.least, p.most, err = occurs(t); err != nil {
		return nil, err
	}
	switch t.name {
	case "element":
		p.element, err = b.local(t, d)
		return p, err
	case "any":
		p.any, err = wildcardOf(t, d)
		return p, err
	case "group":
		name, err := t.qualified(t.attr("ref"))
		if err != nil {
			return nil, err
		}
		def, ok := b.top["group"][name]
		if !ok {
			return nil, fmt.Errorf("group %s is not defined", name.Local)
		}
		inner, err := b.content(def.tag, def.doc)
		if inner != nil {
			p.parts = []*particle{inner}
			p.all = inner.all
			if p.all {
				least := p.least
				if p = inner; least == 0 {
					p.least = 0
				}
			}
		}
		return p, err
	case "sequence", "choice", "all":
		p.choice, p.all = t.name == "choice", t.name == "all"
		for _, c := range t.children {
			part, err := b.particle(c, d)
			if err != nil {
				return nil, err
			}
			if (part.all || p.all && part.element == nil) && part.most != 0 {
				return nil, errors.New("all holds elements alone, and stands alone")
			}
			p.parts = append(p.parts, part)
		}
		return p, nil
	}
	return nil, unsupported("xs:" + t.name)
}

// local is an element within a model.
func (b *builder) local(t *tag, d *document) (*element, error) {
	if ref := t.attr("ref"); ref != "" {
		name, err := t.qualified(ref)
		if err != nil {
			return nil, err
		}
		return b.global(name)
	}
	e := &element{name: Name{Local: t.attr("name")}}
	if e.name.Local == "" {
		return nil, errors.New("an element has no name")
	}
	if form := t.attr("form"); form == "qualified" || form == "" && d.qualified {
		e.name.Space = d.target
	}
	if err := b.element(e, t, d); err != nil {
		return nil, fmt.Errorf("element %s: %w", e.name.Local, err)
	}
	return e, nil
}

func occurs(t *tag) (least, most int, err error) {
	least, most = 1, 1
	if text := t.attr("minOccurs"); text != "" {
		if least, err = strconv.Atoi(text); err != nil || least < 0 {
			return 0, 0, fmt.Errorf("minOccurs %q is no number", text)
		}
	}
	switch text := t.attr("maxOccurs"); text {
	case "":
		most = max(most, least)
	case "unbounded":
		most = unbounded
	default:
		if most, err = strconv.Atoi(text); err != nil || most < 0 {
			return 0, 0, fmt.Errorf("maxOccurs %q is no number", text)
		}
	}
	if most != unbounded && most < least {
		return 0, 0, fmt.Errorf("maxOccurs %d is less than minOccurs %d", most, least)
	}
	return least, most, nil
}

func wildcardOf(t *tag, d *document) (*wildcard, error) {
	w := &wildcard{process: "strict"}
	switch text := t.attr("processContents"); text {
	case "", "strict":
	case "lax", "skip":
		w.process = text
	default:
		return nil, fmt.Errorf("processContents %q is unknown", text)
	}
	switch text := t.attr("namespace"); text {
	case "", "##any":
		w.any = true
	case "##other":
		w.other, w.spaces = true, []string{d.target, ""}
	default:
		for s := range strings.FieldsSeq(text) {
			switch s {
			case "##targetNamespace":
				s = d.target
			case "##local":
				s = ""
			}
			w.spaces = append(w.spaces, s)
		}
	}
	return w, nil
}

// attributes adds those of a definition; one of a name that the base has takes its place.
func (b *builder) attributes(out *typ, t *tag, d *document) error {
	if err := b.enter(); err != nil {
		return err
	}
	defer b.leave()
	for _, c := range t.children {
		switch c.name {
		case "attribute":
			a, err := b.attribute(c, d)
			if err != nil {
				return err
			}
			out.attrs = slices.DeleteFunc(out.attrs, func(have *attribute) bool { return have.name == a.name })
			if !a.prohibit {
				out.attrs = append(out.attrs, a)
			}
		case "attributeGroup":
			name, err := c.qualified(c.attr("ref"))
			if err != nil {
				return err
			}
			def, ok := b.top["attributeGroup"][name]
			if !ok {
				return fmt.Errorf("attributeGroup %s is not defined", name.Local)
			}
			if err := b.attributes(out, def.tag, def.doc); err != nil {
				return err
			}
		case "anyAttribute":
			var err error
			if out.anyAttr, err = wildcardOf(c, d); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *builder) attribute(t *tag, d *document) (*attribute, error) {
	a := &attribute{required: t.attr("use") == "required", prohibit: t.attr("use") == "prohibited"}
	if text, ok := t.attrs["fixed"]; ok {
		a.fixed = &text
	}
	if ref := t.attr("ref"); ref != "" {
		name, err := t.qualified(ref)
		if err != nil {
			return nil, err
		}
		def, ok := b.top["attribute"][name]
		if !ok {
			if name.Space == "http://www.w3.org/XML/1998/namespace" || name.Space == "xml" {
				a.name, a.typ = name, anySimple
				return a, nil
			}
			return nil, fmt.Errorf("attribute %s is not defined", name.Local)
		}
		global, err := b.attribute(def.tag, def.doc)
		if err != nil {
			return nil, err
		}
		a.name, a.typ = global.name, global.typ
		if a.fixed == nil {
			a.fixed = global.fixed
		}
		return a, nil
	}
	a.name = Name{Local: t.attr("name")}
	if a.name.Local == "" {
		return nil, errors.New("an attribute has no name")
	}
	if form := t.attr("form"); t.above != nil && t.above.name == "schema" || form == "qualified" || form == "" && d.attrQual {
		a.name.Space = d.target
	}
	var err error
	a.typ = anySimple
	switch c := t.only("simpleType"); {
	case c != nil:
		a.typ, err = b.simple(c)
	case t.attr("type") != "":
		a.typ, err = b.simpleReference(t, t.attr("type"))
	}
	if err != nil {
		return nil, fmt.Errorf("attribute %s: %w", a.name.Local, err)
	}
	return a, nil
}
