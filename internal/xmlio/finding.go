package xmlio

import (
	"slices"

	"lakehouse/internal/records"
	"lakehouse/internal/types"
)

// unread is called behind an element of n that no column takes, and that begins at from.
func (r *rows) unread(n *node, name string, from int, misfit bool) {
	if !r.watches {
		return
	}
	r.keep(n, name, from)
	if r.d.opts.Found != nil {
		r.note(n, name, r.in.element(r.data[from:r.pos]), misfit)
	}
}

// keep keeps an element, or, inside an array or map, has the whole of its element kept.
func (r *rows) keep(n *node, name string, from int) {
	r.dirty = n.within
	if n.within || r.Unread() == nil {
		return
	}
	r.Unread().Add(n.path, name, r.in.json(r.data[from:r.pos]))
}

// unreadText is called for an attribute or a text of n that no column takes.
func (r *rows) unreadText(n *node, name string, text []byte, misfit bool) {
	if !r.watches {
		return
	}
	if r.d.opts.Trim {
		text = records.TrimText(text)
	}
	r.dirty = n.within
	if !n.within && r.Unread() != nil {
		r.Unread().AddString(n.path, name, string(text))
	}
	if r.d.opts.Found != nil {
		r.note(n, name, r.in.scalar(text), misfit)
	}
}

// note tells the type of a value, when it tells more than the values before.
func (r *rows) note(n *node, name string, t types.Type, misfit bool) {
	if have, ok := n.noted[name]; ok {
		if t = r.in.common(have, t); types.Equal(have, t) {
			return
		}
	} else if len(n.noted) >= maxLearned {
		return
	}
	if n.noted == nil {
		n.noted = map[string]types.Type{}
	}
	n.noted[name] = t
	path := append(slices.Clip(n.path), name)
	if misfit {
		r.d.opts.Found.Misfit(path, t)
	} else {
		r.d.opts.Found.Unknown(path, t)
	}
}

// json is an element as JSON: its text where it has nothing else, or an object of its attributes, elements and text.
func (in *Inference) json(text []byte) []byte {
	t := &in.tokens
	t.reset(text)
	if t.next() != start {
		return []byte("null")
	}
	return in.appendJSON(nil)
}

func (in *Inference) appendJSON(dst []byte) []byte {
	t, o := &in.tokens, &in.opts
	var members records.Unread
	members.Repeats = true
	only := ""
	for _, a := range t.attrs {
		if !o.ExcludeAttribute {
			members.AddString(nil, o.AttributePrefix+string(t.shown(a.name)), string(in.trimmed(a.value)))
		}
	}
	texts := 0
	plain := members.Empty()
	for {
		switch t.next() {
		case start:
			plain = false
			name := string(t.shown(t.name))
			members.Add(nil, name, in.appendJSON(nil))
			continue
		case chars:
			if only = string(in.trimmed(t.text)); !t.blank {
				texts++
				members.AddString(nil, o.ValueTag, only)
			}
			continue
		default: // the end
		}
		break
	}
	if plain && texts <= 1 {
		return records.AppendJSON(dst, only)
	}
	return members.AppendTo(dst, "")
}

func (in *Inference) trimmed(text []byte) []byte {
	if in.opts.Trim {
		return records.TrimText(text)
	}
	return text
}
