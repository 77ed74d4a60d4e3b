package xmlio

import (
	"lakehouse/internal/records"
	"lakehouse/internal/variant"
)

// rows reads the records of one decoding, and then perhaps of another.
type rows struct {
	*records.Collector
	d    *shared
	root *node

	tokenizer
	mismatch string // why a value was not taken
	rescues  bool   // such a value is kept elsewhere, and is no fault
	watches  bool   // what no column takes is kept, or noted
	dirty    bool   // something inside the element of an array or map at hand was not read
	key      []byte // scratch
	in       *Inference
	checker  *checker         // nil: records need not be valid by a schema of XML
	variants *variant.Builder // nil until there is one
}

// rows are those of an earlier decoding that has ended, or new.
func (d *Decoder) rows() *rows {
	idle, ok := d.idle.Get().(*rows)
	if !ok {
		idle = d.newRows()
	}
	idle.Begin(d.reading)
	return idle
}

func (d *shared) newRows() *rows {
	c := records.NewCollector(&d.rules)
	r := &rows{Collector: c, d: d, root: newNode(c.Root, "", nil, false, &d.opts), tokenizer: tokenizer{local: d.opts.IgnoreNamespace}}
	if d.rules.Corrupt >= 0 {
		r.root.hide(d.opts.CorruptColumn)
	}
	r.checker = newChecker(d.opts.Valid)
	r.rescues = d.rules.Rescue != nil
	r.watches = r.rescues || d.opts.Found != nil
	if r.rescues {
		r.root.hide(d.opts.Rescued)
		c.Unread().Repeats = true
	}
	if r.watches {
		r.in = NewInference(d.opts)
	}
	return r
}

// record adds the record that the scanner has found; base is where its input begins in the file.
func (r *rows) record(in *scanner, base int64) error {
	text, offset := in.record, base+in.offset
	r.Took(len(text))
	if in.long {
		return r.Lose(text, offset, "the record is longer than maxRecordBytes")
	}
	if r.checker != nil {
		if fault := r.checker.fault(text); fault != "" {
			return r.Lose(text, offset, fault)
		}
	}
	r.reset(text)
	r.mismatch, r.dirty = "", false
	if r.d.opts.Variant != "" {
		return r.variantRecord(text, offset)
	}
	before, tallied := r.Root.Len, r.Tally()
	if r.next() == start && r.object(r.root) && r.next() == end {
		return r.Keep(text, offset, r.mismatch)
	}
	r.TakeBack(before, tallied)
	return r.Lose(text, offset, r.failure)
}

// object adds the element whose start tag is the token at hand as a row of a struct, and moves to its end tag.
func (r *rows) object(n *node) bool {
	row := n.b.Len
	n.last = nil
	if !r.d.opts.ExcludeAttribute {
		for _, a := range r.attrs {
			r.attribute(n, a, row)
		}
	}
	for {
		switch r.next() {
		case chars:
			if !r.blank {
				r.ownText(n, row)
			}
		case start:
			if !r.child(n, row) {
				return false
			}
		case end:
			for _, child := range n.children {
				child.complete(row)
			}
			n.b.Len++
			return true
		default:
			return false
		}
	}
}

// complete ends the row of a column: with null where nothing was found, with the elements where it is a list.
func (n *node) complete(row int) {
	switch {
	case n.b.Len > row:
	case n.b.Kind == records.List && n.children[0].b.Len > int(n.b.Offsets[row]):
		n.b.CloseList()
	default:
		n.b.AppendNull()
	}
}

func (r *rows) attribute(n *node, a attr, row int) {
	r.key = append(append(r.key[:0], r.d.opts.AttributePrefix...), r.shown(a.name)...)
	child := n.find(r.key, r.d.opts.AnyCase)
	switch {
	case child == nil:
		r.unreadText(n, string(r.key), a.value, false)
	case child.b.Kind >= records.List:
		r.wrong(child.b)
		r.unreadText(n, child.name, a.value, true)
	default:
		child.b.Truncate(min(child.b.Len, row))
		if !r.scalar(child.b, a.value) {
			r.unreadText(n, child.name, a.value, true)
		}
	}
}

// ownText is the text of an element that has more than text.
func (r *rows) ownText(n *node, row int) {
	child := n.value
	switch {
	case child == nil:
		r.unreadText(n, r.d.opts.ValueTag, r.text, false)
	case child.b.Kind == records.List && child.children[0].b.Kind < records.List:
		if !r.scalar(child.children[0].b, r.text) {
			r.unreadText(n, child.name, r.text, true)
		}
	case child.b.Kind >= records.List:
		r.wrong(child.b)
		r.unreadText(n, child.name, r.text, true)
	default:
		child.b.Truncate(min(child.b.Len, row))
		if !r.scalar(child.b, r.text) {
			r.unreadText(n, child.name, r.text, true)
		}
	}
}

// child adds the element at hand to its column, and moves to its end tag.
func (r *rows) child(n *node, row int) bool {
	from, name := r.at, r.shown(r.name)
	child := n.find(name, r.d.opts.AnyCase)
	switch {
	case child != nil && child.b.Kind == records.List:
		ok, fits := r.value(child.children[0])
		return ok && r.looked(n, child.name, from, fits, true)
	case child != nil:
		if child.b.Len > row { // the element came before: its last value counts
			child.b.Truncate(row)
		}
		ok, fits := r.value(child)
		return ok && r.looked(n, child.name, from, fits, child.b.Kind == records.Map)
	case n.wildcard != nil && n.wildcard.b.Kind == records.List:
		ok, _ := r.value(n.wildcard.children[0])
		return ok
	case n.wildcard != nil:
		n.wildcard.b.Truncate(min(n.wildcard.b.Len, row))
		ok, _ := r.value(n.wildcard)
		return ok
	}
	if !r.watches {
		return r.skip()
	}
	shown := string(name)
	if !r.skip() {
		return false
	}
	r.unread(n, shown, from, false)
	return true
}

// looked is called behind an element with a column. Of an array and a map an element is kept whole, if anything in it was not
// read.
func (r *rows) looked(n *node, name string, from int, fits, container bool) bool {
	if !r.watches || fits && (!container || !r.dirty || n.within) {
		return true
	}
	if fits {
		r.dirty = false
		r.keep(n, name, from)
		return true
	}
	r.unread(n, name, from, true)
	return true
}

// skip passes over the rest of the element whose start tag is the token at hand.
func (r *rows) skip() bool {
	for depth := 1; depth > 0; {
		switch r.next() {
		case start:
			depth++
		case end:
			depth--
		case nothing:
			return false
		case chars:
		}
	}
	return true
}
