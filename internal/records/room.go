package records

import "github.com/apache/arrow-go/v18/arrow/memory"

// copiedBytes is how large a batch is copied at most: copying costs less than growing new slices for the next.
const copiedBytes = 64 << 10

// A room is where the buffers of one batch lie. The zero room takes the builders' slices as they are; one from newRoom copies
// them, into memory that is allocated at once for all columns.
type room struct {
	copies  bool
	bytes   []byte           // not yet taken
	heads   []memory.Buffer  // likewise
	pointed []*memory.Buffer // of the arrays made so far
}

// A size is what the copy of a batch needs.
type size struct{ bytes, heads, pointers int }

// add counts a column and its children.
func (s *size) add(b *Builder) {
	if b.Kind != Null && len(b.nulls) > 0 {
		s.bytes += aligned(bitBytes(b.Len))
		s.heads++
	}
	s.pointers++ // to the validity, nil or not
	switch b.Kind {
	case Null, Struct, Variant:
	case Bool:
		s.addBuffer(bitBytes(b.Len))
	case String, Binary:
		s.addBuffer(len(b.values()))
		s.addBuffer(len(b.Bytes))
	case Map:
		s.pointers++ // of the entries
		s.addBuffer(len(b.values()))
	default:
		s.addBuffer(len(b.values()))
	}
	for _, child := range b.Children {
		s.add(child)
	}
}

func (s *size) addBuffer(bytes int) {
	s.bytes += aligned(bytes)
	s.heads++
	s.pointers++
}

func newRoom(s size) *room {
	return &room{
		copies: true, bytes: make([]byte, s.bytes),
		heads: make([]memory.Buffer, s.heads), pointed: make([]*memory.Buffer, 0, s.pointers),
	}
}

// aligned rounds up to whole words, where each buffer begins.
func aligned(n int) int { return (n + 7) &^ 7 }

// take is zeroed memory.
func (r *room) take(n int) []byte {
	if !r.copies {
		return make([]byte, n)
	}
	taken := r.bytes[:n:n]
	r.bytes = r.bytes[aligned(n):]
	return taken
}

// hold is a buffer of values.
func (r *room) hold(values []byte) *memory.Buffer {
	if r.copies {
		own := r.take(len(values))
		copy(own, values)
		values = own
	}
	return r.wrap(values)
}

// wrap makes a buffer of memory that was taken.
func (r *room) wrap(taken []byte) *memory.Buffer {
	if !r.copies {
		return memory.NewBufferBytes(taken)
	}
	head := &r.heads[0]
	r.heads = r.heads[1:]
	head.Reset(taken)
	return head
}

// list is the buffers of one array.
func (r *room) list(buffers ...*memory.Buffer) []*memory.Buffer {
	from := len(r.pointed)
	r.pointed = append(r.pointed, buffers...)
	return r.pointed[from:len(r.pointed):len(r.pointed)]
}
