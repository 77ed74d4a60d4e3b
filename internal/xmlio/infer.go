package xmlio

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"lakehouse/internal/datetime"
	"lakehouse/internal/errclass"
	"lakehouse/internal/records"
	"lakehouse/internal/types"
)

// An Inference finds the schema of records as XmlInferSchema does: fields sorted by name at every level, an array where a name
// stands several times in one element, a struct where an element has attributes or elements, with its text as the value tag.
type Inference struct {
	opts    Options
	tokens  tokenizer
	root    types.Struct
	seen    int64
	bad     bool     // a record was malformed
	checker *checker // nil: none was needed yet
}

// maxFields is how many fields an inferred schema may have at one level.
const maxFields = 100_000

// NewInference begins an inference over any number of files.
func NewInference(opts Options) *Inference {
	return &Inference{opts: opts, tokens: tokenizer{local: opts.IgnoreNamespace}}
}

// Done is false: every record may have a field that none before had.
func (in *Inference) Done() bool { return false }

// AddDocument looks at the records of a file.
func (in *Inference) AddDocument(data []byte) error { return in.Add(bytes.NewReader(data)) }

// Add looks at the records of a file.
func (in *Inference) Add(r io.Reader) error {
	source := newScanner(r, &in.opts)
	for source.next() {
		in.seen++
		if ratio := in.opts.SamplingRatio; ratio < 1 && int64(float64(in.seen)*ratio) == int64(float64(in.seen-1)*ratio) {
			continue
		}
		if err := in.record(source); err != nil {
			return err
		}
	}
	if source.err != nil {
		return fmt.Errorf("read: %w", source.err)
	}
	return nil
}

func (in *Inference) record(source *scanner) error {
	t := &in.tokens
	t.reset(source.record)
	failure := "the record is longer than maxRecordBytes"
	valid := !source.long
	if valid && in.opts.Valid != nil {
		if in.checker == nil {
			in.checker = newChecker(in.opts.Valid)
		}
		failure = in.checker.fault(source.record)
		valid = failure == ""
	}
	if valid {
		if t.next() == start {
			if s, ok := in.object(); ok && t.next() == end {
				in.root = in.merge(in.root, s).(types.Struct)
				if len(in.root.Fields) > maxFields {
					return errclass.FailedReadFile.New("the records have more than %d different fields.", maxFields).
						WithHint("Give a schema; elements with varying names fit a MAP.")
				}
				return nil
			}
		}
		failure = t.failure
	}
	switch in.opts.Mode {
	case records.DropMalformed:
	case records.FailFast:
		return records.Malformed(source.record, source.offset, failure)
	default:
		in.bad = true
	}
	return nil
}

// Schema is the schema of what was looked at.
func (in *Inference) Schema() types.Struct {
	root := in.root
	if name := in.opts.CorruptColumn; in.bad && name != "" && root.Index(name) < 0 {
		root = in.merge(root, types.Struct{Fields: []types.Field{{Name: name, Type: types.String, Nullable: true}}}).(types.Struct)
	}
	t, ok := canonical(root)
	if !ok {
		return types.Struct{}
	}
	return t.(types.Struct)
}

// canonical makes strings of what had no values, and leaves out structs without fields.
func canonical(t types.Type) (types.Type, bool) {
	switch t := t.(type) {
	case types.Struct:
		var out types.Struct
		for _, f := range t.Fields {
			if inner, ok := canonical(f.Type); ok && f.Name != "" {
				out.Fields = append(out.Fields, types.Field{Name: f.Name, Type: inner, Nullable: true})
			}
		}
		return out, len(out.Fields) > 0
	case types.Array:
		element, ok := canonical(t.Element)
		return types.Array{Element: element, ContainsNull: true}, ok
	}
	if t == types.Type(types.Null) {
		return types.String, true
	}
	return t, true
}

// element is the type of an element.
func (in *Inference) element(text []byte) types.Type {
	t := &in.tokens
	t.reset(text)
	if t.next() != start {
		return types.String
	}
	got, ok := in.field()
	if !ok {
		return types.String
	}
	return got
}

// names of one element, in the order of its text.
type members struct {
	order []string
	types map[string]types.Type
}

// add notes a member; one that comes again makes an array.
func (m *members) add(in *Inference, name string, t types.Type) {
	if m.types == nil {
		m.types = map[string]types.Type{}
	}
	key := name
	if in.opts.AnyCase {
		key = strings.ToLower(name)
	}
	have, ok := m.types[key]
	if !ok {
		m.order = append(m.order, name)
		m.types[key] = t
		return
	}
	t = in.common(have, t)
	if _, isArray := t.(types.Array); !isArray {
		t = types.Array{Element: t, ContainsNull: true}
	}
	m.types[key] = t
}

func (m *members) structure(in *Inference) types.Struct {
	var out types.Struct
	for _, name := range m.order {
		key := name
		if in.opts.AnyCase {
			key = strings.ToLower(name)
		}
		out.Fields = append(out.Fields, types.Field{Name: name, Type: m.types[key], Nullable: true})
	}
	slices.SortFunc(out.Fields, func(a, b types.Field) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// object is the type of the element at hand with its attributes, and moves to its end tag.
func (in *Inference) object() (types.Struct, bool) {
	t := &in.tokens
	var m members
	in.attributes(&m)
	for {
		switch t.next() {
		case start:
			name := string(t.shown(t.name))
			got, ok := in.field()
			if !ok {
				return types.Struct{}, false
			}
			m.add(in, name, got)
		case chars:
			if !t.blank {
				m.add(in, in.opts.ValueTag, in.scalar(t.text))
			}
		case end:
			return m.structure(in), true
		default:
			return types.Struct{}, false
		}
	}
}

func (in *Inference) attributes(m *members) {
	if in.opts.ExcludeAttribute {
		return
	}
	for _, a := range in.tokens.attrs {
		text := a.value
		if in.opts.HasNull && string(in.trimmed(text)) == in.opts.NullValue {
			text = nil
		}
		m.add(in, in.opts.AttributePrefix+string(in.tokens.shown(a.name)), in.scalar(text))
	}
}

// field is the type of the element at hand: that of its text where it has nothing else.
func (in *Inference) field() (types.Type, bool) {
	s, ok := in.object()
	switch {
	case !ok:
		return nil, false
	case len(s.Fields) == 0:
		return types.Null, true
	case len(s.Fields) == 1 && in.isValueTag(s.Fields[0].Name) && isScalar(s.Fields[0].Type):
		return s.Fields[0].Type, true
	}
	return s, true
}

func (in *Inference) isValueTag(name string) bool {
	return name == in.opts.ValueTag || in.opts.AnyCase && strings.EqualFold(name, in.opts.ValueTag)
}

func isScalar(t types.Type) bool {
	switch t.(type) {
	case types.Struct, types.Array, types.Map:
		return false
	}
	return true
}

// scalar is the narrowest type of a text.
func (in *Inference) scalar(text []byte) types.Type {
	text = in.trimmed(text)
	switch {
	case !in.opts.InferTypes:
		return types.String
	case len(text) == 0:
		return types.Null
	}
	unsigned := text
	if text[0] == '+' || text[0] == '-' {
		unsigned = text[1:]
	}
	if len(unsigned) > 0 && (unsigned[0]-'0' <= 9 || unsigned[0] == '.') {
		if t := in.number(text, unsigned); t != nil {
			return t
		}
	}
	switch {
	case bytes.EqualFold(text, []byte("true")), bytes.EqualFold(text, []byte("false")):
		return types.Boolean
	case in.isDate(text):
		return types.Date
	case in.isTimestamp(text):
		return types.Timestamp
	}
	return types.String
}

func (in *Inference) number(text, unsigned []byte) types.Type {
	if _, err := strconv.ParseInt(string(unsigned), 10, 64); err == nil {
		return types.Long
	}
	if in.opts.PrefersDecimal {
		precision, scale, ok := records.DecimalShape(bytes.ReplaceAll(text, []byte(","), nil))
		if precision = max(precision, scale); ok && scale >= 0 && precision <= types.MaxPrecision {
			return types.Decimal{Precision: precision, Scale: scale}
		}
	}
	if _, ok := parseFloat(unsigned, 64); ok {
		return types.Double
	}
	return nil
}

// isDate takes yyyy-MM-dd alone when no format is given.
func (in *Inference) isDate(text []byte) bool {
	if in.opts.Formats.Date == nil && (!in.opts.PreferDate || len(text) != len("2006-01-02")) {
		return false
	}
	_, ok := in.opts.Formats.ParseDate(text)
	return ok
}

func (in *Inference) isTimestamp(text []byte) bool {
	if in.opts.Formats.Timestamp == nil {
		_, _, ok := datetime.ParseTimestamp(text, in.opts.Formats.Zone)
		return ok
	}
	_, ok := in.opts.Formats.ParseTimestamp(text)
	return ok
}

// common is compatibleType: the type that holds the values of both.
func (in *Inference) common(a, b types.Type) types.Type {
	switch {
	case a == types.Type(types.Null):
		return b
	case b == types.Type(types.Null):
		return a
	}
	x, xStruct := a.(types.Struct)
	y, yStruct := b.(types.Struct)
	xArray, isX := a.(types.Array)
	yArray, isY := b.(types.Array)
	switch {
	case isX && isY:
		return types.Array{Element: in.common(xArray.Element, yArray.Element), ContainsNull: true}
	case isX:
		return types.Array{Element: in.common(xArray.Element, b), ContainsNull: true}
	case isY:
		return types.Array{Element: in.common(a, yArray.Element), ContainsNull: true}
	case xStruct && yStruct:
		return in.merge(x, y)
	case xStruct:
		return in.withValue(x, b)
	case yStruct:
		return in.withValue(y, a)
	}
	return records.MergeInferred(a, b)
}

// withValue is a struct that also stands without attributes and elements.
func (in *Inference) withValue(s types.Struct, value types.Type) types.Type {
	i := slices.Index(s.Names(), in.opts.ValueTag)
	if i < 0 {
		return types.String
	}
	fields := slices.Clone(s.Fields)
	fields[i].Type = in.common(fields[i].Type, value)
	return types.Struct{Fields: fields}
}

// merge has the fields of both, sorted by name.
func (in *Inference) merge(a, b types.Struct) types.Type {
	key := func(name string) string {
		if in.opts.AnyCase {
			return strings.ToLower(name)
		}
		return name
	}
	at := make(map[string]int, len(a.Fields))
	out := slices.Clone(a.Fields)
	for i, f := range out {
		at[key(f.Name)] = i
	}
	for _, f := range b.Fields {
		i, ok := at[key(f.Name)]
		if !ok {
			at[key(f.Name)] = len(out)
			out = append(out, f)
			continue
		}
		out[i].Type = in.common(out[i].Type, f.Type)
	}
	slices.SortFunc(out, func(a, b types.Field) int { return strings.Compare(a.Name, b.Name) })
	return types.Struct{Fields: out}
}
