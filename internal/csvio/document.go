package csvio

import "bytes"

// A document is a file whose values may hold line ends, record by record.
type document struct {
	data   []byte
	opts   *Options
	pos    int
	broken bool // a quote had no end: from then on a record is a line

	record []byte
	offset int64
}

func newDocument(data []byte, opts *Options) *document {
	in := &document{data: data, opts: opts}
	probe := tokenizer{data: data, spanning: true, lineSep: opts.LineSep}
	for range opts.SkipRows {
		_, in.pos = probe.restOfLine(in.pos)
	}
	return in
}

// next reads the next record into the tokenizer. A record in which a quote has no end is its first line alone.
func (in *document) next(t *tokenizer) bool {
	t.data, t.spanning, t.lineSep = in.data, true, in.opts.LineSep
	for in.pos < len(in.data) {
		lineEnd, next := t.restOfLine(in.pos)
		line := in.data[in.pos:lineEnd]
		if t.passedOver(line) {
			in.pos = next
			continue
		}
		in.offset = int64(in.pos)
		if in.broken {
			in.readLine(t, line, next)
			return true
		}
		t.pos = in.pos
		t.data = in.data[:min(len(in.data), in.pos+max(in.opts.MaxRecord, lineEnd-in.pos))]
		t.record()
		if t.unclosed || t.pos == len(t.data) && t.pos < len(in.data) {
			in.broken = true
			in.readLine(t, line, next)
			return true
		}
		in.record = bytes.TrimRight(in.data[in.pos:t.pos], "\r\n")
		in.pos = t.pos
		return true
	}
	return false
}

func (in *document) readLine(t *tokenizer, line []byte, next int) {
	in.record, in.pos = line, next
	t.reset(line)
	t.spanning = false
	t.record()
}

// restOfLine is where the line ends in which i stands, and where the next begins.
func (t *tokenizer) restOfLine(i int) (end, next int) {
	if t.lineSep != "" {
		at := bytes.Index(t.data[i:], []byte(t.lineSep))
		if at < 0 {
			return len(t.data), len(t.data)
		}
		return i + at, i + at + len(t.lineSep)
	}
	at := bytes.IndexAny(t.data[i:], "\r\n")
	if at < 0 {
		return len(t.data), len(t.data)
	}
	return i + at, i + at + t.lineEnd(i+at)
}
