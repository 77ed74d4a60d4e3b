package xmlio

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math/bits"
	"slices"
)

// A scanner finds the records of a file: the elements of one tag that stand in no other of that tag, outside of comments,
// CDATA, processing instructions and the document type. Places are bytes of the file.
type scanner struct {
	src   io.Reader
	tag   string
	local bool // names are compared without prefixes
	most  int  // bytes of a record

	buf      []byte
	base     int64 // the place of buf[0]
	hold     int64 // nothing before it is needed any more
	floor    int64 // but all from here on; -1: see hold
	tooFar   int64 // where that ends, as it is too much
	skipping bool  // nor what is passed over
	ended    bool  // the source has no more
	err      error // what ended it, unless it is its end

	found  []span // the records, if they are known; nil: they are looked for
	record []byte
	offset int64 // of the record; -1: outside of records
	end    int64 // behind it
	long   bool  // the record has more bytes than are given
	broken bool  // the file ends within the record
}

const scanBytes = 256 << 10

func newScanner(src io.Reader, o *Options) *scanner {
	return &scanner{src: src, tag: o.RowTag, local: o.IgnoreNamespace, most: o.MaxRecord, offset: -1, floor: -1}
}

// newScannerOn is for a part that lies in memory.
func newScannerOn(p Part, o *Options) *scanner {
	s := newScanner(nil, o)
	s.buf, s.ended = p.Data, true
	s.found, s.base = p.records, p.Start
	return s
}

// window is what is known of the file from a place on.
func (s *scanner) window(at int64) []byte { return s.buf[at-s.base:] }

// known is the place behind what has been read.
func (s *scanner) known() int64 { return s.base + int64(len(s.buf)) }

// more reads more, and tells whether there was any.
func (s *scanner) more() bool {
	if s.ended {
		return false
	}
	if s.offset >= 0 && !s.long && s.most > 0 && s.known()-s.offset > int64(s.most) {
		s.record = slices.Clone(s.window(s.offset)[:s.most])
		s.long, s.skipping = true, true
	}
	if len(s.buf)+scanBytes > cap(s.buf) {
		s.makeRoom()
	}
	for range 100 {
		n, err := s.src.Read(s.buf[len(s.buf) : len(s.buf)+scanBytes])
		s.buf = s.buf[:len(s.buf)+n]
		if err != nil {
			s.ended = true
			if !errors.Is(err, io.EOF) {
				s.err = err
			}
		}
		if n > 0 || s.ended {
			return n > 0
		}
	}
	s.ended, s.err = true, io.ErrNoProgress
	return false
}

// makeRoom lets go of what is not needed any more.
func (s *scanner) makeRoom() {
	from := s.hold
	if s.floor >= 0 && s.known() > s.tooFar {
		s.floor = -1
	}
	if s.floor >= 0 {
		from = min(from, s.floor)
	}
	kept := s.window(from)
	if len(kept)+scanBytes > cap(s.buf)/2 {
		s.buf = make([]byte, 0, 2*len(kept)+4*scanBytes)
	}
	s.buf = append(s.buf[:0], kept...)
	s.base = from
}

// has reads until the place is known, if the source has so much.
func (s *scanner) has(at int64) bool {
	for s.known() < at {
		if !s.more() {
			return false
		}
	}
	return true
}

// find is the place of a text from a place on.
func (s *scanner) find(at int64, text string) (int64, bool) {
	for {
		if i := bytes.Index(s.window(at), []byte(text)); i >= 0 {
			return at + int64(i), true
		}
		at = s.passed(max(at, s.known()-int64(len(text))+1))
		if !s.more() {
			return at, false
		}
	}
}

// passed notes how far the search has come.
func (s *scanner) passed(at int64) int64 {
	if s.skipping {
		s.hold = at
	}
	return at
}

// next finds the next record.
func (s *scanner) next() bool {
	if s.found != nil {
		return s.nextFound()
	}
	at := max(s.end, s.base)
	s.record, s.offset, s.long, s.broken, s.skipping = nil, -1, false, false, true
	for {
		var ok bool
		if at, ok = s.skim(at); !ok {
			s.end = s.known()
			return false
		}
		s.hold = at
		row, closing := s.isRow(at)
		if row && !closing {
			s.element(at)
			return true
		}
		if at, _, ok = s.markup(at, row); !ok {
			s.end = s.known()
			return false
		}
	}
}

// nextFound gives the next of the records that were found before.
func (s *scanner) nextFound() bool {
	if len(s.found) == 0 {
		return false
	}
	s.offset, s.long = s.found[0].from, false
	s.finish(s.found[0].to)
	s.found = s.found[1:]
	return true
}

// element finds the end of the record that begins at a place.
func (s *scanner) element(at int64) {
	s.offset, s.skipping = at, false
	for depth := 0; ; {
		row, closing := s.isRow(at)
		end, closed, ok := s.markup(at, row)
		switch {
		case !ok:
			s.broken = true
		case row && closing:
			depth--
		case row && !closed:
			depth++
		}
		if s.broken || depth <= 0 {
			s.finish(end)
			return
		}
		if at, ok = s.skim(end); !ok {
			s.broken = true
			s.finish(s.known())
			return
		}
	}
}

// skim finds, from a place on, the next markup that matters: what may be a tag of the records, and what may hold a < that begins
// no markup. No other tag does, so that where it ends is not asked.
func (s *scanner) skim(at int64) (int64, bool) {
	for {
		i, whole := s.skimmed(s.window(at))
		at = s.passed(at + int64(i))
		if whole {
			return at, true
		}
		if !s.more() {
			// The last bytes have no room for a tag and what follows it, but may be one all the same.
			return s.find(at, "<")
		}
	}
}

// skimmed is the place in a text of the first markup that matters. If that is not known, as the text ends, whole is false, and
// before the place there is none.
func (s *scanner) skimmed(text []byte) (at int, whole bool) {
	const word, ones, tops = 8, 0x0101010101010101, 0x8080808080808080
	first, every := s.tag[0], s.local
	for at+word+2 <= len(text) {
		x := binary.LittleEndian.Uint64(text[at:]) ^ ones*'<'
		if x = (x - ones) & ^x & tops; x == 0 { // none of these bytes is a <
			at += word
			continue
		}
		at += bits.TrailingZeros64(x) / word
		c := text[at+1]
		if c == '/' {
			c = text[at+2]
		}
		if c == first || c == '!' || c == '?' || every {
			return at, true
		}
		at++
	}
	if i := bytes.IndexByte(text[at:], '<'); i >= 0 { // what comes will tell
		return at + i, s.ended
	}
	return len(text), false
}

// finish gives the record that ends before a place.
func (s *scanner) finish(end int64) {
	s.end = end
	if s.long {
		return
	}
	s.record = s.window(s.offset)[:end-s.offset]
	if s.most > 0 && len(s.record) > s.most {
		s.record, s.long = s.record[:s.most], true
	}
}

// markup passes over the markup at a place, or over the beginning of a tag that is none of the records: closed tells that it is a
// tag that ends its element too. If it is not ok, the file ends within.
func (s *scanner) markup(at int64, row bool) (end int64, closed, ok bool) {
	if row {
		return s.tagEnd(at + 1)
	}
	if s.has(at + int64(len("<!"))); s.known() < at+int64(len("<!")) {
		return s.known(), false, true
	}
	switch s.window(at)[1] {
	case '?':
		return s.closing(at+int64(len("<?")), "?>")
	case '!':
		s.has(at + int64(len("<![CDATA[")))
		switch rest := s.window(at); {
		case bytes.HasPrefix(rest, []byte("<!--")):
			return s.closing(at+int64(len("<!--")), "-->")
		case bytes.HasPrefix(rest, []byte("<![CDATA[")):
			return s.closing(at+int64(len("<![CDATA[")), "]]>")
		}
		return s.doctype(at + int64(len("<!")))
	}
	return at + 1, false, true
}

// closing passes over everything up to a text, from a place on.
func (s *scanner) closing(at int64, text string) (end int64, closed, ok bool) {
	end, ok = s.find(at, text)
	return min(end+int64(len(text)), s.known()), false, ok
}

// maxName bounds the names that are looked at.
const maxName = 1 << 10

// isRow tells whether the markup at a place is a tag of the records, and whether it is an end tag.
func (s *scanner) isRow(at int64) (row, closing bool) {
	need := int64(len(s.tag) + 3)
	if s.local {
		need = maxName
	}
	if s.known() < at+need {
		s.has(at + need)
	}
	name := s.window(at)[1:]
	if len(name) > 0 && name[0] == '/' {
		name, closing = name[1:], true
	}
	if s.local {
		name = name[prefixLength(name[:min(len(name), maxName)]):]
	}
	n := len(s.tag)
	return len(name) > n && endsName(name[n]) && string(name[:n]) == s.tag, closing
}

func endsName(c byte) bool {
	switch c {
	case '>', '<', '/', ' ', '\t', '\r', '\n':
		return true
	}
	return false
}

// prefixLength is how many bytes of a tag's name are its namespace's.
func prefixLength(name []byte) (n int) {
	for i, c := range name {
		if c == ':' {
			n = i + 1
		} else if endsName(c) {
			break
		}
	}
	return n
}

// tagEnd is the place behind the tag's >, and whether / stands before it.
func (s *scanner) tagEnd(at int64) (end int64, closed, ok bool) {
	quote, last := byte(0), byte(0)
	for {
		for i, c := range s.window(at) {
			switch {
			case c == '<': // no tag has one: it is not well-formed, and the next markup begins here
				return at + int64(i), false, true
			case quote != 0:
				if c == quote {
					quote = 0
				}
			case c == '"' || c == '\'':
				quote = c
			case c == '>':
				return at + int64(i) + 1, last == '/', true
			}
			last = c
		}
		if at = s.passed(s.known()); !s.more() {
			return at, false, false
		}
	}
}

// doctype passes over a document type, with what stands in its brackets.
func (s *scanner) doctype(at int64) (end int64, closed, ok bool) {
	depth, quote := 0, byte(0)
	for {
		for i, c := range s.window(at) {
			switch {
			case quote != 0:
				if c == quote {
					quote = 0
				}
			case c == '"' || c == '\'':
				quote = c
			case c == '[' || c == '<':
				depth++
			case c == ']' || c == '>' && depth > 0:
				depth--
			case c == '>':
				return at + int64(i) + 1, false, true
			}
		}
		if at = s.passed(s.known()); !s.more() {
			return at, false, false
		}
	}
}
