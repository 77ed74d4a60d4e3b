package jsonio

import (
	"slices"

	"lakehouse/internal/records"
	"lakehouse/internal/types"
)

// A finding is what a parser does beside filling columns: it keeps what no column takes, and takes note of what the schema
// lacks. Most readings do without.
type finding struct {
	unread *records.Unread // nil: nothing is kept
	found  *records.Found  // nil: nothing is noted
	in     *Inference      // finds the types of what is noted
	dirty  bool            // something inside the array or map at hand was not read
}

// noted is what has been told of the values of a key.
type noted struct {
	shape shape
	told  types.Type
}

// watchedObject is object for a reading that keeps or notes what no column takes.
func (p *parser) watchedObject(n *node) outcome {
	if !p.enter() {
		return failed
	}
	row := n.b.Len
	p.pos++ // {
	for k := p.next(n.keys, &n.keys.start); k != nil; k = p.next(n.keys, k) {
		child, start := k.child, p.pos
		if child == nil {
			if !p.skip() {
				return failed
			}
			p.notRead(n, k, start)
			continue
		}
		if child.b.Len != row { // the key came before: its last value counts
			child.b.Truncate(row)
		}
		o := p.value(child)
		if o == failed {
			return failed
		}
		p.perhapsMisread(n, k, start, o)
	}
	return p.endObject(n, row)
}

// notRead is called behind a value without a column.
func (p *parser) notRead(parent *node, k *key, start int) {
	p.note(parent, k, start, false)
	p.keep(parent, k, start)
}

// perhapsMisread is called behind a value with a column.
func (p *parser) perhapsMisread(parent *node, k *key, start int, o outcome) {
	if o == wrong {
		p.note(parent, k, start, true)
	}
	if o == wrong || p.dirty && !parent.within {
		p.keep(parent, k, start)
	}
}

// keep keeps a value, or, inside an array or map, has all of that kept.
func (p *parser) keep(parent *node, k *key, start int) {
	p.dirty = parent.within
	if !parent.within && p.unread != nil {
		p.unread.Add(parent.path, k.name, p.data[start:p.pos])
	}
}

// note tells the type of a value, when it tells more than the values before.
func (p *parser) note(parent *node, k *key, start int, misfit bool) {
	if p.found == nil {
		return
	}
	if k.noted == nil {
		k.noted = &noted{}
	}
	in := &p.in.parser
	in.reset(p.data[start:p.pos])
	p.in.value(&k.noted.shape)
	t, ok := k.noted.shape.datatype(false)
	if !ok {
		t = types.Struct{}
	}
	if k.noted.shape.kind == shapeNull {
		t = types.Null
	}
	if k.noted.told != nil && types.Equal(k.noted.told, t) {
		return
	}
	k.noted.told = t
	path := append(slices.Clip(parent.path), k.name)
	if misfit {
		p.found.Misfit(path, t)
	} else {
		p.found.Unknown(path, t)
	}
}
