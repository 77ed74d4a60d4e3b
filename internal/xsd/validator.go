package xsd

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// An Attr is an attribute of an element. Declarations of namespaces are none.
type Attr struct {
	Name  Name
	Value string
}

// A Validator follows records, one after the other. It belongs to one goroutine.
type Validator struct {
	schema *Schema
	open   []frame
	ids    identities

	marked     []uint64 // by instruction, when it was last reached
	generation uint64
	stack, now []int
}

// NewValidator makes a validator.
func (s *Schema) NewValidator() *Validator { return &Validator{schema: s} }

// A frame is an element that is open.
type frame struct {
	element *element // nil: nothing is asked of it, nor of what is in it, but see lax
	typ     *typ
	lax     bool // elements in it that are declared are looked at
	isNil   bool
	match   matching
	text    []byte
	some    bool // it has elements
}

// identities are the IDs of a record, and the references to them.
type identities struct {
	ids, wanted map[string]bool
	twice       string
}

func (i *identities) take(k kind, text string) {
	switch k {
	case kindID:
		if i.ids == nil {
			i.ids = map[string]bool{}
		}
		if i.ids[text] && i.twice == "" {
			i.twice = text
		}
		i.ids[text] = true
	case kindIDRef:
		if i.wanted == nil {
			i.wanted = map[string]bool{}
		}
		i.wanted[text] = true
	default: // of the other kinds nothing is asked
	}
}

// Reset begins a record.
func (v *Validator) Reset() {
	v.open = v.open[:0]
	v.ids = identities{}
}

// Start opens an element. about gives the namespace of a prefix, for values that are names.
func (v *Validator) Start(name Name, attrs []Attr, about func(prefix string) (string, bool)) error {
	declared, lax, err := v.declared(name)
	if err != nil {
		return err
	}
	f := v.push()
	if declared == nil {
		f.lax = lax
		return nil
	}
	if declared.abstract {
		return fmt.Errorf("element %s is abstract", name.Local)
	}
	f.element, f.typ = declared, declared.typ
	if err := v.instance(f, attrs, about); err != nil {
		return err
	}
	if f.typ.abstract {
		return fmt.Errorf("the type of element %s is abstract", name.Local)
	}
	if f.typ.model != nil {
		v.begin(&f.match, f.typ.model)
	}
	return v.attributes(f, attrs)
}

// push opens a frame, with what the last one at that depth had.
func (v *Validator) push() *frame {
	if len(v.open) < cap(v.open) {
		v.open = v.open[:len(v.open)+1]
	} else {
		v.open = append(v.open, frame{})
	}
	f := &v.open[len(v.open)-1]
	*f = frame{match: matching{at: f.match.at, had: f.match.had}, text: f.text[:0]}
	return f
}

// declared is the declaration of an element that comes; nil: none is asked for.
func (v *Validator) declared(name Name) (e *element, lax bool, err error) {
	if len(v.open) == 0 {
		e, ok := v.schema.elements[name]
		if !ok {
			return nil, false, fmt.Errorf("element %s is not declared", name.Local)
		}
		return e, false, nil
	}
	above := &v.open[len(v.open)-1]
	above.some = true
	switch {
	case above.element == nil && above.lax:
		return v.schema.elements[name], true, nil
	case above.element == nil:
		return nil, false, nil
	case above.typ.model == nil || above.isNil:
		return nil, false, fmt.Errorf("element %s must not stand in %s", name.Local, above.element.name.Local)
	}
	e, w, ok := v.next(&above.match, name)
	if !ok {
		return nil, false, fmt.Errorf("element %s must not stand here in %s", name.Local, above.element.name.Local)
	}
	if e != nil || w.process == "skip" {
		return e, false, nil
	}
	e = v.schema.elements[name]
	if e == nil && w.process == "strict" {
		return nil, false, fmt.Errorf("element %s is not declared", name.Local)
	}
	return e, true, nil
}

// instance follows xsi:type and xsi:nil.
func (v *Validator) instance(f *frame, attrs []Attr, about func(string) (string, bool)) error {
	for _, a := range attrs {
		if a.Name.Space != instance {
			continue
		}
		switch a.Name.Local {
		case "nil":
			if !f.element.nillable {
				return fmt.Errorf("element %s must not be nil", f.element.name.Local)
			}
			f.isNil = isTrue(collapse.apply(a.Value))
		case "type":
			prefix, local, found := strings.Cut(collapse.apply(a.Value), ":")
			if !found {
				prefix, local = "", prefix
			}
			uri, ok := about(prefix)
			t := v.schema.typeOf(Name{Space: uri, Local: local})
			if !ok || t == nil || !t.isA(f.typ) {
				return fmt.Errorf("the type %s is none of element %s", a.Value, f.element.name.Local)
			}
			f.typ = t
		}
	}
	return nil
}

func (s *Schema) typeOf(name Name) *typ {
	if name.Space == space {
		if name.Local == "anyType" {
			return anyType
		}
		if simple, ok := builtin(name.Local); ok {
			return &typ{name: name, simple: simple}
		}
	}
	return s.types[name]
}

// isA tells that a type is another, or is derived from it.
func (t *typ) isA(other *typ) bool {
	if other.any {
		return true
	}
	for at := t; at != nil; at = at.base {
		if at == other || at.name.Local != "" && at.name == other.name {
			return true
		}
	}
	if t.simple == nil || other.simple == nil || other.complex {
		return false
	}
	for at := t.simple; at != nil; at = at.base {
		if at == other.simple {
			return true
		}
	}
	return slices.Contains(other.simple.members, t.simple) || other.simple == anySimple
}

func (v *Validator) attributes(f *frame, attrs []Attr) error {
	for _, a := range attrs {
		if a.Name.Space == instance {
			continue
		}
		i := slices.IndexFunc(f.typ.attrs, func(d *attribute) bool { return d.name == a.Name })
		var declared *attribute
		switch {
		case i >= 0:
			declared = f.typ.attrs[i]
		case f.typ.anyAttr == nil || !f.typ.anyAttr.takes(a.Name):
			return fmt.Errorf("element %s must not have an attribute %s", f.element.name.Local, a.Name.Local)
		case f.typ.anyAttr.process == "skip":
			continue
		default:
			if declared = v.schema.attrs[a.Name]; declared == nil {
				if f.typ.anyAttr.process == "strict" {
					return fmt.Errorf("attribute %s is not declared", a.Name.Local)
				}
				continue
			}
		}
		if !declared.typ.valid(a.Value, &v.ids) || declared.fixed != nil && !declared.typ.same(*declared.fixed, a.Value) {
			return fmt.Errorf("%q is no value of attribute %s", shortened(a.Value), a.Name.Local)
		}
	}
	for _, d := range f.typ.attrs {
		if d.required && !slices.ContainsFunc(attrs, func(a Attr) bool { return a.Name == d.name }) {
			return fmt.Errorf("element %s lacks the attribute %s", f.element.name.Local, d.name.Local)
		}
	}
	return nil
}

// Text adds text to the element that is open.
func (v *Validator) Text(text []byte) error {
	if len(v.open) == 0 {
		return nil
	}
	f := &v.open[len(v.open)-1]
	switch {
	case f.element == nil:
		return nil
	case f.isNil:
		if len(text) > 0 {
			return fmt.Errorf("element %s is nil, and has a text", f.element.name.Local)
		}
	case f.typ.simple != nil:
		f.text = append(f.text, text...)
	case !f.typ.mixed && strings.TrimFunc(string(text), isSpace) != "":
		return fmt.Errorf("element %s must not have a text", f.element.name.Local)
	case f.element.fixed != nil:
		f.text = append(f.text, text...)
	}
	return nil
}

// End closes the element that is open.
func (v *Validator) End() error {
	if len(v.open) == 0 {
		return errors.New("internal error: no element is open")
	}
	f := &v.open[len(v.open)-1]
	v.open = v.open[:len(v.open)-1]
	if f.element == nil || f.isNil {
		return v.whole()
	}
	name := f.element.name.Local
	switch t := f.typ; {
	case t.simple != nil:
		text := string(f.text)
		if text == "" && f.element.hasValue {
			text = f.element.standsIn
		}
		if !t.simple.valid(text, &v.ids) || f.element.fixed != nil && !t.simple.same(*f.element.fixed, text) {
			return fmt.Errorf("%q is no value of element %s", shortened(text), name)
		}
	case t.model != nil && !f.match.complete():
		return fmt.Errorf("element %s is not complete", name)
	case f.element.fixed != nil && (f.some || len(f.text) > 0 && string(f.text) != *f.element.fixed):
		return fmt.Errorf("element %s has another value than %q", name, *f.element.fixed)
	}
	return v.whole()
}

// whole looks at the references of a record that has ended.
func (v *Validator) whole() error {
	if len(v.open) > 0 {
		return nil
	}
	if v.ids.twice != "" {
		return fmt.Errorf("the ID %q is given twice", shortened(v.ids.twice))
	}
	for wanted := range v.ids.wanted {
		if !v.ids.ids[wanted] {
			return fmt.Errorf("there is no ID %q", shortened(wanted))
		}
	}
	return nil
}

func shortened(text string) string {
	const most = 100
	if len(text) > most {
		return strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}
