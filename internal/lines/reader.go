package lines

import (
	"bytes"
	"io"
	"strings"

	"lakehouse/internal/errclass"
)

const (
	// DefaultMaxBytes is the longest record unless the options say otherwise.
	DefaultMaxBytes = 16 << 20

	sampleBytes = 4 << 10 // of a record that is too long
	bufferBytes = 128 << 10

	utf8Mark = "\xEF\xBB\xBF"
)

// Options says where records end.
type Options struct {
	Separator string // empty: "\n", "\r\n" and "\r"
	MaxBytes  int    // of a record; 0: DefaultMaxBytes
}

// A Reader gives the records of a stream one by one.
type Reader struct {
	src io.Reader
	sep []byte // empty: the three line ends
	max int

	first      int // length of the first buffer
	buf        []byte
	start, end int   // the unread bytes of buf
	base       int64 // offset of buf[0] in the file
	limit      int64 // a record that begins here or later is another range's; -1: none

	lf      int // first "\n" in buf[start:end]; less than start: not known
	free    int // buf[start:free] holds no "\n" (or separator)
	crFree  int // buf[start:crFree] holds no "\r"
	eof     bool
	started bool
	err     error

	record    []byte
	offset    int64
	truncated bool
}

// NewReader reads all of src.
func NewReader(src io.Reader, opts Options) *Reader {
	r := &Reader{src: src, sep: []byte(opts.Separator), max: opts.MaxBytes, first: bufferBytes, limit: -1, lf: -1}
	if r.max <= 0 {
		r.max = DefaultMaxBytes
	}
	return r
}

// CanSplit tells whether ranges of a file give the same records as the whole. Not so where the separator begins as it ends:
// within a long run of line ends, "\n\n" may stand at any place, and only who comes from the beginning knows at which.
func CanSplit(separator string) bool {
	for n := 1; n < len(separator); n++ {
		if strings.HasSuffix(separator, separator[:n]) {
			return false
		}
	}
	return true
}

// NewRange reads the records that begin in [start, end) of a file of the given size.
func NewRange(src io.ReaderAt, size, start, end int64, opts Options) *Reader {
	from := start - int64(max(len(opts.Separator), 1))
	if from < int64(len(utf8Mark)) {
		from = 0 // the bytes of a mark may look like the end of a separator
	}
	r := NewReader(io.NewSectionReader(src, from, size-from), opts)
	r.base, r.started = from, from > 0
	r.first = int(min(2*(size-from)+1, bufferBytes)) // a small file fills half of it, and the buffer need not grow
	if start > 0 {
		r.passTo(start)
	}
	r.limit = end
	return r
}

// passTo passes over the end of the record before an offset, or of its line end.
func (r *Reader) passTo(offset int64) {
	more := r.Next()
	for more && r.base+int64(r.start) < offset {
		more = r.Next()
	}
}

// Next moves to the next record. It reports false at the end, and where reading fails.
func (r *Reader) Next() bool {
	for !r.started && r.err == nil {
		r.fill()
	}
	for {
		if r.limit >= 0 && r.base+int64(r.start) >= r.limit {
			return false
		}
		at, width, found := r.find()
		switch {
		case found:
			r.take(at, width)
			return true
		case r.err != nil:
			return false
		case r.eof:
			if r.start == r.end {
				return false
			}
			r.take(r.end, 0)
			return true
		case r.end-r.start > r.max+max(len(r.sep), len("\r\n"))-1: // of which the last may be half a separator
			return r.skipLong()
		default:
			r.fill()
		}
	}
}

// Left is how many bytes of the range are still to be read; -1 where that is not known.
func (r *Reader) Left() int64 {
	if r.limit < 0 {
		return -1
	}
	return max(0, r.limit-r.base-int64(r.start))
}

// Bytes is the record without its line end. It is valid until Next.
func (r *Reader) Bytes() []byte { return r.record }

// Offset is where in the file the record begins.
func (r *Reader) Offset() int64 { return r.offset }

// Truncated reports that the record is longer than the limit: Bytes holds its beginning.
func (r *Reader) Truncated() bool { return r.truncated }

// Err is what stopped the reading, if it was not the end.
func (r *Reader) Err() error { return r.err }

func (r *Reader) take(at, width int) {
	r.record, r.truncated = r.buf[r.start:at:at], false
	r.offset = r.base + int64(r.start)
	r.start = at + width
	if len(r.record) > r.max {
		r.record, r.truncated = r.record[:min(sampleBytes, len(r.record))], true
	}
}

// find looks for the next separator in the buffer. At the buffer's end a "\r" is not yet one: "\n"
// may follow.
func (r *Reader) find() (at, width int, found bool) {
	if len(r.sep) > 0 {
		from := max(r.start, r.free)
		i := bytes.Index(r.buf[from:r.end], r.sep)
		if i < 0 {
			r.free = max(r.start, r.end-len(r.sep)+1)
			return 0, 0, false
		}
		return from + i, len(r.sep), true
	}
	lf := r.nextLF()
	if from := max(r.start, r.crFree); from < lf {
		if i := bytes.IndexByte(r.buf[from:lf], '\r'); i >= 0 {
			return r.carriageReturn(from + i)
		}
		r.crFree = lf
	}
	return lf, 1, lf < r.end
}

func (r *Reader) carriageReturn(at int) (int, int, bool) {
	r.crFree = at
	switch {
	case at+1 < r.end && r.buf[at+1] == '\n':
		return at, 2, true
	case at+1 < r.end || r.eof:
		return at, 1, true
	default:
		return 0, 0, false
	}
}

// nextLF is the first "\n" not yet read, r.end when none is buffered. It is remembered, so that a
// file of "\r" alone is not searched again for every record.
func (r *Reader) nextLF() int {
	if r.lf >= r.start {
		return r.lf
	}
	from := max(r.start, r.free)
	i := bytes.IndexByte(r.buf[from:r.end], '\n')
	if i < 0 {
		r.free = r.end
		return r.end
	}
	r.lf = from + i
	return r.lf
}

// fill reads more, after moving the unread bytes to the front and growing the buffer when they fill
// more than half of it.
func (r *Reader) fill() {
	r.compact()
	if 2*r.end >= len(r.buf) {
		grown := make([]byte, max(2*len(r.buf), r.first))
		copy(grown, r.buf[:r.end])
		r.buf = grown
	}
	r.read()
	if !r.started && (r.end >= 4 || r.eof) {
		r.started = true
		r.byteOrderMark()
	}
}

func (r *Reader) compact() {
	if r.start == 0 {
		return
	}
	copy(r.buf, r.buf[r.start:r.end])
	r.base += int64(r.start)
	r.lf = max(r.lf-r.start, -1)
	r.free = max(r.free-r.start, 0)
	r.crFree = max(r.crFree-r.start, 0)
	r.end -= r.start
	r.start = 0
}

func (r *Reader) read() {
	for range 100 { // a reader that gives nothing is not asked for ever
		n, err := r.src.Read(r.buf[r.end:])
		r.end += n
		if err == io.EOF {
			r.eof = true
			return
		}
		if err != nil {
			r.err = err
			return
		}
		if n > 0 {
			return
		}
	}
	r.err = io.ErrNoProgress
}

func (r *Reader) byteOrderMark() {
	text, err := withoutMark(r.buf[:r.end])
	r.start = r.end - len(text)
	if r.start > 0 && r.limit > 0 { // the mark belongs to the first record, which is of the range that holds byte 0
		r.limit = max(r.limit, int64(r.start)+1)
	}
	if err != nil {
		r.err = err
		r.start, r.end = 0, 0
	}
}

// MaxDocument bounds a file that is read as a whole: offsets in a column of Arrow are 32 bits wide.
const MaxDocument = 1 << 30

// Document is the text of a file that is read as a whole, without its byte order mark.
func Document(data []byte) ([]byte, error) {
	if len(data) > MaxDocument {
		return nil, errclass.FailedReadFile.New("a document of %d bytes is too long to be read as a whole.", len(data)).
			WithHint("Read it line by line, without option 'multiLine' or 'wholeText', or split the file.")
	}
	return withoutMark(data)
}

// withoutMark takes the byte order mark of UTF-8 off the beginning of a text, and refuses those of UTF-16 and UTF-32.
func withoutMark(text []byte) ([]byte, error) {
	switch {
	case bytes.HasPrefix(text, []byte(utf8Mark)):
		return text[len(utf8Mark):], nil
	case bytes.HasPrefix(text, []byte("\xFF\xFE\x00\x00")), bytes.HasPrefix(text, []byte("\x00\x00\xFE\xFF")):
		return nil, marked("UTF-32")
	case bytes.HasPrefix(text, []byte("\xFE\xFF")), bytes.HasPrefix(text, []byte("\xFF\xFE")):
		return nil, marked("UTF-16")
	}
	return text, nil
}

func marked(encoding string) error {
	return errclass.FailedReadFile.New("the text begins with a %s byte order mark.", encoding).WithHint("Convert the file to UTF-8.")
}

// skipLong gives the beginning of a record that is too long and passes over the rest of it.
func (r *Reader) skipLong() bool {
	r.offset = r.base + int64(r.start)
	r.record = bytes.Clone(r.buf[r.start : r.start+min(sampleBytes, r.end-r.start)])
	r.truncated = true
	for {
		at, width, found := r.find()
		if found {
			r.start = at + width
			return true
		}
		if r.eof || r.err != nil {
			r.start = r.end
			return r.err == nil
		}
		r.start = max(r.start, r.end-max(len(r.sep), 1)) // a separator may be half read
		r.fill()
	}
}
