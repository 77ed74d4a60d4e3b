package xmlio

import (
	"lakehouse/internal/records"
	"lakehouse/internal/types"
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
