package expr

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

// concat puts texts, binary values or arrays behind each other.
var concatFunctions = table{
	"concat":     built(0, -1, buildConcat),
	"split":      built(2, 3, buildSplit),
	"str_to_map": built(1, 3, buildStrToMap),
	"sentences":  built(1, 3, buildSentences),
}

func buildConcat(b *builder) (Expr, error) {
	b.fn.safe = true
	binary, arrays := len(b.args) > 0, false
	for _, a := range b.args {
		_, isArray := a.Type().(types.Array)
		arrays = arrays || isArray
		binary = binary && a.Type() == types.Binary
	}
	if arrays {
		return b.concatArrays()
	}
	one, t := aString, types.String
	if binary {
		one, t = aBinary, types.Binary
	}
	if err := b.coerceTo(one); err != nil {
		return nil, err
	}
	return b.make(t, func(_ *Context, n int, args []Vector) (arrow.Array, error) {
		parts := make([]texts, len(args))
		for i, a := range args {
			parts[i] = textsOf(a)
		}
		return textRows(t, n, args, func(dst []byte, i int) ([]byte, bool, error) {
			for k := range parts {
				dst = append(dst, parts[k].at(i)...)
			}
			return dst, true, nil
		})
	}), nil
}

// buildConcatWs joins texts and arrays of texts, leaving nulls out. Only a null separator makes a null.
func buildConcatWs(b *builder) (Expr, error) {
	b.fn.params = []param{aString, {`("STRING" or "ARRAY<STRING>")`, func(t types.Type, _ bool) (types.Type, bool) {
		if a, ok := t.(types.Array); ok {
			return types.Array{Element: types.String, ContainsNull: a.ContainsNull}, true
		}
		return types.String, isAtomic(t) || t == types.Null
	}}}
	if err := b.coerce(); err != nil {
		return nil, err
	}
	b.fn.safe = true
	out := b.make(types.String, concatWs)
	out.nullable = b.args[0].Nullable()
	return out, nil
}

func concatWs(_ *Context, n int, args []Vector) (arrow.Array, error) {
	separator, si := operand[string](args[0])
	parts := make([]func(i int, join func(string)), len(args)-1)
	for k, a := range args[1:] {
		parts[k] = joiner(a)
	}
	return textRows(types.String, n, args[:1], func(dst []byte, i int) ([]byte, bool, error) {
		first := true
		for _, part := range parts {
			part(i, func(s string) {
				if !first {
					dst = append(dst, separator[i&si]...)
				}
				first = false
				dst = append(dst, s...)
			})
		}
		return dst, true, nil
	})
}

// joiner hands out the texts of a row: one, or those of an array.
func joiner(v Vector) func(i int, join func(string)) {
	arr, ok := v.Values.(list)
	if !ok {
		values := textsOf(v)
		return func(i int, join func(string)) {
			if !v.null(i) {
				join(values.at(i))
			}
		}
	}
	elements := elementsOf(arr)
	values := textValues(elements)
	return func(i int, join func(string)) {
		if v.null(i) {
			return
		}
		start, end := arr.ValueOffsets(v.at(i))
		for e := start; e < end; e++ {
			if !isNull(elements, int(e)) {
				join(values[e])
			}
		}
	}
}

// buildElt is elt(n, a, b, …): the n-th text.
func buildElt(b *builder) (Expr, error) {
	if err := b.coerceTo(anInt, aString); err != nil {
		return nil, err
	}
	b.fn.null = nullMaybe
	strict := b.ctx.ANSI
	return b.make(types.String, func(_ *Context, n int, args []Vector) (arrow.Array, error) {
		index, step := operand[int32](args[0])
		out := choice{from: args[1:], pick: make([]int32, n)}
		for i := range n {
			out.pick[i] = -1
			if args[0].null(i) {
				continue
			}
			k := index[i&step]
			if k < 1 || int(k) >= len(args) {
				if strict {
					return nil, errclass.InvalidArrayIndex.New("The index %d is out of bounds. The array has %d elements.", k, len(args)-1).
						WithHint("Use the SQL function `get()` to tolerate accessing element at invalid index and return NULL instead.")
				}
				continue
			}
			out.pick[i] = k - 1
		}
		return out.array(arrow.BinaryTypes.String)
	}), nil
}

// buildMask is mask(text, upper, lower, digit, other): each kind of character by another; null keeps it.
func buildMask(b *builder) (Expr, error) {
	missing := []Expr{textConstant("X"), textConstant("x"), textConstant("n"), &Constant{DataType: types.String}}
	b.args = append(b.args, missing[len(b.args)-1:]...)
	if err := b.coerceTo(aString, aString, aString, aString, aString); err != nil {
		return nil, err
	}
	b.fn.safe = true
	out := b.make(types.String, func(_ *Context, n int, args []Vector) (arrow.Array, error) {
		s, si := operand[string](args[0])
		var by [4]texts
		for k := range by {
			by[k] = textsOf(args[k+1])
		}
		return textRows(types.String, n, args[:1], func(dst []byte, i int) ([]byte, bool, error) {
			for _, r := range s[i&si] {
				kind := 3
				switch {
				case unicode.IsUpper(r):
					kind = 0
				case unicode.IsLower(r):
					kind = 1
				case unicode.IsDigit(r):
					kind = 2
				}
				if args[kind+1].null(i) {
					dst = utf8.AppendRune(dst, r)
				} else {
					dst = append(dst, by[kind].at(i)...)
				}
			}
			return dst, true, nil
		})
	})
	out.nullable = b.args[0].Nullable()
	return out, nil
}

func textConstant(s string) *Constant { return &Constant{Value: s, DataType: types.String} }

// buildSplitPart is the n-th part between delimiters, from the end when n is negative.
func buildSplitPart(b *builder) (Expr, error) {
	if err := b.coerceTo(aString, aString, anInt); err != nil {
		return nil, err
	}
	return b.make(types.String, try3(types.String, func(_ *Context, s, delim string, n int32) (string, bool, error) {
		if n == 0 {
			return "", false, errclass.InvalidIndexOfZero.New("The index 0 is invalid. An index shall be either < 0 or > 0 (the first element has index 1).")
		}
		parts := []string{s}
		if delim != "" {
			parts = strings.Split(s, delim)
		}
		at := int(n) - 1
		if n < 0 {
			at = len(parts) + int(n)
		}
		if at < 0 || at >= len(parts) {
			return "", true, nil
		}
		return parts[at], true, nil
	})), nil
}

// A listBuilder makes a column of arrays of texts.
type listBuilder struct {
	offsets []int32
	values  *textBuilder
	valid   mask
	n       int
}

func newListBuilder(n int) *listBuilder {
	return &listBuilder{offsets: make([]int32, 1, n+1), values: &textBuilder{offsets: make([]int32, 1, n+1)}, valid: fullMask(n)}
}

func (b *listBuilder) add(s string) {
	b.values.data = append(b.values.data, s...)
	b.values.offsets = append(b.values.offsets, int32(len(b.values.data)))
}

func (b *listBuilder) end(ok bool) {
	if !ok {
		b.valid.clear(b.n)
	}
	b.n++
	b.offsets = append(b.offsets, int32(len(b.values.offsets)-1))
}

var textArray = types.Array{Element: types.String}

func (b *listBuilder) array() arrow.Array {
	elements := len(b.values.offsets) - 1
	b.values.valid = fullMask(elements)
	return newListLike(types.ToArrow(textArray), b.offsets, b.values.array(types.String), b.valid)
}

// textLists makes an array of texts of each row where all arguments have a value.
func textLists(n int, args []Vector, f func(i int, add func(string)) error) (arrow.Array, error) {
	valid := validAll(n, args)
	b := newListBuilder(n)
	for i := range n {
		if valid.has(i) {
			if err := f(i, b.add); err != nil {
				return nil, err
			}
		}
		b.end(valid.has(i))
	}
	return b.array(), nil
}

func buildSplit(b *builder) (Expr, error) {
	if len(b.args) == 2 {
		b.args = append(b.args, &Constant{Value: int32(-1), DataType: types.Integer})
	}
	if err := b.coerceTo(aString, aString, anInt); err != nil {
		return nil, err
	}
	return b.make(textArray, func(_ *Context, n int, args []Vector) (arrow.Array, error) {
		s, si := operand[string](args[0])
		pattern, pi := operand[string](args[1])
		limit, li := operand[int32](args[2])
		var c regexCache
		return textLists(n, args, func(i int, add func(string)) error {
			return c.split(s[i&si], pattern[i&pi], int(limit[i&li]), add)
		})
	}), nil
}

// buildSentences is an array of sentences, each an array of its words.
func buildSentences(b *builder) (Expr, error) {
	for len(b.args) < 3 {
		b.args = append(b.args, textConstant(""))
	}
	if err := b.coerceTo(aString, aString, aString); err != nil {
		return nil, err
	}
	t := types.Array{Element: textArray}
	out := b.make(t, func(_ *Context, n int, args []Vector) (arrow.Array, error) {
		s, si := operand[string](args[0])
		valid := args[0].valid(n)
		offsets := []int32{0}
		words := newListBuilder(0)
		count := 0
		for i := range n {
			if valid.has(i) {
				for _, sentence := range sentencesOf(s[i&si]) {
					for _, w := range sentence {
						words.add(w)
					}
					words.offsets = append(words.offsets, int32(len(words.values.offsets)-1))
					count++
				}
			}
			offsets = append(offsets, int32(count))
		}
		words.valid = nil
		return newListLike(types.ToArrow(t), offsets, words.array(), valid), nil
	})
	out.nullable = b.args[0].Nullable()
	return out, nil
}

func sentencesOf(s string) [][]string {
	var all [][]string
	for _, sentence := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(".!?", r) }) {
		words := strings.FieldsFunc(sentence, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '\'' })
		if len(words) > 0 {
			all = append(all, words)
		}
	}
	return all
}
