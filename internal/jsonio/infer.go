package jsonio

import (
	"errors"
	"fmt"
	"io"

	"lakehouse/internal/datetime"
	"lakehouse/internal/errclass"
	"lakehouse/internal/lines"
	"lakehouse/internal/records"
	"lakehouse/internal/types"
)

// InferOptions says how types are inferred.
type InferOptions struct {
	SamplingRatio      float64 // of the records that are looked at; 0: all
	PrimitivesAsString bool
	PrefersDecimal     bool
	DropAllNull        bool
	Timestamps         bool
	Refused            bool // a schema must be given
}

// maxShapes is how many fields, at all levels, an inferred schema may have.
const maxShapes = 100_000

// An Inference finds the schema of records: fields sorted by name at every level, bigint and double for numbers,
// string for what is mixed, and the corrupt-record column where a record is malformed.
type Inference struct {
	opts    Options
	parser  parser
	root    shape
	corrupt bool // a record was malformed
	shapes  int
	seen    int64 // records
}

// NewInference begins an inference over any number of files.
func NewInference(opts Options) *Inference {
	return &Inference{opts: opts, root: shape{kind: shapeStruct, fields: map[string]*shape{}}, parser: parser{Syntax: opts.Syntax, formats: &opts.Formats}}
}

// InferType is the type of one JSON value: what schema_of_json says.
func InferType(text []byte, opts Options) (types.Type, error) {
	in := NewInference(opts)
	p := &in.parser
	p.reset(text)
	if p.space(); !p.skip() || !p.end() {
		return nil, records.Malformed(text, 0, p.failure)
	}
	p.reset(text)
	p.space()
	var s shape
	in.value(&s)
	t, ok := s.datatype(opts.Infer.DropAllNull)
	if !ok {
		return types.Struct{}, nil
	}
	return t, nil
}

// Done is false: every record may have a field that none before had.
func (in *Inference) Done() bool { return false }

// Add looks at a stream of records, one a line.
func (in *Inference) Add(r io.Reader) error {
	if in.opts.Infer.Refused {
		return errRefused()
	}
	source := lines.NewReader(r, in.opts.lines())
	for source.Next() {
		if !in.sampled() {
			continue
		}
		if source.Truncated() {
			if err := in.malformed(source.Bytes(), source.Offset(), "the record is longer than maxRecordBytes"); err != nil {
				return err
			}
			continue
		}
		if err := in.record(source.Bytes(), source.Offset()); err != nil {
			return err
		}
	}
	if err := source.Err(); err != nil {
		return fmt.Errorf("read: %w", err)
	}
	return nil
}

// AddDocument looks at a file that is one document.
func (in *Inference) AddDocument(data []byte) error {
	if in.opts.Infer.Refused {
		return errRefused()
	}
	if !in.sampled() {
		return nil
	}
	text, err := lines.Document(data)
	if err != nil {
		return err
	}
	return in.record(text, 0)
}

// sampled takes records evenly.
func (in *Inference) sampled() bool {
	in.seen++
	ratio := in.opts.Infer.SamplingRatio
	if ratio <= 0 || ratio >= 1 {
		return true
	}
	return int64(float64(in.seen)*ratio) > int64(float64(in.seen-1)*ratio)
}

// record looks at a record, or an array of them: first whether it is JSON, then at its types.
func (in *Inference) record(text []byte, offset int64) error {
	p := &in.parser
	p.reset(text)
	if p.space() == 0 && p.done() && p.failure == "" {
		return nil
	}
	if !p.skip() || !p.end() {
		return in.malformed(text, offset, p.failure)
	}
	p.reset(text)
	switch p.space() {
	case '{':
		in.value(&in.root)
	case '[':
		return in.elements(text, offset)
	case 'n':
		return nil
	default:
		return in.malformed(text, offset, "a record must be an object")
	}
	return in.tooMany()
}

// elements looks at each record of an array.
func (in *Inference) elements(text []byte, offset int64) error {
	p := &in.parser
	p.pos++ // [
	for c := p.space(); c != ']'; {
		if c == '{' {
			in.value(&in.root)
		} else if p.skip(); c != 'n' {
			if err := in.malformed(text, offset, "a record must be an object"); err != nil {
				return err
			}
		}
		if c = p.space(); c == ',' {
			p.pos++
			c = p.space()
		}
	}
	return in.tooMany()
}

func (in *Inference) tooMany() error {
	if in.shapes <= maxShapes {
		return nil
	}
	return errclass.FailedReadFile.New("the records have more than %d different fields.", maxShapes).
		WithHint("Give a schema; fields with varying names fit a MAP.")
}

func (in *Inference) malformed(text []byte, offset int64, reason string) error {
	switch in.opts.Mode {
	case records.DropMalformed:
	case records.FailFast:
		return records.Malformed(text, offset, reason)
	default:
		in.corrupt = true
	}
	return nil
}

// Schema is the schema of what was looked at.
func (in *Inference) Schema() types.Struct {
	if name := in.opts.CorruptColumn; in.corrupt && name != "" && in.root.fields[name] == nil {
		in.root.fields[name] = &shape{kind: shapeString}
	}
	return in.root.structure(in.opts.Infer.DropAllNull)
}

var errNotChecked = errors.New("internal error: the text was checked to be JSON")

// value widens a shape by the value at the parser's place, which is known to be JSON.
func (in *Inference) value(s *shape) {
	p := &in.parser
	switch c := p.peek(); {
	case c == '{':
		in.object(s)
	case c == '[':
		in.array(s)
	case p.isQuote(c):
		text, ok := p.text()
		if !ok {
			panic(errNotChecked)
		}
		s.merge(in.stringKind(text))
	case p.expected("null"):
	case p.expected("true"), p.expected("false"):
		s.merge(in.primitive(shapeBoolean, 0, 0))
	default:
		if _, ok := p.nonNumber(); ok {
			s.merge(in.primitive(shapeDouble, 0, 0))
			return
		}
		token, integer, ok := p.number()
		if !ok {
			panic(errNotChecked)
		}
		s.merge(in.primitive(in.numberKind(token, integer)))
	}
}

func (in *Inference) primitive(kind shapeKind, precision, scale int) (shapeKind, int, int) {
	if in.opts.Infer.PrimitivesAsString {
		return shapeString, 0, 0
	}
	return kind, precision, scale
}

// numberKind is long where it fits, decimal for longer whole numbers, else double.
func (in *Inference) numberKind(token []byte, integer bool) (shapeKind, int, int) {
	if integer {
		if _, ok := parseInt(token, 64); ok {
			return shapeLong, 0, 0
		}
	} else if !in.opts.Infer.PrefersDecimal {
		return shapeDouble, 0, 0
	}
	return decimalKind(token)
}

func decimalKind(token []byte) (shapeKind, int, int) {
	precision, scale, ok := records.DecimalShape(token)
	if precision = max(precision, scale); !ok || scale < 0 || precision > types.MaxPrecision {
		return shapeDouble, 0, 0
	}
	return shapeDecimal, precision, scale
}

func (in *Inference) stringKind(text []byte) (shapeKind, int, int) {
	if len(text) == 0 {
		return shapeNull, 0, 0
	}
	if in.opts.Infer.PrefersDecimal {
		if kind, precision, scale := decimalKind(text); kind == shapeDecimal {
			return kind, precision, scale
		}
	}
	if in.opts.Infer.Timestamps && in.isTimestamp(text) {
		return shapeTimestamp, 0, 0
	}
	return shapeString, 0, 0
}

func (in *Inference) isTimestamp(text []byte) bool {
	if in.opts.Formats.Timestamp == nil {
		_, _, ok := datetime.ParseTimestamp(text, in.opts.Formats.Zone)
		return ok
	}
	_, ok := in.opts.Formats.ParseTimestamp(text)
	return ok
}

func (in *Inference) object(s *shape) {
	p := &in.parser
	if !s.as(shapeStruct) {
		p.skip()
		return
	}
	p.pos++
	for c := p.space(); c != '}'; {
		name, ok := p.keyName()
		if !ok {
			panic(errNotChecked)
		}
		field := s.fields[string(name)]
		if field == nil {
			field = &shape{}
			if in.shapes++; in.shapes <= maxShapes {
				s.fields[string(name)] = field
			}
		}
		p.space()
		p.pos++ // :
		p.space()
		in.value(field)
		if c = p.space(); c == ',' {
			p.pos++
			c = p.space()
		}
	}
	p.pos++
}

func (in *Inference) array(s *shape) {
	p := &in.parser
	if !s.as(shapeArray) {
		p.skip()
		return
	}
	p.pos++
	for c := p.space(); c != ']'; {
		in.value(s.element)
		if c = p.space(); c == ',' {
			p.pos++
			c = p.space()
		}
	}
	p.pos++
}

func errRefused() error {
	return errclass.UnableToInferSchema.New("option 'inferSchema' is false, and no schema is given.").
		WithHint("Give a schema, or leave the option out.")
}
