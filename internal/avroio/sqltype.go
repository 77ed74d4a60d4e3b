package avroio

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

// Columns are those that Spark reads a schema as.
func (s *Schema) Columns(opts *Options) (types.Struct, error) {
	t, err := opts.sqlType(s, nil, 0)
	if err != nil {
		return types.Struct{}, err
	}
	if out, ok := t.(types.Struct); ok && s.kind == kindRecord {
		return out, nil
	}
	if t == nil {
		return types.Struct{}, nil
	}
	return types.Struct{Fields: []types.Field{{Name: "value", Type: t, Nullable: true}}}, nil
}

// sqlType is the type of a schema; nil: it is left out, as it recurs too deep.
func (o *Options) sqlType(s *Schema, around []string, depth int) (types.Type, error) {
	if depth > maxSchemaDepth {
		return nil, fmt.Errorf("the Avro schema is nested too deep")
	}
	switch s.kind {
	case kindNull:
		return types.Null, nil
	case kindBoolean:
		return types.Boolean, nil
	case kindInt:
		if s.logical == "date" {
			return types.Date, nil
		}
		return types.Integer, nil
	case kindLong:
		switch s.logical {
		case "timestamp-millis", "timestamp-micros":
			return types.Timestamp, nil
		case "local-timestamp-millis", "local-timestamp-micros":
			return types.TimestampNTZ, nil
		}
		return types.Long, nil
	case kindFloat:
		return types.Float, nil
	case kindDouble:
		return types.Double, nil
	case kindBytes, kindFixed:
		if d, ok := s.decimal(); ok {
			return d, nil
		}
		return types.Binary, nil
	case kindString, kindEnum:
		return types.String, nil
	case kindRecord:
		return o.record(s, around, depth)
	case kindArray:
		t, err := o.sqlType(s.item, around, depth+1)
		if t == nil || err != nil {
			return nil, err
		}
		return types.Array{Element: t, ContainsNull: true}, nil
	case kindMap:
		t, err := o.sqlType(s.item, around, depth+1)
		if t == nil || err != nil {
			return nil, err
		}
		return types.Map{Key: types.String, Value: t, ValueContainsNull: true}, nil
	default:
		return o.union(s, around, depth)
	}
}

// decimal is the logical type, where it fits what holds it.
func (s *Schema) decimal() (types.Decimal, bool) {
	ok := s.logical == "decimal" && s.precision > 0 && s.precision <= types.MaxPrecision && s.scale <= s.precision
	if ok && s.kind == kindFixed {
		ok = s.size >= 16 || float64(s.precision) <= float64(8*s.size-1)*0.30103
	}
	return types.Decimal{Precision: s.precision, Scale: s.scale}, ok
}

func (o *Options) record(s *Schema, around []string, depth int) (types.Type, error) {
	times := 0
	for _, name := range around {
		if name == s.name {
			times++
		}
	}
	if times > 0 && o.RecursiveDepth <= 0 {
		return nil, errclass.FailedReadFile.New("Found recursive reference in Avro schema, which can not be processed by Spark by default: %s.", s.name).
			WithHint("Try setting the option `recursiveFieldMaxDepth` to 1 - 15.")
	}
	if times > 0 && times >= o.RecursiveDepth {
		return nil, nil
	}
	var out types.Struct
	inner := append(slices.Clip(around), s.name)
	for _, f := range s.fields {
		t, err := o.sqlType(f.schema, inner, depth+1)
		if err != nil {
			return nil, fmt.Errorf("field %s: %w", f.name, err)
		}
		if t != nil {
			out.Fields = append(out.Fields, types.Field{Name: f.name, Type: t, Nullable: true})
		}
	}
	return out, nil
}

func (o *Options) union(s *Schema, around []string, depth int) (types.Type, error) {
	others, _ := s.branches()
	switch {
	case len(others) == 0:
		return types.Null, nil
	case len(others) == 1:
		return o.sqlType(others[0], around, depth+1)
	case isPair(others, kindInt, kindLong):
		return types.Long, nil
	case isPair(others, kindFloat, kindDouble):
		return types.Double, nil
	}
	var out types.Struct
	seen := map[string]bool{}
	for i, b := range others {
		t, err := o.sqlType(b, around, depth+1)
		if err != nil {
			return nil, err
		}
		if t == nil {
			continue
		}
		name := o.memberName(b, i)
		low := strings.ToLower(name)
		if seen[low] {
			return nil, errclass.FailedReadFile.New("Cannot generate stable identifier for Avro union type due to name conflict of type name %s.", b.shortName())
		}
		seen[low] = true
		out.Fields = append(out.Fields, types.Field{Name: name, Type: t, Nullable: true})
	}
	return out, nil
}

func (o *Options) memberName(b *Schema, i int) string {
	if o.StableUnion {
		return o.StablePrefix + b.shortName()
	}
	return "member" + strconv.Itoa(i)
}

func isPair(s []*Schema, a, b kind) bool {
	return len(s) == 2 && (s[0].kind == a && s[1].kind == b || s[0].kind == b && s[1].kind == a)
}
