package avroio

import (
	"fmt"
	"slices"
	"strings"

	"lakehouse/internal/errclass"
	"lakehouse/internal/records"
	"lakehouse/internal/types"
)

// A step is how values of a writer's schema become rows of a column.
type step struct {
	op      op
	b       *records.Builder // nil: of opSkip
	writer  *Schema
	fields  []recordField // of a record, in the writer's order
	absent  []absentField // columns that the writer lacks
	items   *step         // of an array or map
	members []*step       // of a union, by branch
	symbols []string      // of an enum
	digits  int           // of a decimal: how many the writer's has
	shift   int           // and how many to add
	path    []string      // of a record
	within  bool          // inside an array or map
	size    int           // of a fixed
}

type op uint8

const (
	opNull op = iota
	opBool
	opInt
	opIntToLong
	opIntToDouble
	opIntToFloat
	opDate
	opDateToNTZ
	opLong
	opLongToFloat
	opLongToDouble
	opMillis
	opMillisToDate
	opFloat
	opFloatToDouble
	opDouble
	opBytes
	opText // bytes that must be UTF-8
	opEnum
	opFixed
	opDecimal
	opFixedDecimal
	opRecord
	opArray
	opMap
	opUnion  // one branch and null, or branches of one column
	opMember // branches that are columns of a struct
)

// A planner matches a file's schema with columns.
type planner struct {
	opts   *Options
	depth  int
	within bool // inside an array or map, where nothing is rescued by itself
}

func (p *planner) incompatible(w *Schema, b *records.Builder, path []string) error {
	at := strings.Join(path, ".")
	return errclass.FailedReadFile.New("Cannot convert Avro field '%s' to SQL field '%s' because schema is incompatible (avroType = \"%s\", sqlType = \"%s\").",
		at, at, w, types.SQL(b.Type))
}

// plan matches one type. reader is the schema that the values are meant to have; it is the writer's own where there is no other.
func (p *planner) plan(w, reader *Schema, b *records.Builder, path []string) (*step, error) {
	if p.depth++; p.depth > maxSchemaDepth {
		return nil, fmt.Errorf("the Avro schema is nested too deep")
	}
	defer func() { p.depth-- }()
	s := &step{b: b, writer: w}
	if w.kind == kindUnion {
		return s, p.union(s, w, reader, path)
	}
	if reader.kind == kindUnion {
		reader = matching(w, reader)
		if reader == nil {
			return nil, p.incompatible(w, b, path)
		}
	}
	if b.Kind == records.Null {
		s.op, s.b = opNull, b
		return s, nil
	}
	switch w.kind {
	case kindRecord:
		if b.Kind != records.Struct || reader.kind != kindRecord {
			return nil, p.incompatible(w, b, path)
		}
		s.op = opRecord
		s.path, s.within = slices.Clip(path), p.within
		return s, p.record(s, w, reader, path)
	case kindArray:
		if b.Kind != records.List || reader.kind != kindArray {
			return nil, p.incompatible(w, b, path)
		}
		return s, p.items(s, opArray, w, reader, b.Children[0], append(path, "element"))
	case kindMap:
		if b.Kind != records.Map || reader.kind != kindMap || b.Children[0].Kind != records.String {
			return nil, p.incompatible(w, b, path)
		}
		return s, p.items(s, opMap, w, reader, b.Children[1], append(path, "value"))
	default: // it has no parts
	}
	if !s.scalar(w, reader) {
		return nil, p.incompatible(w, b, path)
	}
	return s, nil
}

func (p *planner) items(s *step, o op, w, reader *Schema, b *records.Builder, path []string) (err error) {
	s.op = o
	was := p.within
	p.within = true
	s.items, err = p.plan(w.item, reader.item, b, path)
	p.within = was
	return err
}

// matching is the branch of a reader's union that takes the writer's type.
func matching(w, union *Schema) *Schema {
	for _, b := range union.union {
		if b.kind == w.kind && (w.name == "" || w.shortName() == b.shortName() || slices.Contains(b.aliases, w.name)) {
			return b
		}
	}
	for _, b := range union.union {
		if promotes(w.kind, b.kind) {
			return b
		}
	}
	return nil
}

// promotes tells that values of one kind may be read as those of another.
func promotes(from, to kind) bool {
	switch from {
	case kindInt:
		return to == kindLong || to == kindFloat || to == kindDouble
	case kindLong:
		return to == kindFloat || to == kindDouble
	case kindFloat:
		return to == kindDouble
	case kindString:
		return to == kindBytes
	case kindBytes:
		return to == kindString
	default:
		return false
	}
}

// A pair is a kind that is written and a column's kind.
type pair struct {
	from kind
	to   records.Kind
}

var scalarOps = map[pair]op{
	{kindBoolean, records.Bool}: opBool,
	{kindInt, records.Int32}:    opInt, {kindInt, records.Int64}: opIntToLong, {kindInt, records.Float64}: opIntToDouble, {kindInt, records.Date}: opDate,
	{kindLong, records.Int64}:    opLong,
	{kindFloat, records.Float32}: opFloat, {kindFloat, records.Float64}: opFloatToDouble,
	{kindDouble, records.Float64}: opDouble,
	{kindBytes, records.Binary}:   opBytes, {kindString, records.String}: opText,
	{kindEnum, records.String}: opEnum, {kindFixed, records.Binary}: opFixed,
}

// scalar chooses how a value without parts is read.
func (s *step) scalar(w, reader *Schema) bool {
	s.size, s.symbols = w.size, w.symbols
	logical := reader.logical
	switch {
	case s.b.Kind == records.Decimal:
		return s.decimal(w, reader)
	case w.kind == kindNull:
		s.op = opNull
		return true
	case w.kind == kindInt && s.b.Kind == records.TimestampNTZ:
		s.op = opDateToNTZ
		return logical == "date"
	case w.kind == kindLong && s.b.Kind == records.Date:
		s.op = opMillisToDate
		return logical == ""
	case w.kind == kindLong && s.b.Kind == records.Timestamp:
		s.op = opMillis
		if logical == "timestamp-micros" {
			s.op = opLong
		}
		return logical == "" || logical == "timestamp-millis" || logical == "timestamp-micros"
	case w.kind == kindLong && s.b.Kind == records.TimestampNTZ:
		s.op = opMillis
		if logical == "local-timestamp-micros" {
			s.op = opLong
		}
		return logical == "" || logical == "local-timestamp-millis" || logical == "local-timestamp-micros"
	}
	if w.kind == kindEnum && reader.kind == kindEnum && reader != w {
		return s.enum(w, reader)
	}
	if reader.kind != w.kind {
		return s.promoted(w.kind, reader.kind)
	}
	var ok bool
	s.op, ok = scalarOps[pair{w.kind, s.b.Kind}]
	return ok
}

// promoted is a value that the reader's schema has in a wider type.
func (s *step) promoted(from, to kind) bool {
	if !promotes(from, to) {
		return false
	}
	if wide, ok := scalarOps[pair{to, s.b.Kind}]; !ok || wide == opDate {
		return false
	}
	ops := map[pair]op{
		{kindInt, records.Int64}: opIntToLong, {kindInt, records.Float32}: opIntToFloat, {kindInt, records.Float64}: opIntToDouble,
		{kindLong, records.Float32}: opLongToFloat, {kindLong, records.Float64}: opLongToDouble, {kindFloat, records.Float64}: opFloatToDouble,
		{kindString, records.Binary}: opBytes, {kindBytes, records.String}: opText,
	}
	var ok bool
	s.op, ok = ops[pair{from, s.b.Kind}]
	return ok
}

// enum gives symbols that the reader does not know its default.
func (s *step) enum(w, reader *Schema) bool {
	s.op = opEnum
	s.symbols = slices.Clone(w.symbols)
	for i, name := range s.symbols {
		if !slices.Contains(reader.symbols, name) {
			s.symbols[i] = reader.missing
			if reader.missing == "" {
				return false
			}
		}
	}
	return s.b.Kind == records.String
}

// decimal reads unscaled numbers of a type that fits into the column's.
func (s *step) decimal(w, reader *Schema) bool {
	have, ok := reader.decimal()
	want := s.b.Type.(types.Decimal)
	if !ok || have.Scale > want.Scale || have.Precision-have.Scale > want.Precision-want.Scale {
		return false
	}
	s.digits, s.shift = have.Precision, want.Scale-have.Scale
	switch w.kind {
	case kindBytes:
		s.op = opDecimal
	case kindFixed:
		s.op = opFixedDecimal
	default:
		return false
	}
	return true
}

// union: null and one other, numbers of two widths, or a struct with a member for each branch.
func (p *planner) union(s *step, w, reader *Schema, path []string) error {
	others, _ := w.branches()
	s.op = opUnion
	if len(others) > 1 && !isPair(others, kindInt, kindLong) && !isPair(others, kindFloat, kindDouble) && reader == w {
		s.op = opMember
		if s.b.Kind != records.Struct || len(s.b.Children) != len(others) {
			return p.incompatible(w, s.b, path)
		}
	}
	next := 0
	for _, branch := range w.union {
		if branch.kind == kindNull {
			s.members = append(s.members, nil)
			continue
		}
		to, as := s.b, reader
		if reader == w {
			as = branch
		}
		if s.op == opMember {
			to = s.b.Children[next]
		}
		next++
		m, err := p.plan(branch, as, to, path)
		if err != nil {
			return err
		}
		s.members = append(s.members, m)
	}
	return nil
}
