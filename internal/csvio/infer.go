package csvio

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"

	"lakehouse/internal/datetime"
	"lakehouse/internal/lines"
	"lakehouse/internal/records"
	"lakehouse/internal/types"
)

// An Inference finds the schema of CSV files: the names from the first header, or _c0, _c1, …, and the types where
// the options ask for them.
type Inference struct {
	opts    Options
	names   []string
	types   []types.Type   // types.Null: no value yet
	columns map[string]int // by name
	at      []int          // of the file at hand: the column of each value
	tokens  tokenizer
	seen    int64
}

// NewInference begins an inference over any number of files.
func NewInference(opts Options) *Inference {
	return &Inference{opts: opts, tokens: tokenizer{syntax: opts.Syntax}}
}

// Done reports that more files would tell nothing new.
func (in *Inference) Done() bool { return in.names != nil && !in.opts.Infer.Types && !in.opts.Merge }

// told reports that more of a file would tell nothing new, whose first record was looked at, or not.
func (in *Inference) told(first bool) bool { return !first && !in.opts.Infer.Types }

// Add looks at a file of records, one a line.
func (in *Inference) Add(r io.Reader) error {
	source := lines.NewReader(r, in.opts.lines())
	for skip := in.opts.SkipRows; skip > 0 && source.Next(); {
		skip--
	}
	first := true
	for !in.told(first) && source.Next() {
		if source.Truncated() || in.tokens.passedOver(source.Bytes()) {
			continue
		}
		in.tokens.reset(source.Bytes())
		in.tokens.record()
		in.record(first)
		first = false
	}
	if err := source.Err(); err != nil {
		return fmt.Errorf("read: %w", err)
	}
	return nil
}

// AddDocument looks at a file whose values may hold line ends.
func (in *Inference) AddDocument(data []byte) error {
	text, err := lines.Document(data)
	if err != nil {
		return err
	}
	source := newDocument(text, &in.opts)
	for first := true; !in.told(first) && source.next(&in.tokens); first = false {
		in.record(first)
	}
	return nil
}

func (in *Inference) record(first bool) {
	if in.names == nil || first && in.opts.Merge {
		in.begin()
	}
	if first && in.opts.Header {
		return
	}
	in.seen++
	if ratio := in.opts.Infer.SamplingRatio; ratio < 1 && int64(float64(in.seen)*ratio) == int64(float64(in.seen-1)*ratio) {
		return
	}
	for i, t := range in.tokens.tokens[:min(len(in.tokens.tokens), len(in.at))] {
		if text, null := in.opts.Values.text(t); !null && len(text) > 0 {
			in.types[in.at[i]] = in.widen(in.types[in.at[i]], text)
		}
	}
}

// begin takes the columns from the first record of a file: of the first one, or of each.
func (in *Inference) begin() {
	in.at = in.at[:0]
	if in.columns == nil {
		in.columns = map[string]int{}
	}
	for _, name := range in.opts.names(in.tokens.tokens) {
		key := name
		if in.opts.AnyCase {
			key = strings.ToLower(name)
		}
		at, ok := in.columns[key]
		if !ok {
			at = len(in.names)
			in.columns[key] = at
			in.names, in.types = append(in.names, name), append(in.types, types.Null)
		}
		in.at = append(in.at, at)
	}
}

// names are those of the columns, of which the first record is given.
func (o *Options) names(tokens []token) []string {
	names := make([]string, len(tokens))
	seen := map[string]int{}
	for i, t := range tokens {
		name := strings.TrimSpace(records.Text(t.text))
		if !o.Header || name == "" || name == o.Values.null {
			name = "_c" + strconv.Itoa(i)
		}
		names[i] = name
		seen[strings.ToLower(name)]++
	}
	for i, name := range names { // names that are not alone get their position
		if seen[strings.ToLower(name)] > 1 {
			names[i] = name + strconv.Itoa(i)
		}
	}
	return names
}

// Schema is the schema of what was looked at.
func (in *Inference) Schema() types.Struct {
	fields := make([]types.Field, len(in.names))
	for i, name := range in.names {
		t := in.types[i]
		if t == types.Type(types.Null) || !in.opts.Infer.Types {
			t = types.String
		}
		fields[i] = types.Field{Name: name, Type: t, Nullable: true}
	}
	return types.Struct{Fields: fields}
}

// widen is the type for what was seen and one more value.
func (in *Inference) widen(seen types.Type, text []byte) types.Type {
	if seen == types.Type(types.String) {
		return seen
	}
	return common(seen, in.typeOf(text))
}

// typeOf is the narrowest type of a value.
func (in *Inference) typeOf(text []byte) types.Type {
	if _, err := strconv.ParseInt(string(text), 10, 32); err == nil {
		return types.Integer
	}
	if _, err := strconv.ParseInt(string(text), 10, 64); err == nil {
		return types.Long
	}
	if precision, scale, ok := records.DecimalShape(text); ok && scale == 0 && precision <= types.MaxPrecision {
		return types.Decimal{Precision: precision}
	}
	if _, ok := in.opts.Values.float(text, 64); ok {
		return types.Double
	}
	if in.opts.Infer.PreferDate && in.isDate(text) {
		return types.Date
	}
	if in.isTimestamp(text) {
		return types.Timestamp
	}
	if bytes.EqualFold(text, []byte("true")) || bytes.EqualFold(text, []byte("false")) {
		return types.Boolean
	}
	return types.String
}

// isDate takes yyyy-MM-dd alone when no format is given.
func (in *Inference) isDate(text []byte) bool {
	if !in.opts.dated(text) {
		return false
	}
	_, ok := in.opts.Formats.ParseDate(text)
	return ok
}

// dated tells a text that may be taken for a date without being asked.
func (o *Options) dated(text []byte) bool {
	return o.Formats.Date != nil || len(text) == len("2006-01-02")
}

func (in *Inference) isTimestamp(text []byte) bool {
	if in.opts.Formats.Timestamp == nil {
		_, _, ok := datetime.ParseTimestamp(text, in.opts.Formats.Zone)
		return ok
	}
	_, ok := in.opts.Formats.ParseTimestamp(text)
	return ok
}

// common is the type that holds the values of both: the wider number, else string.
func common(a, b types.Type) types.Type {
	if a == types.Type(types.Null) || a == b {
		return b
	}
	if a == types.Type(types.Double) && isNumber(b) || b == types.Type(types.Double) && isNumber(a) {
		return types.Double
	}
	if !isNumber(a) || !isNumber(b) {
		return types.String
	}
	x, xDecimal := a.(types.Decimal)
	y, yDecimal := b.(types.Decimal)
	switch {
	case !xDecimal && !yDecimal:
		return types.Long
	case !xDecimal:
		x = types.Decimal{Precision: wholeDigits(a)}
	case !yDecimal:
		y = types.Decimal{Precision: wholeDigits(b)}
	}
	return types.Decimal{Precision: max(x.Precision, y.Precision)}
}

func isNumber(t types.Type) bool {
	_, decimal := t.(types.Decimal)
	return decimal || t == types.Type(types.Integer) || t == types.Type(types.Long) || t == types.Type(types.Double)
}

func wholeDigits(t types.Type) int {
	if t == types.Type(types.Integer) {
		return 10
	}
	return 20
}
