package expr

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

var regexFunctions = table{
	"like": likeFunction(false), "ilike": likeFunction(true),
	"rlike": rlike, "regexp": rlike, "regexp_like": rlike,
	"regexp_extract": built(2, 3, buildRegexpExtract),
	"regexp_extract_all": built(2, 3, func(b *builder) (Expr, error) {
		b.defaultGroup()
		if err := b.coerceTo(aString, aString, anInt); err != nil {
			return nil, err
		}
		return b.make(textArray, regexpExtractAll), nil
	}),
	"regexp_replace": built(3, 4, buildRegexpReplace),
	"regexp_count": fn(types.Integer, withRegex2(types.Integer, func(r *regexp.Regexp, s string) (int32, bool) {
		return int32(len(r.FindAllStringIndex(s, -1))), true
	}), aString, aString),
	"regexp_substr": fn(types.String, withRegex2(types.String, func(r *regexp.Regexp, s string) (string, bool) {
		at := r.FindStringIndex(s)
		if at == nil {
			return "", false
		}
		return s[at[0]:at[1]], true
	}), aString, aString).nullable(),
	"regexp_instr": built(2, 3, func(b *builder) (Expr, error) {
		if len(b.args) == 2 {
			b.args = append(b.args, &Constant{Value: int32(0), DataType: types.Integer})
		}
		if err := b.coerceTo(aString, aString, anInt); err != nil {
			return nil, err
		}
		return b.make(types.Integer, withRegex2(types.Integer, func(r *regexp.Regexp, s string) (int32, bool) {
			at := r.FindStringIndex(s)
			if at == nil {
				return 0, true
			}
			return int32(utf8.RuneCountInString(s[:at[0]])) + 1, true
		})), nil
	}),
}

// A regexCache keeps the regular expression of the last row: mostly all rows have the same.
type regexCache struct {
	text string
	re   *regexp.Regexp
}

func (c *regexCache) get(text string) (*regexp.Regexp, error) {
	if c.re != nil && c.text == text {
		return c.re, nil
	}
	re, err := regexp.Compile(javaRegex(text))
	if err != nil {
		return nil, errclass.InvalidRegex.New("The value of parameter(s) `regexp` is invalid: '%s' is no regular expression that this engine reads (%s).", text, regexError(err)).
			WithHint("Look-around and back references are not supported.")
	}
	c.text, c.re = text, re
	return re, nil
}

func regexError(err error) string { return strings.TrimPrefix(err.Error(), "error parsing regexp: ") }

// javaRegex turns what Java spells differently: possessive quantifiers go, as do atomic groups, which
// change nothing for an engine that does not backtrack.
func javaRegex(text string) string {
	return strings.NewReplacer(`\Z`, `\z`, "(?>", "(?:", `\h`, `[ \t]`, `\R`, `(?:\r\n|[\n\r])`).Replace(text)
}

var rlike = fn(types.Boolean, withRegex2(types.Boolean, func(r *regexp.Regexp, s string) (bool, bool) { return r.MatchString(s), true }),
	aString, aString).upperNamed()

// withRegex2 is a kernel of a text and a regular expression.
func withRegex2[R value](t types.Type, f func(r *regexp.Regexp, s string) (R, bool)) kernel {
	return func(ctx *Context, n int, args []Vector) (arrow.Array, error) {
		var c regexCache
		return try2(t, func(_ *Context, s, text string) (out R, ok bool, err error) {
			re, err := c.get(text)
			if err != nil {
				return out, false, err
			}
			out, ok = f(re, s)
			return out, ok, nil
		})(ctx, n, args)
	}
}

func (b *builder) defaultGroup() {
	if len(b.args) == 2 {
		b.args = append(b.args, &Constant{Value: int32(1), DataType: types.Integer})
	}
}

func checkGroup(re *regexp.Regexp, group int32, function string) error {
	if group < 0 || int(group) > re.NumSubexp() {
		return errclass.InvalidRegexGroup.New("The value of parameter(s) `idx` in `%s` is invalid: Expects group index between 0 and %d, but got %d.", function, re.NumSubexp(), group)
	}
	return nil
}

func buildRegexpExtract(b *builder) (Expr, error) {
	b.defaultGroup()
	if err := b.coerceTo(aString, aString, anInt); err != nil {
		return nil, err
	}
	return b.make(types.String, func(ctx *Context, n int, args []Vector) (arrow.Array, error) {
		var c regexCache
		return try3(types.String, func(_ *Context, s, text string, group int32) (string, bool, error) {
			re, err := c.get(text)
			if err != nil {
				return "", false, err
			}
			if err := checkGroup(re, group, "regexp_extract"); err != nil {
				return "", false, err
			}
			at := re.FindStringSubmatchIndex(s)
			if at == nil || at[2*group] < 0 {
				return "", true, nil
			}
			return s[at[2*group]:at[2*group+1]], true, nil
		})(ctx, n, args)
	}), nil
}

func regexpExtractAll(_ *Context, n int, args []Vector) (arrow.Array, error) {
	s, si := operand[string](args[0])
	pattern, pi := operand[string](args[1])
	group, gi := operand[int32](args[2])
	var c regexCache
	return textLists(n, args, func(i int, add func(string)) error {
		re, err := c.get(pattern[i&pi])
		if err != nil {
			return err
		}
		g := group[i&gi]
		if err := checkGroup(re, g, "regexp_extract_all"); err != nil {
			return err
		}
		for _, at := range re.FindAllStringSubmatchIndex(s[i&si], -1) {
			if at[2*g] < 0 {
				add("")
			} else {
				add(s[i&si][at[2*g]:at[2*g+1]])
			}
		}
		return nil
	})
}

// buildRegexpReplace is regexp_replace(text, pattern, replacement[, position]).
func buildRegexpReplace(b *builder) (Expr, error) {
	if len(b.args) == 3 {
		b.args = append(b.args, &Constant{Value: int32(1), DataType: types.Integer})
	}
	if err := b.coerceTo(aString, aString, aString, anInt); err != nil {
		return nil, err
	}
	return b.make(types.String, func(_ *Context, n int, args []Vector) (arrow.Array, error) {
		s, si := operand[string](args[0])
		pattern, pi := operand[string](args[1])
		by, bi := operand[string](args[2])
		pos, oi := operand[int32](args[3])
		var c regexCache
		return textRows(types.String, n, args, func(dst []byte, i int) ([]byte, bool, error) {
			re, err := c.get(pattern[i&pi])
			if err != nil {
				return dst, false, err
			}
			text := s[i&si]
			at := runeOffset(text, int(pos[i&oi])-1)
			dst = append(dst, text[:at]...)
			template := javaTemplate(by[i&bi], re.NumSubexp())
			last := at
			for _, m := range re.FindAllStringSubmatchIndex(text[at:], -1) {
				dst = append(dst, text[last:at+m[0]]...)
				dst = re.ExpandString(dst, template, text[at:], m)
				last = at + m[1]
			}
			return append(dst, text[last:]...), true, nil
		})
	}), nil
}

// javaTemplate turns $1 and \$ of Java into ${1} and $$. As in Java, $12 is group 1 followed by 2
// where there is no group 12.
func javaTemplate(by string, groups int) string {
	if strings.IndexByte(by, '$') < 0 && strings.IndexByte(by, '\\') < 0 {
		return by
	}
	var b strings.Builder
	for i := 0; i < len(by); i++ {
		c := by[i]
		switch {
		case c == '\\' && i+1 < len(by):
			i++
			if by[i] == '$' {
				b.WriteByte('$')
			}
			b.WriteByte(by[i])
		case c == '$' && i+1 < len(by) && by[i+1] >= '0' && by[i+1] <= '9':
			group := 0
			for i+1 < len(by) && by[i+1] >= '0' && by[i+1] <= '9' && (group == 0 || group*10+int(by[i+1]-'0') <= groups) {
				group = group*10 + int(by[i+1]-'0')
				i++
			}
			b.WriteString("${" + strconv.Itoa(group) + "}")
		case c == '$':
			b.WriteString("$")
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// split cuts a text as Java does: at most limit parts, or, when it is not positive, as many as there are,
// empty ones at the end included.
func (c *regexCache) split(s, pattern string, limit int, add func(string)) error {
	if pattern == "" {
		return splitRunes(s, limit, add)
	}
	if regexp.QuoteMeta(pattern) == pattern {
		parts := strings.SplitN(s, pattern, max(limit, 0)-b2i(limit <= 0))
		for _, p := range parts {
			add(p)
		}
		return nil
	}
	re, err := c.get(pattern)
	if err != nil {
		return err
	}
	last, count := 0, 1
	for _, at := range re.FindAllStringIndex(s, -1) {
		if limit > 0 && count == limit {
			break
		}
		if at[1] == 0 { // an empty match at the start cuts nothing
			continue
		}
		if at[0] == at[1] && at[0] == len(s) {
			continue
		}
		add(s[last:at[0]])
		last = at[1]
		count++
	}
	add(s[last:])
	return nil
}

func b2i(b bool) int { return int(b2u(b)) }

func splitRunes(s string, limit int, add func(string)) error {
	for n := 1; s != ""; n++ {
		if n == limit {
			add(s)
			return nil
		}
		_, size := utf8.DecodeRuneInString(s)
		add(s[:size])
		s = s[size:]
	}
	return nil
}
