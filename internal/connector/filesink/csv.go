package filesink

import (
	"io"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"lakehouse/internal/connector/datafiles"
	"lakehouse/internal/csvio"
	"lakehouse/internal/datetime"
	"lakehouse/internal/errclass"
	"lakehouse/internal/expr"
	"lakehouse/internal/option"
	"lakehouse/internal/plan"
	"lakehouse/internal/types"
)

var csvOptions = append(option.Table{
	compressionOption, encodingOption,
	{Name: "sep", Default: ",", Doc: "What separates values: one character or several."},
	{Name: "delimiter", Default: ",", Doc: "Another name of sep."},
	{Name: "quote", Default: `"`, Doc: "The character around values that hold separators."},
	{Name: "escape", Default: `\`, Doc: "The character before a quote inside quotes."},
	{Name: "charToEscapeQuoteEscaping", Doc: "The character before an escape character inside quotes; by default the escape character itself, where it is not the quote."},
	{Name: "comment", Default: "#", Doc: "A record that would begin with this character stands in quotes; readers take it for a comment."},
	{Name: "quoteAll", Kind: option.Bool, Default: "false", Doc: "Every value stands in quotes."},
	{Name: "escapeQuotes", Kind: option.Bool, Default: "true", Doc: "A value that holds a quote stands in quotes."},
	{Name: "header", Kind: option.Bool, Default: "false", Doc: "The first line of each file holds the names of the columns."},
	{Name: "nullValue", Doc: "What stands for null."},
	{Name: "emptyValue", Default: `""`, Doc: "What stands for an empty text."},
	{Name: "ignoreLeadingWhiteSpace", Kind: option.Bool, Default: "true", Doc: "Blanks before values are left out."},
	{Name: "ignoreTrailingWhiteSpace", Kind: option.Bool, Default: "true", Doc: "Blanks behind values are left out."},
	{Name: "lineSep", Default: "\n", Doc: "What ends each record."},
}, timeOptions...)

func openCSV(v option.Values, zone *time.Location) (openFile, error) {
	p, err := parsePatterns(v, zone)
	if err != nil {
		return nil, err
	}
	q, err := quotingOf(v)
	if err != nil {
		return nil, err
	}
	end, err := lineEnd(v)
	return func(out io.Writer, schema types.Struct) (datafiles.Encoder, error) {
		e, err := newCSVEncoder(schema, p, q, end)
		if err != nil {
			return nil, err
		}
		f, err := newTextFile(out, v, e.append)
		if err != nil || !v.Bool("header") {
			return f, err
		}
		_, err = f.out.Write(e.header())
		return f, err
	}, err
}

func quotingOf(v option.Values) (q csvio.Quoting, err error) {
	q = csvio.Quoting{
		Sep: v.String("sep"), All: v.Bool("quoteAll"), EscapeQuotes: v.Bool("escapeQuotes"), Null: v.String("nullValue"), Empty: v.String("emptyValue"),
		TrimLeft: v.Bool("ignoreLeadingWhiteSpace"), TrimRight: v.Bool("ignoreTrailingWhiteSpace"),
	}
	if v.Has("delimiter") && !v.Has("sep") {
		q.Sep = v.String("delimiter")
	}
	if q.Sep, err = csvio.Separator(q.Sep); err != nil {
		return q, err
	}
	for name, to := range map[string]*byte{"quote": &q.Quote, "escape": &q.Escape, "comment": &q.Comment, "charToEscapeQuoteEscaping": &q.EscapeEscape} {
		switch text := v.String(name); {
		case len(text) > 1:
			return q, errclass.InvalidOptionValue.New("%s cannot be more than one character.", name)
		case len(text) == 1:
			*to = text[0]
		}
	}
	if q.Quote == 0 {
		return q, errclass.InvalidOptionValue.New("'quote' cannot be an empty string: values that hold a separator could not be told from two.")
	}
	if !v.Has("charToEscapeQuoteEscaping") && q.Escape != q.Quote {
		q.EscapeEscape = q.Escape
	}
	return q, nil
}

// csvEncoder writes records.
type csvEncoder struct {
	schema  types.Struct
	times   patterns
	quoting csvio.Quoting
	end     string
	casts   []expr.Expr // to text, by column; nil: it is text, or a time
	eval    expr.Context
	clock   *datetime.Clock
}

func newCSVEncoder(schema types.Struct, p patterns, q csvio.Quoting, end string) (*csvEncoder, error) {
	zone := p.zone
	if zone == nil {
		zone = time.UTC
	}
	e := &csvEncoder{
		schema: schema, times: p, quoting: q, end: end, casts: make([]expr.Expr, len(schema.Fields)),
		eval: expr.Context{TimeZone: zone}, clock: datetime.NewClock(zone),
	}
	for i, f := range schema.Fields {
		switch f.Type {
		case types.Type(types.String), types.Type(types.Date), types.Type(types.Timestamp), types.Type(types.TimestampNTZ), types.Type(types.Null), types.Type(types.Binary):
			continue
		}
		cast, err := expr.NewCast(expr.NewColumn(i, f.Name, f.Type, true), types.String, plan.EvalDefault, true, true)
		if err != nil {
			return nil, err
		}
		e.casts[i] = cast
	}
	return e, nil
}

func (e *csvEncoder) header() []byte {
	var line []byte
	for i, f := range e.schema.Fields {
		if i > 0 {
			line = append(line, e.quoting.Sep...)
		}
		line = e.quoting.AppendValue(line, f.Name, i == 0)
	}
	return append(line, e.end...)
}

// append adds the records of a batch.
func (e *csvEncoder) append(dst []byte, b arrow.RecordBatch) ([]byte, error) {
	write := make([]func(dst []byte, row int) []byte, len(e.casts))
	for i := range write {
		column, err := e.text(b, i)
		if err != nil {
			return dst, err
		}
		write[i] = column
	}
	for row := range int(b.NumRows()) {
		for i := range write {
			if i > 0 {
				dst = append(dst, e.quoting.Sep...)
			}
			if b.Column(i).IsNull(row) {
				dst = e.quoting.AppendNull(dst, i == 0)
			} else {
				dst = write[i](dst, row)
			}
		}
		dst = append(dst, e.end...)
	}
	return dst, nil
}

// text gives the writer of a column's values that are not null.
func (e *csvEncoder) text(b arrow.RecordBatch, i int) (func(dst []byte, row int) []byte, error) {
	first := i == 0
	column := b.Column(i)
	if cast := e.casts[i]; cast != nil {
		v, err := cast.Eval(&e.eval, b)
		if err != nil {
			return nil, err
		}
		column = v.Values
	}
	var scratch []byte
	formatted := func(value func(dst []byte, row int) []byte) func([]byte, int) []byte {
		return func(dst []byte, row int) []byte {
			scratch = value(scratch[:0], row)
			return e.quoting.AppendValue(dst, string(scratch), first)
		}
	}
	switch c := column.(type) {
	case *array.String:
		return func(dst []byte, row int) []byte { return e.quoting.AppendValue(dst, c.Value(row), first) }, nil
	case *array.Binary:
		return formatted(func(dst []byte, row int) []byte {
			return append(dst, expr.FormatValue(c, row, types.Binary, time.UTC)...)
		}), nil
	case *array.Date32:
		return formatted(func(dst []byte, row int) []byte { return e.times.date.AppendDate(dst, int32(c.Value(row))) }), nil
	case *array.Timestamp:
		if e.schema.Fields[i].Type == types.Type(types.TimestampNTZ) {
			return formatted(func(dst []byte, row int) []byte {
				return e.times.timestampNTZ.AppendTimestampNTZ(dst, int64(c.Value(row)))
			}), nil
		}
		return formatted(func(dst []byte, row int) []byte { return e.times.timestamp.Append(dst, int64(c.Value(row)), e.clock) }), nil
	}
	return func(dst []byte, _ int) []byte { return dst }, nil // a column of nulls
}
