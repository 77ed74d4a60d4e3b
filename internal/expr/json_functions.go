package expr

import (
	"bytes"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"lakehouse/internal/batch"
	"lakehouse/internal/datetime"
	"lakehouse/internal/errclass"
	"lakehouse/internal/jsonio"
	"lakehouse/internal/types"
)

var jsonFunctions = table{
	"get_json_object": fn(types.String, getJSONObject, aString, aString).nullable().infallible(),
	"json_array_length": fn(types.Integer, try1(types.Integer, func(_ *Context, s string) (int32, bool, error) {
		w := jsonWalker{s: s}
		n := int32(0)
		ok := w.items(func(int) bool { n++; _, ok := w.value(); return ok })
		return n, ok, nil
	}), aString).nullable().infallible(),
	"json_object_keys": built(1, 1, buildJSONKeys),
	"to_json":          built(1, 2, buildToJSON),
	"from_json":        built(2, 3, buildFromJSON),
	"schema_of_json":   built(1, 2, buildSchemaOfJSON),
}

func getJSONObject(_ *Context, n int, args []Vector) (arrow.Array, error) {
	s, path := textsOf(args[0]), textsOf(args[1])
	var last string
	var steps []jsonStep
	known, valid := false, false
	return textRows(types.String, n, args, func(dst []byte, i int) ([]byte, bool, error) {
		if p := path.at(i); !known || p != last {
			steps, valid = parseJSONPath(p)
			last, known = p, true
		}
		if !valid {
			return dst, false, nil
		}
		out, ok := getJSON(dst, s.at(i), steps)
		return out, ok, nil
	})
}

func buildJSONKeys(b *builder) (Expr, error) {
	if err := b.coerceTo(aString); err != nil {
		return nil, err
	}
	b.fn.null, b.fn.safe = nullMaybe, true
	return b.make(textArray, func(_ *Context, n int, args []Vector) (arrow.Array, error) {
		s := textsOf(args[0])
		valid := args[0].valid(n)
		lists := newListBuilder(n)
		for i := range n {
			w := jsonWalker{s: s.at(i)}
			var keys []string
			ok := valid.has(i) && w.members(func(key string) bool { keys = append(keys, key); _, ok := w.value(); return ok })
			for _, k := range keys {
				if ok {
					lists.add(k)
				}
			}
			lists.end(ok)
		}
		return lists.array(), nil
	}), nil
}

// optionsOf is a constant map of options, in the last of want arguments.
func (b *builder) optionsOf(want int) (map[string]string, error) {
	options := map[string]string{}
	if len(b.args) < want {
		return options, nil
	}
	e := b.args[want-1]
	t, ok := e.Type().(types.Map)
	if !ok || !isFoldable(e) || t.Key != types.String || t.Value != types.String {
		return nil, errclass.InvalidOptions.New("Invalid options: must use the `map()` function for options, with constant keys and values of type STRING.")
	}
	v, err := e.Eval(&Context{ANSI: b.ctx.ANSI, TimeZone: b.ctx.TimeZone}, OneRow)
	if err != nil {
		return nil, err
	}
	m := v.Values.(*array.Map)
	keys, values := textValues(m.Keys()), textValues(m.Items())
	for i := range keys {
		options[keys[i]] = values[i]
	}
	b.fn.text = func(name string, args []Expr) string { return callText(name, args[:1]) }
	return options, nil
}

func buildToJSON(b *builder) (Expr, error) {
	options, err := b.optionsOf(2)
	if err != nil {
		return nil, err
	}
	b.args = b.args[:1]
	t := b.args[0].Type()
	switch t.(type) {
	case types.Struct, types.Array, types.Map:
	default:
		if t != types.Variant {
			return nil, b.wrongInput(0, `("STRUCT" or "ARRAY" or "MAP")`)
		}
	}
	opts, err := encodeOptions(options)
	if err != nil {
		return nil, err
	}
	return b.make(types.String, func(ctx *Context, n int, args []Vector) (arrow.Array, error) {
		o := opts
		if o.Zone == nil {
			o.Zone = ctx.TimeZone
		}
		encoder := jsonio.NewEncoder(types.Struct{}, o)
		write := encoder.Column(t, args[0].Values)
		return textRows(types.String, n, args, func(dst []byte, i int) ([]byte, bool, error) {
			return write(dst, args[0].at(i)), true, encoder.Err()
		})
	}), nil
}

// encodeOptions are the options of to_json.
func encodeOptions(options map[string]string) (o jsonio.EncodeOptions, err error) {
	for name, value := range options {
		switch strings.ToLower(name) {
		case "ignorenullfields":
			o.KeepNulls = strings.EqualFold(value, "false")
		case "sortkeys":
			o.SortKeys = strings.EqualFold(value, "true")
		case "dateformat":
			o.Date, err = datetime.Compile(value)
		case "timestampformat":
			o.Timestamp, err = datetime.Compile(value)
		case "timestampntzformat":
			o.TimestampNTZ, err = datetime.Compile(value)
		case "timezone":
			loc, ok := ParseZone(value)
			if !ok {
				return o, errclass.InvalidTimezone.New("The timezone: %s is invalid.", value)
			}
			o.Zone = loc
		default:
			return o, errclass.InvalidOption.New("unknown option '%s'.", name).
				WithHint("%s", errclass.DidYouMean(name, []string{"ignoreNullFields", "sortKeys", "dateFormat", "timestampFormat", "timestampNTZFormat", "timeZone"}))
		}
		if err != nil {
			return o, err
		}
	}
	return o, nil
}

// buildFromJSON is from_json(text, schema[, options]): text that is not of the schema gives nulls.
func buildFromJSON(b *builder) (Expr, error) {
	given, err := b.optionsOf(3)
	if err != nil {
		return nil, err
	}
	v, known := buildValue(b.args[1], b.ctx)
	text, isText := v.(string)
	if !known || !isText {
		return nil, errclass.InvalidSchema.New("The input schema \"%s\" is not a valid schema string: it must be a string literal.", b.args[1].String())
	}
	t, err := types.ParseTypeOrDDL(text)
	if err != nil {
		return nil, err
	}
	t = types.AsNullable(t)
	opts, err := jsonio.ParseOptions(given)
	if err != nil {
		return nil, err
	}
	j := jsonReader{t: t}
	schema, isStruct := t.(types.Struct)
	if j.wrapped = !isStruct; j.wrapped {
		schema = structOf(field("value", t, true))
	}
	if j.decoder, err = jsonio.NewDecoder(schema, opts); err != nil {
		return nil, err
	}
	if b.args[0], err = implicit(b.ctx, b.args[0], types.String); err != nil {
		return nil, err
	}
	b.args = b.args[:1]
	b.fn.text = func(name string, args []Expr) string { return callText(name, args[:1]) }
	b.fn.null = nullMaybe
	return b.make(t, func(_ *Context, n int, args []Vector) (arrow.Array, error) { return j.read(n, args[0]) }), nil
}

// A jsonReader decodes a column of JSON texts.
type jsonReader struct {
	t       types.Type
	decoder *jsonio.Decoder
	wrapped bool // each text is the field "value" of a record
}

// read makes a line of each row, so that the decoder gives exactly one record for it.
func (j *jsonReader) read(n int, v Vector) (arrow.Array, error) {
	texts := textsOf(v)
	valid := newMask(n)
	var lines []byte
	for i := range n {
		s := ""
		if !v.null(i) {
			s = strings.TrimSpace(texts.at(i))
		}
		switch {
		case s == "":
			lines = append(lines, "{}\n"...)
			continue
		case j.wrapped && (jsonWalker{s: s}).single():
			valid.set(i)
			lines = append(appendLine(append(lines, `{"value":`...), s), "}\n"...)
		case j.wrapped:
			lines = append(lines, "{}\n"...)
		case s[0] == '{':
			valid.set(i)
			lines = append(appendLine(lines, s), '\n')
		default: // no object: a malformed record
			valid.set(i)
			lines = append(lines, "{malformed\n"...)
		}
	}
	batches, err := batch.Collect(j.decoder.Decode(bytes.NewReader(lines)))
	if err != nil {
		return nil, err
	}
	return j.column(n, batches, valid)
}

func (j *jsonReader) column(n int, batches []arrow.RecordBatch, valid mask) (arrow.Array, error) {
	t := types.ToArrow(j.t)
	parts := []arrow.Array{nulls(j.t, 0)}
	rows := 0
	for _, b := range batches {
		rows += int(b.NumRows())
		if j.wrapped {
			parts = append(parts, retype(b.Column(0), t))
		} else {
			parts = append(parts, newStructLike(t, b.Columns(), nil, int(b.NumRows())))
		}
	}
	if rows != n {
		return nil, errclass.MalformedRecord.New("Malformed records are detected in record parsing: %d texts gave %d records.", n, rows).
			WithHint("Mode DROPMALFORMED does not go with from_json.")
	}
	out, err := Concat(parts)
	if err != nil {
		return nil, err
	}
	return withValid(out, valid.and(validOf(out))), nil
}

// appendLine writes JSON text on one line: line ends between tokens become blanks.
func appendLine(dst []byte, s string) []byte {
	for i := range len(s) {
		c := s[i]
		if c == '\n' || c == '\r' {
			c = ' '
		}
		dst = append(dst, c)
	}
	return dst
}

// single reports whether the text is exactly one JSON value.
func (w jsonWalker) single() bool {
	_, ok := w.value()
	w.space()
	return ok && w.i == len(w.s)
}

func buildSchemaOfJSON(b *builder) (Expr, error) {
	given, err := b.optionsOf(2)
	if err != nil {
		return nil, err
	}
	v, known := buildValue(b.args[0], b.ctx)
	text, isText := v.(string)
	if !known || !isText {
		return nil, b.mismatch(errclass.DatatypeMismatchNonFoldable, "the input `json` should be a foldable \"STRING\" expression; however, got \"%s\".", b.args[0].String())
	}
	opts, err := jsonio.ParseOptions(given)
	if err != nil {
		return nil, err
	}
	t, err := jsonio.InferType([]byte(text), opts)
	if err != nil {
		return nil, err
	}
	b.args = b.args[:1]
	return &folded{value: oneValue(types.String, types.SQL(t)), of: b.make(types.String, nil)}, nil
}
