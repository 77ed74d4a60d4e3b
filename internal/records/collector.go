package records

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/batch"
	"lakehouse/internal/errclass"
	"lakehouse/internal/lines"
)

const batchBytes = 8 << 20 // of text; a batch of more is handed on before it has all its rows

// A Collector gathers the records of one decoding into batches, and decides what becomes of malformed ones.
type Collector struct {
	Root  *Builder // a row for each record
	rules *Rules
	text  int // bytes of the records collected
	given int // bytes of the records of a batch that took the builders' slices with it; 0: they have theirs
	tally batch.Counts

	reading Reading
	unread  *Unread // of the record at hand; nil: nobody asks
}

// NewCollector makes a collector. The rules' schema is one that a builder can be made for.
func NewCollector(rules *Rules) *Collector {
	root, err := NewBuilder(rules.Schema)
	if err != nil {
		panic("internal error: the decoder has checked its schema: " + err.Error())
	}
	c := &Collector{Root: root, rules: rules}
	if rules.Rescue != nil {
		c.unread = &Unread{}
	}
	return c
}

// Unread takes what no column takes of the record at hand; nil: nobody asks.
func (c *Collector) Unread() *Unread { return c.unread }

// Begin begins a decoding.
func (c *Collector) Begin(r Reading) {
	c.tally, c.reading = batch.Counts{}, r
}

// Full tells that the rows are enough for a batch.
func (c *Collector) Full() bool {
	return c.Root.Len >= batch.TargetRows || c.text >= batchBytes && c.Root.Len > 0
}

// Flush gives the rows collected, and begins anew.
func (c *Collector) Flush() arrow.RecordBatch {
	c.text = 0
	return c.Root.FinishRows(c.rules.Arrow)
}

// Last is Flush at the end of a decoding: most files hold less than one batch, and need no room for a second. The collector
// can serve another decoding.
func (c *Collector) Last() arrow.RecordBatch {
	rows, given := c.Root.LastRows(c.rules.Arrow)
	if given {
		c.given = c.text
	}
	c.text = 0
	return rows
}

// expect makes room for records of so many bytes of text, if the batch before left none. Growing slices from nothing would
// copy each value twice.
func (c *Collector) expect(text int64) {
	if c.given == 0 || text <= 0 {
		return
	}
	const spare = 1.0 / 16
	most := float64(batch.TargetRows) / float64(max(c.Root.lastRows, 1))
	c.Root.Reserve(min(float64(text)/float64(c.given), most) + spare)
	c.given = 0
}

// End tells what became of the records of the decoding, however it ended.
func (c *Collector) End() {
	if c.reading.Counts != nil {
		*c.reading.Counts = c.tally
	}
	c.reading = Reading{}
}

// Took notes so many bytes of text, of which a batch holds a bounded amount.
func (c *Collector) Took(bytes int) { c.text += bytes }

// Tally is how many records have been counted, for TakeBack.
func (c *Collector) Tally() batch.Counts { return c.tally }

// TakeBack forgets every row from row n on, and what has been counted since the tally.
func (c *Collector) TakeBack(n int, t batch.Counts) {
	c.Root.Truncate(n)
	c.tally = t
}

// Keep decides about a record that stands as the last row: whole if fault is empty, else with nulls for what did not fit.
func (c *Collector) Keep(text []byte, offset int64, fault string) error {
	c.tally.Read++
	if c.unread != nil {
		c.rescue()
	}
	if fault == "" {
		return nil
	}
	switch {
	case c.reading.Bad != nil:
		c.Root.Truncate(c.Root.Len - 1)
		c.tally.Dropped++
		return c.reading.Bad.Put(text, fault)
	case c.rules.Mode == DropMalformed:
		c.Root.Truncate(c.Root.Len - 1)
		c.tally.Dropped++
	case c.rules.Mode == FailFast:
		return Malformed(text, offset, fault)
	default:
		c.tally.Corrupt++
		c.setCorrupt(text)
	}
	return nil
}

// Lose decides about a record of which nothing can be used, and no row stands.
func (c *Collector) Lose(text []byte, offset int64, fault string) error {
	c.Root.AppendNullRow()
	if c.unread != nil {
		c.unread.Reset()
		if name := c.rules.Rescue.Corrupt; name != "" {
			c.unread.AddString(nil, name, Text(text))
		}
	}
	return c.Keep(text, offset, cmp.Or(fault, "it is not of the format"))
}

// rescue fills the rescued-data column of the last row, where there is something to keep.
func (c *Collector) rescue() {
	if c.unread.Empty() {
		return
	}
	column := c.Root.Children[c.rules.Rescue.Column]
	column.Truncate(c.Root.Len - 1)
	file := ""
	if c.rules.Rescue.FilePath {
		file = c.reading.File
	}
	column.Bytes = c.unread.AppendTo(column.Bytes, file)
	column.CloseBytes()
	c.unread.Reset()
}

// setCorrupt fills the corrupt-record column of the last row.
func (c *Collector) setCorrupt(text []byte) {
	if c.rules.Corrupt < 0 {
		return
	}
	column := c.Root.Children[c.rules.Corrupt]
	column.Truncate(c.Root.Len - 1)
	column.AppendBytes([]byte(Text(text)))
}

// Lines adds each record of a file of lines, and hands on the batches. It reports whether the file was read to its end: then
// the collector can serve another decoding.
func (c *Collector) Lines(in *lines.Reader, add func(*lines.Reader) error, yield func(arrow.RecordBatch, error) bool) (whole bool) {
	defer c.End()
	c.expect(in.Left())
	for in.Next() {
		if err := add(in); err != nil {
			c.fail(err, yield)
			return false
		}
		if c.Full() && !yield(c.Flush(), nil) {
			return false
		}
	}
	if err := in.Err(); err != nil {
		c.fail(fmt.Errorf("read: %w", err), yield)
		return false
	}
	c.Rest(yield)
	return true
}

// fail hands on an error, and before it the rows that came before the fault: who passes the fault over keeps them. Of a
// malformed record that ends the reading the row stands among them; nobody passes that over.
func (c *Collector) fail(err error, yield func(arrow.RecordBatch, error) bool) {
	if !errors.Is(err, errclass.MalformedRecord) && c.Root.Len > 0 && !yield(c.Flush(), nil) {
		return
	}
	yield(nil, err)
}

// Rest hands on the last batch, if it has rows.
func (c *Collector) Rest(yield func(arrow.RecordBatch, error) bool) {
	if c.Root.Len > 0 {
		yield(c.Last(), nil)
	}
}
