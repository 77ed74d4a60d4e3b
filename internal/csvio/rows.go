package csvio

import (
	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/batch"
	"lakehouse/internal/lines"
	"lakehouse/internal/records"
	"lakehouse/internal/types"
)

// rows collects the records of one decoding into batches, and decides what becomes of malformed ones.
type rows struct {
	d      *Decoder
	tokens tokenizer
	root   *records.Builder
	text   int // bytes of the records collected

	read, malformed, dropped int64 // records since the last batch
}

func (d *Decoder) newRows() *rows {
	root, err := records.NewBuilder(d.schema)
	if err != nil {
		panic("internal error: the schema was checked by NewDecoder: " + err.Error())
	}
	return &rows{d: d, root: root, tokens: tokenizer{syntax: d.opts.Syntax}}
}

func (r *rows) full() bool {
	return r.root.Len >= batch.TargetRows || r.text >= batchBytes && r.root.Len > 0
}

func (r *rows) flush() arrow.RecordBatch {
	r.text = 0
	r.count()
	return r.root.FinishRows(r.d.arrow)
}

func (r *rows) count() {
	if c := r.d.opts.Counts; c != nil {
		c.Read.Add(r.read)
		c.Malformed.Add(r.malformed)
		c.Dropped.Add(r.dropped)
	}
	r.read, r.malformed, r.dropped = 0, 0, 0
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
	r.read++
	r.text += len(text)
	fault := r.tokens.fault
	if fault == "" && len(r.tokens.tokens) != len(r.d.header) {
		fault = "the number of values is not that of the columns"
	}
	for i, column := range r.root.Children {
		if !r.append(column, r.d.position[i]) && fault == "" {
			fault = "a value does not fit the type " + types.SQL(column.Type)
		}
	}
	r.root.Len++
	if fault == "" {
		return nil
	}
	switch r.d.opts.Mode {
	case records.DropMalformed:
		r.dropped++
		r.root.Truncate(r.root.Len - 1)
	case records.FailFast:
		return records.Malformed(text, offset, fault)
	default:
		r.malformed++
		r.setCorrupt(text)
	}
	return nil
}

// append adds the value at that position to a column; what does not fit is null.
func (r *rows) append(column *records.Builder, position int) (fits bool) {
	if position < 0 || position >= len(r.tokens.tokens) {
		column.AppendNull()
		return true
	}
	text, null := r.d.opts.Values.text(r.tokens.tokens[position])
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

// setCorrupt fills the corrupt-record column of the last row.
func (r *rows) setCorrupt(text []byte) {
	if r.d.corrupt < 0 {
		return
	}
	column := r.root.Children[r.d.corrupt]
	column.Truncate(r.root.Len - 1)
	column.AppendBytes([]byte(records.Text(text)))
}
