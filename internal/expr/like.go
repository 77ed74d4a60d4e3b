package expr

import (
	"strings"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

// A likePattern is a compiled LIKE pattern: pieces of text between %, each of which may hold _.
type likePattern struct {
	pieces   [][]rune // -1 stands for _
	anchored bool     // without %: the one piece is the whole text
	plain    string   // the text, where there is neither % nor _
	simple   likeKind
}

type likeKind uint8

const (
	likeGeneral likeKind = iota
	likeEqual
	likePrefix
	likeSuffix
	likeContains
)

const anyRune = -1

// compileLike reads a pattern; escape takes the meaning from %, _ and itself.
func compileLike(text string, escape rune) (*likePattern, error) {
	p := &likePattern{anchored: true}
	piece := []rune{}
	runes := []rune(text)
	plain := true
	for i := 0; i < len(runes); i++ {
		switch c := runes[i]; c {
		case escape:
			i++
			if i == len(runes) || runes[i] != '%' && runes[i] != '_' && runes[i] != escape {
				return nil, badEscape(text, i == len(runes), runes, i)
			}
			piece = append(piece, runes[i])
		case '%':
			p.pieces = append(p.pieces, piece)
			piece = []rune{}
			p.anchored = false
		case '_':
			piece = append(piece, anyRune)
			plain = false
		default:
			piece = append(piece, c)
		}
	}
	p.pieces = append(p.pieces, piece)
	if plain {
		p.simplify()
	}
	return p, nil
}

func badEscape(text string, atEnd bool, runes []rune, i int) error {
	if atEnd {
		return errclass.InvalidEscapeEnd.New("The pattern '%s' is invalid: the escape character is not allowed to end with.", text)
	}
	return errclass.InvalidEscapeMiddle.New("The pattern '%s' is invalid: the escape character is not allowed to precede '%c'.", text, runes[i])
}

// simplify recognises x, x%, %x and %x%, which need no general matching.
func (p *likePattern) simplify() {
	switch n := len(p.pieces); {
	case n == 1:
		p.simple, p.plain = likeEqual, string(p.pieces[0])
	case n == 2 && len(p.pieces[1]) == 0:
		p.simple, p.plain = likePrefix, string(p.pieces[0])
	case n == 2 && len(p.pieces[0]) == 0:
		p.simple, p.plain = likeSuffix, string(p.pieces[1])
	case n == 3 && len(p.pieces[0]) == 0 && len(p.pieces[2]) == 0:
		p.simple, p.plain = likeContains, string(p.pieces[1])
	}
}

func (p *likePattern) match(s string) bool {
	switch p.simple {
	case likeEqual:
		return s == p.plain
	case likePrefix:
		return strings.HasPrefix(s, p.plain)
	case likeSuffix:
		return strings.HasSuffix(s, p.plain)
	case likeContains:
		return strings.Contains(s, p.plain)
	case likeGeneral:
	}
	rest, ok := matchPiece(s, p.pieces[0])
	if !ok {
		return false
	}
	if p.anchored {
		return rest == ""
	}
	// The first fit of each piece is as good as any; the last must fit at the end.
	for _, piece := range p.pieces[1 : len(p.pieces)-1] {
		if rest, ok = findPiece(rest, piece); !ok {
			return false
		}
	}
	last := p.pieces[len(p.pieces)-1]
	skip := utf8.RuneCountInString(rest) - len(last)
	if skip < 0 {
		return false
	}
	rest, ok = matchPiece(rest[runeOffset(rest, skip):], last)
	return ok && rest == ""
}

// matchPiece fits a piece at the start of s and gives what follows.
func matchPiece(s string, piece []rune) (rest string, ok bool) {
	for _, want := range piece {
		c, size := utf8.DecodeRuneInString(s)
		if size == 0 || want != anyRune && c != want {
			return "", false
		}
		s = s[size:]
	}
	return s, true
}

func findPiece(s string, piece []rune) (rest string, ok bool) {
	for {
		if rest, ok := matchPiece(s, piece); ok {
			return rest, true
		}
		_, size := utf8.DecodeRuneInString(s)
		if size == 0 {
			return "", false
		}
		s = s[size:]
	}
}

// likeFunction is like and ilike, with a third argument for the escape character.
func likeFunction(fold bool) function {
	return built(2, 3, func(b *builder) (Expr, error) {
		escape := '\\'
		if len(b.args) == 3 {
			v, _ := buildValue(b.args[2], b.ctx)
			text, _ := v.(string)
			if utf8.RuneCountInString(text) != 1 {
				return nil, errclass.InvalidEscapeChar.New("`EscapeChar` should be a string literal of length one, but got \"%s\".", b.args[2].String())
			}
			escape, _ = utf8.DecodeRuneInString(text)
		}
		if !fold {
			b.fn.text = func(_ string, args []Expr) string {
				text := args[0].String() + " LIKE " + args[1].String()
				if escape != '\\' {
					text += " ESCAPE '" + string(escape) + "'"
				}
				return text
			}
		}
		b.args = b.args[:2]
		if err := b.coerceTo(aString, aString); err != nil {
			return nil, err
		}
		return &likeCall{call: b.make(types.Boolean, likeKernel(escape, fold)), escape: escape, fold: fold}, nil
	})
}

// A likeCall is LIKE or, with fold, ILIKE.
type likeCall struct {
	*call
	escape rune
	fold   bool
}

func (c *likeCall) WithChildren(children []Expr) Expr {
	return &likeCall{call: c.call.WithChildren(children).(*call), escape: c.escape, fold: c.fold}
}

func likeKernel(escape rune, fold bool) kernel {
	return func(_ *Context, n int, args []Vector) (arrow.Array, error) {
		s, pattern := textsOf(args[0]), textsOf(args[1])
		valid := validAll(n, args)
		hit := newMask(n)
		var last string
		var p *likePattern
		for i := range n {
			if !valid.has(i) {
				continue
			}
			text := pattern.at(i)
			value := s.at(i)
			if fold {
				text, value = strings.ToLower(text), strings.ToLower(value)
			}
			if p == nil || text != last {
				var err error
				if p, err = compileLike(text, escape); err != nil {
					return nil, err
				}
				last = text
			}
			if p.match(value) {
				hit.set(i)
			}
		}
		return newBools(hit, valid, n), nil
	}
}
