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

// newRoom has room for so many bytes in so many buffers.
func newRoom(bytes, buffers int) *room {
	return &room{copies: true, bytes: make([]byte, bytes), heads: make([]memory.Buffer, buffers), pointed: make([]*memory.Buffer, 0, buffers)}
}

// measure is how many bytes and buffers a copy of the column needs at most.
func (b *Builder) measure() (bytes, buffers int) {
	bytes = 2*aligned(bitBytes(b.Len)) + aligned(len(b.values())) + aligned(len(b.Bytes))
	buffers = 3
	if b.Kind == Map {
		buffers++ // of the entries
	}
	for _, child := range b.Children {
		more, inMore := child.measure()
		bytes, buffers = bytes+more, buffers+inMore
	}
	return bytes, buffers
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
