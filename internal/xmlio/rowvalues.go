package xmlio

import (
	"lakehouse/internal/records"
	"lakehouse/internal/types"
)

// value adds the element at hand as a row of a column, and moves to its end tag. It is not ok where the text is not XML.
func (r *rows) value(n *node) (ok, fits bool) {
	switch n.b.Kind {
	case records.Struct:
		return r.object(n), true
	case records.Map:
		return r.entries(n)
	case records.Variant:
		return r.variantColumn(n.b)
	case records.String:
		return r.content(n.b)
	default: // a text alone
	}
	r.next()
	if r.kind == chars && r.blank {
		r.next()
	}
	switch r.kind {
	case end:
		n.b.AppendNull()
		return true, true
	case chars:
		fits = r.scalar(n.b, r.text)
		switch r.next() {
		case end:
			return true, fits
		case nothing:
			return false, false
		default:
		}
		if fits { // something follows the value
			n.b.Truncate(n.b.Len - 1)
			r.wrong(n.b)
			n.b.AppendNull()
		}
		return r.leave(), false
	case start:
		r.wrong(n.b)
		n.b.AppendNull()
		return r.leave(), false
	default:
		return false, false
	}
}

// leave passes over the rest of an element inside of which the token at hand stands, itself no end tag of it.
func (r *rows) leave() bool {
	if r.kind == start && !r.skip() {
		return false
	}
	return r.skip()
}

// content adds what stands in an element, as text: markup as it is written anew by Spark.
func (r *rows) content(b *records.Builder) (ok, fits bool) {
	switch r.next() {
	case end:
		if r.d.opts.HasNull && r.d.opts.NullValue == "" {
			b.AppendNull()
			return true, true
		}
		b.AppendBytes(nil)
		return true, true
	case nothing:
		return false, false
	case chars:
		text := r.text
		if at := r.pos; at+1 < len(r.data) && r.data[at] == '<' && r.data[at+1] == '/' { // the usual element
			r.scalar(b, text)
			return r.next() == end, true
		}
	default: // markup
	}
	var all []byte
	for depth := 0; ; r.next() {
		switch r.kind {
		case start:
			depth++
			all = append(append(all, '<'), r.name...)
			for _, a := range r.attrs {
				all = append(append(append(all, ' '), a.name...), '=', '"')
				all = append(append(all, a.value...), '"')
			}
			all = append(all, '>')
		case chars:
			all = append(all, r.text...)
		case end:
			if depth == 0 {
				r.scalar(b, all)
				return true, true
			}
			depth--
			all = append(append(append(all, '<', '/'), r.name...), '>')
		case nothing:
			return false, false
		}
	}
}

// entries adds the element at hand as a row of a map: attributes, elements and text by their names. Of a name given twice the
// last value stays, at its place.
func (r *rows) entries(n *node) (ok, fits bool) {
	keys, from := n.b.Children[0], r.at
	first := keys.Len
	if ok, fits = r.members(n, nil); !ok {
		return false, false
	}
	last := map[string]int{}
	for i := first; i < keys.Len; i++ {
		last[string(keys.Bytes[keys.Offsets[i]:keys.Offsets[i+1]])] = i - first
	}
	if len(last) < keys.Len-first {
		keys.Truncate(first)
		n.children[1].b.Truncate(first)
		r.pos, r.pending = from, false
		r.next()
		ok, fits = r.members(n, last)
	}
	n.b.CloseList()
	return ok, fits
}

// members adds the members of the element at hand: all, or those that are the last of their name.
func (r *rows) members(n *node, last map[string]int) (ok, fits bool) {
	keys, values := n.b.Children[0], n.children[1]
	at, fits := -1, true
	wanted := func(name []byte) bool {
		if at++; last != nil && last[string(name)] != at {
			return false
		}
		keys.AppendBytes(name)
		return true
	}
	if !r.d.opts.ExcludeAttribute {
		for _, a := range r.attrs {
			if wanted(append([]byte(r.d.opts.AttributePrefix), r.shown(a.name)...)) {
				fits = r.textOf(values, a.value) && fits
			}
		}
	}
	for {
		switch r.next() {
		case start:
			if !wanted(r.shown(r.name)) {
				if !r.skip() {
					return false, false
				}
				continue
			}
			ok, one := r.value(values)
			if !ok {
				return false, false
			}
			fits = fits && one
		case chars:
			if !r.blank && wanted([]byte(r.d.opts.ValueTag)) {
				fits = r.textOf(values, r.text) && fits
			}
		case end:
			return true, fits
		default:
			return false, false
		}
	}
}

// textOf adds text as a value of any type.
func (r *rows) textOf(n *node, text []byte) bool {
	if n.b.Kind >= records.List {
		r.wrong(n.b)
		n.b.AppendNull()
		return false
	}
	return r.scalar(n.b, text)
}

// wrong notes that a value does not fit.
func (r *rows) wrong(b *records.Builder) {
	if r.mismatch == "" && !r.rescues {
		r.mismatch = "a value does not fit the type " + types.SQL(b.Type)
	}
}
