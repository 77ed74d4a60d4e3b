package filesink

import (
	"io"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"lakehouse/internal/connector/datafiles"
	"lakehouse/internal/datetime"
	"lakehouse/internal/errclass"
	"lakehouse/internal/jsonio"
	"lakehouse/internal/option"
	"lakehouse/internal/records"
	"lakehouse/internal/types"
)

// encodingOption is of all formats of text.
var encodingOption = option.Spec{Name: "encoding", Kind: option.Enum, Values: []string{"UTF-8"}, Default: "UTF-8", Doc: "Only UTF-8 is written."}

// timeOptions are how the formats of text write times.
var timeOptions = option.Table{
	{Name: "dateFormat", Default: "yyyy-MM-dd", Doc: "How dates are written."},
	{Name: "timestampFormat", Doc: "How timestamps are written; by default 2016-07-26T02:00:00.000Z, in the session's time zone."},
	{Name: "timestampNTZFormat", Doc: "How timestamps without a zone are written; by default 2016-07-26T02:00:00.000."},
	{Name: "timeZone", Doc: "The zone in which timestamps are written; by default the session's."},
}

// patterns are the compiled time options.
type patterns struct {
	date, timestamp, timestampNTZ *datetime.Pattern
	zone                          *time.Location
}

func parsePatterns(v option.Values, zone *time.Location) (p patterns, err error) {
	p = patterns{date: datetime.ISODate, timestamp: datetime.ISOTimestamp, timestampNTZ: datetime.ISOTimestampNTZ, zone: zone}
	for name, to := range map[string]**datetime.Pattern{"dateFormat": &p.date, "timestampFormat": &p.timestamp, "timestampNTZFormat": &p.timestampNTZ} {
		if !v.Has(name) {
			continue
		}
		if *to, err = datetime.Compile(v.String(name)); err != nil {
			return p, err
		}
	}
	if v.Has("timeZone") {
		p.zone, err = records.ParseZone(v)
	}
	return p, err
}

// A textFile is a file of lines, each made by append.
type textFile struct {
	out    io.WriteCloser
	append func(dst []byte, b arrow.RecordBatch) ([]byte, error)
	buffer []byte
	size   int64
}

// Write appends the rows of a batch.
func (f *textFile) Write(b arrow.RecordBatch) (err error) {
	if f.buffer, err = f.append(f.buffer[:0], b); err != nil {
		return err
	}
	f.size += int64(len(f.buffer))
	_, err = f.out.Write(f.buffer)
	return err
}

// Size is that of the plain bytes.
func (f *textFile) Size() int64 { return f.size }

// Close ends the compression.
func (f *textFile) Close() error { return f.out.Close() }

func newTextFile(out io.Writer, v option.Values, lines func(dst []byte, b arrow.RecordBatch) ([]byte, error)) (*textFile, error) {
	packed, err := compressed(out, v.String("compression"))
	return &textFile{out: packed, append: lines}, err
}

var jsonOptions = append(option.Table{
	compressionOption, encodingOption,
	{Name: "lineSep", Default: "\n", Doc: "What ends each record."},
	{Name: "ignoreNullFields", Kind: option.Bool, Default: "true", Doc: "Fields that are null are left out."},
	{Name: "pretty", Kind: option.Enum, Values: []string{"false"}, Default: "false", Doc: "Only one record a line is written."},
}, timeOptions...)

func openJSON(v option.Values, zone *time.Location) (openFile, error) {
	p, err := parsePatterns(v, zone)
	if err != nil {
		return nil, err
	}
	opts := jsonio.EncodeOptions{KeepNulls: !v.Bool("ignoreNullFields"), Date: p.date, Timestamp: p.timestamp, TimestampNTZ: p.timestampNTZ, Zone: p.zone}
	end, err := lineEnd(v)
	return func(out io.Writer, schema types.Struct) (datafiles.Encoder, error) {
		enc := jsonio.NewEncoder(schema, opts)
		return newTextFile(out, v, func(dst []byte, b arrow.RecordBatch) ([]byte, error) {
			for i := range int(b.NumRows()) {
				dst = append(enc.AppendRow(dst, b, i), end...)
			}
			return dst, enc.Err()
		})
	}, err
}

func lineEnd(v option.Values) (string, error) {
	end := v.String("lineSep")
	if end == "" {
		return "", errclass.InvalidOptionValue.New("'lineSep' cannot be an empty string.")
	}
	return end, nil
}

var textOptions = option.Table{
	compressionOption, encodingOption,
	{Name: "lineSep", Default: "\n", Doc: "What ends each row."},
}

func openText(v option.Values, _ *time.Location) (openFile, error) {
	end, err := lineEnd(v)
	return func(out io.Writer, _ types.Struct) (datafiles.Encoder, error) {
		return newTextFile(out, v, func(dst []byte, b arrow.RecordBatch) ([]byte, error) {
			values := b.Column(0).(*array.String)
			for i := range values.Len() {
				if values.IsValid(i) {
					dst = append(dst, values.Value(i)...)
				}
				dst = append(dst, end...)
			}
			return dst, nil
		})
	}, err
}
