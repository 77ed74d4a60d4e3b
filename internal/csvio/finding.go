package csvio

import (
	"slices"
	"strconv"
	"strings"

	"lakehouse/internal/records"
	"lakehouse/internal/types"
)

// A finding is what rows do beside filling columns: they keep what no column takes, and take note of what the schema lacks.
// Most readings do without.
type finding struct {
	rows *rows
	in   *Inference
	free []freeColumn // of the file, without a column of the schema
	told map[string]types.Type
}

// A freeColumn is one that the file has and the schema has not.
type freeColumn struct {
	position int
	name     string
}

func newFinding(r *rows) *finding {
	return &finding{rows: r, in: NewInference(r.d.opts), told: map[string]types.Type{}}
}

// begin is for a file whose columns stand in the schema's order; its header may say otherwise.
func (f *finding) begin(int) { f.free = f.free[:0] }

// takeHeader finds the columns by the names in the record just read.
func (r *rows) takeHeader() {
	names := r.d.opts.names(r.tokens.tokens)
	find := func(name string) int {
		at := slices.Index(names, name)
		if at < 0 && r.d.opts.AnyCase {
			at = slices.IndexFunc(names, func(have string) bool { return strings.EqualFold(have, name) })
		}
		return at
	}
	r.width = len(names)
	r.position = make([]int, len(r.d.position))
	for i, f := range r.d.rules.Schema.Fields {
		r.position[i] = -1
		if r.d.position[i] >= 0 {
			r.position[i] = find(f.Name)
		}
	}
	taken := make([]bool, len(names))
	for _, name := range r.d.header {
		if at := find(name); at >= 0 {
			taken[at] = true
		}
	}
	if r.finding == nil {
		return
	}
	r.finding.free = r.finding.free[:0]
	for at, name := range names {
		if !taken[at] {
			r.finding.free = append(r.finding.free, freeColumn{at, name})
			r.finding.note(name, nil, false)
		}
	}
}

// misfit is called for a value that its column does not take.
func (f *finding) misfit(column int) {
	r := f.rows
	text, _ := r.d.opts.Values.text(r.tokens.tokens[r.position[column]])
	name := r.d.rules.Schema.Fields[column].Name
	if u := r.Unread(); u != nil {
		u.AddString(nil, name, records.Text(text))
	}
	f.note(name, text, true)
}

// rest is called for the values of a record that have no column.
func (f *finding) rest() {
	tokens := f.rows.tokens.tokens
	for _, c := range f.free {
		if c.position < len(tokens) {
			f.free1(c.name, tokens[c.position])
		}
	}
	for at := f.rows.width; at < len(tokens); at++ {
		f.free1("_c"+strconv.Itoa(at), tokens[at])
	}
}

func (f *finding) free1(name string, t token) {
	text, null := f.rows.d.opts.Values.text(t)
	if null {
		f.note(name, nil, false)
		return
	}
	if u := f.rows.Unread(); u != nil {
		u.AddString(nil, name, records.Text(text))
	}
	f.note(name, text, false)
}

// note tells the type of a value, when it tells more than the values before. Nil text: null.
func (f *finding) note(name string, text []byte, misfit bool) {
	found := f.rows.d.opts.Found
	if found == nil {
		return
	}
	t := f.told[name]
	if t == nil {
		t = types.Null
	}
	if len(text) > 0 {
		t = records.MergeInferred(t, f.typeOf(text))
	}
	if have, ok := f.told[name]; ok && have == t {
		return
	}
	f.told[name] = t
	if misfit {
		found.Misfit([]string{name}, t)
	} else {
		found.Unknown([]string{name}, t)
	}
}

func (f *finding) typeOf(text []byte) types.Type {
	if !f.rows.d.opts.Infer.Types {
		return types.String
	}
	return f.in.typeOf(text)
}
