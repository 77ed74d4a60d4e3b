package jsonio

import (
	"lakehouse/internal/lines"
	"lakehouse/internal/records"
)

// rows reads the records of one decoding, and then perhaps of another.
type rows struct {
	*records.Collector
	d      *shared
	parser parser
	root   *node
	offset int64 // of the record in the file, for errors
}

// rows are those of an earlier decoding that has ended, or new.
func (d *Decoder) rows() *rows {
	idle, ok := d.idle.Get().(*rows)
	if !ok {
		idle = d.newRows()
	}
	idle.Begin(d.reading)
	return idle
}

// done ends a decoding. The rows of one that came to its end can serve another, which may begin at once.
func (d *Decoder) done(rows *rows, whole bool) {
	rows.End()
	if whole {
		d.idle.Put(rows)
	}
}

func (d *shared) newRows() *rows {
	c := records.NewCollector(&d.rules)
	root := newNode(c.Root)
	if d.rules.Corrupt >= 0 {
		root.keys.hide(d.opts.CorruptColumn)
	}
	rows := &rows{Collector: c, d: d, root: root, parser: parser{Syntax: d.opts.Syntax, formats: &d.opts.Formats}}
	rows.lookOut()
	return rows
}

// lookOut prepares the parser for the options that ask for more than the columns.
func (r *rows) lookOut() {
	opts := r.d.opts
	if opts.AnyCase {
		r.root.eachKeys(func(k *keys) { k.anyCase = true })
	}
	if r.d.rules.Rescue == nil && opts.Found == nil {
		return
	}
	if r.d.rules.Rescue != nil {
		r.root.keys.hide(opts.Rescued)
	}
	r.root.eachKeys(func(k *keys) { k.named = true })
	r.parser.rescues = r.d.rules.Rescue != nil
	r.parser.finding = &finding{unread: r.Unread(), found: opts.Found, in: NewInference(opts)}
}

// line adds the records of a line. If it is not JSON to its end, the line is one malformed record.
func (r *rows) line(in *lines.Reader) error {
	r.offset = in.Offset()
	text := in.Bytes()
	r.Took(len(text))
	if in.Truncated() {
		return r.Lose(text, r.offset, "the record is longer than maxRecordBytes")
	}
	p := &r.parser
	p.reset(text)
	if r.d.opts.Variant != "" {
		return r.variantLine(text)
	}
	before, tallied := r.Root.Len, r.Tally()
	switch p.space() {
	case '{': // the usual line
		if p.object(r.root) != failed && p.end() {
			return r.Keep(text, r.offset, p.mismatch)
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
	r.TakeBack(before, tallied)
	return r.Lose(text, r.offset, p.failure)
}

// document adds the records of a whole file. more is called after each, and may stop the reading.
// Behind a fault what remains is one malformed record.
func (r *rows) document(data []byte, more func() bool) error {
	p := &r.parser
	p.reset(data)
	r.offset = 0
	p.space()
	if p.failure == "" && p.done() {
		return nil
	}
	if r.d.opts.Variant != "" {
		return r.variantDocument(data)
	}
	whole, err := r.values(more)
	if err != nil || whole < 0 || p.failure == "" && p.end() {
		return err
	}
	r.offset = int64(whole)
	rest := data[whole:]
	return r.Lose(rest[:min(len(rest), r.d.opts.maxRecord())], r.offset, p.failure)
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
	start, before := p.pos, r.Root.Len
	p.mismatch = ""
	object := p.peek() == '{'
	if object && p.object(r.root) == failed || !object && !p.skip() {
		r.Root.Truncate(before)
		return start, nil
	}
	text := p.data[start:p.pos]
	if object {
		err = r.Keep(text, r.offset, p.mismatch)
	} else {
		err = r.Lose(text, r.offset, "a record must be an object")
	}
	if err != nil {
		return p.pos, err
	}
	r.Took(len(text))
	if !more() {
		return -1, nil
	}
	return p.pos, nil
}
