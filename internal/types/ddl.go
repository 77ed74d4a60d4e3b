package types

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"lakehouse/internal/errclass"
)

// CharVarcharKey is the metadata key under which Spark keeps the CHAR(n) or VARCHAR(n) that a
// string column was declared with.
const CharVarcharKey = "__CHAR_VARCHAR_TYPE_STRING"

// ParseDDL reads a schema: a column list "a INT NOT NULL, b STRUCT<c: BIGINT> COMMENT 'x'", or a
// whole "struct<…>".
func ParseDDL(text string) (Struct, error) {
	p := &ddlParser{text: text}
	p.next()
	var fields []Field
	var err error
	if p.tok.word == "struct" && p.peekIs('<') {
		p.next()
		fields, err = p.structFields()
	} else {
		fields, err = p.fields(p.column)
	}
	if err != nil {
		return Struct{}, err
	}
	return Struct{Fields: fields}, p.expectEnd()
}

// ParseType reads one data type: "array<struct<a:int>>", "decimal(10,2)".
func ParseType(text string) (Type, error) {
	p := &ddlParser{text: text}
	p.next()
	declared, err := p.dataType()
	if err != nil {
		return nil, err
	}
	return declared.Type, p.expectEnd()
}

// ParseTypeOrDDL reads what from_json and its kin take as a schema: a data type, else a column list.
func ParseTypeOrDDL(text string) (Type, error) {
	if t, err := ParseType(text); err == nil {
		return t, nil
	}
	return ParseDDL(text)
}

// ParseTypeAt reads the data type that begins at an offset of a longer SQL text, and gives the
// offset behind it. Errors point into the whole text.
func ParseTypeAt(text string, offset int) (t Type, end int, err error) {
	p := &ddlParser{text: text, at: offset}
	p.next()
	declared, err := p.dataType()
	return declared.Type, p.end, err
}

// ParseDeclaredTypeAt is [ParseTypeAt], with the text that Spark keeps of a type in which CHAR or VARCHAR is; else it is empty.
func ParseDeclaredTypeAt(text string, offset int) (t Type, raw string, end int, err error) {
	p := &ddlParser{text: text, at: offset}
	p.next()
	as, err := p.dataType()
	if err == nil && as.raw != as.Type.String() {
		raw = as.raw
	}
	return as.Type, raw, p.end, err
}

// ParseColumnAt is [ParseTypeAt] for a column definition: name, type, NOT NULL, COMMENT.
func ParseColumnAt(text string, offset int) (f Field, end int, err error) {
	p := &ddlParser{text: text, at: offset}
	p.next()
	f, err = p.column()
	return f, p.end, err
}

// declared is a type with its spelling, which differs from Type.String where CHAR or VARCHAR is in it.
type declared struct {
	Type  Type
	raw   string
	limit *TextLimit
}

// fields: field (',' field)*
func (p *ddlParser) fields(field func() (Field, error)) ([]Field, error) {
	var list []Field
	for {
		f, err := field()
		if err != nil {
			return nil, err
		}
		list = append(list, f)
		if !p.take(',') {
			return list, nil
		}
	}
}

// column: field, whose CHAR and VARCHAR lengths, however deep, are kept in the metadata.
func (p *ddlParser) column() (Field, error) {
	f, as, err := p.field()
	if err == nil && as.raw != f.Type.String() {
		f.Metadata = with(f.Metadata, CharVarcharKey, as.raw)
	}
	return f, err
}

// field: name [':'] dataType [NOT NULL] [COMMENT 'text']
func (p *ddlParser) field() (f Field, as declared, err error) {
	name, err := p.name()
	if err != nil {
		return Field{}, declared{}, err
	}
	p.take(':')
	t, err := p.dataType()
	if err != nil {
		return Field{}, declared{}, err
	}
	f = Field{Name: name, Type: t.Type, Nullable: true}
	if p.takeWord("not") {
		if !p.takeWord("null") {
			return Field{}, declared{}, p.unexpected()
		}
		f.Nullable = false
	}
	if p.takeWord("comment") {
		if p.tok.kind != ddlString {
			return Field{}, declared{}, p.unexpected()
		}
		f.Metadata = with(nil, "comment", p.tok.value)
		p.next()
	}
	return f, t, nil
}

func with(metadata map[string]any, key, value string) map[string]any {
	metadata = maps.Clone(metadata)
	if metadata == nil {
		metadata = map[string]any{}
	}
	metadata[key] = value
	return metadata
}

// dataType: ARRAY '<' dataType '>' | MAP '<' dataType ',' dataType '>' | STRUCT '<' fields '>'
// | INTERVAL units | name ['(' number (',' number)* ')']
func (p *ddlParser) dataType() (declared, error) {
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > maxDepth {
		return declared{}, p.errorAt(p.tok, errclass.ParseSyntaxError, "Types nest deeper than "+strconv.Itoa(maxDepth)+" levels.")
	}
	if p.tok.kind != ddlWord {
		return declared{}, p.unexpected()
	}
	at := p.tok
	p.next()
	switch at.word {
	case "array":
		return p.arrayType()
	case "map":
		return p.mapType()
	case "struct":
		return p.structType()
	case "interval":
		return p.intervalType(at)
	}
	return p.simpleType(at)
}

func (p *ddlParser) arrayType() (declared, error) {
	if err := p.expect('<'); err != nil {
		return declared{}, err
	}
	element, err := p.dataType()
	if err != nil {
		return declared{}, err
	}
	return declared{
		Array{Element: element.Type, ContainsNull: true},
		"array<" + element.raw + ">",
		limitInside(part{"element", element.limit}),
	}, p.expect('>')
}

func (p *ddlParser) mapType() (declared, error) {
	if err := p.expect('<'); err != nil {
		return declared{}, err
	}
	key, err := p.dataType()
	if err == nil {
		err = p.expect(',')
	}
	if err != nil {
		return declared{}, err
	}
	value, err := p.dataType()
	if err != nil {
		return declared{}, err
	}
	return declared{
		Map{Key: key.Type, Value: value.Type, ValueContainsNull: true},
		"map<" + key.raw + "," + value.raw + ">",
		limitInside(part{"key", key.limit}, part{"value", value.limit}),
	}, p.expect('>')
}

func (p *ddlParser) structType() (declared, error) {
	var raws []string
	var list []Field
	var limits []part
	if err := p.expect('<'); err != nil {
		return declared{}, err
	}
	if !p.take('>') {
		var err error
		list, err = p.fields(func() (Field, error) {
			f, as, err := p.field()
			raws = append(raws, f.Name+":"+as.raw)
			limits = append(limits, part{f.Name, as.limit})
			return f, err
		})
		if err == nil {
			err = p.expect('>')
		}
		if err != nil {
			return declared{}, err
		}
	}
	return declared{Struct{Fields: list}, "struct<" + strings.Join(raws, ",") + ">", limitInside(limits...)}, nil
}

// structFields reads '<' fields '>' of the type that is a whole schema: its fields are columns.
func (p *ddlParser) structFields() ([]Field, error) {
	p.next()
	if p.take('>') {
		return nil, nil
	}
	list, err := p.fields(p.column)
	if err != nil {
		return nil, err
	}
	return list, p.expect('>')
}

// intervalType: INTERVAL [unit [TO unit]]
func (p *ddlParser) intervalType(at ddlToken) (declared, error) {
	if !slices.Contains(unitNames[:], p.tok.word) {
		return declared{Type: CalendarInterval, raw: CalendarInterval.String()}, nil
	}
	words := []string{p.tok.word}
	p.next()
	if p.takeWord("to") {
		words = append(words, "to", p.tok.word)
		p.next()
	}
	t, err := intervalType(words)
	if err != nil {
		return declared{}, p.errorAt(at, errclass.UnsupportedDatatype,
			`Unsupported data type "`+strings.ToUpper("interval "+strings.Join(words, " "))+`".`)
	}
	return declared{Type: t, raw: t.String()}, nil
}

// simpleType: name ['(' number (',' number)* ')']
func (p *ddlParser) simpleType(at ddlToken) (declared, error) {
	params, err := p.parameters()
	if err != nil {
		return declared{}, err
	}
	t, ok := synonyms[at.word]
	switch {
	case ok && len(params) == 0:
		return declared{Type: t, raw: t.String()}, nil
	case at.word == "decimal" || at.word == "dec" || at.word == "numeric":
		return p.decimalType(at, params)
	case at.word == "char" || at.word == "character" || at.word == "varchar":
		if len(params) != 1 {
			name := strings.ToUpper(at.word)
			return declared{}, p.errorAt(at, errclass.DatatypeMissingSize,
				`DataType "`+name+`" requires a length parameter, for example "`+name+`"(10). Please specify the length.`)
		}
		name := strings.TrimSuffix(at.word, "acter")
		return declared{String, name + "(" + strconv.Itoa(params[0]) + ")", &TextLimit{Max: params[0], Padded: name == "char"}}, nil
	}
	return declared{}, p.unsupported(at, params)
}

func (p *ddlParser) decimalType(at ddlToken, params []int) (declared, error) {
	precision, scale := 10, 0
	switch len(params) {
	case 0:
	case 1:
		precision = params[0]
	case 2:
		precision, scale = params[0], params[1]
	default:
		return declared{}, p.unsupported(at, params)
	}
	t, err := newDecimal(precision, scale)
	if err != nil {
		return declared{}, err
	}
	return declared{Type: t, raw: t.String()}, nil
}

// parameters: ['(' number (',' number)* ')']
func (p *ddlParser) parameters() ([]int, error) {
	if !p.take('(') {
		return nil, nil
	}
	var list []int
	for {
		n, err := strconv.Atoi(p.tok.value)
		if p.tok.kind != ddlNumber || err != nil {
			return nil, p.unexpected()
		}
		list = append(list, n)
		p.next()
		if !p.take(',') {
			return list, p.expect(')')
		}
	}
}

// synonyms are the names of the types without parameters.
var synonyms = map[string]Type{
	"boolean": Boolean, "tinyint": Byte, "byte": Byte, "smallint": Short, "short": Short,
	"int": Integer, "integer": Integer, "bigint": Long, "long": Long,
	"float": Float, "real": Float, "double": Double, "string": String, "binary": Binary,
	"date": Date, "timestamp": Timestamp, "timestamp_ltz": Timestamp, "timestamp_ntz": TimestampNTZ,
	"void": Null, "variant": Variant,
}

// typeNames are what a misspelt type may have meant.
func typeNames() []string {
	names := slices.Sorted(maps.Keys(synonyms))
	return append(names, "decimal", "numeric", "varchar", "char", "array", "map", "struct", "interval")
}

func unsupported(name string) *errclass.Error {
	e := errclass.UnsupportedDatatype.New("Unsupported data type %q.", strings.ToUpper(name))
	e.Hint = strings.ToUpper(errclass.DidYouMean(strings.ToLower(name), typeNames()))
	if e.Hint != "" {
		e.Hint = "Did you mean" + strings.TrimPrefix(e.Hint, "DID YOU MEAN")
	}
	return e
}
