package avroio

import (
	"fmt"
	"slices"
	"strings"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

// A recordField is one that the writer has: with a column, or without.
type recordField struct {
	name  string
	step  *step // nil: passed over
	at    int   // of the column in the struct
	write *Schema
	unfit bool // there is a column, of another type
}

// An absentField is a column without a field of the writer.
type absentField struct {
	at    int
	value *step  // writes the default; nil: null
	bytes []byte // the default, in binary
}

// record matches fields with columns.
func (p *planner) record(s *step, w, reader *Schema, path []string) error {
	columns := s.b.Type.(types.Struct).Fields
	taken := make([]bool, len(columns))
	for i := range w.fields {
		f := &w.fields[i]
		out := recordField{name: f.name, write: f.schema}
		read := f
		if reader != w {
			read = reader.field(f)
		}
		if read != nil {
			at, err := p.column(columns, reader, read)
			if err != nil {
				return err
			}
			if at >= 0 && !taken[at] && !p.hidden(columns[at].Name) {
				out.at = at
				step, err := p.plan(f.schema, read.schema, s.b.Children[at], append(slices.Clip(path), f.name))
				switch {
				case err == nil:
					out.step, taken[at] = step, true
				case p.opts.Rescued == "" && p.opts.Found == nil:
					return err
				default:
					out.unfit = true
				}
			}
		}
		s.fields = append(s.fields, out)
	}
	return p.absent(s, w, reader, columns, taken)
}

// hidden are the columns that no field of a file fills.
func (p *planner) hidden(name string) bool {
	return p.depth == 1 && p.opts.Rescued != "" && name == p.opts.Rescued
}

// field is the reader's field for one of the writer.
func (s *Schema) field(f *field) *field {
	for i := range s.fields {
		if s.fields[i].name == f.name || slices.Contains(s.fields[i].aliases, f.name) {
			return &s.fields[i]
		}
	}
	return nil
}

// column is the position of a field's column; -1: none.
func (p *planner) column(columns []types.Field, record *Schema, f *field) (int, error) {
	if p.opts.ByPosition && p.depth == 1 {
		for i := range min(len(record.fields), len(columns)) {
			if &record.fields[i] == f {
				return i, nil
			}
		}
		return -1, nil
	}
	found := -1
	for i, c := range columns {
		if c.Name == f.name {
			return i, nil
		}
		if p.opts.AnyCase && strings.EqualFold(c.Name, f.name) {
			if found >= 0 {
				return -1, errclass.AmbiguousReference.New("the Avro field %q is ambiguous: the schema has %q and %q.", f.name, columns[found].Name, c.Name)
			}
			found = i
		}
	}
	return found, nil
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// absent gives the columns that the writer lacks: the reader's default, or null.
func (p *planner) absent(s *step, w, reader *Schema, columns []types.Field, taken []bool) error {
	for i := range columns {
		if taken[i] {
			continue
		}
		a := absentField{at: i}
		if reader != w {
			if f := p.defaultFor(reader, columns[i].Name); f != nil {
				bytes, schema, err := encodeDefault(f)
				if err != nil {
					return fmt.Errorf("the default of field %s: %w", f.name, err)
				}
				if a.value, err = p.plan(schema, schema, s.b.Children[i], nil); err != nil {
					return err
				}
				a.bytes = bytes
			}
		}
		s.absent = append(s.absent, a)
	}
	return nil
}

// defaultFor is the reader's field of a column that the writer lacks, if it has a default.
func (p *planner) defaultFor(reader *Schema, name string) *field {
	for i := range reader.fields {
		f := &reader.fields[i]
		if (f.name == name || p.opts.AnyCase && strings.EqualFold(f.name, name)) && f.hasDefault {
			return f
		}
	}
	return nil
}
