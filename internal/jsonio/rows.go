package jsonio

import (
	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/batch"
	"lakehouse/internal/lines"
	"lakehouse/internal/records"
)

// rows collects the records of one decoding into batches, and decides what becomes of malformed ones.
type rows struct {
	d      *Decoder
	parser parser
	root   *node
	text   int   // bytes of the records collected
	offset int64 // of the record in the file, for errors
	tally  tally
}

// tally counts the records since the last batch.
type tally struct{ read, malformed, dropped int64 }

func (d *Decoder) newRows() *rows {
	b, err := records.NewBuilder(d.schema)
	if err != nil {
		panic("internal error: the schema was checked by NewDecoder: " + err.Error())
	}
	root := newNode(b)
	if d.corrupt >= 0 {
		root.keys.hide(d.opts.CorruptColumn)
	}
	return &rows{d: d, root: root, parser: parser{Syntax: d.opts.Syntax, formats: &d.opts.Formats}}
}

func (r *rows) full() bool {
	return r.root.b.Len >= batch.TargetRows || r.text >= batchBytes && r.root.b.Len > 0
}

// flush gives the rows collected.
func (r *rows) flush() arrow.RecordBatch {
	r.text = 0
	r.count()
	return r.root.b.FinishRows(r.d.arrow)
}

func (r *rows) count() {
	if c := r.d.opts.Counts; c != nil {
		c.Read.Add(r.tally.read)
		c.Malformed.Add(r.tally.malformed)
		c.Dropped.Add(r.tally.dropped)
	}
	r.tally = tally{}
}

// line adds the records of a line. If it is not JSON to its end, the line is one malformed record.
func (r *rows) line(in *lines.Reader) error {
	r.offset = in.Offset()
	text := in.Bytes()
	r.text += len(text)
	if in.Truncated() {
		return r.malformed(text, "the record is longer than maxRecordBytes")
	}
	p := &r.parser
	p.reset(text)
	before, tallied := r.root.b.Len, r.tally
	switch p.space() {
	case '{': // the usual line
		if p.object(r.root) != failed && p.end() {
			return r.finish(text)
		}
	case 0:
		if p.failure == "" && p.done() {
			return nil
		}
	default:
		if _, err := r.values(func() bool { return true }); err != nil || p.failure == "" && p.end() {
			return err
		}
	}
	r.root.b.Truncate(before)
	r.tally = tallied
	return r.malformed(text, p.failure)
}

// document adds the records of a whole file. more is called after each, and may stop the reading.
// Behind a fault what remains is one malformed record.
func (r *rows) document(data []byte, more func() bool) error {
	p := &r.parser
	p.reset(data)
	p.space()
	if p.failure == "" && p.done() {
		return nil
	}
	whole, err := r.values(more)
	if err != nil || whole < 0 || p.failure == "" && p.end() {
		return err
	}
	r.offset = int64(whole)
	rest := data[whole:]
	return r.malformed(rest[:min(len(rest), r.d.opts.maxRecord())], p.failure)
}

// values adds a record, or each of an array of records. Where the text is not JSON it stops, with the
// parser's failure set; the records before stay. whole is where the last of them ends; -1 when
// more has said to stop.
func (r *rows) values(more func() bool) (whole int, err error) {
	p := &r.parser
	if p.peek() != '[' {
		return r.value(more)
	}
	p.pos++
	for c := p.space(); c != ']'; {
		start := p.pos
		whole, err := r.value(more)
		if err != nil || whole < 0 {
			return whole, err
		}
		if p.failure != "" {
			return start, nil
		}
		switch c = p.space(); c {
		case ',':
			p.pos++
			if p.space() == ']' {
				p.fail("a value is missing after a comma")
			}
		case ']':
		default:
			p.fail("expected ',' or ']'")
		}
		if p.failure != "" {
			return whole, nil
		}
	}
	p.pos++
	return p.pos, nil
}

// value adds the record at the parser's place. A value that is no object is a malformed record.
func (r *rows) value(more func() bool) (whole int, err error) {
	p := &r.parser
	start, before := p.pos, r.root.b.Len
	p.mismatch = ""
	object := p.peek() == '{'
	if object && p.object(r.root) == failed || !object && !p.skip() {
		r.root.b.Truncate(before)
		return start, nil
	}
	text := p.data[start:p.pos]
	if object {
		err = r.finish(text)
	} else {
		err = r.malformed(text, "a record must be an object")
	}
	if err != nil {
		return p.pos, err
	}
	r.text += len(text)
	if !more() {
		return -1, nil
	}
	return p.pos, nil
}

// finish decides about a record that is JSON and stands as the last row.
func (r *rows) finish(text []byte) error {
	r.tally.read++
	if r.parser.mismatch == "" {
		return nil
	}
	switch r.d.opts.Mode {
	case records.DropMalformed:
		r.root.b.Truncate(r.root.b.Len - 1)
		r.tally.dropped++
	case records.FailFast:
		return records.Malformed(text, r.offset, r.parser.mismatch)
	default:
		r.tally.malformed++
		r.setCorrupt(text)
	}
	return nil
}

// malformed decides about a record of which nothing can be used.
func (r *rows) malformed(text []byte, reason string) error {
	r.tally.read++
	switch r.d.opts.Mode {
	case records.DropMalformed:
		r.tally.dropped++
	case records.FailFast:
		return records.Malformed(text, r.offset, reason)
	default:
		r.tally.malformed++
		for _, column := range r.root.b.Children {
			column.AppendNull()
		}
		r.root.b.Len++
		r.setCorrupt(text)
	}
	return nil
}

// setCorrupt fills the corrupt-record column of the last row.
func (r *rows) setCorrupt(text []byte) {
	if r.d.corrupt < 0 {
		return
	}
	column := r.root.b.Children[r.d.corrupt]
	column.Truncate(r.root.b.Len - 1)
	column.AppendBytes([]byte(records.Text(text)))
}
