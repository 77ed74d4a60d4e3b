package xsd

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A simple type says which texts are valid.
type simple struct {
	base    *simple // whose facets hold, too; nil: none
	item    *simple // of a list
	members []*simple
	kind    kind // of an atomic type
	space   whiteSpace

	patterns  []*regexp.Regexp // one of which must match; nil: none is asked
	values    []string         // one of which it must be; nil: any
	least     int              // lengths; -1: any
	most      int
	digits    int // -1: any
	fraction  int
	low, high *bound
}

// A bound is one of a value.
type bound struct {
	value     string
	exclusive bool
}

type whiteSpace uint8

const (
	inherit whiteSpace = iota
	preserve
	replace
	collapse
)

func newSimple(base *simple) *simple {
	s := &simple{base: base, least: -1, most: -1, digits: -1, fraction: -1}
	if base != nil {
		s.kind, s.item, s.members, s.space = base.kind, base.item, base.members, base.space
	}
	return s
}

// maxUnion bounds the members of members of a union.
const maxUnion = 1000

// simple is a type of its definition.
func (b *builder) simple(t *tag) (*simple, error) {
	if err := b.enter(); err != nil {
		return nil, err
	}
	defer b.leave()
	if len(t.children) == 0 {
		return nil, errors.New("a simpleType is empty")
	}
	switch c := t.children[0]; c.name {
	case "restriction":
		return b.restrict(nil, c)
	case "list":
		item, err := b.simpleOf(c, "itemType")
		if err != nil {
			return nil, err
		}
		if item.item != nil {
			return nil, errors.New("a list of lists")
		}
		s := newSimple(nil)
		s.item, s.space = item, collapse
		return s, nil
	case "union":
		return b.union(c)
	default:
		return nil, unsupported("xs:" + c.name)
	}
}

func (b *builder) union(t *tag) (*simple, error) {
	s := newSimple(nil)
	s.space = preserve
	for name := range strings.FieldsSeq(t.attr("memberTypes")) {
		m, err := b.simpleReference(t, name)
		if err != nil {
			return nil, err
		}
		s.members = append(s.members, m)
	}
	for _, c := range t.children {
		m, err := b.simple(c)
		if err != nil {
			return nil, err
		}
		s.members = append(s.members, m)
	}
	if len(s.members) == 0 || len(s.members) > maxUnion {
		return nil, fmt.Errorf("a union has %d members", len(s.members))
	}
	return s, nil
}

// simpleOf is the type that an attribute names, or that stands within.
func (b *builder) simpleOf(t *tag, attr string) (*simple, error) {
	if c := t.only("simpleType"); c != nil {
		return b.simple(c)
	}
	return b.simpleReference(t, t.attr(attr))
}

func (b *builder) simpleReference(t *tag, text string) (*simple, error) {
	name, err := t.qualified(text)
	if err != nil {
		return nil, err
	}
	if name.Space == space {
		if s, ok := builtin(name.Local); ok {
			return s, nil
		}
		return nil, unsupported("the type xs:" + name.Local)
	}
	if s, ok := b.simples[name]; ok {
		if s == nil {
			return nil, fmt.Errorf("type %s is made of itself", name.Local)
		}
		return s, nil
	}
	def, ok := b.top["type"][name]
	if !ok || def.name != "simpleType" {
		return nil, fmt.Errorf("simple type %s is not defined", text)
	}
	b.simples[name] = nil
	s, err := b.simple(def.tag)
	b.simples[name] = s
	return s, err
}

// restrict is a type with more facets; base is that of a complex type's content, or nil.
func (b *builder) restrict(base *simple, t *tag) (*simple, error) {
	var err error
	if base == nil || t.only("simpleType") != nil {
		if base, err = b.simpleOf(t, "base"); err != nil {
			return nil, err
		}
	}
	s := newSimple(base)
	var patterns []string
	for _, c := range t.children {
		value := c.attr("value")
		switch c.name {
		case "pattern":
			patterns = append(patterns, value)
		case "simpleType", "attribute", "attributeGroup", "anyAttribute":
		default:
			if err = s.facet(c, value); err != nil {
				return nil, fmt.Errorf("%s %q: %w", c.name, value, err)
			}
		}
	}
	for _, p := range patterns {
		compiled, err := compilePattern(p)
		if err != nil {
			return nil, fmt.Errorf("pattern %q: %w", p, err)
		}
		s.patterns = append(s.patterns, compiled)
	}
	return s, nil
}

func (s *simple) facet(t *tag, value string) (err error) {
	switch t.name {
	case "enumeration":
		if s.kind == kindQName && s.item == nil && s.members == nil {
			return unsupported("an enumeration of names")
		}
		s.values = append(s.values, value)
	case "whiteSpace":
		s.space, err = map[string]whiteSpace{"preserve": preserve, "replace": replace, "collapse": collapse}[value], nil
		if s.space == inherit {
			err = errors.New("it is unknown")
		}
	case "length":
		if s.least, err = count(value); err == nil {
			s.most = s.least
		}
	case "minLength":
		s.least, err = count(value)
	case "maxLength":
		s.most, err = count(value)
	case "totalDigits":
		s.digits, err = count(value)
	case "fractionDigits":
		s.fraction, err = count(value)
	case "minInclusive", "minExclusive":
		s.low, err = s.bound(t, value)
	case "maxInclusive", "maxExclusive":
		s.high, err = s.bound(t, value)
	default:
		err = unsupported("it")
	}
	return err
}

func (s *simple) bound(t *tag, value string) (*bound, error) {
	if s.item != nil || s.members != nil || !s.kind.ordered() {
		return nil, unsupported("a bound of such values")
	}
	value = collapse.apply(value)
	if !s.kind.valid(value) {
		return nil, errors.New("it is no value of the type")
	}
	return &bound{value, strings.HasSuffix(t.name, "Exclusive")}, nil
}

func count(text string) (int, error) {
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil || n < 0 {
		return 0, errors.New("it is no number")
	}
	return n, nil
}

// apply makes blanks what the type makes of them.
func (w whiteSpace) apply(text string) string {
	switch w {
	case replace:
		return strings.NewReplacer("\t", " ", "\n", " ", "\r", " ").Replace(text)
	case collapse:
		return strings.Join(strings.FieldsFunc(text, isSpace), " ")
	default:
		return text
	}
}

func isSpace(r rune) bool { return r == ' ' || r == '\t' || r == '\n' || r == '\r' }

// valid tells whether a text is a value of the type; ids hears of those that must be told apart.
func (s *simple) valid(text string, ids *identities) bool {
	text = s.space.apply(text)
	switch {
	case s.members != nil:
		if !slices.ContainsFunc(s.members, func(m *simple) bool { return m.valid(text, ids) }) {
			return false
		}
	case s.item != nil:
		for item := range strings.FieldsSeq(text) {
			if !s.item.valid(item, ids) {
				return false
			}
		}
	case !s.kind.valid(text):
		return false
	}
	for at := s; at != nil; at = at.base {
		if !at.facets(text) {
			return false
		}
	}
	if s.item == nil && s.members == nil && ids != nil {
		ids.take(s.kind, text)
	}
	return true
}

func (s *simple) facets(text string) bool {
	if s.least >= 0 || s.most >= 0 {
		n := s.length(text)
		if s.least >= 0 && n < s.least || s.most >= 0 && n > s.most {
			return false
		}
	}
	if s.digits >= 0 || s.fraction >= 0 {
		whole, part := decimalDigits(text)
		if s.digits >= 0 && whole+part > s.digits || s.fraction >= 0 && part > s.fraction {
			return false
		}
	}
	if s.low != nil && !s.low.holds(s.kind, text, 1) || s.high != nil && !s.high.holds(s.kind, text, -1) {
		return false
	}
	if s.patterns != nil && !slices.ContainsFunc(s.patterns, func(p *regexp.Regexp) bool { return p.MatchString(text) }) {
		return false
	}
	return s.values == nil || slices.ContainsFunc(s.values, func(v string) bool { return s.same(v, text) })
}

// same tells that two texts are one value.
func (s *simple) same(a, b string) bool {
	a, b = s.space.apply(a), s.space.apply(b)
	if a == b || s.item != nil || s.members != nil || !s.kind.ordered() {
		return a == b
	}
	order, ok := s.kind.compare(a, b)
	return ok && order == 0
}

func (b *bound) holds(k kind, text string, side int) bool {
	order, ok := k.compare(text, b.value)
	return ok && (order == side || order == 0 && !b.exclusive)
}

func (s *simple) length(text string) int {
	switch {
	case s.item != nil:
		return len(strings.Fields(text))
	case s.kind == kindHex:
		return len(text) / 2
	case s.kind == kindBase64:
		n := 0
		for i := range len(text) {
			if text[i] != '=' && !isSpace(rune(text[i])) {
				n++
			}
		}
		return n * 3 / 4
	}
	return utf8.RuneCountInString(text)
}
