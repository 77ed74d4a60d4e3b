package csvio

import (
	"bytes"
	"strconv"
	"unicode/utf8"

	"lakehouse/internal/records"
	"lakehouse/internal/variant"
)

// variantState is what the values of one column of a file have been so far. A value is read as that, or as what comes after
// it; what has failed once is not tried again. So a text makes texts of all values behind it.
type variantState uint8

const (
	variantLong variantState = iota
	variantDecimal
	variantDate
	variantTimestamp
	variantBoolean
	variantString
)

// variants builds what goes into columns of type VARIANT.
type variants struct {
	variant.Builder
	keys   [][]byte // the names in the header; nil: _c0, _c1, …
	states []variantState
}

// begin begins a file.
func (v *variants) begin() {
	v.keys = nil
	clear(v.states)
}

// takeNames takes the names of the header at hand.
func (v *variants) takeNames(tokens []token) {
	v.keys = make([][]byte, len(tokens))
	for i, t := range tokens {
		v.keys[i] = bytes.Clone(t.text)
	}
}

func (v *variants) state(i int) *variantState {
	for len(v.states) <= i {
		v.states = append(v.states, variantLong)
	}
	return &v.states[i]
}

// key is the name of value i.
func (v *variants) key(i int) []byte {
	if v.keys != nil {
		return v.keys[i]
	}
	return strconv.AppendInt([]byte("_c"), int64(i), 10)
}

// variantRecord makes one variant of the record in the tokenizer; text is the whole of it.
func (r *rows) variantRecord(text []byte, offset int64) error {
	r.Took(len(text))
	fault := r.tokens.fault
	tokens := r.tokens.tokens
	if names := r.variants.keys; names != nil && len(names) != len(tokens) {
		if fault == "" {
			fault = "the number of values is not that of the columns"
		}
		tokens = tokens[:min(len(names), len(tokens))]
	}
	b := r.variants
	b.Reset()
	o := b.Start()
	for i, t := range tokens {
		b.Key(o, b.key(i))
		if !r.variantValue(i, t) && fault == "" {
			fault = "a value is not UTF-8"
		}
	}
	broken := r.tokens.fault != ""
	if err := b.EndObject(o); err != nil {
		fault, broken = err.Error(), true
	}
	if b.TooLarge() {
		fault, broken = variant.TooLarge("UnivocityParser").Error(), true
	}
	for i, column := range r.Root.Children {
		if i == r.d.rules.Variant && !broken {
			column.AppendVariant(b.Metadata(), b.Data())
		} else {
			column.AppendNull()
		}
	}
	r.Root.Len++
	return r.Keep(text, offset, fault)
}

// variantValue adds the value of a column to the variant that is being built.
func (r *rows) variantValue(i int, t token) bool {
	text, null := r.d.opts.Values.text(t)
	if null {
		r.variants.Null()
		return true
	}
	if !utf8.Valid(text) {
		r.variants.Null()
		return false
	}
	r.addVariant(r.variants.state(i), text)
	return true
}

// addVariant adds a text as what its column's values are.
func (r *rows) addVariant(state *variantState, text []byte) {
	b, formats := r.variants, &r.d.opts.Formats
	for {
		switch *state {
		case variantLong:
			if b.WholeNumber(text) {
				return
			}
		case variantDecimal:
			if b.ExactNumber(text) {
				return
			}
		case variantDate:
			if days, ok := formats.ParseDate(text); ok && r.d.opts.Infer.PreferDate && r.d.opts.dated(text) {
				b.Date(days)
				return
			}
		case variantTimestamp:
			if micros, ok := formats.ParseTimestamp(text); ok {
				b.Timestamp(micros)
				return
			}
		case variantBoolean:
			isTrue := bytes.EqualFold(text, []byte("true"))
			if isTrue || bytes.EqualFold(text, []byte("false")) {
				b.Bool(isTrue)
				return
			}
		case variantString:
			b.String(text)
			return
		}
		*state++
	}
}

// variantColumn adds a value to a column of variants.
func (r *rows) variantColumn(b *records.Builder, text []byte) bool {
	if !utf8.Valid(text) {
		return false
	}
	at := 0
	for r.Root.Children[at] != b {
		at++
	}
	r.variants.Reset()
	r.addVariant(r.variants.state(r.position[at]), text)
	b.AppendVariant(r.variants.Metadata(), r.variants.Data())
	return true
}

// variantNull adds a null of CSV to a column of variants: there it is a value.
func (r *rows) variantNull(b *records.Builder) {
	r.variants.Reset()
	r.variants.Null()
	b.AppendVariant(r.variants.Metadata(), r.variants.Data())
}
