package jsonio

import "lakehouse/internal/records"

// entries adds an object as a row of a map. Of a key given twice the last value stays, at its place.
func (p *parser) entries(n *node) outcome {
	start, first := p.pos, int(n.b.Offsets[n.b.Len])
	if p.mapEntries(n, nil) == failed {
		return failed
	}
	last := repeated(n.children[0].b, first)
	if last == nil {
		return p.closeList(n, p.entriesFit)
	}
	for _, child := range n.children {
		child.b.Truncate(first)
	}
	p.pos = start
	if p.mapEntries(n, last) == failed {
		return failed
	}
	return p.closeList(n, p.entriesFit)
}

// mapEntries adds the members of an object to a map's keys and values: all, or those that are the last of their key.
// Whether all values fit is in entriesFit.
func (p *parser) mapEntries(n *node, last map[string]int) outcome {
	if !p.enter() {
		return failed
	}
	p.pos++ // {
	keys, values, fits := n.children[0].b, n.children[1], true
	member := 0
	for c := p.space(); c != '}'; member++ {
		name, ok := p.keyName()
		if !ok {
			return failed
		}
		wanted := last == nil || last[string(name)] == member
		if wanted {
			keys.AppendBytes(name)
		}
		if p.space() != ':' {
			return p.fail("expected ':'")
		}
		p.pos++
		p.space()
		if !wanted {
			if !p.skip() {
				return failed
			}
		} else if o := p.value(values); o == failed {
			return failed
		} else if o == wrong {
			fits = false
		}
		switch c = p.space(); c {
		case ',':
			p.pos++
			if c = p.space(); c == '}' {
				return p.fail("a key is missing after a comma")
			}
		case '}':
		default:
			return p.fail("expected ',' or '}'")
		}
	}
	p.pos++
	p.depth--
	p.entriesFit = fits
	return fine
}

// repeated gives, where a key occurs twice from row first on, the last position of each key, counted
// from first. Else nil.
func repeated(keys *records.Builder, first int) map[string]int {
	at := func(i int) []byte { return keys.Bytes[keys.Offsets[i]:keys.Offsets[i+1]] }
	if keys.Len-first <= 8 && !anyEqual(first, keys.Len, at) {
		return nil
	}
	last := make(map[string]int, keys.Len-first)
	for i := first; i < keys.Len; i++ {
		last[string(at(i))] = i - first
	}
	if len(last) == keys.Len-first {
		return nil
	}
	return last
}

func anyEqual(from, to int, at func(int) []byte) bool {
	for i := from; i < to; i++ {
		for j := from; j < i; j++ {
			if string(at(i)) == string(at(j)) {
				return true
			}
		}
	}
	return false
}
