package xmlio

import (
	"bytes"
	"slices"
	"strings"

	"lakehouse/internal/records"
	"lakehouse/internal/variant"
)

// An element is one that becomes a variant: a text, or fields by their names.
type element struct {
	text   []byte
	fields []elementField
}

type elementField struct {
	name   string
	values []element // several: an array
}

// add adds a value to the field of that name.
func (e *element) add(name string, value element, anyCase bool) {
	at := slices.IndexFunc(e.fields, func(f elementField) bool {
		return f.name == name || anyCase && strings.EqualFold(f.name, name)
	})
	if at < 0 {
		at = len(e.fields)
		e.fields = append(e.fields, elementField{name: name})
	}
	e.fields[at].values = append(e.fields[at].values, value)
}

// variantElement reads the element whose start tag is the token at hand, and moves to its end tag.
func (r *rows) variantElement() (e element, ok bool) {
	o := &r.d.opts
	if !o.ExcludeAttribute {
		for _, a := range r.attrs {
			e.add(o.AttributePrefix+string(r.shown(a.name)), element{text: bytes.Clone(a.value)}, o.AnyCase)
		}
	}
	for {
		switch r.next() {
		case chars:
			if !r.blank {
				e.add(o.ValueTag, element{text: append([]byte{}, r.text...)}, o.AnyCase)
			}
		case start:
			name := string(r.shown(r.name))
			child, ok := r.variantElement()
			if !ok {
				return e, false
			}
			e.add(name, child, o.AnyCase)
		case end:
			if len(e.fields) == 1 && e.fields[0].name == o.ValueTag { // nothing but text, of which the first part counts
				return e.fields[0].values[0], true
			}
			return e, true
		default:
			return e, false
		}
	}
}

// addElement adds an element to the variant that is being built: one without anything in it is null.
func (r *rows) addElement(e element) error {
	b := r.variants
	switch {
	case e.text != nil:
		r.addText(e.text)
		return nil
	case e.fields == nil:
		b.Null()
		return nil
	}
	slices.SortStableFunc(e.fields, func(x, y elementField) int {
		if r.d.opts.AnyCase {
			return strings.Compare(strings.ToLower(x.name), strings.ToLower(y.name))
		}
		return strings.Compare(x.name, y.name)
	})
	o := b.Start()
	for _, f := range e.fields {
		b.Key(o, []byte(f.name))
		if err := r.addValues(f.values); err != nil {
			return err
		}
	}
	return b.EndObject(o)
}

// addValues adds one value as it is, several as an array.
func (r *rows) addValues(values []element) error {
	if len(values) == 1 {
		return r.addElement(values[0])
	}
	o := r.variants.Start()
	for _, v := range values {
		r.variants.Element(o)
		if err := r.addElement(v); err != nil {
			return err
		}
	}
	r.variants.EndArray(o)
	return nil
}

// addText adds a text as a boolean, a number, or as it is.
func (r *rows) addText(text []byte) {
	b, o := r.variants, &r.d.opts
	if o.HasNull && string(text) == o.NullValue {
		b.Null()
		return
	}
	if o.Trim {
		text = records.TrimText(text)
	}
	switch {
	case len(text) == 0 || !o.InferTypes:
		b.String(text)
	case bytes.EqualFold(text, []byte("true")):
		b.Bool(true)
	case bytes.EqualFold(text, []byte("false")):
		b.Bool(false)
	case b.WholeNumber(text), b.ExactNumber(text):
	default:
		b.String(text)
	}
}

// buildVariant builds the element whose start tag is the token at hand. It is not ok where the text is not XML; an error
// says why what was read is no variant.
func (r *rows) buildVariant() (ok bool, err error) {
	e, ok := r.variantElement()
	if !ok {
		return false, nil
	}
	if r.variants == nil {
		r.variants = &variant.Builder{}
	}
	r.variants.Reset()
	if err = r.addElement(e); err == nil && r.variants.TooLarge() {
		err = variant.TooLarge("StaxXmlParser")
	}
	return true, err
}

// variantRecord adds the record that the scanner has found as one variant.
func (r *rows) variantRecord(text []byte, offset int64) error {
	ok := r.next() == start
	var err error
	if ok {
		ok, err = r.buildVariant()
	}
	switch {
	case !ok || r.next() != end:
		return r.Lose(text, offset, r.failure)
	case err != nil:
		return r.Lose(text, offset, err.Error())
	}
	for i, column := range r.Root.Children {
		if i == r.d.rules.Variant {
			column.AppendVariant(r.variants.Metadata(), r.variants.Data())
		} else {
			column.AppendNull()
		}
	}
	r.Root.Len++
	return r.Keep(text, offset, "")
}

// variantColumn adds the element at hand to a column of variants.
func (r *rows) variantColumn(b *records.Builder) (ok, fits bool) {
	ok, err := r.buildVariant()
	if !ok || err != nil {
		b.AppendNull()
		if err != nil && r.mismatch == "" {
			r.mismatch = err.Error()
		}
		return ok, false
	}
	b.AppendVariant(r.variants.Metadata(), r.variants.Data())
	return true, true
}
