package xmlio

import (
	"io"
	"sync"
)

// A Cutter cuts a file into pieces that begin and end outside of records, as their readers ask for them. What looks like a record
// may stand in a comment or in another record, so that a file can only be cut from its beginning on: who asks for a piece has the
// file looked through up to there, and gets the bytes that were read. Pieces that are asked for in their order are read once.
//
// It is safe for concurrent use.
type Cutter struct {
	size, apart int64

	mu      sync.Mutex // of what follows
	src     source
	in      *scanner
	borders []int64 // where pieces begin, as far as is known; the first at 0
	records []span  // of the piece that was looked through last
}

// NewCutter cuts a file of a size into pieces of about so many bytes.
func NewCutter(size, apart int64, opts *Options) *Cutter {
	c := &Cutter{size: size, apart: max(apart, 1), borders: []int64{0}}
	c.src.end = size
	c.in = newScanner(&c.src, opts)
	c.in.most = 1 // records are not wanted
	return c
}

// Len is how many pieces there are. Some may be empty: a record may reach over several.
func (c *Cutter) Len() int { return int(max((c.size+c.apart-1)/c.apart, 1)) }

// A Part is a piece of a file.
type Part struct {
	Start, End int64
	Data       []byte // nil: to be read from the file
	records    []span // of Data; nil: not known
}

// A span is where a record lies.
type span struct{ from, to int64 }

// Part gives piece number n of the file that r reads.
func (c *Cutter) Part(r io.ReaderAt, n int) (Part, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.src.in = r
	defer func() { c.src.in = nil }()
	for len(c.borders) < n+1 {
		if err := c.advance(); err != nil {
			return Part{}, err
		}
	}
	if len(c.borders) > n+1 {
		return Part{Start: c.borders[n], End: c.borders[n+1]}, nil
	}
	start := c.borders[n]
	if c.in.base <= start {
		c.in.floor = start
	}
	err := c.advance()
	kept := c.in.floor >= 0
	c.in.floor = -1
	if err != nil {
		return Part{}, err
	}
	p := Part{Start: start, End: c.borders[n+1]}
	if kept && p.End > p.Start {
		p.Data, p.records = c.in.give(p.Start, p.End), c.records
		c.records = nil
	}
	return p, nil
}

// keptPieces bounds the bytes that are kept of a piece, in pieces. One without an end in sight is read again.
const keptPieces = 4

// advance finds one more border.
func (c *Cutter) advance() error {
	want := int64(len(c.borders)) * c.apart
	last := len(c.borders) >= c.Len()
	c.in.tooFar = c.in.floor + keptPieces*c.apart
	c.records = c.records[:0]
	for last || c.in.end < want {
		if !c.in.next() {
			break
		}
		if c.in.floor >= 0 {
			c.records = append(c.records, span{c.in.offset, c.in.end})
		}
	}
	if c.in.err != nil {
		return c.in.err
	}
	at := min(c.in.end, c.size)
	if last {
		at = c.size
	}
	c.borders = append(c.borders, at)
	return nil
}

// give hands over what was read of a stretch of the file, and goes on without it.
func (s *scanner) give(from, to int64) []byte {
	data := s.buf[from-s.base : to-s.base : to-s.base]
	rest := s.window(to)
	s.buf = append(make([]byte, 0, len(data)+len(data)/8+len(rest)+2*scanBytes), rest...) // for a piece as large
	s.base, s.hold = to, max(s.hold, to)
	return data
}

// source reads on where it was, from whatever opens the file.
type source struct {
	in      io.ReaderAt
	at, end int64
}

func (s *source) Read(p []byte) (int, error) {
	if s.at >= s.end {
		return 0, io.EOF
	}
	n, err := s.in.ReadAt(p[:min(int64(len(p)), s.end-s.at)], s.at)
	s.at += int64(n)
	if n > 0 {
		err = nil
	}
	return n, err
}
