package csvio

import (
	"lakehouse/internal/lines"
	"lakehouse/internal/records"
	"lakehouse/internal/types"
)

// rows reads the records of one decoding, and then perhaps of another.
type rows struct {
	*records.Collector
	d      *shared
	tokens tokenizer

	position []int // of each column in the records; -1: none
	width    int   // how many values a record has
	finding  *finding
	variants *variants // nil: no column is one
}

// rows are those of an earlier decoding that has ended, or new.
func (d *Decoder) rows() *rows {
	idle, ok := d.idle.Get().(*rows)
	if !ok {
		idle = d.newRows()
	}
	idle.tokens = tokenizer{syntax: d.opts.Syntax, tokens: idle.tokens.tokens, scratch: idle.tokens.scratch}
	idle.Begin(d.reading)
	idle.position, idle.width = d.position, len(d.header)
	if idle.finding != nil {
		idle.finding.begin(idle.width)
	}
	if idle.variants != nil {
		idle.variants.begin()
	}
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
	rows := &rows{Collector: records.NewCollector(&d.rules), d: d, tokens: tokenizer{syntax: d.opts.Syntax}}
	if d.rules.Rescue != nil || d.opts.Found != nil {
		rows.finding = newFinding(rows)
	}
	if d.opts.Variant != "" || types.HasVariant(d.rules.Schema) {
		rows.variants = &variants{}
	}
	return rows
}

// line adds a record that is one line.
func (r *rows) line(in *lines.Reader) error {
	text := in.Bytes()
	r.tokens.reset(text)
	r.tokens.record()
	if in.Truncated() {
		r.tokens.tokens = r.tokens.tokens[:0]
		r.tokens.fault = "the record is longer than maxRecordBytes"
	}
	return r.record(text, in.Offset())
}

// record adds the record in the tokenizer; text is the whole of it.
func (r *rows) record(text []byte, offset int64) error {
	if r.d.opts.Variant != "" {
		return r.variantRecord(text, offset)
	}
	r.Took(len(text))
	fault := r.tokens.fault
	if n := len(r.tokens.tokens); fault == "" && n != r.width && (n < r.width || r.d.rules.Rescue == nil) {
		fault = "the number of values is not that of the columns"
	}
	for i, column := range r.Root.Children {
		if r.append(column, r.position[i]) {
			continue
		}
		if r.finding != nil {
			r.finding.misfit(i)
		}
		if fault == "" && r.d.rules.Rescue == nil {
			fault = "a value does not fit the type " + types.SQL(column.Type)
		}
	}
	if r.finding != nil {
		r.finding.rest()
	}
	r.Root.Len++
	return r.Keep(text, offset, fault)
}

// append adds the value at that position to a column; what does not fit is null.
func (r *rows) append(column *records.Builder, position int) (fits bool) {
	if position < 0 || position >= len(r.tokens.tokens) {
		column.AppendNull()
		return true
	}
	text, null := r.d.opts.Values.text(r.tokens.tokens[position])
	if null && column.Kind == records.Variant {
		r.variantNull(column)
		return true
	}
	if null {
		column.AppendNull()
		return true
	}
	if !r.convert(column, text) {
		column.AppendNull()
		return false
	}
	return true
}

// text is what a token stands for.
func (v *valueTexts) text(t token) (text []byte, null bool) {
	text = t.text
	switch {
	case t.skip, len(text) == 0 && !t.quoted:
		return nil, true
	case len(text) == 0:
		text = []byte(v.empty)
	}
	return text, string(text) == v.null
}
